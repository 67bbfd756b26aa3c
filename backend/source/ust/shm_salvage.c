/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the buffers that an engine that was killed left as files; see shm.h. What was delivered is
 * whole; of the sub-buffer that was being written the leading bytes that are committed for good
 * are, and a flush closes the packet behind them: now. What the files of the trace have already is
 * told by times, for sequence numbers may have been given anew.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/ctf/outline.h"
#include "backend/source/ust/packet_layout.h"
#include "backend/source/ust/ring_map.h"
#include "backend/source/ust/shm.h"

#define DEPTH_MAX      8 /* of folders: ust/uid/1000/64-bit is 4 */
#define METADATA_NAME  "metadata"
#define RING_BYTES_MAX ((size_t)1 << 30) /* of one CPU */

/* --- one ring */

struct ring_salvage {
	struct ust_ring_map map;
	uint64_t now_clock;
	struct salvaged_stream *stream;
	const struct salvage_host *host;
	struct salvage_mark mark; /* of the packet before */
	uint64_t written_begin;	  /* what the files have up to; valid if has_written */
	bool has_written;
	bool has_begun;
	bool has_failed;
};

static uint64_t get64(const unsigned char *header, size_t at)
{
	uint64_t value;

	memcpy(&value, header + at, sizeof(value));
	return value;
}

static uint32_t get32(const unsigned char *header, size_t at)
{
	uint32_t value;

	memcpy(&value, header + at, sizeof(value));
	return value;
}

static void put64(unsigned char *header, size_t at, uint64_t value)
{
	memcpy(header + at, &value, sizeof(value));
}

/* From a copy of the header; sizes are checked against what is there. */
static bool read_whole(struct packet *packet, const unsigned char *header, uint64_t subbuf_bytes)
{
	packet->end_clock = get64(header, AT_END_CLOCK);
	packet->content_bytes = get64(header, AT_CONTENT_BITS) / 8;
	packet->size_bytes = get64(header, AT_PACKET_BITS) / 8;
	packet->events_discarded = get64(header, AT_DISCARDED);
	return packet->content_bytes >= HEADER_BYTES &&
	       packet->content_bytes <= packet->size_bytes && packet->size_bytes <= subbuf_bytes &&
	       packet->size_bytes % PAGE_BYTES == 0;
}

static void close_part(struct packet *packet, uint64_t written, uint64_t now_clock)
{
	/* After a reboot the clock began anew: 0 is what readers take for a crash. */
	packet->end_clock = now_clock >= packet->begin_clock ? now_clock : 0;
	packet->content_bytes = written;
	packet->size_bytes = (written + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	packet->events_discarded = 0; /* it would be put in at the end */
}

/* The sub-buffer at `position`; false when nothing of it is worth keeping. */
static bool read_at(const struct ring_salvage *ring, uint64_t position, uint64_t end,
		    struct packet *packet)
{
	const unsigned char *bytes = ust_ring_subbuf(&ring->map, position);
	uint64_t written = bytes ? ust_ring_written(&ring->map, position) : 0;
	unsigned char header[HEADER_BYTES];

	if (written > end - position)
		written = end - position;
	if (written <= HEADER_BYTES)
		return false;
	memcpy(header, bytes, HEADER_BYTES); /* once: others may change what is mapped */
	*packet = (struct packet){
		.bytes = bytes,
		.first_event_bytes = HEADER_BYTES,
		.begin_clock = get64(header, AT_BEGIN_CLOCK),
		.sequence = get64(header, AT_SEQUENCE),
		.stream_id = get32(header, AT_STREAM_ID),
		.stream_instance_id = get64(header, AT_INSTANCE_ID),
		.header_bytes = HEADER_BYTES,
	};
	memcpy(packet->header, header, HEADER_BYTES);
	if (get32(header, AT_MAGIC) != CTF_MAGIC)
		return false;
	if (written < ring->map.subbuf_bytes)
		close_part(packet, written, ring->now_clock);
	else if (!read_whole(packet, header, ring->map.subbuf_bytes))
		return false;
	return packet->content_bytes > HEADER_BYTES;
}

/* Numbers go on where the files end; a gap is one only where packets may be overwritten. */
static void renumber(struct ring_salvage *ring, struct packet *packet)
{
	const struct salvage_mark *before = &ring->mark;

	if (before->has_packet) {
		if (!ring->map.is_overwrite || packet->sequence <= before->sequence)
			packet->sequence = before->sequence + 1;
		if (packet->events_discarded < before->discarded)
			packet->events_discarded = before->discarded;
	}
	ring->mark = (struct salvage_mark){
		.has_packet = true,
		.begin_clock = packet->begin_clock,
		.sequence = packet->sequence,
		.discarded = packet->events_discarded,
	};
	put64(packet->header, AT_END_CLOCK, packet->end_clock);
	put64(packet->header, AT_CONTENT_BITS, packet->content_bytes * 8);
	put64(packet->header, AT_PACKET_BITS, packet->size_bytes * 8);
	put64(packet->header, AT_SEQUENCE, packet->sequence);
	put64(packet->header, AT_DISCARDED, packet->events_discarded);
}

static bool begin(struct ring_salvage *ring, const struct packet *packet)
{
	ring->stream->stream_id = packet->stream_id;
	ring->stream->instance = packet->stream_instance_id;
	ring->has_begun = ring->host->begin(ring->host->data, ring->stream, &ring->mark);
	ring->has_written = ring->mark.has_packet;
	ring->written_begin = ring->mark.begin_clock;
	return ring->has_begun;
}

static bool salvage_one(struct ring_salvage *ring, struct packet *packet)
{
	if (!ring->has_begun && !begin(ring, packet))
		return false;
	if ((ring->has_written && packet->begin_clock <= ring->written_begin) ||
	    packet->stream_id != ring->stream->stream_id ||
	    packet->stream_instance_id != ring->stream->instance)
		return true;
	renumber(ring, packet);
	return ring->host->add(ring->host->data, packet);
}

bool ust_shm_salvage_ring(const void *bytes, size_t size_bytes, uint64_t now_clock,
			  struct salvaged_stream *stream, const struct salvage_host *host)
{
	struct ring_salvage ring = {.now_clock = now_clock, .stream = stream, .host = host};
	struct packet packet;
	uint64_t position;
	uint64_t end;

	if (!ust_ring_map_init(&ring.map, bytes, size_bytes, NULL))
		return false;
	end = ust_ring_produced(&ring.map);
	position = ust_ring_consumed(&ring.map) / ring.map.subbuf_bytes * ring.map.subbuf_bytes;
	if (end - position > ring.map.subbuf_bytes * ring.map.subbuf_count)
		return false; /* positions of a ring that was tampered with */
	for (; position < end && !ring.has_failed; position += ring.map.subbuf_bytes)
		if (read_at(&ring, position, end, &packet))
			ring.has_failed = !salvage_one(&ring, &packet);
	if (ring.has_begun)
		host->end(host->data);
	return !ring.has_failed;
}

/* --- files */

struct salvage {
	const struct salvage_host *host;
	char path[4096]; /* of the folder, below shm_path */
	struct error *err;
	bool is_good;
};

static void fail(struct salvage *salvage, const char *what, const char *name)
{
	if (salvage->is_good)
		error_set_errno(salvage->err, errno, "cannot %s '%s/%s'", what, salvage->path,
				name);
	salvage->is_good = false;
}

/* NULL: it is no file, or can't be read. A copy: applications may still shrink the file. */
static void *read_file(int directory, const char *name, size_t size_max, size_t *size_bytes)
{
	int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned char *bytes = NULL;
	struct stat status;
	ssize_t got = 1;

	*size_bytes = 0;
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    (uint64_t)status.st_size <= size_max) {
		bytes = mem_alloc((size_t)status.st_size);
		while (*size_bytes < (size_t)status.st_size && got > 0) {
			got = read(fd, bytes + *size_bytes, (size_t)status.st_size - *size_bytes);
			*size_bytes += got > 0 ? (size_t)got : 0;
		}
	}
	fd_close(&fd);
	return bytes;
}

