/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See callstack.h. */
#include "backend/source/kernel/callstack.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"
#include "backend/source/kernel/format.h"

#define CALLER_BYTES 8

/*
 * common_flags of the record that say what was interrupted: TRACE_FLAG_HARDIRQ, _SOFTIRQ, _NMI of
 * the kernel's include/linux/trace_events.h. Others may change between an event and its stack.
 */
#define FLAG_HARDIRQ 0x08
#define FLAG_SOFTIRQ 0x10
#define FLAG_NMI     0x40

static const struct {
	const char *context;
	const char *field, *length_field; /* LTTng's */
	const char *event;		  /* of the kernel */
	const char *option;
	const char *missing;
} kinds[KERNEL_STACK_COUNT] = {
	[KERNEL_STACK_KERNEL] = {"callstack-kernel", "callstack_kernel", "_callstack_kernel_length",
				 "kernel_stack", "options/stacktrace",
				 "this kernel's tracer has no call stacks of the kernel (it was "
				 "built without CONFIG_STACKTRACE): take callstack-kernel back"},
	[KERNEL_STACK_USER] = {"callstack-user", "callstack_user", "_callstack_user_length",
			       "user_stack", "options/userstacktrace",
			       "this kernel's tracer has no call stacks of programs (it was built "
			       "without CONFIG_USER_STACKTRACE_SUPPORT): take callstack-user back"},
};

/* --- kinds */

int kernel_stack_find(const char *name)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		if (strcmp(kinds[i].context, name) == 0)
			return i;
	return -1;
}

static bool is_wanted(const struct channel_spec *channel, enum kernel_stack kind)
{
	for (size_t i = 0; i < channel->context_count; i++)
		if (kernel_stack_find(channel->contexts[i].name) == (int)kind)
			return true;
	return false;
}

bool kernel_stack_is_wanted(const struct channel_spec *channel)
{
	return is_wanted(channel, KERNEL_STACK_KERNEL) || is_wanted(channel, KERNEL_STACK_USER);
}

void kernel_stack_add_types(struct ctf_type *context, const struct channel_spec *channel)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		struct ctf_type *sequence;

		if (!is_wanted(channel, (enum kernel_stack)i))
			continue;
		ctf_type_add_field(context, kinds[i].length_field,
				   ctf_type_create_integer(32, 8, false, 10));
		sequence = ctf_type_create_sequence(
			kinds[i].length_field,
			ctf_type_create_integer(8 * CALLER_BYTES, 8, false, 16));
		sequence->align_bits = 8;
		ctf_type_add_field(context, kinds[i].field, sequence);
	}
}

bool kernel_stack_set(struct kernel_stacks *stacks, enum kernel_stack kind,
		      const struct kernel_format *format)
{
	struct kernel_stack_place place = {.is_wanted = true, .id = format->id};

	for (size_t i = 0; i < format->field_count; i++) {
		const struct kernel_field *field = &format->fields[i];

		if (strcmp(field->name, "size") == 0 && field->size_bytes == 4) {
			place.has_size = true;
			place.size_at = field->offset;
		} else if (strcmp(field->name, "caller") == 0 && field->kind == KERNEL_ARRAY &&
			   field->element_bytes == CALLER_BYTES) {
			place.callers_at = field->offset;
			place.caller_max = field->size_bytes / CALLER_BYTES;
		}
	}
	if (place.callers_at == 0)
		return false;
	stacks->places[kind] = place;
	return true;
}

static bool read_place(const struct tracefs *tracefs, enum kernel_stack kind,
		       struct kernel_stacks *stacks, struct error *err)
{
	char *path = mem_printf("events/ftrace/%s/format", kinds[kind].event);
	struct kernel_format *format = NULL;
	size_t length;
	char *text;
	bool is_set;

	if (tracefs_read(tracefs, path, KERNEL_FORMAT_MAX, &text, &length, err)) {
		format = kernel_format_read("ftrace", text, length, err);
		free(text);
	}
	is_set = format && (kernel_stack_set(stacks, kind, format) ||
			    error_set(err, ERROR_UNSUPPORTED, "it has no stack of 64 bits"));
	kernel_format_destroy(format);
	if (!is_set)
		error_prefix(err, "'%s/%s' can't be used", tracefs->root, path);
	free(path);
	return is_set;
}

