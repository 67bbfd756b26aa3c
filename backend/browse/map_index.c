/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the packets of a file are: from LTTng's index file as far as it agrees with the file, from
 * there on by their headers. A packet that isn't there whole ends the walk: a session may be about
 * to write it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/browse/map.h"
#include "backend/ctf/index.h"

static ssize_t read_at(int fd, void *bytes, size_t length, uint64_t offset_bytes)
{
	ssize_t got;

	do
		got = pread(fd, bytes, length, (off_t)offset_bytes);
	while (got < 0 && errno == EINTR);
	return got;
}

static struct map_packet *add_packet(struct map_file *file)
{
	file->packets = mem_grow(file->packets, file->packet_count, &file->packet_room,
				 sizeof(*file->packets));
	return &file->packets[file->packet_count++];
}

/* --- headers ---------------------------------------------------------------------------------- */

static bool read_facts(const struct map_file *file, int fd, uint64_t offset_bytes,
		       struct ctf_packet_facts *facts, struct error *err)
{
	unsigned char head[CTF_PACKET_HEAD_MAX];
	ssize_t got = read_at(fd, head, sizeof(head), offset_bytes);

	if (got < 0)
		return error_set_errno(err, errno, "cannot read '%s'", file->path);
	return ctf_outline_read_packet(file->trace->outline, head, (size_t)got, facts, err);
}

static void enter_packet(struct map_file *file, const struct ctf_packet_facts *facts,
			 uint64_t offset_bytes, uint64_t size_bytes)
{
	const struct ctf_outline *outline = file->trace->outline;
	struct map_packet *packet = add_packet(file);
	uint64_t content_bytes = facts->content_bits / 8;

	*packet = (struct map_packet){
		.offset_bytes = offset_bytes,
		.size_bytes = size_bytes,
		.begin_ns = ctf_outline_wall_ns(outline, facts->stream, facts->begin_clock),
		.end_ns = ctf_outline_wall_ns(outline, facts->stream, facts->end_clock),
		.discarded = facts->discarded,
		.sequence = facts->sequence,
		.has_sequence = facts->has_sequence,
		.content_bytes = content_bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)content_bytes,
		.is_empty = facts->content_bits > 0 &&
			    facts->content_bits <= facts->stream->first_event_bits,
	};
	/* What looks for times trusts that they don't go back. */
	if (file->packet_count > 1 && packet[-1].end_ns > packet->end_ns)
		packet->end_ns = packet[-1].end_ns;
	if (file->packet_count == 1) {
		file->stream_id = facts->stream_id;
		file->instance = facts->instance;
		file->has_instance = facts->has_instance;
	}
	file->next_bytes = offset_bytes + size_bytes;
}

static bool is_in_order(const struct map_file *file, uint64_t begin_ns)
{
	return file->packet_count == 0 ||
	       begin_ns >= file->packets[file->packet_count - 1].begin_ns;
}

/* False: there is nothing more to find. */
static bool walk_one(struct map_file *file, int fd)
{
	uint64_t left_bytes = file->size_bytes - file->next_bytes, size_bytes;
	struct ctf_packet_facts facts = {0};

	if (left_bytes == 0)
		return false;
	if (!read_facts(file, fd, file->next_bytes, &facts, &file->problem)) {
		error_prefix(&file->problem, "'%s' from byte %" PRIu64 " on", file->path,
			     file->next_bytes);
		return false;
	}
	size_bytes = facts.size_bits ? facts.size_bits / 8 : left_bytes;
	if (size_bytes > left_bytes) {
		error_set(&file->problem, ERROR_INVALID,
			  "the last packet of '%s' isn't whole: %" PRIu64 " bytes are left out",
			  file->path, left_bytes);
		return false;
	}
	if (!is_in_order(file, ctf_outline_wall_ns(file->trace->outline, facts.stream,
						   facts.begin_clock))) {
		error_set(&file->problem, ERROR_INVALID,
			  "'%s' from byte %" PRIu64 " on: a packet begins before the one before it",
			  file->path, file->next_bytes);
		return false;
	}
	enter_packet(file, &facts, file->next_bytes, size_bytes);
	return true;
}

/* --- index files ------------------------------------------------------------------------------ */

static char *index_path(const struct map_file *file)
{
	return mem_printf("%s/index/%s.idx", file->trace->path, file->name);
}

/* NULL: there is none that could be used. */
static unsigned char *read_index(const struct map_file *file, size_t *length)
{
	char *path = index_path(file), *bytes = NULL;
	size_t length_max = MAP_PACKETS_MAX * (size_t)CTF_INDEX_ENTRY_BYTES;
	struct stat status;

	if (lstat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
	    !fd_read_file(path, length_max, &bytes, length, NULL))
		bytes = NULL;
	free(path);
	return (unsigned char *)bytes;
}