/* True: it is a ring's, and nothing in it is needed any more. */
static bool salvage_file(struct salvage *salvage, int directory, const char *name,
			 struct salvaged_stream *stream)
{
	size_t size_bytes;
	void *bytes = read_file(directory, name, RING_BYTES_MAX, &size_bytes);
	bool is_done;

	if (!bytes)
		return false;
	stream->name = name;
	is_done = ust_shm_salvage_ring(bytes, size_bytes, clock_monotonic_ns(), stream,
				       salvage->host);
	free(bytes);
	return is_done;
}

static void salvage_trace(struct salvage *salvage, DIR *folder)
{
	struct salvaged_stream stream = {.trace = salvage->path};
	struct dirent *entry;
	size_t size_bytes = 0;
	void *metadata = read_file(dirfd(folder), METADATA_NAME, CTF_METADATA_MAX, &size_bytes);
	bool is_done = true;

	stream.metadata = metadata ? metadata : "";
	stream.metadata_length = size_bytes;
	while ((entry = readdir(folder)) != NULL) {
		const char *name = entry->d_name;

		if (name[0] == '.' || strcmp(name, METADATA_NAME) == 0)
			continue;
		if (!salvage_file(salvage, dirfd(folder), name, &stream)) {
			errno = EINVAL;
			fail(salvage, "recover all of", name);
			is_done = false;
		} else if (unlinkat(dirfd(folder), name, 0) < 0) {
			fail(salvage, "remove", name);
			is_done = false;
		}
	}
	free(metadata);
	if (is_done)
		unlinkat(dirfd(folder), METADATA_NAME, 0);
}

static void salvage_folder(struct salvage *salvage, int directory, const char *name,
			   unsigned int depth);

static void salvage_folders(struct salvage *salvage, DIR *folder, unsigned int depth)
{
	size_t length = strlen(salvage->path);
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_name[0] == '.' ||
		    length + 1 + strlen(entry->d_name) >= sizeof(salvage->path))
			continue;
		snprintf(salvage->path + length, sizeof(salvage->path) - length, "%s%s",
			 length > 0 ? "/" : "", entry->d_name);
		salvage_folder(salvage, dirfd(folder), entry->d_name, depth + 1);
		salvage->path[length] = '\0';
	}
}

static void salvage_folder(struct salvage *salvage, int directory, const char *name,
			   unsigned int depth)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

	if (!folder || depth > DEPTH_MAX) {
		/* A session that no application wrote into has none. */
		if (folder || errno != ENOENT)
			fail(salvage, "open", "");
		if (folder)
			closedir(folder);
		else
			fd_close(&fd);
		return;
	}
	if (faccessat(fd, METADATA_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		salvage_trace(salvage, folder);
	else
		salvage_folders(salvage, folder, depth);
	closedir(folder);
	unlinkat(directory, name, AT_REMOVEDIR); /* if it is empty now */
}

bool ust_shm_salvage(const char *shm_path, const struct salvage_host *host, struct error *err)
{
	struct salvage salvage = {.host = host, .err = err, .is_good = true};

	salvage_folder(&salvage, AT_FDCWD, shm_path, 0);
	return salvage.is_good || error_prefix(err, "below '%s'", shm_path);
}
