/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Items that hold packets. Their memory is kept for the next packet while packets follow each
 * other: fresh pages cost more than copying into them and sending them together. Any thread.
 */
#include <stdlib.h>

#include "backend/sink/relayd_parts.h"

/* Smaller ones come from the heap, whose pages stay. */
#define SPARE_MIN   (32u << 10)
#define SPARE_BYTES (8u << 20) /* kept in all */

/* Powers of two, so that packets of one channel share them; what isn't used is never touched. */
static size_t room_for(size_t bytes)
{
	size_t room = SPARE_MIN;

	if (bytes < SPARE_MIN || bytes > SPARE_BYTES)
		return 0;
	while (room < bytes)
		room *= 2;
	return room;
}

/* The one that was used last, whose bytes may still be in the processor's cache. */
static struct relayd_item *take_spare(struct relayd_sink *sink, size_t room)
{
	struct relayd_item *item;

	pthread_mutex_lock(&sink->lock);
	for (struct relayd_item **link = &sink->spare_items; (item = *link); link = &item->next) {
		if (item->room_bytes == room) {
			*link = item->next;
			sink->spare_bytes -= room;
			break;
		}
	}
	pthread_mutex_unlock(&sink->lock);
	return item;
}

struct relayd_item *relayd_item_for_packet(struct relayd_sink *sink, size_t bytes)
{
	size_t room = room_for(bytes);
	struct relayd_item *item = room ? take_spare(sink, room) : NULL;

	if (!item)
		item = malloc(sizeof(*item) + (room ? room : bytes));
	if (item)
		*item = (struct relayd_item){.room_bytes = room};
	return item;
}

void relayd_item_free(struct relayd_sink *sink, struct relayd_item *item)
{
	if (item->room_bytes > 0) {
		pthread_mutex_lock(&sink->lock);
		if (sink->spare_bytes + item->room_bytes <= SPARE_BYTES) {
			item->next = sink->spare_items;
			sink->spare_items = item;
			sink->spare_bytes += item->room_bytes;
			item = NULL;
		}
		pthread_mutex_unlock(&sink->lock);
	}
	free(item);
}

void relayd_spare_give_back(struct relayd_sink *sink)
{
	struct relayd_item *item;

	pthread_mutex_lock(&sink->lock);
	item = sink->spare_items;
	sink->spare_items = NULL;
	sink->spare_bytes = 0;
	pthread_mutex_unlock(&sink->lock);
	while (item) {
		struct relayd_item *next = item->next;

		free(item);
		item = next;
	}
}
