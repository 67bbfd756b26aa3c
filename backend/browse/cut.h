/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts packets that the map knows out of their files. */
#ifndef TRACON_BROWSE_CUT_H
#define TRACON_BROWSE_CUT_H

#include "backend/browse/map.h"
#include "backend/browse/slice.h"

/*
 * A slice of these packets, ranges one a stream of the map. groups: of the map, by the slice's
 * folders, room for all; may be NULL. NULL on error.
 */
struct slice *cut_slice(const struct map *map, const char *slices, const struct map_range *ranges,
			size_t *groups, size_t *group_count, struct error *err);

#endif
