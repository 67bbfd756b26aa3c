/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A decoded event in words: its times, its fields on one line, all there is about it. */
#ifndef TRACON_VIEWS_EVENT_TEXT_H
#define TRACON_VIEWS_EVENT_TEXT_H

#include "backend/base/text.h"
#include "backend/browse/page.h"

struct popup;

#define EVENT_TEXT_MAX 40

/* Local time "14:02:07.123456789", with that many digits behind the point (0 to 9). */
char *event_text_time(char out[EVENT_TEXT_MAX], uint64_t wall_ns, int digits);
/* "+12.345678901", "-0.000001000": seconds from `from` to `to`. */
char *event_text_offset(char out[EVENT_TEXT_MAX], uint64_t from_ns, uint64_t to_ns, int digits);
/* "+312 ns", "+1.2 ms", "+3 m 10 s". */
char *event_text_delta(char out[EVENT_TEXT_MAX], uint64_t from_ns, uint64_t to_ns);
/* "12 events, 3 packets lost" */
void event_text_loss(const struct event_row *row, struct text *out);
/* "TRACE_INFO" without what all levels begin with. */
const char *event_text_level(const struct event_row *row);
/* a = 1, b = "x", c = {d = [1, 2]}  {vpid = 12} */
void event_text_fields(const struct event_page *page, const struct event_row *row,
		       struct text *out);
/*
 * The value of one field: "a", "a.b" for a member, "$ctx.a" if the payload has one of that name
 * too. False: the event has none.
 */
bool event_text_value(const struct event_page *page, const struct event_row *row, const char *name,
		      struct text *out);
/* Names of the event's fields, as event_text_value() takes them; of members the outermost. */
void event_text_field_names(const struct event_page *page, const struct event_row *row,
			    struct word_list *names);
/* Time, name and fields: what is copied, and what a filter of text looks at. */
void event_text_line(const struct event_page *page, const struct event_row *row, struct text *out);
void event_text_details(const struct event_page *page, const struct event_row *row,
			struct popup *popup);

bool event_text_is_repeat(const struct event_page *page, const struct event_row *row,
			  const struct event_row *before);
/* Below, at or above zero: a is before, at or after b. */
int event_text_compare(struct event_place a, struct event_place b);

#endif
