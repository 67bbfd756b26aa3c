/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The picture that the panes show: the newest; while the display is paused the one of that moment,
 * whatever is drawn anew. What commands do, and another session, is shown all the same: then the
 * next picture is held. Screen thread.
 */
#ifndef TRACON_CONSOLE_SHOWN_H
#define TRACON_CONSOLE_SHOWN_H

#include <stdbool.h>
#include <stdint.h>

struct console;
struct picture;

struct shown {
	const struct picture *held; /* NULL: none */
	bool is_outdated;
	uint64_t serial; /* if so: newer pictures than this one are of use */
};

/* To be released by console_picture_release(); never NULL. */
const struct picture *shown_acquire(struct console *console);
/* The display is paused, or goes on. */
void shown_pause(struct console *console, bool is_paused);
/* Something was done that has to be seen. */
void shown_outdate(struct console *console);
/* A picture was published: whether the panes show it. */
bool shown_renew(struct console *console);

#endif
