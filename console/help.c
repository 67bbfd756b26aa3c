/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers the keymap into lines: one for an action, with all keys that stand for it. */
#include "console/help.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/action.h"
#include "console/keys.h"

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void add_own_keys(const struct keymap *keymap, const struct binding *entry,
			 struct text *keys)
{
	const struct binding *own;

	for (size_t i = 0; (own = keymap_own_at(keymap, i)); i++) {
		if (is_same(own->pane, entry->pane) && !strcmp(own->action, entry->action))
			text_addf(keys, "%s ", own->key);
	}
}

/* Keys that were bound to something else have left the action. */
static bool still_means(const struct keymap *keymap, const struct binding *entry)
{
	const char *action =
		keymap_action(keymap, entry->pane ? entry->pane : "", keys_parse(entry->key));

	return action && !strcmp(action, entry->action);
}

static char *all_keys(const struct keymap *keymap, const struct binding *entry)
{
	struct text keys = {0};

	add_own_keys(keymap, entry, &keys);
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *other = keymap_default_at(i);

		if (is_same(other->pane, entry->pane) && !strcmp(other->action, entry->action) &&
		    still_means(keymap, other))
			text_addf(&keys, "%s ", other->key);
	}
	if (keys.length > 0)
		keys.bytes[--keys.length] = '\0';
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

void help_gather(struct overlay *help, const struct keymap *keymap)
{
	size_t own = own_count(keymap);

	help->keys = mem_zalloc((keymap_default_count() + own) * sizeof(*help->keys));
	help->content.key_count = 0;
	for (size_t i = 0; i < own; i++) {
		const struct binding *entry = keymap_own_at(keymap, i);

		if (!is_default_action(entry) && strcmp(entry->action, "none") != 0)
			add_key(help, mem_strdup(entry->key), entry);
	}
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *entry = keymap_default_at(i);
		char *keys = entry->help ? all_keys(keymap, entry) : NULL;

		if (keys && *keys)
			add_key(help, keys, entry);
		else
			free(keys);
	}
	help->content.keys = help->keys;
}

void help_open(struct console *console)
{
	struct overlay *help = &console->help;

	help_close(console);
	help_view_init(&help->view);
	help_gather(help, console->keymap);
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

void help_draw(struct console *console, struct canvas *canvas)
{
	struct overlay *help = &console->help;
	int rows = canvas_rows(canvas) - 1;
	struct canvas *body = canvas_window(canvas, 0, 0, rows, canvas_columns(canvas));

	help_view_fit(&help->view, &help->content, rows, canvas_columns(canvas));
	help_view_draw(&help->view, body);
	canvas_destroy(body);
	canvas_fill(canvas, rows, 0, canvas_columns(canvas), ROLE_NORMAL, ' ');
	field_draw(canvas, rows, "type to narrow, Enter runs, Esc closes: ", ROLE_TITLE,
		   field_text(&help->filter), help->filter.point, *field_text(&help->filter) != 0);
}
