/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keeps `struct points` up to date while somebody looks: each application is asked when it comes,
 * and once more when its providers had time to register; what it said stays until it goes. The
 * control thread, except where it says so.
 */
#ifndef TRACON_MODEL_GATHERER_H
#define TRACON_MODEL_GATHERER_H

#include <stdbool.h>
#include <stdint.h>

struct gatherer;
struct model;
struct points;

struct gatherer_pace {
	uint64_t publish_ns;	/* at most one publication in this time */
	uint64_t collect_ns;	/* answers that come within it are published together */
	uint64_t look_again_ns; /* an application registers before its providers do */
};
extern const struct gatherer_pace gatherer_usual_pace;

/* `changed`: there are new points. The model is borrowed. */
struct gatherer *gatherer_create(struct model *model, const struct gatherer_pace *pace,
				 void (*changed)(void *data), void *data);
/* No source works for it any more, and its queue was drained. NULL passes. */
void gatherer_destroy(struct gatherer *gatherer);

/* True while it is wanted already: everybody is asked again. */
void gatherer_want(struct gatherer *gatherer, bool is_wanted);
/* The model's applications are others than before. */
void gatherer_note_apps(struct gatherer *gatherer);

/* A reference, or NULL before the first time. Any thread. */
const struct points *gatherer_take(struct gatherer *gatherer);

#endif
