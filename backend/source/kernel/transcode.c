/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See transcode.h; the packets are as ctf/metadata.c declares them, packed to bytes. */
#include "backend/source/kernel/transcode.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/kernel/state.h"

#define CTF_MAGIC	    UINT32_C(0xC1FC1FC1)
#define ID_EXTENDED	    65535 /* in the short event header: the long one follows */
#define SHORT_HEADER_BYTES  6
#define LONG_HEADER_BYTES   14
#define CONTEXT_BEGIN_BYTES 32			/* of the packet's context */
#define FIRST_GAP	    (UINT64_C(1) << 32) /* ns; a longer one needs the whole time */

/* What is in both loops, with call stacks and without, is as fast in each as if it were in one. */
#define INLINE inline __attribute__((always_inline))

/* --- classes */

static struct kernel_op op_of(const struct kernel_field *field)
{
	return (struct kernel_op){
		.code = field->kind == KERNEL_STRING	 ? KERNEL_OP_STRING
			: field->kind == KERNEL_SEQUENCE ? KERNEL_OP_SEQUENCE
							 : KERNEL_OP_COPY,
		.element_bytes = field->element_bytes,
		.is_relative = field->is_relative,
		.offset = field->offset,
		.length = field->size_bytes,
	};
}

/* Neighbours in the record that are neighbours in the event are one copy. */
static bool joins(struct kernel_op *last, const struct kernel_op *op)
{
	if (last->code != KERNEL_OP_COPY || op->code != KERNEL_OP_COPY ||
	    last->offset + last->length != op->offset)
		return false;
	last->length = (uint16_t)(last->length + op->length);
	return true;
}

struct kernel_class *kernel_class_create(const struct kernel_format *format)
{
	struct kernel_class *class =
		mem_zalloc(sizeof(*class) + format->field_count * sizeof(class->ops[0]));

	class->name = mem_strdup(format->name);
	class->record_bytes = KERNEL_RECORD_COMMON_BYTES;
	class->is_fixed = true;
	for (size_t i = 0; i < format->field_count; i++) {
		const struct kernel_op op = op_of(&format->fields[i]);
		uint32_t end = (uint32_t)op.offset + op.length;

		if (end > class->record_bytes)
			class->record_bytes = end;
		if (op.code == KERNEL_OP_COPY)
			class->fixed_bytes += op.length;
		else
			class->is_fixed = false;
		if (class->op_count == 0 || !joins(&class->ops[class->op_count - 1], &op))
			class->ops[class->op_count++] = op;
	}
	return class;
}

void kernel_class_destroy(struct kernel_class *class)
{
	if (class)
		free(class->name);
	free(class);
}

static bool is_same_op(const struct kernel_op *op, const struct kernel_op *other)
{
	return op->code == other->code && op->element_bytes == other->element_bytes &&
	       op->is_relative == other->is_relative && op->offset == other->offset &&
	       op->length == other->length;
}

bool kernel_class_is_of(const struct kernel_class *class, const struct kernel_format *format)
{
	struct kernel_class *other = kernel_class_create(format);
	bool is_of = strcmp(class->name, other->name) == 0 && class->op_count == other->op_count;

	for (unsigned int i = 0; i < class->op_count && is_of; i++)
		is_of = is_same_op(&class->ops[i], &other->ops[i]);
	kernel_class_destroy(other);
	return is_of;
}

/* --- packets */

void kernel_writer_init(struct kernel_writer *writer, uint64_t room_bytes)
{
	*writer = (struct kernel_writer){0};
	writer->bytes = mem_alloc(room_bytes);
	writer->room_bytes = room_bytes;
	writer->seen = mem_zalloc((UINT16_MAX + 1) / 8);
}

void kernel_writer_finish(struct kernel_writer *writer)
{
	free(writer->bytes);
	free(writer->seen);
	kernel_callstack_destroy(writer->callstack);
	writer->bytes = NULL;
	writer->seen = NULL;
	writer->callstack = NULL;
}

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

void kernel_writer_open(struct kernel_writer *writer, uint64_t clock)
{
	unsigned char *at = put_u32(writer->bytes, CTF_MAGIC);

	if (clock < writer->last_clock)
		clock = writer->last_clock;
	memcpy(at, writer->uuid.bytes, sizeof(writer->uuid.bytes));
	at = put_u32(at + sizeof(writer->uuid.bytes), writer->stream_id);
	put_u64(at, writer->instance_id);
	writer->begin_clock = clock;
	writer->last_clock = clock;
	writer->at = KERNEL_PACKET_HEADER_BYTES;
	writer->event_count = 0;
	writer->is_open = true;
}

