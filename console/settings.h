/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `set` changes: a table of names, each with its own reader and writer. */
#ifndef TRACON_CONSOLE_SETTINGS_H
#define TRACON_CONSOLE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "console/layout.h"
#include "console/screen.h"
#include "console/theme.h"

enum settings_glyphs { SETTINGS_GLYPHS_AUTO, SETTINGS_ASCII, SETTINGS_UTF8, SETTINGS_BRAILLE };
enum settings_confirm { CONFIRM_DESTRUCTIVE, CONFIRM_ALWAYS, CONFIRM_NEVER };
enum settings_bell { BELL_OFF, BELL_VISIBLE, BELL_ON };

/* What `color` said of a role, before the theme. */
struct settings_color {
	bool is_set;
	struct style style;
};

struct settings {
	uint64_t refresh_ns;
	const struct theme *theme;
	enum layout_form layout;
	enum settings_glyphs glyphs;
	enum screen_sync sync;
	enum settings_confirm confirm;
	enum settings_bell bell;
	bool has_mouse;
	struct settings_color colors[ROLE_COUNT];
	bool is_plain; /* a11y on */
	bool has_common_scale;
	bool copies_always;   /* clipboard osc52: also where terminfo doesn't know it */
	bool quits_on_hangup; /* else the engine goes on without a terminal */
};

void settings_init(struct settings *settings);
/* The chosen theme with the person's own colours. */
void settings_theme(const struct settings *settings, struct theme *out);
/*
 * words: "bold", "yellow", "214", "on", "black" …; none: the theme's own again. ERROR_INVALID: no
 * such role, attribute or colour.
 */
bool settings_set_color(struct settings *settings, const char *role, size_t count, char **words,
			struct error *err);
/* Own colours as commands, a line each. */
void settings_show_colors(const struct settings *settings, struct text *out);
/* ERROR_INVALID: no such setting (settings_knows says so before), or no such value. */
bool settings_set(struct settings *settings, const char *name, const char *value,
		  struct error *err);
bool settings_knows(const char *name);
/* "refresh = 1 s": one line, or a line each when name is NULL. */
void settings_show(const struct settings *settings, const char *name, struct text *out);

size_t settings_count(void);
const char *settings_name(size_t index);
const char *settings_help(size_t index);
/* As settings_set() takes it. */
void settings_value(const struct settings *settings, const char *name, struct text *out);
/* Its words, or NULL when it takes a number. */
const char *const *settings_values(const char *name);

#endif
