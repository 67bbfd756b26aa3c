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
#define FLAGS_LEVEL (0x08 | 0x10 | 0x40)

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

void kernel_callstack_destroy(struct kernel_callstack *callstack)
{
	if (!callstack)
		return;
	free(callstack->event.bytes);
	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		free(callstack->callers[i].bytes);
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
	set_part(&callstack->event, record->bytes, record->length);
	callstack->record = *record;
	callstack->record.bytes = callstack->event.bytes;
	callstack->class = class;
	callstack->is_held = true;
	callstack->is_whole = false;
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		callstack->callers[i].length = 0;
		callstack->has_come[i] = !callstack->stacks.places[i].is_wanted;
	}
}

/*
 * An interrupt between an event and its stack leaves its own ones there: a stack says of itself
 * what its event does, thread and depth.
 */
static bool belongs(const struct kernel_record *stack, const struct kernel_record *event)
{
	return ((stack->bytes[2] ^ event->bytes[2]) & FLAGS_LEVEL) == 0 &&
	       stack->bytes[3] == event->bytes[3] &&
	       kernel_u32(stack->bytes + 4) == kernel_u32(event->bytes + 4);
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

bool kernel_callstack_take(struct kernel_callstack *callstack, const struct kernel_record *record,
			   bool *is_broken)
{
	uint16_t id = kernel_u16(record->bytes);
	const struct kernel_stack_place *place = callstack->stacks.places;
	int kind = 0;
	uint32_t count = 0;

	while (kind < KERNEL_STACK_COUNT && !(place[kind].is_wanted && place[kind].id == id))
		kind++;
	if (kind == KERNEL_STACK_COUNT)
		return false;
	*is_broken = !count_callers(&place[kind], record, &count);
	if (!callstack->is_held || callstack->is_whole || callstack->has_come[kind] ||
	    !belongs(record, &callstack->record))
		return true;
	if (!*is_broken)
		set_part(&callstack->callers[kind], record->bytes + place[kind].callers_at,
			 count * CALLER_BYTES);
	callstack->has_come[kind] = true;
	callstack->is_whole = true;
	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		callstack->is_whole = callstack->is_whole && callstack->has_come[i];
	return true;
}

void kernel_callstack_end(struct kernel_callstack *callstack)
{
	if (callstack)
		callstack->is_whole = callstack->is_held;
}

uint32_t kernel_callstack_bytes(const struct kernel_callstack *callstack)
{
	uint32_t bytes = 0;

	for (int i = 0; i < KERNEL_STACK_COUNT; i++)
		if (callstack->stacks.places[i].is_wanted)
			bytes += (uint32_t)sizeof(uint32_t) + callstack->callers[i].length;
	return bytes;
}

unsigned char *kernel_callstack_put(const struct kernel_callstack *callstack, unsigned char *at)
{
	for (int i = 0; i < KERNEL_STACK_COUNT; i++) {
		const struct kernel_stack_part *callers = &callstack->callers[i];
		uint32_t count = callers->length / CALLER_BYTES;

		if (!callstack->stacks.places[i].is_wanted)
			continue;
		memcpy(at, &count, sizeof(count));
		at += sizeof(count);
		if (count > 0)
			memcpy(at, callers->bytes, callers->length);
		at += callers->length;
	}
	return at;
}
