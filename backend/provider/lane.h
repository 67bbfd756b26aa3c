/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory that an application and its console share: the control page, the lanes, and what lies
 * in a lane. Nothing here knows how the two sides meet (handshake.h) or what an event means.
 *
 * The console makes both memory files. The application can only read the first (control page and
 * flag pages); in the second it writes everything but `cons`. A lane is a ring with one writer at a
 * time: a thread that claimed it, or that borrows it for one event.
 */
#ifndef TRACON_PROVIDER_LANE_H
#define TRACON_PROVIDER_LANE_H

#include <stdint.h>

enum {
	LANE_MAGIC = 0x54524c31, /* "TRL1" */
	LANE_ABI_MAJOR = 1,	 /* another one is refused */
	LANE_ABI_MINOR = 1,	 /* the lower of both counts; 1: there is a bell */
};

/* What either side refuses to go beyond. */
enum {
	LANE_SUB_SHIFT_MIN = 12,
	LANE_SUB_SHIFT_MAX = 24,
	LANE_SUBS_MIN = 2,
	LANE_SUBS_MAX = 256,
	LANE_RING_SHIFT_MAX = 30,
	LANE_COUNT_MAX = 4096,
	LANE_HEADER_BYTES = 4096, /* before the data of each lane, and before the first lane */
	LANE_PACKET_BYTES = 128, /* a sub-buffer begins with so much room for the packet's header */
	LANE_FLAGS_MAX = 4096,	 /* events of a provider */
};

enum lane_clock { LANE_CLOCK_TSC = 0, LANE_CLOCK_MONOTONIC = 1 };

enum lane_mode { LANE_MODE_DISCARD = 0, LANE_MODE_OVERWRITE = 1 };

/* How lanes lie in their memory file: lane i begins at LANE_HEADER_BYTES + i * stride. */
struct lane_geometry {
	uint32_t lanes;	 /* all of them */
	uint32_t leased; /* of these the last ones, which threads only borrow: at least 1 */
	uint32_t stride; /* LANE_HEADER_BYTES + (subs << sub_shift), or more */
	uint32_t sub_shift;
	uint32_t subs; /* a power of two */
	uint32_t clock;
};

/* Page 0 of the control file. The console writes, applications read. */
struct lane_control {
	uint32_t magic;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint64_t generation;
	uint32_t clock; /* enum lane_clock */
	uint32_t mode;	/* enum lane_mode; may change at any time */
	struct lane_geometry geometry;
	uint32_t pid;
};

/*
 * A page of its own, the same for all applications of a console, which they can only read. While
 * is_wanted is not 0 the console sleeps: whoever opens a sub-buffer wakes those that wait there
 * with FUTEX_WAKE.
 */
struct lane_bell {
	uint32_t is_wanted;
};

/* Page 0 of the lanes' file. Applications write. */
struct lane_process {
	uint64_t refused; /* events that found no lane at all */
};

/*
 * Begins each lane. Positions count bytes since the lane was made, never wrap, and lie at
 * data[position & (ring size - 1)].
 */
struct lane_header {
	/* The producer's line. */
	uint64_t commit;    /* everything below is complete; a release store */
	uint64_t open_end;  /* end of the newest sub-buffer: below open_end - ring all is being lost
			     */
	uint64_t discarded; /* events refused since the lane was made */
	uint32_t tid;	    /* who wrote last */
	uint32_t owner;	    /* tid of the claimer or borrower, 0: free */
	uint32_t claims;    /* how often it was claimed */
	uint32_t pad;
	uint64_t pad_line[2];
	/* The console's line. */
	uint64_t cons; /* everything below may be overwritten (discard mode) */
	uint64_t pad_cons[7];
};

/*
 * Begins each sub-buffer, as the producer leaves it; the console writes the packet's real header
 * over it once the sub-buffer is its own. The times are hints: a console trusts what it walks. One
 * that was filled to its last byte stays open until the next one is needed.
 */
struct lane_packet {
	uint64_t position;
	uint64_t begin_ticks;
	uint64_t end_ticks;	/* 0 while it is open */
	uint64_t content_bytes; /* from the start of the sub-buffer to its last record; 0 if open */
	uint64_t discarded;	/* the lane's counter when this was opened */
	uint32_t tid;		/* who opened it; a record LANE_ID_OWNER changes that */
	uint32_t pad;
};

/*
 * A record is an 8-byte header, id in the low 16 bits and the low 48 bits of the clock above them,
 * then its fields, packed to bytes. Ids below LANE_ID_FIRST are the same for all applications.
 */
enum lane_id {
	LANE_ID_PADDING = 0,   /* and up to 3: that many bytes of nothing */
	LANE_ID_PADDING_N = 4, /* uint32_t count, then as many bytes of nothing */
	LANE_ID_OWNER = 5,     /* uint32_t tid: whose the following records are */
	LANE_ID_FIRST = 16,
};

enum { LANE_RECORD_BYTES = 8, LANE_PADDING_N_BYTES = 12, LANE_OWNER_BYTES = 12 };

static inline uint64_t lane_record_header(uint32_t id, uint64_t ticks)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (ticks << 16) | (id & 0xffff);
#else
	return ((uint64_t)id << 48) | (ticks & 0xffffffffffff);
#endif
}

static inline uint32_t lane_record_id(uint64_t header)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return (uint32_t)(header & 0xffff);
#else
	return (uint32_t)(header >> 48);
#endif
}

static inline uint64_t lane_record_ticks(uint64_t header)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return header >> 16;
#else
	return header & 0xffffffffffff;
#endif
}

static inline uint64_t lane_ring_bytes(const struct lane_geometry *geometry)
{
	return (uint64_t)geometry->subs << geometry->sub_shift;
}

static inline uint64_t lane_file_bytes(const struct lane_geometry *geometry)
{
	return LANE_HEADER_BYTES + (uint64_t)geometry->lanes * geometry->stride;
}

/* Whether a geometry that came from outside is within all bounds. Copy it first. */
static inline int lane_geometry_is_good(const struct lane_geometry *geometry)
{
	return geometry->lanes >= 1 && geometry->lanes <= LANE_COUNT_MAX && geometry->leased >= 1 &&
	       geometry->leased <= geometry->lanes && geometry->sub_shift >= LANE_SUB_SHIFT_MIN &&
	       geometry->sub_shift <= LANE_SUB_SHIFT_MAX && geometry->subs >= LANE_SUBS_MIN &&
	       geometry->subs <= LANE_SUBS_MAX && (geometry->subs & (geometry->subs - 1)) == 0 &&
	       lane_ring_bytes(geometry) <= (uint64_t)1 << LANE_RING_SHIFT_MAX &&
	       geometry->stride % LANE_HEADER_BYTES == 0 &&
	       geometry->stride >= LANE_HEADER_BYTES + lane_ring_bytes(geometry) &&
	       geometry->clock <= LANE_CLOCK_MONOTONIC;
}

#endif