static bool has_option(const struct kernel_instance *instance, const char *option)
{
	char *path = mem_printf("%s/%s", instance->path, option);
	bool is_there = tracefs_has(instance->tracefs, path);

	free(path);
	return is_there;
}

bool kernel_stack_switch_on(const struct kernel_instance *instance,
			    const struct channel_spec *channel, struct kernel_stacks *stacks,
			    struct error *err)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		if (!is_wanted(channel, (enum kernel_stack)i))
			continue;
		if (!has_option(instance, kinds[i].option))
			return error_set(err, ERROR_UNSUPPORTED, "%s", kinds[i].missing);
		if (!read_place(instance->tracefs, (enum kernel_stack)i, stacks, err) ||
		    !kernel_instance_write(instance, kinds[i].option, "1", err))
			return false;
	}
	return true;
}

/* --- what is held */

struct kernel_callstack *kernel_callstack_create(const struct kernel_stacks *stacks)
{
	struct kernel_callstack *callstack;

	if (!stacks->places[KERNEL_STACK_KERNEL].is_wanted &&
	    !stacks->places[KERNEL_STACK_USER].is_wanted)
		return NULL;
	callstack = mem_zalloc(sizeof(*callstack));
	callstack->stacks = *stacks;
	return callstack;
}

static struct kernel_held *place_of(struct kernel_callstack *callstack, unsigned int number)
{
	return &callstack->held[(callstack->first + number) % KERNEL_HELD_MAX];
}

void kernel_callstack_destroy(struct kernel_callstack *callstack)
{
	if (!callstack)
		return;
	for (size_t i = 0; i < KERNEL_HELD_MAX; i++) {
		free(callstack->held[i].event.bytes);
		for (int kind = 0; kind < KERNEL_STACK_COUNT; kind++)
			free(callstack->held[i].callers[kind].bytes);
	}
	free(callstack);
}

/* A record fits on a page: that bounds it. */
static void set_part(struct kernel_stack_part *part, const unsigned char *bytes, uint32_t length)
{
	if (length > part->room) {
		part->bytes = mem_realloc_array(part->bytes, length, 1);
		part->room = length;
	}
	if (length > 0)
		memcpy(part->bytes, bytes, length);
	part->length = length;
}

void kernel_callstack_hold(struct kernel_callstack *callstack, const struct kernel_class *class,
			   const struct kernel_record *record)
{
	struct kernel_held *held = place_of(callstack, callstack->count++);

	set_part(&held->event, record->bytes, record->length);
	held->record = *record;
	held->record.bytes = held->event.bytes;
	held->class = class;
	held->is_whole = false;
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		held->callers[i].length = 0;
		held->has_come[i] = !callstack->stacks.places[i].is_wanted;
	}
}

static int32_t thread_of(const struct kernel_record *record)
{
	return (int32_t)kernel_u32(record->bytes + 4);
}

/*
 * How deep in interruptions a record was left: of what kind they are, then how often preemption was
 * forbidden, which is more in what a fault interrupts. A stack has its event's.
 */
static unsigned int depth_of(const struct kernel_record *record)
{
	unsigned int flags = record->bytes[2];
	unsigned int level = flags & FLAG_NMI	    ? 3
			     : flags & FLAG_HARDIRQ ? 2
			     : flags & FLAG_SOFTIRQ ? 1
						    : 0;

	return level << 8 | record->bytes[3];
}

static bool count_callers(const struct kernel_stack_place *place,
			  const struct kernel_record *record, uint32_t *count)
{
	uint32_t room;

	if (record->length < place->callers_at ||
	    (place->has_size && record->length < place->size_at + 4U))
		return false;
	room = (record->length - place->callers_at) / CALLER_BYTES;
	if (place->has_size) {
		*count = kernel_u32(record->bytes + place->size_at);
		return *count <= room;
	}
	*count = room < place->caller_max ? room : place->caller_max;
	while (*count > 0 && kernel_u64(record->bytes + place->callers_at +
					(*count - 1) * (uint64_t)CALLER_BYTES) == 0)
		(*count)--;
	return true;
}

