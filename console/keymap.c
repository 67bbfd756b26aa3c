/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The default keys: function keys as in htop, movement as in less and vim, drilling down as in tig.
 * Help texts have at most 25 letters, so that two columns of them fit on 80.
 */
#include "console/keymap.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/keys.h"
#include "console/layout.h"

static const struct binding defaults[] = {
	{"sessions", "Enter", "open", "its channels"},
	{"sessions", "o", "open-chunks", "its chunks"},
	{"sessions", "c", "form create", "create a session"},
	{"sessions", "S", "form snapshot", "record a snapshot"},
	{"sessions", "C", "clear", "clear it, asks"},
	{"sessions", "w", "save", "save how it is set up"},
	{"sessions", "O", "open-output", "browse its trace"},
	{"channels", "Enter", "open", "its events"},
	{"channels", "c", "form enable-channel", "create a channel"},
	{"channels", "a", "form add-context", "add a context field"},
	{"channels", "T", "form track", "only some processes"},
	{"events", "c", "form enable-event", "enable another event"},
	{"events", "a", "form add-context", "add a context field"},
	{"events", "Enter", "open", "tail of this event"},
	{"events", "f", "edit-filter", "change its filter"},
	{"events", "x", "edit-exclusions", "change what is left out"},
	{"events", "E", "edit-level", "change its log level"},
	{"events", "v", "measure", "total, bytes, share, rate"},
	{"events", "V", "window", "last 1 s, 10 s, 60 s each"},
	{"events", "*", "all-channels", "events of all channels"},
	{"points", "Enter", "open", "open it; all about it"},
	{"points", "E", "enable-level", "enable from a log level"},
	{"points", "Right", "expand", "open; - Left: close"},
	{"points", "+", "expand", NULL},
	{"points", "Left", "collapse", NULL},
	{"points", "-", "collapse", NULL},
	{"points", "*", "expand-all", "open or close all"},
	{"points", "t", "regroup", "by provider, by program"},
	{"chunks", "Enter", "open", "browse its events"},
	{"chunks", "o", "open", NULL},
	{"chunks", "D", "delete-chunk", "delete its files, asks"},
	{"chunks", "F9", "delete-chunk", NULL},
	{"tail", "F", "follow", "follow the newest"},
	{"tail", "p", "freeze", "hold; counts what comes"},
	{"tail", "f", "tail-filter", "filter by an expression"},
	{"tail", "T", "time-format", "other form of times"},
	{"tail", "C", "columns", "other columns"},
	{"tail", "w", "wrap", "wrap long events"},
	{"tail", "d", "repeats", "repeats: dim, collapse"},
	{"tail", "Enter", "open", "all fields of the event"},
	{"browser", "Enter", "open", "all fields of the event"},
	{"browser", "T", "time-format", "other form of times"},
	{"browser", "C", "columns", "other columns"},
	{"browser", "w", "wrap", "wrap long events"},
	{"browser", "d", "repeats", "repeats: dim, collapse"},
	{"browser", "e", "next-gap", "next loss; E: previous"},
	{"browser", "E", "previous-gap", NULL},
	{"browser", "}", "forward-tenth", "10 % on; {: 10 % back"},
	{"browser", "{", "back-tenth", NULL},
	{"browser", "m", "mark-letter", "mark: m and a letter"},
	{"browser", "'", "jump-letter", "to a mark; '': back"},
	{"browser", "v", "select", "select from here, or not"},
	{"browser", "s", "statistics", "counts, rates, values"},
	{"browser", "x", "export", "write events to a file"},
	{"browser", "F", "follow", "to the newest event"},
	{"browser", "F8", "none", NULL},
	{"browser", "R", "none", NULL},
	{"browser", "F9", "none", NULL},
	{"browser", "D", "none", NULL},
	{"messages", "F", "follow", "follow the newest"},
	{"messages", "Enter", "open", "all of it"},

	{NULL, "F1", "help", "these keys"},
	{NULL, "?", "help", NULL},
	{NULL, "F2", "setup", "settings"},
	{NULL, "F3", "find", "find; n N: next, previous"},
	{NULL, "/", "find", NULL},
	{NULL, "n", "find-next", NULL},
	{NULL, "N", "find-previous", NULL},
	{NULL, "F4", "filter", "filter rows; Esc clears"},
	{NULL, "\\", "filter", NULL},
	{NULL, "&", "filter", NULL},
	{NULL, "F5", "session-toggle", "start or stop the session"},
	{NULL, "s", "session-toggle", NULL},
	{NULL, "F6", "sort-next", "next sort column; < > I"},
	{NULL, ">", "sort-next", NULL},
	{NULL, "<", "sort-previous", NULL},
	{NULL, "I", "sort-invert", NULL},
	{NULL, "F7", "toggle", "enable or disable it"},
	{NULL, "e", "toggle", NULL},
	{NULL, "F8", "rotate", "rotate the session"},
	{NULL, "R", "rotate", NULL},
	{NULL, "F9", "destroy", "destroy the session, asks"},
	{NULL, "D", "destroy", NULL},
	{NULL, "F10", "close", "close; at the end: quit"},
	{NULL, "q", "close", NULL},
	{NULL, "Q", "quit", "quit or detach"},
	{NULL, ":", "repl", "command line; Esc leaves"},
	{NULL, "Tab", "next-pane", "next pane; 1 to 7: that"},
	{NULL, "S-Tab", "previous-pane", NULL},
	{NULL, "1", "pane sessions", NULL},
	{NULL, "2", "pane channels", NULL},
	{NULL, "3", "pane events", NULL},
	{NULL, "4", "pane points", NULL},
	{NULL, "5", "pane tail", NULL},
	{NULL, "6", "pane chunks", NULL},
	{NULL, "7", "pane messages", NULL},
	{NULL, "M-1", "pane sessions", NULL},
	{NULL, "M-2", "pane channels", NULL},
	{NULL, "M-3", "pane events", NULL},
	{NULL, "M-4", "pane points", NULL},
	{NULL, "M-5", "pane tail", NULL},
	{NULL, "M-6", "pane chunks", NULL},
	{NULL, "M-7", "pane messages", NULL},
	{NULL, "L", "pane messages", "messages"},
	{NULL, "0", "overview", "overview of sessions"},
	{NULL, "[", "previous-session", "session before; ]: next"},
	{NULL, "]", "next-session", NULL},
	{NULL, "Up", "up", "move; j k g G C-d C-u"},
	{NULL, "k", "up", NULL},
	{NULL, "Down", "down", NULL},
	{NULL, "j", "down", NULL},
	{NULL, "PageUp", "page-up", NULL},
	{NULL, "C-b", "page-up", NULL},
	{NULL, "PageDown", "page-down", NULL},
	{NULL, "C-f", "page-down", NULL},
	{NULL, "C-u", "half-up", NULL},
	{NULL, "C-d", "half-down", NULL},
	{NULL, "Home", "first", NULL},
	{NULL, "g", "first", NULL},
	{NULL, "End", "last", NULL},
	{NULL, "G", "last", NULL},
	{NULL, "Left", "left", "scroll; S-Left: one; ^ $"},
	{NULL, "h", "left", NULL},
	{NULL, "Right", "right", NULL},
	{NULL, "l", "right", NULL},
	{NULL, "S-Left", "left-one", NULL},
	{NULL, "S-Right", "right-one", NULL},
	{NULL, "^", "left-end", NULL},
	{NULL, "$", "right-end", NULL},
	{NULL, "Enter", "open", "down into the row"},
	{NULL, "Esc", "back", "back"},
	{NULL, "Backspace", "back", NULL},
	{NULL, "C-h", "back", NULL},
	{NULL, "Space", "mark", "mark; U unmarks all"},
	{NULL, "U", "unmark-all", NULL},
	{NULL, "u", "undo", "undo"},
	{NULL, "z", "zoom", "this pane alone, or not"},
	{NULL, "p", "pause", "hold the display"},
	{NULL, "F", "follow", "follow row, place, newest"},
	{NULL, "i", "details", "all about the row"},
	{NULL, "y", "copy", "copy the path or name"},
	{NULL, "Y", "copy-command", "copy its command"},
	{NULL, "r", "refresh", "refresh now"},
	{NULL, "A", "acknowledge", "losses are seen"},
	{NULL, "C-l", "repaint", "repaint the screen"},
	{NULL, "M-c", "form columns", "choose its columns"},
	{NULL, "M-k", "form keys", "change keys"},
	{NULL, "M-m", "mouse", "mouse on or off"},
	{NULL, "M-l", "bare", "bare text, for the mouse"},
	{NULL, "C-o", "output", "more lines of answers"},
	{NULL, "C-c", "cancel", NULL},
	{NULL, "C-z", "suspend", "to the shell; fg returns"},
};

