/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The browser's window: pages that follow each other, joined, with what is far away left out. */
#ifndef TRACON_CONSOLE_BROWSER_PAGES_H
#define TRACON_CONSOLE_BROWSER_PAGES_H

#include "backend/browse/page.h"

/*
 * A new page with the rows of `first`, then those of `second` that come after them, at most
 * rows_max: rows are left out at the beginning (keeps_end) or at the end. Either may be NULL.
 */
struct event_page *browser_pages_join(const struct event_page *first,
				      const struct event_page *second, size_t rows_max,
				      bool keeps_end);
/* The row of that event, else of the next one; the count if there is none. */
size_t browser_pages_find(const struct event_page *page, struct event_place place);

#endif
