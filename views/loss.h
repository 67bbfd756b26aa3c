/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words for what was lost. */
#ifndef TRACON_VIEWS_LOSS_H
#define TRACON_VIEWS_LOSS_H

#include "views/view.h"

bool loss_is_any(const struct picture_counts *counts);
/* "1.20k events, 3 packets": short numbers, nothing if nothing was lost. */
void loss_describe(const struct picture_counts *counts, struct text *out);
/* ", last 14:02:07" unless there was none. */
void loss_add_time(const struct picture_counts *counts, struct text *out);
/* "lost 1.20k events in web, last 14:02:07" */
void loss_alert(const struct picture_counts *counts, const char *name, struct text *out);
/* For detail lines: exact numbers and causes, with two blanks before; nothing if all is well. */
void loss_add_detail(const struct picture_counts *counts, struct text *out);
/* The same as a line of a popup: "none" if all is well. */
void loss_add_line(const struct picture_counts *counts, const char *name, int indent,
		   struct popup *popup);

#endif
