/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Most settings choose one of a few words; their place in the list is the value. */
#include "console/settings.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

#define REFRESH_DEFAULT_NS NS_PER_S
#define REFRESH_MIN_MS	   250
#define REFRESH_MAX_S	   60

static const char *const layout_words[] = {"auto", "one", "two", "three", NULL};
static const char *const glyph_words[] = {"auto", "ascii", "utf8", "braille", NULL};
static const char *const sync_words[] = {"auto", "on", "off", NULL};
static const char *const confirm_words[] = {"destructive", "always", "never", NULL};
static const char *const bell_words[] = {"off", "visible", "on", NULL};
static const char *const off_on_words[] = {"off", "on", NULL};
static const char *const scale_words[] = {"row", "common", NULL};
static const char *const clipboard_words[] = {"auto", "osc52", NULL};
static const char *const hangup_words[] = {"detach", "quit", NULL};
static const char *const theme_words[] = {"default", "light", "contrast", "mono", NULL};

static int word_index(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], word))
			return i;
	}
	return -1;
}

static int get_layout(const struct settings *settings)
{
	return (int)settings->layout;
}

static void put_layout(struct settings *settings, int index)
{
	settings->layout = (enum layout_form)index;
}

static int get_glyphs(const struct settings *settings)
{
	return (int)settings->glyphs;
}

static void put_glyphs(struct settings *settings, int index)
{
	settings->glyphs = (enum settings_glyphs)index;
}

static int get_sync(const struct settings *settings)
{
	return (int)settings->sync;
}

static void put_sync(struct settings *settings, int index)
{
	settings->sync = (enum screen_sync)index;
}

static int get_confirm(const struct settings *settings)
{
	return (int)settings->confirm;
}

static void put_confirm(struct settings *settings, int index)
{
	settings->confirm = (enum settings_confirm)index;
}

static int get_clipboard(const struct settings *settings)
{
	return settings->copies_always;
}

static void put_clipboard(struct settings *settings, int index)
{
	settings->copies_always = index == 1;
}

static int get_hangup(const struct settings *settings)
{
	return settings->quits_on_hangup;
}

static void put_hangup(struct settings *settings, int index)
{
	settings->quits_on_hangup = index == 1;
}

static int get_bell(const struct settings *settings)
{
	return (int)settings->bell;
}

static void put_bell(struct settings *settings, int index)
{
	settings->bell = (enum settings_bell)index;
}

static int get_mouse(const struct settings *settings)
{
	return settings->has_mouse;
}

static void put_mouse(struct settings *settings, int index)
{
	settings->has_mouse = index == 1;
}

static int get_a11y(const struct settings *settings)
{
	return settings->is_plain;
}

static void put_a11y(struct settings *settings, int index)
{
	settings->is_plain = index == 1;
}

static int get_scale(const struct settings *settings)
{
	return settings->has_common_scale;
}

static void put_scale(struct settings *settings, int index)
{
	settings->has_common_scale = index == 1;
}

static int get_theme(const struct settings *settings)
{
	return word_index(theme_words, settings->theme->name);
}

static void put_theme(struct settings *settings, int index)
{
	settings->theme = theme_find(theme_words[index]);
}

static const struct {
	const char *name;
	const char *help;
	const char *const *words; /* NULL: refresh, which is a time */
	int (*get)(const struct settings *settings);
	void (*put)(struct settings *settings, int index);
} table[] = {
	{"a11y", "for screen readers: plain, still, cursor on the row", off_on_words, get_a11y,
	 put_a11y},
	{"bell", "what an error does besides its message", bell_words, get_bell, put_bell},
	{"clipboard", "when y may use the terminal's clipboard", clipboard_words, get_clipboard,
	 put_clipboard},
	{"confirm", "which commands ask first", confirm_words, get_confirm, put_confirm},
	{"glyphs", "characters of sparklines and marks", glyph_words, get_glyphs, put_glyphs},
	{"layout", "columns of panes", layout_words, get_layout, put_layout},
	{"mouse", "clicks and the wheel; else the terminal selects text", off_on_words, get_mouse,
	 put_mouse},
	{"on-hangup", "when the terminal is lost", hangup_words, get_hangup, put_hangup},
	{"refresh", "time between updates, 0.25 to 60 seconds", NULL, NULL, NULL},
	{"spark-scale", "full bar: the row's largest value, or that of all rows", scale_words,
	 get_scale, put_scale},
	{"sync-output", "synchronized output of the terminal", sync_words, get_sync, put_sync},
	{"theme", "colours", theme_words, get_theme, put_theme},
};

void settings_init(struct settings *settings)
{
	*settings = (struct settings){
		.refresh_ns = REFRESH_DEFAULT_NS,
		.theme = theme_find("default"),
	};
}

