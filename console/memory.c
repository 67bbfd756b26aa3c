/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Members that are not ours are kept: a newer version may have put them there. */
#include "console/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "console/state.h"

#define BYTES_MAX 65536
#define SIZES_MAX 32 /* terminals of more sizes: all of them are forgotten */

struct memory {
	char *path;
	struct json *root;
	char *written; /* what the file holds */
	bool was_recalled;
	bool has_failed; /* once is enough to say */
};

struct memory *memory_create(const char *path)
{
	struct memory *memory;
	struct error err = ERROR_INIT;
	size_t length;

	if (!path)
		return NULL;
	memory = mem_zalloc(sizeof(*memory));
	memory->path = mem_strdup(path);
	if (fd_read_file(path, BYTES_MAX, &memory->written, &length, &err))
		memory->root = json_parse(memory->written, length, &err);
	if (memory->root && !json_has_members(memory->root)) {
		json_unref(memory->root);
		memory->root = NULL;
	}
	if (!memory->root)
		memory->root = json_create_object();
	return memory;
}

void memory_destroy(struct memory *memory)
{
	if (!memory)
		return;
	json_unref(memory->root);
	free(memory->written);
	free(memory->path);
	free(memory);
}

static struct json *member(struct json *object, const char *name)
{
	struct json *value = json_get(object, name);

	return value && json_has_members(value) ? value : json_put_object(object, name);
}

static const char *size_name(const struct console *console, char name[32])
{
	snprintf(name, 32, "%dx%d", console->columns, console->rows);
	return name;
}

/* ---- back ---- */

static void recall_size(struct console *console)
{
	char name[32];
	const struct json *sizes = json_get(console->memory->root, "sizes");
	const struct json *size = sizes ? json_get(sizes, size_name(console, name)) : NULL;
	const char *focus = size ? json_get_text(size, "focus") : NULL;
	const char *form = size ? json_get_text(size, "layout") : NULL;
	struct error err = ERROR_INIT;

	/* A trace that is open stays in view; none is opened by itself. */
	if (focus && layout_pane_of(focus) != PANE_NONE && layout_pane_of(focus) != PANE_BROWSER &&
	    console->focus != PANE_BROWSER && console_view(layout_pane_of(focus)))
		console->focus = layout_pane_of(focus);
	/* What the start-up file says goes before. */
	if (form && console->settings.layout == LAYOUT_AUTO)
		settings_set(&console->settings, "layout", form, &err);
}

static void recall_panes(struct console *console)
{
	const struct json *panes = json_get(console->memory->root, "panes");

	for (int pane = 0; panes && pane < PANE_COUNT; pane++) {
		const struct view_class *view = console_view((enum pane)pane);
		const char *memo = json_get_text(panes, layout_pane_name((enum pane)pane));

		if (view && view->recall && memo)
			view->recall(console->view_states[pane], memo);
	}
}

static void recall_session(struct console *console)
{
	const char *name = json_get_text(console->memory->root, "session");
	const struct picture *picture = console_picture_acquire(console);

	for (size_t i = 0; name && i < picture->session_count; i++) {
		if (!strcmp(picture->sessions[i].name, name))
			console->selection =
				(struct selection){.session_id = picture->sessions[i].id};
	}
	console_picture_release(console);
}

void memory_recall_panes(struct console *console)
{
	if (console->memory)
		recall_panes(console);
}

void memory_recall(struct console *console)
{
	if (!console->memory || console->is_viewer)
		return;
	recall_size(console);
	if (!console->memory->was_recalled && console->selection.session_id == 0)
		recall_session(console);
	console->memory->was_recalled = true;
}

/* ---- and forth ---- */

static void keep_size(struct console *console)
{
	struct json *sizes = member(console->memory->root, "sizes");
	struct text form = {0};
	struct json *size;
	char name[32];

	if (json_member_count(sizes) >= SIZES_MAX && !json_get(sizes, size_name(console, name)))
		sizes = json_put_object(console->memory->root, "sizes");
	size = member(sizes, size_name(console, name));
	json_put_text(size, "focus", layout_pane_name(console->focus));
	settings_value(&console->settings, "layout", &form);
	json_put_text(size, "layout", text_str(&form));
	text_finish(&form);
}

static void keep_panes(struct console *console)
{
	struct json *panes = member(console->memory->root, "panes");

	for (int pane = 0; pane < PANE_COUNT; pane++) {
		const struct view_class *view = console_view((enum pane)pane);
		struct text memo = {0};

		if (!view || !view->remember)
			continue;
		view->remember(console->view_states[pane], false, &memo);
		json_put_text(panes, view->name, text_str(&memo));
		text_finish(&memo);
	}
}

static void keep_session(struct console *console)
{
	const struct picture *picture;
	const struct picture_session *session;

	if (!console->backend)
		return;
	picture = console_picture_acquire(console);
	session = picture_session(picture, console->selection.session_id);
	if (session)
		json_put_text(console->memory->root, "session", session->name);
	console_picture_release(console);
}

static void write_file(struct memory *memory, const struct text *text)
{
	struct error err = ERROR_INIT;

	if (fd_replace_file(memory->path, text_str(text), text->length, 0600, &err)) {
		free(memory->written);
		memory->written = mem_strdup(text_str(text));
	} else if (!memory->has_failed) {
		memory->has_failed = true;
		log_write(LOG_LEVEL_WARNING, "the layout is not kept: %s", err.message);
	}
}

void memory_save(struct console *console)
{
	struct memory *memory = console->memory;
	struct text text = {0};

	if (!memory || !memory->was_recalled)
		return;
	keep_size(console);
	keep_panes(console);
	keep_session(console);
	json_print(memory->root, &text);
	text_add_char(&text, '\n');
	if (!memory->written || strcmp(memory->written, text_str(&text)) != 0)
		write_file(memory, &text);
	text_finish(&text);
}
