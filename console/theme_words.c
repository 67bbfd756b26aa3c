/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Roles, colours and attributes as words: what `color` in the start-up file takes. */
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/theme.h"

static const char *const role_names[ROLE_COUNT] = {
	[ROLE_NORMAL] = "normal", [ROLE_DIM] = "dim",		[ROLE_TITLE] = "title",
	[ROLE_FOCUS] = "focus",	  [ROLE_SELECT] = "select",	[ROLE_MARK] = "mark",
	[ROLE_OK] = "ok",	  [ROLE_STOPPED] = "stopped",	[ROLE_WARN] = "warn",
	[ROLE_ERR] = "err",	  [ROLE_RATE] = "rate",		[ROLE_NAME] = "name",
	[ROLE_TIME] = "time",	  [ROLE_KEY] = "key",		[ROLE_SPARK] = "spark",
	[ROLE_MATCH] = "match",	  [ROLE_DISABLED] = "disabled", [ROLE_NEW] = "new",
};

static const struct {
	const char *name;
	short color;
} colors[] = {
	{"default", STYLE_DEFAULT_COLOR},
	{"black", 0},
	{"red", 1},
	{"green", 2},
	{"yellow", 3},
	{"blue", 4},
	{"magenta", 5},
	{"cyan", 6},
	{"white", 7},
};

static const struct {
	const char *name;
	unsigned int attribute;
} attributes[] = {
	{"bold", STYLE_BOLD},		{"dim", STYLE_DIM}, {"reverse", STYLE_REVERSE},
	{"underline", STYLE_UNDERLINE}, {"plain", 0},
};

int theme_role(const char *name)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (!strcmp(role_names[role], name))
			return role;
	}
	return -1;
}

const char *theme_role_name(int role)
{
	return role >= 0 && role < ROLE_COUNT ? role_names[role] : "";
}

static bool parse_color(const char *word, short *color)
{
	uint64_t number;

	for (size_t i = 0; i < COUNT_OF(colors); i++) {
		if (!strcmp(colors[i].name, word)) {
			*color = colors[i].color;
			return true;
		}
	}
	if (!units_parse_u64(word, &number) || number > 255)
		return false;
	*color = (short)number;
	return true;
}

static bool add_attribute(const char *word, struct style *style)
{
	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		if (!strcmp(attributes[i].name, word)) {
			style->attributes |= attributes[i].attribute;
			return true;
		}
	}
	return false;
}

bool theme_parse_style(size_t count, char **words, struct style *style, struct error *err)
{
	*style = (struct style){STYLE_DEFAULT_COLOR, STYLE_DEFAULT_COLOR, 0};
	for (size_t i = 0; i < count; i++) {
		bool is_background = !strcmp(words[i], "on") && i + 1 < count;

		if (add_attribute(words[i], style))
			continue;
		if (is_background)
			i++;
		if (!parse_color(words[i], is_background ? &style->background : &style->foreground))
			return error_set(err, ERROR_INVALID,
					 "'%s' is no colour and no attribute; colours are named or "
					 "0 to 255, attributes bold, dim, reverse, underline",
					 words[i]);
	}
	return true;
}

static void print_color(short color, struct text *out)
{
	for (size_t i = 0; i < COUNT_OF(colors); i++) {
		if (colors[i].color == color) {
			text_addf(out, " %s", colors[i].name);
			return;
		}
	}
	text_addf(out, " %d", color);
}

void theme_print_style(const struct style *style, struct text *out)
{
	for (size_t i = 0; i < COUNT_OF(attributes); i++) {
		if (style->attributes & attributes[i].attribute)
			text_addf(out, " %s", attributes[i].name);
	}
	print_color(style->foreground, out);
	if (style->background != STYLE_DEFAULT_COLOR) {
		text_add(out, " on");
		print_color(style->background, out);
	}
}
