/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source for native applications without its thread, and an application that is played by the
 * test: a process with real shared memory, one channel, one stream that reads lane 0.
 */
#ifndef TESTS_UNIT_NATIVE_SOURCE_KIT_H
#define TESTS_UNIT_NATIVE_SOURCE_KIT_H

#include "backend/source/native/internal.h"

/* Of the kit's provider, without the base. kit:pair {number, value}, kit:words {text, list},
 * kit:other {}. */
enum { KIT_PAIR, KIT_WORDS, KIT_OTHER, KIT_EVENTS };

struct native_kit {
	struct native_source source;
	struct native_process *process;
	struct native_catalog *catalog;
	struct native_channel *channel;
	struct native_stream *stream;
	struct native_lane *lane;
	uint32_t base;
	uint64_t at;	/* where the next record goes */
	uint64_t ticks; /* of the next record */
};

/* rule: a pattern; filter: NULL for none. The stream reads from the lane's beginning. */
void native_kit_open(struct native_kit *kit, const char *pattern, const char *filter,
		     bool is_snapshot);
/* The same for all of the kit's events, and thread 1 has begun its first sub-buffer. */
void native_kit_begin(struct native_kit *kit);
void native_kit_close(struct native_kit *kit);
struct native_wants *native_kit_wants(const struct native_kit *kit, const char *pattern,
				      const char *filter);

/* --- the application */
uint64_t native_kit_sub_bytes(const struct native_kit *kit);
/* The next sub-buffer; what is left of the present one is not used. */
void native_kit_open_sub(struct native_kit *kit, uint32_t tid);
void native_kit_put(struct native_kit *kit, uint32_t id, const void *fields, size_t bytes);
void native_kit_put_pair(struct native_kit *kit, uint32_t number);
void native_kit_put_pairs(struct native_kit *kit, uint32_t begin, uint32_t end);
/* Fills the present sub-buffer with pairs; returns how many. */
uint32_t native_kit_fill(struct native_kit *kit, uint32_t first);
/* All that was put is complete. */
void native_kit_publish(struct native_kit *kit);
/* That, and what can be had at once is asked for. */
void native_kit_finish_sub(struct native_kit *kit);

/* What a packet that was taken holds. */
struct native_kit_packet {
	uint64_t events;
	uint64_t first, last; /* numbers of kit:pair */
	uint32_t tid;
	uint64_t discarded;
	uint64_t sequence;
	bool is_lent; /* its records lie in the lane */
};
/* False: there is none. Checks what all packets must keep; gives it back. */
bool native_kit_take(struct native_kit *kit, struct native_kit_packet *taken);
void native_kit_flush(struct native_kit *kit, enum flush_kind kind);

#endif
