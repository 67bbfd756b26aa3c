/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the browser's own files share: the open trace and how pages of it are asked for. */
#ifndef TRACON_CONSOLE_BROWSER_PARTS_H
#define TRACON_CONSOLE_BROWSER_PARTS_H

#include "backend/browse/browse.h"
#include "console/browser.h"
#include "console/state.h"

#define BROWSER_MARKS_MAX 27 /* a … z and 0 */
#define BROWSER_MOVES_MAX 64

enum browser_kind {
	BROWSER_NOTHING,
	BROWSER_BEFORE, /* more at the window's begin */
	BROWSER_AFTER,	/* … at its end */
	BROWSER_AT,	/* from `place` on */
	BROWSER_TIME,	/* from `wall_ns` on */
	BROWSER_END,
	BROWSER_FIND,
};

struct browser_request {
	enum browser_kind kind;
	struct event_place place;
	uint64_t wall_ns;
	struct browse_find find; /* pattern: `pattern`, or "" */
	char *pattern;		 /* owned; NULL: none */
};

/* Movements that wait for rows. */
struct browser_moves {
	const char *actions[BROWSER_MOVES_MAX]; /* constants */
	size_t count;
};

struct browser {
	struct console *console;
	struct browse *browse;
	char *path;
	enum pane from;
	/* The window: what the view shows, and whether the trace has more. */
	bool is_at_begin, is_at_end;
	bool was_asked; /* the first page was */
	bool has_told_damage;
	bool has_before_jump;
	bool has_range;
	char awaits;		       /* 'm' or '\'': a letter; '\0': nothing */
	const struct event_page *page; /* a reference, or NULL */
	struct error problem;	       /* why there is none */
	uint64_t known_packets;	       /* when is_at_end was found out */
	/*
	 * One request is on its way at a time; what a key asks for meanwhile waits, the newest
	 * only. So each answer belongs to one question.
	 */
	struct browser_request in_flight, next;
	struct browser_moves moves;
	char *filter, *find;
	struct event_place before_jump;
	struct event_place range;
	struct event_mark marks[BROWSER_MARKS_MAX];
	size_t mark_count;
	struct browser_state state;
	/* Of the statistics or the export that runs: one of each. */
	bool is_counting, is_exporting;
	uint64_t range_begin_ns, range_end_ns;
	char *field;
	char *target;
};

/* Asks for it as soon as what is on its way has come; what takes long is given up. The pattern
 * passes. */
void browser_ask(struct browser *browser, const struct browser_request *request);
/* Asks again for what is around the selection: the filter is another one. */
void browser_reload(struct browser *browser);
/*
 * A movement that would leave the window waits for the page that is on its way. False: the view can
 * do it.
 */
bool browser_hold_move(struct browser *browser, const char *action);
/* Where `''` returns to. */
void browser_note_jump(struct browser *browser);
/* Selects an event of the window, or asks for it. */
void browser_go(struct browser *browser, struct event_place place);
/* What statistics and export are about: the selection of several, else everything. */
void browser_find_range(const struct browser *browser, uint64_t *begin_ns, uint64_t *end_ns);

/* browser_report.c */
void browser_statistics(struct browser *browser, const char *field);

#endif
