/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints CTF 1.8 metadata (TSDL) by whole declarations, as babeltrace2 and babeltrace 1.5 read it.
 */
#ifndef TRACON_CTF_METADATA_H
#define TRACON_CTF_METADATA_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/base/uuid.h"
#include "backend/ctf/type.h"

/* One description for a session, byte for byte the same in every metadata file. */
struct ctf_clock {
	struct uuid uuid; /* the boot's */
	bool has_uuid;
	uint64_t frequency_hz; /* 1 000 000 000 */
	int64_t offset_ns;     /* wall minus monotonic; at 1 GHz this is TSDL's offset in cycles */
	/* Of a clock with another frequency: whole seconds and cycles, instead of offset_ns. */
	bool has_seconds;
	int64_t offset_s;
	uint64_t offset_cycles;
};

struct ctf_env {
	const char *name;
	const char *text; /* NULL: the number counts */
	int64_t number;
};

/* Wide ones are those of native applications: 16 bits of id, 48 of time, nothing else. */
enum ctf_header { CTF_HEADER_COMPACT, CTF_HEADER_LARGE, CTF_HEADER_WIDE };

/* The context of a packet in a trace with threads: the size of all of its headers, and the name. */
#define CTF_THREAD_HEADER_BYTES 128
#define CTF_THREAD_NAME_BYTES	40

/* The writer's alignments in bits, as an application registers them (all 8 on amd64). */
struct ctf_layout {
	unsigned int long_bits; /* 32 or 64 */
	unsigned int align16, align32, align64, align_long;
	bool is_big_endian;
};

struct ctf_trace {
	struct uuid uuid;
	struct ctf_layout layout;
	struct ctf_clock clock;
	const struct ctf_env *env;
	size_t env_count;
	/* The last of env and the clock, as text that can be found again: instead of `clock`. */
	const char *clock_text;
	bool has_threads; /* a packet is of a thread, not of a CPU; its headers are wide */
};

/* The clock's block alone, as ctf_metadata_trace() writes it. */
void ctf_metadata_clock(struct text *out, const struct ctf_clock *clock);
/* "CTF 1.8" comment, typealiases, trace, env, clock, packet context, event headers. */
void ctf_metadata_trace(struct text *out, const struct ctf_trace *trace);
/* context: struct of the fields that follow each event header, or NULL. */
void ctf_metadata_stream(struct text *out, const struct ctf_layout *layout, uint32_t stream_id,
			 enum ctf_header header, const struct ctf_type *context);
/* loglevel: not printed unless LTTng-UST knows it (0 to 14); emf_uri may be NULL. */
void ctf_metadata_event(struct text *out, const char *name, uint32_t id, uint32_t stream_id,
			int loglevel, const char *emf_uri, const struct ctf_type *payload);

#endif