struct own_binding {
	struct binding binding;
	int code;
};

struct keymap {
	struct own_binding *own;
	size_t own_count, own_room;
	int default_codes[COUNT_OF(defaults)];
};

struct keymap *keymap_create(void)
{
	struct keymap *keymap = mem_zalloc(sizeof(*keymap));

	for (size_t i = 0; i < COUNT_OF(defaults); i++)
		keymap->default_codes[i] = keys_parse(defaults[i].key);
	return keymap;
}

static void binding_finish(struct binding *binding)
{
	free((char *)(uintptr_t)binding->key);
	free((char *)(uintptr_t)binding->action);
}

void keymap_destroy(struct keymap *keymap)
{
	if (!keymap)
		return;
	for (size_t i = 0; i < keymap->own_count; i++)
		binding_finish(&keymap->own[i].binding);
	free(keymap->own);
	free(keymap);
}

static bool is_for(const struct binding *binding, const char *pane)
{
	return pane ? binding->pane && !strcmp(binding->pane, pane) : !binding->pane;
}

static const struct binding *find_own(const struct keymap *keymap, const char *pane, int code)
{
	for (size_t i = keymap->own_count; i-- > 0;) {
		if (keymap->own[i].code == code && is_for(&keymap->own[i].binding, pane))
			return &keymap->own[i].binding;
	}
	return NULL;
}

