/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a receiver's answer to one export means, by OTLP's specification: taken, taken in part,
 * refused for good, or to be tried again. The answer may hold anything.
 */
#ifndef TRACON_IDENTITY_EXPORT_VERDICT_H
#define TRACON_IDENTITY_EXPORT_VERDICT_H

#include "backend/identity/export.h"

/* Longer than this nobody is left alone, whatever the receiver asks for. */
#define EXPORT_WAIT_MAX_S 3600

enum export_outcome { EXPORT_ARRIVED, EXPORT_REFUSED, EXPORT_TRY_LATER };

struct export_verdict {
	enum export_outcome outcome;
	uint64_t rejected;	     /* of what arrived, as it says: may be more than was sent */
	uint64_t wait_s;	     /* before the next try; 0: not said */
	char why[ERROR_MESSAGE_MAX]; /* "": it has nothing to say */
};

void export_judge(const struct export_answer *answer, struct export_verdict *verdict);

#endif
