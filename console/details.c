/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One popup at a time; its keys are those of the panes as far as they move. */
#include "console/details.h"

#include <string.h>

#include "backend/base/mem.h"
#include "console/action.h"
#include "console/keys.h"

struct popup *details_begin(struct console *console, const char *title)
{
	details_close(console);
	popup_set_title(&console->details.popup, title);
	console->details.is_open = true;
	console_draw_soon(console);
	return &console->details.popup;
}

bool details_open(struct console *console)
{
	const struct view_class *view = console_view(console->focus);
	struct view_input input;

	if (!view || !view->details)
		return false;
	details_close(console);
	console_view_input(console, shown_acquire(console), &input);
	console->details.is_open = view->details(console->view_states[console->focus], &input,
						 &console->details.popup);
	console_picture_release(console);
	if (!console->details.is_open)
		console_tell(console, NOTICE_INFO, "", "nothing is selected here");
	return true;
}

void details_close(struct console *console)
{
	popup_finish(&console->details.popup);
	console->details.is_open = false;
}

static void copy(struct console *console)
{
	struct text text = {0};

	popup_print(&console->details.popup, &text);
	action_copy(console, text_str(&text));
	text_finish(&text);
}

static bool is_closing(int code)
{
	return code == KEYS_ESCAPE || code == KEYS_ENTER || code == KEYS_CTRL('c') || code == 'q' ||
	       code == 'i' || code == KEYS_F1 + 9;
}

void details_key(struct console *console, int code)
{
	const char *action;

	if (is_closing(code)) {
		details_close(console);
		return;
	}
	if (code == 'y') {
		copy(console);
		return;
	}
	action = code == KEYS_SPACE ? "page-down" : keymap_action(console->keymap, "", code);
	if (action)
		popup_act(&console->details.popup, action);
}

void details_draw(struct console *console, struct canvas *canvas)
{
	popup_fit(&console->details.popup, canvas);
	popup_draw(&console->details.popup, canvas);
}
