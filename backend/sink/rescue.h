/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that an engine that was killed had not written yet come to the chunks it left: each
 * behind those that its stream's file has, in the newest chunk that has its trace. leftover_mend()
 * comes before it (files end with a whole packet) and after it (index files). Any thread, with the
 * rights of the files' owner.
 */
#ifndef TRACON_SINK_RESCUE_H
#define TRACON_SINK_RESCUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/consume/packet.h"
#include "backend/sink/leftover.h"

struct rescue;

struct rescue_stream {
	const char *trace; /* "ust/uid/1000/64-bit" */
	const char *name;  /* of its file; with a number behind it where files are limited */
	uint32_t id;
	uint64_t instance;
	/* If it begins with what the chunk's file has, the rest is added there. */
	const char *metadata;
	size_t metadata_length;
};

struct rescue_last { /* packet that the stream's files have */
	bool is_there;
	uint64_t begin_clock;
	uint64_t sequence;
	uint64_t discarded;
};

struct rescue *rescue_create(const struct leftover_place *place);
void rescue_destroy(struct rescue *rescue);

/* False with ERROR_IO, ERROR_DENIED, ERROR_INVALID: it has no place in any chunk. */
bool rescue_begin(struct rescue *rescue, const struct rescue_stream *stream,
		  struct rescue_last *last, struct error *err);
/* All of it, or nothing: ERROR_INVALID (no packet of this trace), ERROR_NO_SPACE, ERROR_IO. */
bool rescue_add(struct rescue *rescue, const struct packet *packet, struct error *err);
void rescue_end(struct rescue *rescue);

#endif