void settings_theme(const struct settings *settings, struct theme *out)
{
	*out = *settings->theme;
	for (int role = 0; role < ROLE_COUNT; role++) {
		const struct style *own = &settings->colors[role].style;

		if (!settings->colors[role].is_set)
			continue;
		out->with_256[role] = *own;
		out->with_8[role] = *own;
		/* A colour beyond the 8 leaves the theme's where there are no more. */
		if (own->foreground >= 8)
			out->with_8[role].foreground = settings->theme->with_8[role].foreground;
		if (own->background >= 8)
			out->with_8[role].background = settings->theme->with_8[role].background;
	}
}

bool settings_set_color(struct settings *settings, const char *role, size_t count, char **words,
			struct error *err)
{
	int index = theme_role(role);
	struct style style;

	if (index < 0)
		return error_set(err, ERROR_INVALID,
				 "there is no role '%s'; color --list names them", role);
	if (!theme_parse_style(count, words, &style, err))
		return false;
	settings->colors[index] = (struct settings_color){.is_set = count > 0, .style = style};
	return true;
}

void settings_show_colors(const struct settings *settings, struct text *out)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		if (!settings->colors[role].is_set)
			continue;
		text_addf(out, "color %s", theme_role_name(role));
		theme_print_style(&settings->colors[role].style, out);
		text_add(out, "\n");
	}
}

static int find(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (!strcmp(table[i].name, name))
			return (int)i;
	}
	return -1;
}

bool settings_knows(const char *name)
{
	return find(name) >= 0;
}

size_t settings_count(void)
{
	return COUNT_OF(table);
}

const char *settings_name(size_t index)
{
	return table[index].name;
}

const char *settings_help(size_t index)
{
	return table[index].help;
}

void settings_value(const struct settings *settings, const char *name, struct text *out)
{
	int index = find(name);

	if (index >= 0 && table[index].words)
		text_add(out, table[index].words[table[index].get(settings)]);
	else if (index >= 0 && settings->refresh_ns % NS_PER_S == 0)
		text_addf(out, "%llu", (unsigned long long)(settings->refresh_ns / NS_PER_S));
	else if (index >= 0)
		text_addf(out, "%llums", (unsigned long long)(settings->refresh_ns / NS_PER_MS));
}

const char *const *settings_values(const char *name)
{
	int index = find(name);

	return index < 0 ? NULL : table[index].words;
}

/* "2", "0.5", "500ms": seconds unless a unit is given. Digits after the point down to ms. */
static bool parse_seconds(const char *text, uint64_t *time_ns)
{
	const char *point = strchr(text, '.');
	uint64_t us;
	uint64_t scale_ms = 1000;

	if (!point && units_parse_u64(text, &us)) {
		*time_ns = us > REFRESH_MAX_S ? UINT64_MAX : us * NS_PER_S;
		return true;
	}
	if (!point) {
		if (!units_parse_time_us(text, &us) || us > REFRESH_MAX_S * UINT64_C(1000000))
			return false;
		*time_ns = us * NS_PER_US;
		return true;
	}
	*time_ns = 0;
	for (const char *digit = text; digit < point; digit++) {
		if (*digit < '0' || *digit > '9' || digit - text > 2)
			return false;
		*time_ns = *time_ns * 10 + (uint64_t)(*digit - '0') * NS_PER_S;
	}
	for (const char *digit = point + 1; *digit; digit++) {
		if (*digit < '0' || *digit > '9')
			return false;
		scale_ms /= 10;
		*time_ns += (uint64_t)(*digit - '0') * scale_ms * NS_PER_MS;
	}
	return true;
}

static bool set_refresh(struct settings *settings, const char *value, struct error *err)
{
	uint64_t time_ns;

	if (!parse_seconds(value, &time_ns) || time_ns < REFRESH_MIN_MS * NS_PER_MS ||
	    time_ns > REFRESH_MAX_S * NS_PER_S)
		return error_set(err, ERROR_INVALID, "'%s' is no time between 0.25 and 60 seconds",
				 value);
	settings->refresh_ns = time_ns;
	return true;
}

bool settings_set(struct settings *settings, const char *name, const char *value, struct error *err)
{
	int index = find(name);
	int choice;

	if (index < 0)
		return error_set(err, ERROR_INVALID, "there is no setting '%s'", name);
	if (!table[index].words)
		return set_refresh(settings, value, err);
	choice = word_index(table[index].words, value);
	if (choice < 0) {
		error_set(err, ERROR_INVALID, "'%s' is none of", value);
		for (const char *const *word = table[index].words; *word; word++) {
			struct error before = *err;

			error_set(err, ERROR_INVALID, "%s %s%s", before.message, *word,
				  word[1] ? "," : "");
		}
		return false;
	}
	table[index].put(settings, choice);
	return true;
}

static void show_one(const struct settings *settings, size_t index, struct text *out)
{
	char duration[UNITS_TEXT_MAX];
	const char *value;

	if (table[index].words)
		value = table[index].words[table[index].get(settings)];
	else
		value = units_duration(duration, settings->refresh_ns);
	text_addf(out, "%-12s %-12s %s\n", table[index].name, value, table[index].help);
}

void settings_show(const struct settings *settings, const char *name, struct text *out)
{
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (!name || !strcmp(table[i].name, name))
			show_one(settings, i, out);
	}
}