void kernel_writer_close(struct kernel_writer *writer, uint64_t end_clock,
			 uint64_t events_discarded, struct packet *packet)
{
	unsigned char *at = writer->bytes + CONTEXT_BEGIN_BYTES;

	if (end_clock < writer->last_clock)
		end_clock = writer->last_clock;
	at = put_u64(at, writer->begin_clock);
	at = put_u64(at, end_clock);
	at = put_u64(at, writer->at * 8);
	at = put_u64(at, writer->at * 8);
	at = put_u64(at, writer->sequence);
	at = put_u64(at, events_discarded);
	put_u32(at, writer->cpu);
	*packet = (struct packet){
		.bytes = writer->bytes,
		.size_bytes = writer->at,
		.content_bytes = writer->at,
		.first_event_bytes = KERNEL_PACKET_HEADER_BYTES,
		.begin_clock = writer->begin_clock,
		.end_clock = end_clock,
		.events_discarded = events_discarded,
		.sequence = writer->sequence,
		.stream_id = writer->stream_id,
		.stream_instance_id = writer->instance_id,
	};
	writer->sequence++;
	writer->last_clock = end_clock;
	writer->is_open = false;
}

/* --- events */

/* Most copies are of a few words. */
static inline unsigned char *copy(unsigned char *to, const unsigned char *from, uint32_t length)
{
	switch (length) {
	case 4:
		memcpy(to, from, 4);
		break;
	case 8:
		memcpy(to, from, 8);
		break;
	case 16:
		memcpy(to, from, 16);
		break;
	default:
		memcpy(to, from, length);
		break;
	}
	return to + length;
}

/* Where a __data_loc leads: offset and length in one word. False: out of the record. */
static bool find_data(const struct kernel_record *record, const struct kernel_op *op,
		      const unsigned char **data, uint32_t *length)
{
	uint32_t place = kernel_u32(record->bytes + op->offset);
	uint32_t offset = place & 0xffff;

	*length = place >> 16;
	if (op->is_relative)
		offset += op->offset + 4U;
	if (offset > record->length || *length > record->length - offset)
		return false;
	*data = record->bytes + offset;
	return true;
}

static unsigned char *put_dynamic(const struct kernel_record *record, const struct kernel_op *op,
				  unsigned char *at, const unsigned char *end, bool *is_broken)
{
	const unsigned char *data;
	uint32_t length;

	if (!find_data(record, op, &data, &length)) {
		*is_broken = true;
		return NULL;
	}
	if (op->code == KERNEL_OP_STRING) {
		length = (uint32_t)strnlen((const char *)data, length);
		if ((uint64_t)(end - at) < (uint64_t)length + 1)
			return NULL;
		memcpy(at, data, length);
		at[length] = '\0';
		return at + length + 1;
	}
	length -= length % op->element_bytes;
	if ((uint64_t)(end - at) < (uint64_t)length + 4)
		return NULL;
	at = put_u32(at, length / op->element_bytes);
	memcpy(at, data, length);
	return at + length;
}

/* NULL: no room, or *is_broken. The fixed parts have room. */
static INLINE unsigned char *put_payload(const struct kernel_class *class,
					 const struct kernel_record *record, unsigned char *at,
					 const unsigned char *end, bool *is_broken)
{
	uint64_t fixed_left = class->fixed_bytes;

	for (unsigned int i = 0; i < class->op_count && at; i++) {
		const struct kernel_op *op = &class->ops[i];

		if (op->code == KERNEL_OP_COPY) {
			at = copy(at, record->bytes + op->offset, op->length);
			fixed_left -= op->length;
		} else {
			at = put_dynamic(record, op, at, end - fixed_left, is_broken);
		}
	}
	return at;
}

static INLINE unsigned char *put_header(unsigned char *at, uint16_t id, uint64_t clock,
					bool is_short)
{
	uint16_t extended = ID_EXTENDED;

	if (__builtin_expect(is_short, 1)) {
		memcpy(at, &id, sizeof(id));
		return put_u32(at + sizeof(id), (uint32_t)clock);
	}
	memcpy(at, &extended, sizeof(extended));
	return put_u64(put_u32(at + sizeof(extended), id), clock);
}

