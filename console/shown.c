/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A picture that is held for long; see shown.h. */
#include "console/shown.h"

#include "backend/backend.h"
#include "backend/model/picture.h"
#include "console/state.h"

const struct picture *shown_acquire(struct console *console)
{
	const struct picture *newest = console_picture_acquire(console);

	return console->shown.held ? console->shown.held : newest;
}

static void let_go(struct console *console)
{
	struct shown *shown = &console->shown;

	if (shown->held)
		backend_picture_let_go(console->backend, shown->held);
	shown->held = NULL;
	shown->is_outdated = false;
}

void shown_pause(struct console *console, bool is_paused)
{
	let_go(console);
	if (is_paused && console->backend)
		console->shown.held = backend_picture_hold(console->backend);
}

void shown_outdate(struct console *console)
{
	console->shown.serial = console_picture_acquire(console)->serial;
	console_picture_release(console);
	console->shown.is_outdated = true;
}

/* Made since then, and with what the panes show of the session. */
static bool is_of_use(struct console *console)
{
	const struct picture *newest = console_picture_acquire(console);
	const struct picture_session *session =
		picture_session(newest, console->selection.session_id);
	bool is_new = newest->serial > console->shown.serial;
	bool is_whole = !session || session->is_detailed;

	console_picture_release(console);
	return is_new && is_whole;
}

bool shown_renew(struct console *console)
{
	if (!console->shown.held)
		return true;
	if (!console->shown.is_outdated || !is_of_use(console))
		return false;
	shown_pause(console, true);
	return true;
}