/* Its event is the youngest of that depth. NULL: it is not held, or has one. */
static struct kernel_held *event_of(struct kernel_callstack *callstack, int kind,
				    const struct kernel_record *stack)
{
	for (unsigned int i = callstack->count; i > 0; i--) {
		struct kernel_held *held = place_of(callstack, i - 1);

		if (!held->is_whole && !held->has_come[kind] &&
		    depth_of(stack) == depth_of(&held->record) &&
		    thread_of(stack) == thread_of(&held->record))
			return held;
	}
	return NULL;
}

static bool has_all(const struct kernel_held *held)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		if (!held->has_come[i])
			return false;
	return true;
}

bool kernel_callstack_take(struct kernel_callstack *callstack, const struct kernel_record *record,
			   bool *is_broken)
{
	uint16_t id = kernel_u16(record->bytes);
	const struct kernel_stack_place *place = callstack->stacks.places;
	struct kernel_held *held;
	int kind = 0;
	uint32_t count = 0;

	while (kind < KERNEL_STACK_COUNT && !(place[kind].is_wanted && place[kind].id == id))
		kind++;
	if (kind == KERNEL_STACK_COUNT)
		return false;
	*is_broken = !count_callers(&place[kind], record, &count);
	held = event_of(callstack, kind, record);
	if (!held)
		return true;
	if (!*is_broken)
		set_part(&held->callers[kind], record->bytes + place[kind].callers_at,
			 count * CALLER_BYTES);
	held->has_come[kind] = true;
	held->is_whole = has_all(held);
	return true;
}

/*
 * An interruption ends before what it interrupted goes on, stacks and all: what is less deep than a
 * held event, or as deep, or another thread's, comes after whatever belongs to it.
 */
bool kernel_callstack_pass(struct kernel_callstack *callstack, const struct kernel_record *record)
{
	bool is_any = false;

	for (unsigned int i = 0; i < callstack->count; i++) {
		struct kernel_held *held = place_of(callstack, i);

		if (held->is_whole || (depth_of(record) > depth_of(&held->record) &&
				       thread_of(record) == thread_of(&held->record)))
			continue;
		held->is_whole = true;
		is_any = true;
	}
	return is_any;
}

bool kernel_callstack_make_room(struct kernel_callstack *callstack)
{
	if (callstack->count < KERNEL_HELD_MAX)
		return false;
	place_of(callstack, 0)->is_whole = true;
	return true;
}

void kernel_callstack_end(struct kernel_callstack *callstack)
{
	for (unsigned int i = 0; callstack && i < callstack->count; i++)
		place_of(callstack, i)->is_whole = true;
}

bool kernel_callstack_waits(const struct kernel_callstack *callstack)
{
	for (unsigned int i = 0; callstack && i < callstack->count; i++)
		if (!callstack->held[(callstack->first + i) % KERNEL_HELD_MAX].is_whole)
			return true;
	return false;
}

const struct kernel_held *kernel_callstack_first(const struct kernel_callstack *callstack)
{
	return callstack->count > 0 ? &callstack->held[callstack->first] : NULL;
}

void kernel_callstack_drop_first(struct kernel_callstack *callstack)
{
	callstack->first = (callstack->first + 1) % KERNEL_HELD_MAX;
	callstack->count--;
}

uint32_t kernel_held_bytes(const struct kernel_held *held, const struct kernel_stacks *stacks)
{
	uint32_t bytes = 0;

	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		if (stacks->places[i].is_wanted)
			bytes += (uint32_t)sizeof(uint32_t) + held->callers[i].length;
	return bytes;
}

unsigned char *kernel_held_put(const struct kernel_held *held, const struct kernel_stacks *stacks,
			       unsigned char *at)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		const struct kernel_stack_part *callers = &held->callers[i];
		uint32_t count = callers->length / CALLER_BYTES;

		if (!stacks->places[i].is_wanted)
			continue;
		memcpy(at, &count, sizeof(count));
		at += sizeof(count);
		if (count > 0)
			memcpy(at, callers->bytes, callers->length);
		at += callers->length;
	}
	return at;
}