enum put_result { PUT_DONE, PUT_FULL, PUT_BROKEN };

static INLINE enum put_result put_event(struct kernel_writer *writer,
					const struct kernel_class *class, uint16_t id,
					const struct kernel_record *record,
					const struct kernel_held *held)
{
	/* The kernel's clock may step back by nanoseconds; a packet's may not. */
	uint64_t clock = record->clock > writer->last_clock ? record->clock : writer->last_clock;
	unsigned char *at = writer->bytes + writer->at;
	unsigned char *end = writer->bytes + writer->room_bytes;
	bool is_short = id != ID_EXTENDED && clock - writer->last_clock < FIRST_GAP;
	uint64_t stack_bytes = held ? kernel_held_bytes(held, &writer->callstack->stacks) : 0;
	bool is_broken = false;

	if (record->length < class->record_bytes)
		return PUT_BROKEN;
	if ((uint64_t)(end - at) <
	    LONG_HEADER_BYTES + (uint64_t)writer->context.bytes + stack_bytes + class->fixed_bytes)
		return PUT_FULL;
	at = put_header(at, id, clock, is_short);
	if (writer->context.bytes > 0) {
		writer->context.write(writer->context.data, record, at);
		at += writer->context.bytes;
	}
	if (held)
		at = kernel_held_put(held, &writer->callstack->stacks, at);
	at = put_payload(class, record, at, end, &is_broken);
	if (!at)
		return is_broken ? PUT_BROKEN : PUT_FULL;
	writer->at = (uint64_t)(at - writer->bytes);
	writer->last_clock = clock;
	writer->event_count++;
	return PUT_DONE;
}

static inline void note_seen(const struct kernel_writer *writer, uint16_t id)
{
	uint64_t bit = UINT64_C(1) << (id % 64);

	if (__builtin_expect((writer->seen[id / 64] & bit) != 0, 1))
		return;
	writer->seen[id / 64] |= bit;
	if (writer->first_seen)
		writer->first_seen(writer->first_seen_data, id);
}

/* A process that nobody knows any more was tracked, as the kernel says. */
static bool is_tracked(const struct kernel_tracked *tracked, const struct kernel_record *record,
		       struct kernel_state *state)
{
	int64_t process;

	while (tracked && record->clock < tracked->since_clock)
		tracked = tracked->before;
	if (!tracked || tracked->is_all || !state)
		return true;
	process = kernel_state_process(state, record);
	for (size_t i = 0; i < tracked->count; i++)
		if (tracked->processes[i] == process)
			return true;
	return process < 0;
}

/* Who is recorded, as of one call. */
struct choice {
	const struct kernel_classes *classes;
	const struct kernel_tracked *tracked;
};

static inline struct choice choose(const struct kernel_classes *classes)
{
	return (struct choice){
		.classes = classes,
		.tracked = __atomic_load_n(&classes->tracked, __ATOMIC_ACQUIRE),
	};
}

/* NULL: it is not recorded. */
static INLINE const struct kernel_class *class_of(struct kernel_writer *writer,
						  const struct choice *choice,
						  const struct kernel_record *record)
{
	const struct kernel_classes *classes = choice->classes;
	uint16_t id = kernel_u16(record->bytes);
	const struct kernel_class *class =
		id < classes->count ? __atomic_load_n(&classes->by_id[id], __ATOMIC_ACQUIRE) : NULL;

	if (kernel_own_has(classes->own, record) ||
	    __builtin_expect(choice->tracked && !is_tracked(choice->tracked, record, writer->state),
			     0))
		return NULL;
	while (class && class->before && record->clock < class->since_clock)
		class = class->before;
	if (!class) {
		writer->unknown_count++;
		return NULL;
	}
	if (class->wants && !class->wants(class->wants_data, record, writer->state))
		return NULL;
	return class;
}

/* held: what the record waited in for its call stacks; NULL: none are wanted. False: the packet is
 * full. */
static INLINE bool write_event(struct kernel_writer *writer, const struct kernel_class *class,
			       const struct kernel_record *record, const struct kernel_held *held)
{
	uint16_t id = kernel_u16(record->bytes);
	enum put_result result;

	if (!writer->is_open)
		kernel_writer_open(writer, record->clock);
	result = put_event(writer, class, id, record, held);
	if (__builtin_expect(result == PUT_DONE, 1)) {
		note_seen(writer, id);
		return true;
	}
	/* What does not fit into an empty packet fits nowhere. */
	if (result == PUT_FULL && writer->event_count > 0)
		return false;
	writer->broken_count++;
	return true;
}