static const struct binding *find_default(const struct keymap *keymap, const char *pane, int code)
{
	for (size_t i = 0; i < COUNT_OF(defaults); i++) {
		if (keymap->default_codes[i] == code && is_for(&defaults[i], pane))
			return &defaults[i];
	}
	return NULL;
}

const struct binding *keymap_binding(const struct keymap *keymap, const char *pane, int code)
{
	const struct binding *binding = find_own(keymap, pane, code);

	if (!binding)
		binding = find_own(keymap, NULL, code);
	if (!binding)
		binding = find_default(keymap, pane, code);
	if (!binding)
		binding = find_default(keymap, NULL, code);
	return binding && strcmp(binding->action, "none") != 0 ? binding : NULL;
}

const char *keymap_action(const struct keymap *keymap, const char *pane, int code)
{
	const struct binding *binding = keymap_binding(keymap, pane, code);

	return binding ? binding->action : NULL;
}

const char *keymap_own_action(const struct keymap *keymap, const char *pane, const char *key)
{
	const struct binding *own =
		find_own(keymap, strcmp(pane, "all") != 0 ? pane : NULL, keys_parse(key));

	return own ? own->action : NULL;
}

static struct own_binding *find_binding(struct keymap *keymap, const char *pane, int code)
{
	for (size_t i = 0; i < keymap->own_count; i++) {
		if (keymap->own[i].code == code && is_for(&keymap->own[i].binding, pane))
			return &keymap->own[i];
	}
	return NULL;
}

static void forget(struct keymap *keymap, const char *pane, int code)
{
	struct own_binding *own = find_binding(keymap, pane, code);
	struct own_binding *end = keymap->own + keymap->own_count;

	if (!own)
		return;
	binding_finish(&own->binding);
	memmove(own, own + 1, (size_t)(end - own - 1) * sizeof(*own));
	keymap->own_count--;
}

/* In the place of what was bound there before. */
static void put(struct keymap *keymap, const char *pane, const char *key, int code,
		const char *action)
{
	struct own_binding *own = find_binding(keymap, pane, code);

	if (!own) {
		keymap->own = mem_grow(keymap->own, keymap->own_count, &keymap->own_room,
				       sizeof(*keymap->own));
		own = &keymap->own[keymap->own_count++];
	} else {
		binding_finish(&own->binding);
	}
	*own = (struct own_binding){
		.binding = {.pane = pane, .key = mem_strdup(key), .action = mem_strdup(action)},
		.code = code,
	};
}

bool keymap_bind(struct keymap *keymap, const char *pane, const char *key, const char *action,
		 struct error *err)
{
	enum pane known = layout_pane_of(pane);
	int code = keys_parse(key);

	if (known == PANE_NONE && strcmp(pane, "all") != 0)
		return error_set(err, ERROR_INVALID, "no pane is called '%s'; 'all' means all",
				 pane);
	if (code == KEYS_NONE)
		return error_set(err, ERROR_INVALID,
				 "no key is called '%s'; keys are written x, C-x, M-x, F5, PageUp",
				 key);
	if (!*action)
		return error_set(err, ERROR_INVALID, "an action or a command is missing");
	pane = known == PANE_NONE ? NULL : layout_pane_name(known);
	if (!strcmp(action, "default"))
		forget(keymap, pane, code);
	else
		put(keymap, pane, key, code, action);
	return true;
}

bool keymap_is_action(const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i < COUNT_OF(defaults); i++) {
		const char *action = defaults[i].action;

		if (!strncmp(action, word, length) &&
		    (action[length] == '\0' || action[length] == ' '))
			return true;
	}
	return !strcmp(word, "none");
}

size_t keymap_default_count(void)
{
	return COUNT_OF(defaults);
}

const struct binding *keymap_default_at(size_t index)
{
	return &defaults[index];
}

const struct binding *keymap_own_at(const struct keymap *keymap, size_t index)
{
	return index < keymap->own_count ? &keymap->own[index].binding : NULL;
}
