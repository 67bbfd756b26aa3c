/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rescue.h. */
#include "backend/sink/rescue.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/ctf/outline.h"
#include "backend/sink/files.h"

#define METADATA_NAME	 "metadata"
#define NUMBER_MAX	 999999 /* of a limited stream's files */
#define PACKET_BYTES_MAX ((uint64_t)1 << 30)

struct rescue {
	const struct leftover_place *place;
	const struct rescue_stream *stream; /* the present one's, while it is looked for */
	struct rescue_last *last;
	struct ctf_outline *outline;
	int trace; /* folder in the newest chunk that has it, or -1 */
	int fd;	   /* of the file that grows */
	uint64_t end_bytes;
	bool has_plain; /* a file of just the stream's name */
	int highest_number;
};

struct rescue *rescue_create(const struct leftover_place *place)
{
	struct rescue *rescue = mem_zalloc(sizeof(*rescue));

	rescue->place = place;
	rescue->trace = -1;
	rescue->fd = -1;
	return rescue;
}

void rescue_end(struct rescue *rescue)
{
	fd_close(&rescue->fd);
	fd_close(&rescue->trace);
	ctf_outline_destroy(rescue->outline);
	rescue->outline = NULL;
}

void rescue_destroy(struct rescue *rescue)
{
	if (!rescue)
		return;
	rescue_end(rescue);
	free(rescue);
}

/* --- what is there */

static char *read_metadata(int trace, size_t *length)
{
	int fd = openat(trace, METADATA_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	char *text = NULL;
	ssize_t got;

	*length = 0;
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    status.st_size <= CTF_METADATA_MAX) {
		text = mem_alloc((size_t)status.st_size);
		got = pread(fd, text, (size_t)status.st_size, 0);
		*length = got > 0 ? (size_t)got : 0;
	}
	fd_close(&fd);
	return text;
}