/* --- with call stacks */

static bool write_first(struct kernel_writer *writer)
{
	const struct kernel_held *held = kernel_callstack_first(writer->callstack);

	if (!write_event(writer, held->class, &held->record, held))
		return false;
	kernel_callstack_drop_first(writer->callstack);
	return true;
}

/* The oldest that are held, as long as they wait for nothing. KERNEL_PAGE_DONE: they are out. */
static enum kernel_transcoded write_whole(struct kernel_writer *writer, uint64_t cut_clock)
{
	const struct kernel_held *held;

	while ((held = kernel_callstack_first(writer->callstack))) {
		if (held->record.clock > cut_clock)
			return KERNEL_CUT_REACHED;
		if (!held->is_whole)
			break;
		if (!write_first(writer))
			return KERNEL_PACKET_FULL;
	}
	return KERNEL_PAGE_DONE;
}

static bool take_stack(struct kernel_writer *writer, const struct kernel_record *record)
{
	bool is_broken = false;
	bool is_stack = kernel_callstack_take(writer->callstack, record, &is_broken);

	writer->broken_count += is_broken;
	return is_stack;
}

/* As kernel_transcode(); an event goes out when it waits for no stack any more. */
static enum kernel_transcoded transcode_with_stacks(struct kernel_writer *writer,
						    const struct kernel_classes *classes,
						    struct kernel_cursor *cursor,
						    uint64_t cut_clock)
{
	const struct choice choice = choose(classes);
	struct kernel_callstack *callstack = writer->callstack;
	enum kernel_transcoded result;
	struct kernel_record record;

	while ((result = write_whole(writer, cut_clock)) == KERNEL_PAGE_DONE) {
		struct kernel_cursor before = *cursor;
		const struct kernel_class *class;

		if (!kernel_page_next(cursor, &record)) {
			if (cursor->is_broken) {
				kernel_callstack_end(callstack);
				writer->broken_count++;
			}
			break;
		}
		if (take_stack(writer, &record))
			continue;
		if (kernel_callstack_pass(callstack, &record) ||
		    kernel_callstack_make_room(callstack)) {
			*cursor = before; /* behind those that wait no longer */
			continue;
		}
		/* What interrupted an event from before the cut waits behind it. */
		if (record.clock > cut_clock && !kernel_callstack_first(callstack)) {
			*cursor = before;
			return KERNEL_CUT_REACHED;
		}
		class = class_of(writer, &choice, &record);
		if (class)
			kernel_callstack_hold(callstack, class, &record);
	}
	return result;
}

bool kernel_transcode_rest(struct kernel_writer *writer, uint64_t cut_clock)
{
	const struct kernel_held *held;

	while (writer->callstack && (held = kernel_callstack_first(writer->callstack)) &&
	       held->record.clock <= cut_clock)
		if (!write_first(writer))
			return false;
	return true;
}

bool kernel_transcode_rest_of(struct kernel_writer *writer, const struct kernel_cursor *next)
{
	struct kernel_cursor cursor = *next;
	struct kernel_record record;

	while (kernel_callstack_waits(writer->callstack) && kernel_page_next(&cursor, &record))
		if (!take_stack(writer, &record))
			kernel_callstack_pass(writer->callstack, &record);
	return kernel_transcode_rest(writer, UINT64_MAX);
}

/* --- all */

enum kernel_transcoded kernel_transcode(struct kernel_writer *writer,
					const struct kernel_classes *classes,
					struct kernel_cursor *cursor, uint64_t cut_clock)
{
	const struct choice choice = choose(classes);
	struct kernel_cursor before = *cursor;
	struct kernel_record record;

	if (writer->callstack)
		return transcode_with_stacks(writer, classes, cursor, cut_clock);
	for (; kernel_page_next(cursor, &record); before = *cursor) {
		const struct kernel_class *class;

		if (__builtin_expect(record.clock > cut_clock, 0)) {
			*cursor = before;
			return KERNEL_CUT_REACHED;
		}
		class = class_of(writer, &choice, &record);
		if (class && !write_event(writer, class, &record, NULL)) {
			*cursor = before;
			return KERNEL_PACKET_FULL;
		}
	}
	writer->broken_count += cursor->is_broken;
	return KERNEL_PAGE_DONE;
}