static bool entry_is_sound(const struct map_file *file, const struct ctf_index_entry *entry)
{
	uint64_t left_bytes = file->size_bytes - file->next_bytes;

	return entry->offset_bytes == file->next_bytes && entry->packet_bits > 0 &&
	       entry->packet_bits % 8 == 0 && entry->packet_bits / 8 <= left_bytes &&
	       entry->content_bits <= entry->packet_bits && entry->begin_clock <= entry->end_clock;
}

/* The packet itself says the same. */
static bool entry_agrees(const struct map_file *file, int fd, const struct ctf_index_entry *entry)
{
	struct ctf_packet_facts facts = {0};

	return read_facts(file, fd, entry->offset_bytes, &facts, NULL) &&
	       facts.size_bits == entry->packet_bits && facts.content_bits == entry->content_bits &&
	       facts.begin_clock == entry->begin_clock && facts.stream_id == entry->stream_id;
}

static bool enter_entry(struct map_file *file, const struct ctf_index_entry *entry, bool has_more)
{
	const struct ctf_outline *outline = file->trace->outline;
	struct ctf_packet_facts facts = {
		.stream = ctf_outline_find_stream(outline, entry->stream_id),
		.stream_id = entry->stream_id,
		.instance = entry->stream_instance_id,
		.has_instance = has_more,
		.size_bits = entry->packet_bits,
		.content_bits = entry->content_bits,
		.begin_clock = entry->begin_clock,
		.end_clock = entry->end_clock,
		.discarded = entry->events_discarded,
		.sequence = entry->sequence,
		.has_sequence = has_more,
	};

	if (!facts.stream ||
	    !is_in_order(file, ctf_outline_wall_ns(outline, facts.stream, facts.begin_clock)))
		return false;
	enter_packet(file, &facts, entry->offset_bytes, entry->packet_bits / 8);
	return true;
}

/*
 * Enters as many packets as the index file has and the stream file bears out; the first and the
 * last of them are compared with their headers, so that an index of another file is found out.
 */
static void use_index(struct map_file *file, int fd)
{
	struct ctf_index_entry entry;
	size_t length, entry_bytes, count = 0, at = CTF_INDEX_HEADER_BYTES;
	unsigned char *bytes = read_index(file, &length);
	bool has_more = false;

	entry_bytes = bytes ? ctf_index_entry_bytes(bytes, length) : 0;
	for (; entry_bytes > 0 && length - at >= entry_bytes; at += entry_bytes, count++) {
		ctf_index_decode(bytes + at, entry_bytes, &entry, &has_more);
		if (!entry_is_sound(file, &entry) ||
		    (count == 0 && !entry_agrees(file, fd, &entry)) ||
		    !enter_entry(file, &entry, has_more))
			break;
	}
	if (count > 0) {
		ctf_index_decode(bytes + CTF_INDEX_HEADER_BYTES + (count - 1) * entry_bytes,
				 entry_bytes, &entry, &has_more);
		if (!entry_agrees(file, fd, &entry)) {
			file->packet_count = 0;
			file->next_bytes = 0;
		}
	}
	free(bytes);
}

/* --- a file ----------------------------------------------------------------------------------- */

/* Its layout is unknown: babeltrace2 has to read the whole. */
static void enter_unit(struct map_file *file)
{
	file->is_unit = true;
	file->packet_count = 0;
	*add_packet(file) = (struct map_packet){
		.size_bytes = file->size_bytes,
		.end_ns = INT64_MAX,
	};
	file->next_bytes = file->size_bytes;
	file->is_done = true;
}

static bool is_layout_known(const struct ctf_outline *outline)
{
	bool is_known = outline->is_known && outline->stream_count > 0;

	for (size_t i = 0; i < outline->stream_count; i++)
		is_known = is_known && outline->streams[i].is_known;
	return is_known;
}

void map_index_file(struct map_file *file, size_t packets_max)
{
	size_t count = 0;
	int fd;

	if (!file->trace->outline) {
		file->is_done = true;
		return;
	}
	if (!is_layout_known(file->trace->outline)) {
		enter_unit(file);
		return;
	}
	error_copy(&file->problem, NULL);
	fd = map_file_open(file, &file->problem);
	if (fd < 0) {
		file->is_done = true;
		return;
	}
	if (!file->is_index_read && packets_max > count) {
		posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
		use_index(file, fd);
		file->is_index_read = true;
	}
	for (; count < packets_max && !file->is_done; count++)
		file->is_done = !walk_one(file, fd);
	map_file_close(file, fd);
}
