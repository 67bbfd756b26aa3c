/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of packets from a tap to rows: one slice for each trace that they come from. */
#ifndef TRACON_BROWSE_TAIL_DECODE_H
#define TRACON_BROWSE_TAIL_DECODE_H

#include "backend/base/error.h"
#include "backend/base/filter/filter.h"
#include "backend/consume/tap.h"

struct event_page;

struct tail_decoded {
	uint64_t passed_events; /* in the packets, whole */
	uint64_t decoded_events;
	uint64_t shown_events; /* match the filter: have a row */
	bool is_partial;       /* packets were cut */
	struct error error;    /* the last, if any */
};

/*
 * Takes all that the tap holds. `add` gets the rows of one trace after the other, in order of time;
 * the reference passes.
 */
void tail_decode(struct tap *tap, const char *slices, const struct filter *filter,
		 struct tail_decoded *decoded, void (*add)(void *data, struct event_page *page),
		 void *data);

#endif
