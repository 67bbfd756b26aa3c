/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the keymap into lines: one for an action, with all keys that stand for it. */
#include "console/help.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/action.h"
#include "console/keys.h"

#define PAGE_COLUMNS_MAX  8 /* " 12/34" */
#define PAGE_FROM_COLUMNS 30

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Keys that mean something else in the pane have left the action. */
static bool is_in_use(const struct keymap *keymap, const struct binding *entry, const char *pane)
{
	return keymap_binding(keymap, entry->pane ? entry->pane : pane, keys_parse(entry->key)) ==
	       entry;
}

/* What some terminals send for Backspace needs no name of its own beside it. */
static bool is_second_name(const struct binding *binding)
{
	return keys_parse(binding->key) == KEYS_CTRL('h') && !strcmp(binding->action, "back");
}

static void add_keys_of(const struct keymap *keymap, const struct binding *wanted,
			const struct binding *other, const char *pane, struct text *keys)
{
	if (is_same(other->pane, wanted->pane) && !strcmp(other->action, wanted->action) &&
	    is_in_use(keymap, other, pane) && !is_second_name(other))
		text_addf(keys, "%s%s", keys->length > 0 ? " " : "", other->key);
}

static char *all_keys(const struct keymap *keymap, const struct binding *entry, const char *pane)
{
	const struct binding *own;
	struct text keys = {0};

	for (size_t i = 0; (own = keymap_own_at(keymap, i)); i++)
		add_keys_of(keymap, entry, own, pane, &keys);
	for (size_t i = 0; i < keymap_default_count(); i++)
		add_keys_of(keymap, entry, keymap_default_at(i), pane, &keys);
	return text_take(&keys);
}

static bool is_default_action(const struct binding *own)
{
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *entry = keymap_default_at(i);

		if (is_same(own->pane, entry->pane) && !strcmp(own->action, entry->action))
			return true;
	}
	return false;
}

static void add_key(struct overlay *help, char *keys, const struct binding *entry)
{
	help->keys[help->content.key_count++] = (struct help_key){
		.keys = keys,
		.action = entry->action,
		.help = entry->help ? entry->help : entry->action,
		.pane = entry->pane,
	};
}

static size_t own_count(const struct keymap *keymap)
{
	size_t count = 0;

	while (keymap_own_at(keymap, count))
		count++;
	return count;
}

void help_gather(struct overlay *help, const struct keymap *keymap, const char *pane)
{
	size_t own = own_count(keymap);

	help->keys = mem_zalloc((keymap_default_count() + own) * sizeof(*help->keys));
	help->content.key_count = 0;
	for (size_t i = 0; i < own; i++) {
		const struct binding *entry = keymap_own_at(keymap, i);

		if (!is_default_action(entry) && is_in_use(keymap, entry, pane))
			add_key(help, mem_strdup(entry->key), entry);
	}
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *entry = keymap_default_at(i);
		char *keys = entry->help ? all_keys(keymap, entry, pane) : NULL;

		if (keys && *keys)
			add_key(help, keys, entry);
		else
			free(keys);
	}
	help->content.keys = help->keys;
}

/* What another pane's keys do, and what nobody here would know, is no help. */
static void drop_useless(struct console *console)
{
	struct overlay *help = &console->help;
	const char *pane = layout_pane_name(console->focus);
	size_t kept = 0;

	for (size_t i = 0; i < help->content.key_count; i++) {
		struct help_key *key = &help->keys[i];

		if ((!key->pane || !strcmp(key->pane, pane)) &&
		    action_is_known(console, key->action))
			help->keys[kept++] = *key;
		else
			free((char *)(uintptr_t)key->keys);
	}
	help->content.key_count = kept;
}

void help_open(struct console *console)
{
	struct overlay *help = &console->help;

	help_close(console);
	help_view_init(&help->view);
	help_gather(help, console->keymap, layout_pane_name(console->focus));
	drop_useless(console);
	help->content.view = console_view(console->focus);
	field_set(&help->filter, "");
	help->is_open = true;
}

void help_close(struct console *console)
{
	struct overlay *help = &console->help;

	if (!help->is_open)
		return;
	help->is_open = false;
	help_view_finish(&help->view);
	help_forget(help);
}

void help_forget(struct overlay *help)
{
	for (size_t i = 0; i < help->content.key_count; i++)
		free((char *)(uintptr_t)help->keys[i].keys);
	free(help->keys);
	help->keys = NULL;
}

static const struct {
	int code;
	const char *action;
} moves[] = {
	{KEYS_UP, "up"},
	{KEYS_DOWN, "down"},
	{KEYS_PAGE_UP, "page-up"},
	{KEYS_PAGE_DOWN, "page-down"},
	{KEYS_HOME, "first"},
	{KEYS_END, "last"},
	{KEYS_ENTER, "open"},
	{KEYS_CTRL('p'), "up"},
	{KEYS_CTRL('n'), "down"},
	{KEYS_CTRL('f'), "page-down"},
	{KEYS_CTRL('b'), "page-up"},
};

static void act(struct console *console, const char *name, const char *argument)
{
	struct overlay *help = &console->help;
	const char *action;

	if (!help_view_act(&help->view, &help->content, name, argument, &action) || !action)
		return;
	help_close(console);
	action_run(console, action);
}

void help_key(struct console *console, int code)
{
	struct overlay *help = &console->help;

	if (code == KEYS_ESCAPE || code == KEYS_CTRL('c') || code == '?' || code == KEYS_F1 ||
	    code == KEYS_F1 + 9) {
		help_close(console);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		if (moves[i].code == code) {
			act(console, moves[i].action, "");
			return;
		}
	}
	if (field_key(&help->filter, code))
		act(console, "filter", field_text(&help->filter));
}

static void draw_field(const struct overlay *help, struct canvas *canvas, int row)
{
	size_t shown, pages = help_view_pages(&help->view, &shown);
	const char *text = field_text(&help->filter);
	int columns = canvas_columns(canvas);
	struct text page = {0};
	struct canvas *line;

	canvas_fill(canvas, row, 0, columns, ROLE_NORMAL, ' ');
	if (pages > 1 && columns >= PAGE_FROM_COLUMNS)
		text_addf(&page, " %zu/%zu", shown, pages);
	columns -= canvas_text_right(canvas, row, columns, PAGE_COLUMNS_MAX, ROLE_DIM,
				     text_str(&page));
	text_finish(&page);
	line = canvas_window(canvas, row, 0, 1, columns);
	field_draw(line, 0, "type to narrow, Enter runs, Esc ends: ", ROLE_TITLE, text,
		   help->filter.point, *text != 0);
	canvas_destroy(line);
}

void help_draw(struct console *console, struct canvas *canvas)
{
	struct overlay *help = &console->help;
	int rows = canvas_rows(canvas) - 1;
	struct canvas *body = canvas_window(canvas, 0, 0, rows, canvas_columns(canvas));

	help_view_fit(&help->view, &help->content, body);
	help_view_draw(&help->view, body);
	canvas_destroy(body);
	draw_field(help, canvas, rows);
}
