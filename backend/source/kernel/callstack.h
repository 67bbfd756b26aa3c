/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call stacks as contexts: the kernel writes them as records of their own behind the event's, on
 * the same CPU. An event is held back until its stacks have come, or can't come any more, and with
 * it what interrupts left there meanwhile: events are written in the order they came.
 */
#ifndef TRACON_SOURCE_KERNEL_CALLSTACK_H
#define TRACON_SOURCE_KERNEL_CALLSTACK_H

#include "backend/source/kernel/instance.h"
#include "backend/source/kernel/page.h"

struct ctf_type;
struct kernel_class;
struct kernel_format;

enum kernel_stack { KERNEL_STACK_KERNEL, KERNEL_STACK_USER, KERNEL_STACK_COUNT };

/* Where its record has what. */
struct kernel_stack_place {
	bool is_wanted;
	bool has_size; /* else zeros end it */
	uint16_t id;
	uint16_t size_at;    /* 4 bytes: how many callers */
	uint16_t callers_at; /* of 8 bytes, the innermost first */
	uint16_t caller_max; /* without a size */
};

/* Those that a channel wants. */
struct kernel_stacks {
	struct kernel_stack_place places[KERNEL_STACK_COUNT];
};

/* Of a context's name; -1: it is none. */
int kernel_stack_find(const char *name);
/* Adds the fields that kernel_held_put() writes. */
void kernel_stack_add_types(struct ctf_type *context, const struct channel_spec *channel);
/* Whether any is wanted. */
bool kernel_stack_is_wanted(const struct channel_spec *channel);
/* The place from the record's format. False: no stack can be in it. */
bool kernel_stack_set(struct kernel_stacks *stacks, enum kernel_stack kind,
		      const struct kernel_format *format);
/* Has the instance record what the channel wants. The kernel's own thread. */
bool kernel_stack_switch_on(const struct kernel_instance *instance,
			    const struct channel_spec *channel, struct kernel_stacks *stacks,
			    struct error *err);

struct kernel_stack_part {
	unsigned char *bytes;
	uint32_t length, room;
};

/* An event that waits for its stacks, or for an older one that does. */
struct kernel_held {
	bool is_whole; /* no more comes: it can be written */
	const struct kernel_class *class;
	struct kernel_record record; /* its bytes are `event`'s */
	struct kernel_stack_part event;
	struct kernel_stack_part callers[KERNEL_STACK_COUNT]; /* whole ones, of 8 bytes */
	bool has_come[KERNEL_STACK_COUNT];
};

/* More than interrupts leave between an event and its stacks, but for a storm of them. */
#define KERNEL_HELD_MAX 64

/* What one stream holds back. Its consumer's thread. */
struct kernel_callstack {
	struct kernel_stacks stacks;
	unsigned int first, count; /* the oldest; the others follow it, round */
	struct kernel_held held[KERNEL_HELD_MAX];
};

/* NULL: the channel wants none. */
struct kernel_callstack *kernel_callstack_create(const struct kernel_stacks *stacks);
void kernel_callstack_destroy(struct kernel_callstack *callstack); /* NULL passes */
/* Copies the event; kernel_callstack_make_room() was asked before. */
void kernel_callstack_hold(struct kernel_callstack *callstack, const struct kernel_class *class,
			   const struct kernel_record *record);
/*
 * Whether the record is a stack: then it is its event's from now on, if that is held, or nobody's.
 * *is_broken: it can't be read.
 */
bool kernel_callstack_take(struct kernel_callstack *callstack, const struct kernel_record *record,
			   bool *is_broken);
/*
 * The record is no stack: no more comes for events that it did not interrupt. Whether there is such
 * an event.
 */
bool kernel_callstack_pass(struct kernel_callstack *callstack, const struct kernel_record *record);
/* Whether the oldest can wait no longer, so that another is held. */
bool kernel_callstack_make_room(struct kernel_callstack *callstack);
/* What comes next may belong to other events. NULL passes. */
void kernel_callstack_end(struct kernel_callstack *callstack);
/* Whether any may still get a stack. False for NULL. */
bool kernel_callstack_waits(const struct kernel_callstack *callstack);
/* The oldest; NULL: nothing is held. */
const struct kernel_held *kernel_callstack_first(const struct kernel_callstack *callstack);
void kernel_callstack_drop_first(struct kernel_callstack *callstack);

/* Bytes that kernel_held_put() writes for the event's stacks: those that are wanted. */
uint32_t kernel_held_bytes(const struct kernel_held *held, const struct kernel_stacks *stacks);
unsigned char *kernel_held_put(const struct kernel_held *held, const struct kernel_stacks *stacks,
			       unsigned char *at);

#endif
