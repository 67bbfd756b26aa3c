/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of keys that have a name of their own, and the rules for all others. */
#include "console/keys.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"

static const struct {
	const char *name; /* the first of a code is the one that is shown */
	int code;
} named[] = {
	{"Up", KEYS_UP},
	{"Down", KEYS_DOWN},
	{"Left", KEYS_LEFT},
	{"Right", KEYS_RIGHT},
	{"Home", KEYS_HOME},
	{"End", KEYS_END},
	{"PageUp", KEYS_PAGE_UP},
	{"PgUp", KEYS_PAGE_UP},
	{"PageDown", KEYS_PAGE_DOWN},
	{"PgDn", KEYS_PAGE_DOWN},
	{"Insert", KEYS_INSERT},
	{"Delete", KEYS_DELETE},
	{"Del", KEYS_DELETE},
	{"Backspace", KEYS_BACKSPACE},
	{"BSpace", KEYS_BACKSPACE},
	{"S-Tab", KEYS_BACK_TAB},
	{"BTab", KEYS_BACK_TAB},
	{"S-Left", KEYS_SHIFT_LEFT},
	{"S-Right", KEYS_SHIFT_RIGHT},
	{"C-Left", KEYS_CTRL_LEFT},
	{"C-Right", KEYS_CTRL_RIGHT},
	{"Tab", KEYS_TAB},
	{"Enter", KEYS_ENTER},
	{"Return", KEYS_ENTER},
	{"Esc", KEYS_ESCAPE},
	{"Escape", KEYS_ESCAPE},
	{"Space", KEYS_SPACE},
};

static const char *fixed_name(int code)
{
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		if (named[i].code == code)
			return named[i].name;
	}
	return NULL;
}

static void add_character_name(char *out, size_t room, int code)
{
	char bytes[UTF8_BYTES_MAX + 1] = {0};

	if (code > 0 && code < 0x20) {
		snprintf(out, room, "C-%c", code + (code <= 26 ? 0x60 : 0x40));
	} else if (code >= KEYS_F1 && code <= KEYS_F12) {
		snprintf(out, room, "F%d", code - KEYS_F1 + 1);
	} else if (keys_is_text(code)) {
		utf8_encode(bytes, (uint32_t)code);
		snprintf(out, room, "%s", bytes);
	} else {
		snprintf(out, room, "U+%04X", (unsigned int)code);
	}
}

char *keys_name(char out[KEYS_NAME_MAX], int code)
{
	size_t used = 0;
	const char *name;

	if (code & KEYS_ALT) {
		memcpy(out, "M-", 2);
		used = 2;
		code &= ~KEYS_ALT;
	}
	name = fixed_name(code);
	if (name)
		snprintf(out + used, KEYS_NAME_MAX - used, "%s", name);
	else
		add_character_name(out + used, KEYS_NAME_MAX - used, code);
	return out;
}

static int parse_control(const char *letter)
{
	char lower = letter[0];

	if (letter[0] == '\0' || letter[1] != '\0')
		return KEYS_NONE;
	if (lower >= 'A' && lower <= 'Z')
		lower = (char)(lower - 'A' + 'a');
	if (lower >= 'a' && lower <= 'z')
		return KEYS_CTRL(lower);
	return strchr("[\\]^_", lower) ? KEYS_CTRL(lower) : KEYS_NONE;
}

static int parse_function_key(const char *digits)
{
	int number = 0;

	for (; *digits >= '0' && *digits <= '9' && number < 100; digits++)
		number = number * 10 + (*digits - '0');
	return *digits == '\0' && number >= 1 && number <= 12 ? KEYS_F1 + number - 1 : KEYS_NONE;
}

static int parse_character(const char *name)
{
	uint32_t code_point;
	size_t length = utf8_decode(name, strlen(name), &code_point);

	if (length == 0 || name[length] != '\0' || !keys_is_text((int)code_point))
		return KEYS_NONE;
	return (int)code_point;
}

int keys_parse(const char *name)
{
	int code;

	if (!strncmp(name, "M-", 2) && name[2] != '\0') {
		code = keys_parse(name + 2);
		return code == KEYS_NONE || code & KEYS_ALT ? KEYS_NONE : code | KEYS_ALT;
	}
	for (size_t i = 0; i < COUNT_OF(named); i++) {
		if (!strcasecmp(named[i].name, name))
			return named[i].code;
	}
	if (!strncmp(name, "C-", 2) && name[2] != '\0')
		return parse_control(name + 2);
	if ((name[0] == 'F' || name[0] == 'f') && name[1] != '\0')
		return parse_function_key(name + 1);
	return parse_character(name);
}

bool keys_is_text(int code)
{
	return code >= 0x20 && code < 0x110000 && (code < 0x7f || code >= 0xa0) &&
	       (code < 0xd800 || code > 0xdfff);
}
