/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a packet from event to event and counts them and their bytes per type: what live rates are
 * made of. Event types compile to short programs (one addition for fixed fields). A packet may hold
 * anything: no step leaves it.
 */
#ifndef TRACON_CTF_SCAN_H
#define TRACON_CTF_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/ctf/metadata.h"
#include "backend/ctf/type.h"

/*
 * Events per event type id, and the bytes of their records: header, context and payload with the
 * padding between them. One thread adds, any thread reads (relaxed atomics); ids up to 2^20.
 */
struct event_counts;
struct event_counts *event_counts_create(void);
void event_counts_destroy(struct event_counts *counts);
void event_counts_add(struct event_counts *counts, uint32_t id, uint64_t events, uint64_t bytes);
uint64_t event_counts_read(const struct event_counts *counts, uint32_t id);
uint64_t event_counts_read_bytes(const struct event_counts *counts, uint32_t id);
/*
 * Adds all of `from` to `to`, clears `from`: one thread owns `from` and adds to `to`. How many
 * events it were.
 */
uint64_t event_counts_move(struct event_counts *from, struct event_counts *to);
void event_counts_clear(struct event_counts *counts); /* the thread that adds */
/* The ids whose count isn't 0, until the next addition; the thread that adds. */
const uint32_t *event_counts_ids(const struct event_counts *counts, size_t *id_count);

struct event_count {
	uint32_t id;
	uint64_t events;
	uint64_t bytes;
};

/* How many types were counted, and them: the thread that adds. */
size_t event_counts_type_count(const struct event_counts *counts);
void event_counts_list(const struct event_counts *counts, struct event_count *list);

struct scanner;
/* One per stream class (channel). Counted: each stream and the registry hold it. */
struct scanner *scanner_create(const struct ctf_layout *layout, enum ctf_header header);
struct scanner *scanner_ref(struct scanner *scanner);
void scanner_unref(struct scanner *scanner);
/*
 * Fields before each payload; they end with a whole byte. Must be set before the first event is
 * recorded; a second call changes nothing. The thread that adds event types.
 */
void scanner_set_context(struct scanner *scanner, const struct ctf_type *context);
/*
 * Makes event type `id` known; from one thread at a time, while others walk. Before the application
 * may record it. False when the id is out of range; a type known already is left as it is.
 */
bool scanner_add_event(struct scanner *scanner, uint32_t id, const struct ctf_type *payload);

struct scan_result {
	uint64_t event_count;
	uint64_t last_clock; /* clock of the last event found; the packet's begin if none */
	uint64_t end_bytes;  /* where the walk ended: behind the last whole event */
	bool is_consistent;  /* it ended exactly at the content's end */
};

/*
 * packet: from its first byte; first_event_bytes: length of packet header and context;
 * content_bytes: where content ends. counts may be NULL. The result is what could be read even when
 * it isn't consistent.
 */
void scanner_walk(struct scanner *scanner, const unsigned char *packet, uint64_t first_event_bytes,
		  uint64_t content_bytes, uint64_t begin_clock, struct event_counts *counts,
		  struct scan_result *result);

#endif
