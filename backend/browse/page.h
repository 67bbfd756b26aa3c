/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoded events, as tail and browser show them: one immutable, counted allocation. Every string
 * comes from a trace: untrusted.
 */
#ifndef TRACON_BROWSE_PAGE_H
#define TRACON_BROWSE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_scope { EVENT_PAYLOAD, EVENT_CONTEXT, EVENT_STREAM_CONTEXT, EVENT_PACKET };

/* Fields come in the trace's order, structures and arrays before their members. */
struct event_field {
	const char *name;  /* "[3]" for an element */
	const char *value; /* as text: numbers in the field's base, strings as they are, "" for
			      structures and arrays (their members follow) */
	uint8_t depth;	   /* 0: outermost */
	uint8_t scope;	   /* enum event_scope */
	bool is_text;	   /* a string: shown in quotes */
};

/* Which event of a trace: its time, and how many of the same time come before it. */
struct event_place {
	uint64_t wall_ns;
	uint64_t skip;
};

struct event_row {
	struct event_place place;
	const char *name;
	const char *stream; /* "channel0_1", below its trace */
	int loglevel;	    /* LTTng-UST's value; -1 unknown */
	const char *loglevel_text;
	int cpu; /* -1 unknown */
	size_t first_field, field_count;
	uint64_t lost_before; /* events discarded just before it, in its stream; 0: none */
	uint64_t lost_packets_before;
};

struct event_page {
	const struct event_row *rows; /* oldest first */
	size_t row_count;
	const struct event_field *fields;
	bool is_at_begin; /* the trace (or what the tail keeps) has nothing before the first row */
	bool is_at_end;
};

struct event_page *event_page_ref(const struct event_page *page);
void event_page_unref(const struct event_page *page); /* NULL passes; any thread */

/* One line as a search sees it: name: a = 1, b = "x". */
struct text;
void event_row_print(const struct event_page *page, const struct event_row *row, struct text *out);

#endif
