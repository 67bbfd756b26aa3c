/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of the thread that left a record, beyond the record: for contexts and filters. From
 * the record's own fields where they have it, else from /proc, a moment later, and for who has
 * ended meanwhile from what the tracer noted. A thread that nobody knows has -1, and no name.
 */
#ifndef TRACON_SOURCE_KERNEL_STATE_H
#define TRACON_SOURCE_KERNEL_STATE_H

#include "backend/base/filter/filter.h"
#include "backend/source/kernel/page.h"
#include "backend/source/kernel/tracefs.h"
#include "backend/source/spec.h"

struct ctf_type;

/* False: no context that can be had through tracefs, or none at all: what it lacks. Any thread. */
bool kernel_context_check(const char *name, struct error *err);
/* Index of a context, for kernel_state_get(); -1: there is none. */
int kernel_context_find(const char *name);
/*
 * What kernel_state_write() writes before each event, and its call stacks; NULL: nothing. The
 * caller's.
 */
struct ctf_type *kernel_context_type(const struct channel_spec *channel);
/* Whether threads must be looked up in /proc for it: soon, before they end. */
bool kernel_context_is_slow(const struct channel_spec *channel);
/* Bytes of it, without call stacks. */
uint32_t kernel_context_bytes(const struct channel_spec *channel);

/* Of one stream, its consumer's thread. */
struct kernel_state;
struct kernel_state *kernel_state_create(const struct tracefs *tracefs,
					 const struct channel_spec *channel, unsigned int cpu);
void kernel_state_destroy(struct kernel_state *state); /* NULL passes */
/* The process that the record's thread belongs to; -1: nobody knows any more. */
int64_t kernel_state_process(struct kernel_state *state, const struct kernel_record *record);
/* As kernel_context's `write`. */
void kernel_state_write(void *state, const struct kernel_record *record, unsigned char *out);
/* Text is valid until the next call. */
void kernel_state_get(struct kernel_state *state, int context, const struct kernel_record *record,
		      struct filter_value *value);

#endif
