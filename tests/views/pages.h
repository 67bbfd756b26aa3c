/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of events made by hand, for tests of the views that show them. */
#ifndef TRACON_TESTS_VIEWS_PAGES_H
#define TRACON_TESTS_VIEWS_PAGES_H

#include "backend/browse/page_make.h"

/* One event at `wall_ns` with the field "id" and its stream, CPU and level. */
struct event_row *pages_add_event(struct event_page *page, const char *name, uint64_t wall_ns,
				  unsigned int id);
/* To the event added last. */
void pages_add_field(struct event_page *page, enum event_scope scope, unsigned int depth,
		     const char *name, const char *value, bool is_text);
/*
 * Events of a web shop from 14:00:00 on, one each 1.5 ms: structures, arrays, contexts, losses
 * before the third, a repeat, and one that attacks the terminal.
 */
struct event_page *pages_make_shop(size_t count);

#endif
