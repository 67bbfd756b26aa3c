/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When pictures are made: after changes, at most one in 10 ms; at once before an answer; on a tick
 * while somebody looks; never when nothing changed. The control thread, except where it says so.
 */
#ifndef TRACON_MODEL_PUBLISHER_H
#define TRACON_MODEL_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model;
struct picture;
struct publisher;

struct publisher *publisher_create(struct model *model);
void publisher_destroy(struct publisher *publisher);

/* A change; a picture follows within 10 ms. */
void publisher_mark(struct publisher *publisher);
/* Publishes now if something changed since the last picture. */
void publisher_flush(struct publisher *publisher);
/* Called after each publication; any thread may be woken by it. */
void publisher_listen(struct publisher *publisher, void (*published)(void *data), void *data);

/* interval_ns 0: nobody looks. The ids are copied. */
void publisher_watch(struct publisher *publisher, uint64_t interval_ns, const uint64_t *session_ids,
		     size_t count);
/* 1, 10 or 60: length of the samples that pictures carry. */
void publisher_set_window(struct publisher *publisher, unsigned int sample_seconds);
/* Which histories of meters that are; and the number of their newest sample. */
unsigned int publisher_window(const struct publisher *publisher);
uint64_t publisher_sample_count(const struct publisher *publisher);
bool publisher_is_watched(const struct publisher *publisher);
bool publisher_shows(const struct publisher *publisher, uint64_t session_id);

/* Any thread registered with RCU; the picture stays until released. Never NULL. */
const struct picture *publisher_acquire(struct publisher *publisher);
void publisher_release(struct publisher *publisher);

#endif
