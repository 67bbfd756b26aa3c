/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How roles look: tables of colours and attributes, without the screen library. */
#ifndef TRACON_CONSOLE_THEME_H
#define TRACON_CONSOLE_THEME_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "views/canvas.h"

enum style_attribute {
	STYLE_BOLD = 1,
	STYLE_DIM = 2,
	STYLE_REVERSE = 4,
	STYLE_UNDERLINE = 8,
};

#define STYLE_DEFAULT_COLOR (-1) /* the terminal's own */

struct style {
	short foreground; /* 0 … 255, or STYLE_DEFAULT_COLOR */
	short background;
	unsigned int attributes; /* of enum style_attribute */
};

struct theme {
	const char *name;
	struct style with_256[ROLE_COUNT];
	struct style with_8[ROLE_COUNT];
};

extern const struct theme theme_table[];
extern const size_t theme_count;

const struct theme *theme_find(const char *name); /* NULL if unknown */
/* "warn" and back; -1 and "" if unknown. */
int theme_role(const char *name);
const char *theme_role_name(int role);
/* "bold", "214", "on", "black"; ERROR_INVALID. Without words: the terminal's own. */
bool theme_parse_style(size_t count, char **words, struct style *style, struct error *err);
/* The same words, each after a blank. */
void theme_print_style(const struct style *style, struct text *out);

/* What the theme says for a terminal with that many colours; below 8: the mono theme. */
const struct style *theme_styles(const struct theme *theme, int color_count);

#endif
