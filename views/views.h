/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The views themselves, for the table in views.c and for their tests. */
#ifndef TRACON_VIEWS_VIEWS_H
#define TRACON_VIEWS_VIEWS_H

#include "views/view.h"

extern const struct view_class sessions_view;
extern const struct view_class channels_view;
extern const struct view_class events_view;
extern const struct view_class points_view;
extern const struct view_class chunks_view;
extern const struct view_class messages_view;
extern const struct view_class tail_view;
extern const struct view_class browser_view;

#endif
