/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filter expressions on rows that were decoded before the expression was known. */
#ifndef TRACON_BROWSE_ROW_FILTER_H
#define TRACON_BROWSE_ROW_FILTER_H

#include "backend/base/filter/filter.h"
#include "backend/browse/page.h"

/* As decoder_matches() says of the event that the row was made from. NULL: true. */
bool row_filter_matches(const struct filter *filter, const struct event_page *page,
			const struct event_row *row);

#endif
