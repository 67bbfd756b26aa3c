/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points cost applications time, so nobody is asked for them unless somebody looks. */
#include "console/wanted.h"

#include "backend/model/points.h"

static void drop_points(struct console *console)
{
	points_unref(console->points);
	console->points = NULL;
}

void wanted_update(struct console *console)
{
	bool is_wanted = console->screen && !console->is_suspended && console->backend &&
			 layout_find(&console->layout, PANE_POINTS) >= 0;

	if (is_wanted == console->wants_points || !console->backend)
		return;
	console->wants_points = is_wanted;
	backend_want_points(console->backend, is_wanted);
	if (!is_wanted)
		drop_points(console);
}

void wanted_refresh(struct console *console)
{
	if (console->wants_points && console->backend)
		backend_want_points(console->backend, true);
}

const struct points *wanted_points(struct console *console)
{
	const struct points *fresh;

	if (!console->wants_points || !console->backend || (console->is_paused && console->points))
		return console->points;
	fresh = backend_points_take(console->backend);
	if (fresh) {
		drop_points(console);
		console->points = fresh;
	}
	return console->points;
}

void wanted_forget(struct console *console)
{
	console->wants_points = false;
	drop_points(console);
}