/* Declarations that the engine could not write any more. */
static void complete_metadata(int trace, const struct rescue_stream *stream, const char *text,
			      size_t length)
{
	int fd;

	if (length >= stream->metadata_length || memcmp(text, stream->metadata, length) != 0)
		return;
	fd = openat(trace, METADATA_NAME, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		files_write_at(fd, length, NULL, 0, stream->metadata + length,
			       stream->metadata_length - length);
	fd_close(&fd);
}

static struct ctf_outline *outline_of(int trace, const struct rescue_stream *stream)
{
	struct ctf_outline *outline = NULL;
	size_t length;
	char *text = read_metadata(trace, &length);

	if (text) {
		complete_metadata(trace, stream, text, length);
		outline = length > 0 ? ctf_outline_parse(text, length, NULL) : NULL;
	}
	free(text);
	return outline;
}

/* Of this stream? The newest one is remembered. */
static void look_at_packet(struct rescue *rescue, const struct ctf_packet_facts *facts)
{
	struct rescue_last *last = rescue->last;

	if (facts->stream_id != rescue->stream->id || facts->instance != rescue->stream->instance ||
	    (last->is_there && facts->begin_clock < last->begin_clock))
		return;
	*last = (struct rescue_last){true, facts->begin_clock, facts->sequence, facts->discarded};
}

static void walk(struct rescue *rescue, const struct ctf_outline *outline, int trace,
		 const char *name)
{
	int fd = openat(trace, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	unsigned char head[CTF_PACKET_HEAD_MAX];
	uint64_t offset = 0;
	ssize_t got;

	while (fd >= 0 && (got = pread(fd, head, sizeof(head), (off_t)offset)) > 0) {
		struct ctf_packet_facts facts = {0};

		if (!ctf_outline_read_packet(outline, head, (size_t)got, &facts, NULL) ||
		    facts.size_bits < 8)
			break;
		look_at_packet(rescue, &facts);
		offset += facts.size_bits / 8;
	}
	fd_close(&fd);
}

/* -1: it is another stream's; 0 and more: of a limited one's files; -2: the plain one. */
enum { NAME_OTHER = -1, NAME_PLAIN = -2 };

static int number_of(const char *name, const char *stream)
{
	size_t length = strlen(stream);
	const char *digits = name + length + 1;
	int number = 0;

	if (strncmp(name, stream, length) != 0)
		return NAME_OTHER;
	if (!name[length])
		return NAME_PLAIN;
	if (name[length] != '_' || !*digits)
		return NAME_OTHER;
	for (; *digits; digits++) {
		if (!isdigit((unsigned char)*digits) || number > NUMBER_MAX)
			return NAME_OTHER;
		number = number * 10 + (*digits - '0');
	}
	return number;
}

static void look_at_files(struct rescue *rescue, const struct ctf_outline *outline, int trace,
			  bool is_target)
{
	DIR *folder = fdopendir(dup(trace));
	struct dirent *entry;

	while (folder && (entry = readdir(folder)) != NULL) {
		int number = number_of(entry->d_name, rescue->stream->name);

		if (number == NAME_OTHER)
			continue;
		if (is_target && number == NAME_PLAIN)
			rescue->has_plain = true;
		else if (is_target && number > rescue->highest_number)
			rescue->highest_number = number;
		walk(rescue, outline, trace, entry->d_name);
	}
	if (folder)
		closedir(folder);
}

static bool look_at_chunk(void *data, int directory)
{
	struct rescue *rescue = data;
	int trace = openat(directory, rescue->stream->trace,
			   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct ctf_outline *outline = trace >= 0 ? outline_of(trace, rescue->stream) : NULL;
	bool is_target = outline && rescue->trace < 0;

	if (outline)
		look_at_files(rescue, outline, trace, is_target);
	if (is_target) {
		rescue->trace = trace;
		rescue->outline = outline;
		return true;
	}
	ctf_outline_destroy(outline);
	fd_close(&trace);
	return true;
}

/* --- adding */

static bool is_plain_path(const char *path)
{
	return path[0] && path[0] != '/' && !strstr(path, "..");
}

static bool open_file(struct rescue *rescue, const char *stream, struct error *err)
{
	bool is_limited = !rescue->has_plain && rescue->highest_number >= 0;
	char *name = is_limited ? mem_printf("%s_%d", stream, rescue->highest_number + 1)
				: mem_strdup(stream);
	struct stat status;

	if (rescue->has_plain)
		rescue->fd =
			openat(rescue->trace, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	else
		rescue->fd = files_create(rescue->trace, name, err);
	if (rescue->fd >= 0 && fstat(rescue->fd, &status) == 0 && S_ISREG(status.st_mode)) {
		rescue->end_bytes = (uint64_t)status.st_size;
	} else {
		if (!error_is_set(err))
			error_set_errno(err, errno, "cannot write '%s'", name);
		fd_close(&rescue->fd);
	}
	free(name);
	return rescue->fd >= 0;
}

bool rescue_begin(struct rescue *rescue, const struct rescue_stream *stream,
		  struct rescue_last *last, struct error *err)
{
	bool is_found;
	AS_USER(rescue->place->owner);

	rescue_end(rescue);
	*last = (struct rescue_last){.is_there = false};
	if (!is_plain_path(stream->trace) || strchr(stream->name, '/'))
		return error_set(err, ERROR_INVALID, "'%s/%s' is no stream's file", stream->trace,
				 stream->name);
	rescue->stream = stream;
	rescue->last = last;
	rescue->has_plain = false;
	rescue->highest_number = -1;
	is_found = leftover_visit(rescue->place, look_at_chunk, rescue, err);
	rescue->stream = NULL;
	rescue->last = NULL;
	if (is_found && rescue->trace < 0)
		return error_set(err, ERROR_INVALID, "no trace chunk has '%s'", stream->trace);
	return is_found && open_file(rescue, stream->name, err);
}

static bool is_of_trace(const struct rescue *rescue, const unsigned char *header, uint64_t bytes)
{
	struct ctf_packet_facts facts = {0};

	return ctf_outline_read_packet(rescue->outline, header, (size_t)bytes, &facts, NULL) &&
	       facts.size_bits == bytes * 8;
}

bool rescue_add(struct rescue *rescue, const struct packet *packet, struct error *err)
{
	unsigned char *bytes;
	bool is_written = false;

	if (packet->size_bytes > PACKET_BYTES_MAX || packet->content_bytes > packet->size_bytes ||
	    packet->header_bytes > packet->content_bytes)
		return error_set(err, ERROR_INVALID, "it is no packet");
	bytes = mem_zalloc((size_t)packet->size_bytes);
	memcpy(bytes, packet->bytes, (size_t)packet->content_bytes);
	memcpy(bytes, packet->header, packet->header_bytes);
	if (!is_of_trace(rescue, bytes, packet->size_bytes))
		error_set(err, ERROR_INVALID, "it is no packet of this trace");
	else if (!files_write_at(rescue->fd, rescue->end_bytes, NULL, 0, bytes, packet->size_bytes))
		error_set_errno(err, errno, "cannot write it");
	else
		is_written = true;
	free(bytes);
	if (is_written)
		rescue->end_bytes += packet->size_bytes;
	return is_written;
}
