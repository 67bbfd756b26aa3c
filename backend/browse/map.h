/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The map of what can be browsed: traces below a folder, their streams, and where in which file
 * each packet lies and what time it covers. Made from LTTng's index files where they agree with the
 * files, else by a walk over packet headers. One thread owns a map.
 */
#ifndef TRACON_BROWSE_MAP_H
#define TRACON_BROWSE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/ctf/outline.h"

#define MAP_DEPTH_MAX	8
#define MAP_ENTRIES_MAX 200000 /* names looked at below the folder */
#define MAP_TRACES_MAX	4096
#define MAP_FILES_MAX	65536
#define MAP_PACKETS_MAX 4000000

struct map_packet {
	uint64_t offset_bytes, size_bytes;
	uint64_t begin_ns, end_ns; /* wall */
	uint64_t discarded, sequence;
	uint32_t content_bytes; /* at most UINT32_MAX: for estimates */
	bool has_sequence;
	bool is_empty; /* no events */
};

struct map_file {
	char *path, *name;
	struct map_trace *trace;
	dev_t device;
	ino_t inode;
	int fd; /* kept, so that it survives renaming; -1: opened when needed */
	uint64_t size_bytes;
	bool has_instance;
	uint64_t stream_id, instance;
	struct map_packet *packets;
	size_t packet_count, packet_room;
	uint64_t next_bytes; /* what comes before is known */
	bool is_done;	     /* nothing more to find at this size */
	bool is_unit;	     /* its layout is unknown: one piece that covers all times */
	bool is_index_read;
	struct error problem; /* why packets end here */
};

struct map_trace {
	char *path;
	int metadata_fd;
	dev_t device;
	ino_t inode;
	uint64_t metadata_bytes; /* that were read */
	struct ctf_outline *outline;
	struct map_file **files;
	size_t file_count, file_room;
	size_t group;
	struct error problem;
};

/* A packet in its stream. */
struct map_span {
	const struct map_packet *packet;
	struct map_file *file;
	uint64_t lost_events, lost_packets; /* between the packet before and this one */
};

/* Files that go on with each other are one stream. */
struct map_stream {
	const char *name; /* its first file's; unique in its group */
	char *own_name;	  /* if it had to be made */
	size_t group;
	uint64_t id;
	struct map_span *spans;
	size_t span_count, span_room;
};

/* Traces with one UUID are parts of one; the longest metadata describes them all. */
struct map_group {
	const struct map_trace *trace;
};

struct map {
	char *path;
	struct map_trace **traces;
	size_t trace_count, trace_room;
	struct map_stream *streams;
	size_t stream_count;
	struct map_group *groups;
	size_t group_count;
	size_t open_count; /* files kept open */
	bool is_done;	   /* every file is indexed */
	bool has_grown;	   /* found by the last look */
	/* Times before this are whole; UINT64_MAX when is_done. */
	uint64_t known_until_ns;
	uint64_t begin_ns, end_ns;
	uint64_t packet_count, packet_bytes, lost_events, lost_packets;
	size_t gap_count;
	bool has_units;
	struct error problem; /* the first one met; what could be read is there nevertheless */
};

struct map *map_create(const char *path);
void map_destroy(struct map *map); /* NULL passes */
/* Looks for traces and files, at first and again; keeps what is known. ERROR_NOT_FOUND: no trace.
 */
bool map_look(struct map *map, struct error *err);
/*
 * Goes on indexing, by at most each_max packets of each file, until must_stop (NULL: never) says
 * so. Then puts the streams together anew.
 */
void map_index(struct map *map, size_t each_max, bool (*must_stop)(void *data), void *data);
/* Bytes of stream files, and how many of them are indexed. */
void map_progress(const struct map *map, uint64_t *done_bytes, uint64_t *total_bytes);

/*
 * The file's descriptor: its own, or one opened just now that map_file_close() closes. -1: gone.
 */
int map_file_open(struct map_file *file, struct error *err);
void map_file_close(const struct map_file *file, int fd);

/* --- windows: times in which whole packets decode completely --- */

/* Packets first … first + count - 1 of a stream. */
struct map_range {
	size_t first, count;
};

/* Of one stream, those that overlap [from_ns, until_ns). */
struct map_range map_stream_range(const struct map_stream *stream, uint64_t from_ns,
				  uint64_t until_ns);
/*
 * The end of a window that begins at from_ns and has packets of about `bytes`, though at least
 * those of that very time: always after it. UINT64_MAX: nothing comes behind.
 */
uint64_t map_window_end(const struct map *map, uint64_t from_ns, uint64_t bytes);
/* The begin of a window that ends before until_ns; 0: nothing comes before. */
uint64_t map_window_begin(const struct map *map, uint64_t until_ns, uint64_t bytes);
/* How many bytes of packets overlap [from_ns, until_ns). */
uint64_t map_bytes_between(const struct map *map, uint64_t from_ns, uint64_t until_ns);

/* --- parts --- */

/* Puts files together to streams, and computes what was lost between packets (map_streams.c). */
void map_assemble(struct map *map);
/* The next packets of one file (map_index.c). */
void map_index_file(struct map_file *file, size_t packets_max);

#endif
