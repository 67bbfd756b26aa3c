/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a page is filled, by the one thread that has it before anybody else sees it. */
#ifndef TRACON_BROWSE_PAGE_MAKE_H
#define TRACON_BROWSE_PAGE_MAKE_H

#include "backend/browse/page.h"

struct event_page *event_page_make(void);
/* Memory and copies that live as long as the page. Not aligned: for strings. */
char *event_page_alloc(struct event_page *page, size_t size);
const char *event_page_string(struct event_page *page, const char *bytes, size_t length);
/* At the end; valid until the next row. Its fields are added after it. */
struct event_row *event_page_add_row(struct event_page *page);
/* NULL: there is none. */
struct event_row *event_page_last_row(struct event_page *page);
/* Of the last row; valid until the next field. */
struct event_field *event_page_add_field(struct event_page *page);

/* `other` stays as long as the page: what was copied from it may point into it. */
void event_page_hold(struct event_page *page, const struct event_page *other);
/* Memory of the page, without what it holds. */
uint64_t event_page_bytes(const struct event_page *page);

#endif
