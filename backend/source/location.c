/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See location.h. Names are cut off from the end: a path may have colons, a symbol has none. */
#include "backend/source/location.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define NAME_MAX_BYTES 255

/* What the kernel's list of probes can hold as a word. */
static bool is_name(const char *text)
{
	size_t length = strlen(text);

	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_.$@", *at))
			return false;
	return length > 0 && length <= NAME_MAX_BYTES;
}

static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return isdigit((unsigned char)*text) && *end == '\0' && errno == 0;
}

static bool parse_kernel(const char *text, struct location *location, struct error *err)
{
	const char *plus = strchr(text, '+');

	location->kind = LOCATION_ADDRESS;
	if (isdigit((unsigned char)*text))
		return parse_number(text, &location->number) ||
		       error_set(err, ERROR_INVALID, "'%.80s' is no address", text);
	location->kind = LOCATION_SYMBOL;
	location->symbol = mem_printf("%.*s", (int)(plus ? plus - text : (long)strlen(text)), text);
	if (!is_name(location->symbol) || (plus && !parse_number(plus + 1, &location->number)))
		return error_set(err, ERROR_INVALID,
				 "'%.80s' is no place in the kernel: give SYMBOL, SYMBOL+OFFSET or "
				 "0xADDRESS",
				 text);
	return true;
}

/* Cuts the last word off. NULL: there is none. */
static char *cut_name(char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon || !is_name(colon + 1))
		return NULL;
	*colon = '\0';
	return mem_strdup(colon + 1);
}

static bool parse_program(const char *text, struct location *location, struct error *err)
{
	const char *given = text;
	size_t length = strlen(text);
	bool is_return = length > strlen(LOCATION_RETURN) &&
			 strcmp(text + length - strlen(LOCATION_RETURN), LOCATION_RETURN) == 0;
	bool is_whole;

	location->kind = LOCATION_ELF;
	if (strncmp(text, "sdt:", 4) == 0)
		location->kind = LOCATION_SDT;
	if (location->kind == LOCATION_SDT || strncmp(text, "elf:", 4) == 0)
		text += 4;
	is_return = is_return && location->kind == LOCATION_ELF;
	length = strlen(text) - (is_return ? strlen(LOCATION_RETURN) : 0);
	location->path = mem_printf("%.*s", (int)length, text);
	location->symbol = cut_name(location->path);
	if (location->symbol && is_return) {
		char *name = location->symbol;

		location->symbol = mem_printf("%s%s", name, LOCATION_RETURN);
		free(name);
	}
	is_whole = location->symbol;
	if (is_whole && location->kind == LOCATION_SDT) {
		location->provider = cut_name(location->path);
		is_whole = location->provider;
	}
	if (is_whole && location->path[0] && !strpbrk(location->path, " \t\n"))
		return true;
	return error_set(err, ERROR_INVALID,
			 "'%.80s' is no place in a program: give [elf:]PATH:FUNCTION or "
			 "sdt:PATH:PROVIDER:NAME",
			 given);
}

bool location_parse(const char *text, enum rule_kind kind, struct location *location,
		    struct error *err)
{
	*location = (struct location){0};
	if (kind == RULE_USERSPACE_PROBE)
		return parse_program(text, location, err);
	return parse_kernel(text, location, err);
}

void location_finish(struct location *location)
{
	free(location->path);
	free(location->provider);
	free(location->symbol);
	*location = (struct location){0};
}

void location_print(const struct location *location, struct text *out)
{
	switch (location->kind) {
	case LOCATION_ADDRESS:
		text_addf(out, "0x%" PRIx64, location->number);
		break;
	case LOCATION_SYMBOL:
		text_addf(out, "%s", location->symbol);
		if (location->number)
			text_addf(out, "+0x%" PRIx64, location->number);
		break;
	case LOCATION_ELF:
		text_addf(out, "elf:%s:%s", location->path, location->symbol);
		break;
	case LOCATION_SDT:
		text_addf(out, "sdt:%s:%s:%s", location->path, location->provider,
			  location->symbol);
		break;
	}
}
