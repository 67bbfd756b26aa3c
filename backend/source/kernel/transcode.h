/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the kernel's records to CTF events, the hot path of the kernel domain: each event type is a
 * short list of copies, made once from its format. Nothing in a record is trusted.
 */
#ifndef TRACON_SOURCE_KERNEL_TRANSCODE_H
#define TRACON_SOURCE_KERNEL_TRANSCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/uuid.h"
#include "backend/consume/packet.h"
#include "backend/source/kernel/callstack.h"
#include "backend/source/kernel/format.h"
#include "backend/source/kernel/own.h"
#include "backend/source/kernel/page.h"

enum kernel_op_code {
	KERNEL_OP_COPY,	    /* length bytes at offset */
	KERNEL_OP_STRING,   /* of the __data_loc at offset, up to its NUL */
	KERNEL_OP_SEQUENCE, /* of the __data_loc at offset: number of elements, elements */
};

struct kernel_state;

struct kernel_op {
	uint8_t code;
	uint8_t element_bytes;
	bool is_relative;
	uint16_t offset;
	uint16_t length;
};

/* One event type, compiled. Immutable. */
struct kernel_class {
	char *name;
	uint32_t record_bytes; /* a record of it is at least that long */
	uint32_t fixed_bytes;  /* written by its copies; with is_fixed, that is all */
	bool is_fixed;
	uint16_t op_count;
	/* Decides on the record before anything is written; NULL: all are wanted. */
	bool (*wants)(const void *data, const struct kernel_record *record,
		      struct kernel_state *state);
	const void *wants_data;
	/* Records before that time are what `before` says: rules changed while they lay in the
	 * ring. */
	uint64_t since_clock;
	struct kernel_class *before; /* NULL: there was none; lives as long as this one */
	struct kernel_op ops[];
};

struct kernel_class *kernel_class_create(const struct kernel_format *format);
void kernel_class_destroy(struct kernel_class *class); /* NULL passes */
/* Whether its events are written as those of the format. */
bool kernel_class_is_of(const struct kernel_class *class, const struct kernel_format *format);

/*
 * Which types a channel records, by the kernel's id; NULL: not this one. Others may set entries
 * meanwhile (release).
 */
struct kernel_classes {
	struct kernel_class **by_id;
	size_t count;
	const struct kernel_own *own;	      /* NULL: nobody is left out */
	const struct kernel_tracked *tracked; /* NULL: all are recorded; set with release, too */
};

/*
 * Which processes are recorded. The kernel follows new threads of a tracked process, and its
 * children with them: those are left out here.
 */
struct kernel_tracked {
	uint64_t since_clock;		     /* records before that are what `before` says */
	const struct kernel_tracked *before; /* NULL: all were; lives as long as this one */
	bool is_all;
	size_t count;
	int64_t processes[];
};

/* What every event carries: written before the payload. bytes 0: nothing. */
struct kernel_context {
	uint32_t bytes;
	void (*write)(void *data, const struct kernel_record *record, unsigned char *out);
	void *data;
};

/* Packets of one stream, one after the other. Its consumer's thread. */
struct kernel_writer {
	unsigned char *bytes;
	uint64_t room_bytes;
	uint64_t at;
	uint64_t begin_clock, last_clock;
	uint64_t sequence;
	uint64_t event_count; /* of the open packet */
	bool is_open;
	struct uuid uuid;
	uint32_t stream_id;
	uint64_t instance_id;
	uint32_t cpu;
	struct kernel_context context;
	struct kernel_state *state;	    /* for `wants`; may be NULL */
	struct kernel_callstack *callstack; /* behind the context; NULL: no event waits for any */
	uint64_t *seen;			    /* a bit of each type: it has written one */
	/* Called at the first event of a type, of this writer; may be NULL. */
	void (*first_seen)(void *data, uint16_t id);
	void *first_seen_data;
	uint64_t unknown_count; /* records of types that nobody asked for */
	uint64_t broken_count;	/* records and pages that are not what their format says */
};

#define KERNEL_PACKET_HEADER_BYTES 84

/* room_bytes: of a packet; must hold the largest record of the ring's sub-buffers. */
void kernel_writer_init(struct kernel_writer *writer, uint64_t room_bytes);
void kernel_writer_finish(struct kernel_writer *writer);
/* Begins a packet at that time, never before the last event. */
void kernel_writer_open(struct kernel_writer *writer, uint64_t clock);
/* Ends it; `packet` is valid until the next is opened. end_clock: at least the last event's. */
void kernel_writer_close(struct kernel_writer *writer, uint64_t end_clock,
			 uint64_t events_discarded, struct packet *packet);

enum kernel_transcoded {
	KERNEL_PAGE_DONE,
	KERNEL_PACKET_FULL, /* close the packet, open another, go on */
	KERNEL_CUT_REACHED, /* the next record is after cut_clock */
};

/*
 * Takes records from the cursor until one of the above; opens a packet if none is open. A record
 * that was not taken is still the cursor's next. With call stacks the last events may be held back.
 */
enum kernel_transcoded kernel_transcode(struct kernel_writer *writer,
					const struct kernel_classes *classes,
					struct kernel_cursor *cursor, uint64_t cut_clock);
/*
 * There is no more for now: writes the events that wait for call stacks, unless they are after
 * cut_clock. False: the packet is full; close it, and call again.
 */
bool kernel_transcode_rest(struct kernel_writer *writer, uint64_t cut_clock);
/* The same, once the page behind has been looked at, which is not taken from. */
bool kernel_transcode_rest_of(struct kernel_writer *writer, const struct kernel_cursor *next);

#endif
