/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See mend.h. Packets are written one after the other, their index entries behind them: only the
 * last one of a file can be in pieces, and the index is at most short. */
#include "backend/sink/mend.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/ctf/index.h"
#include "backend/ctf/outline.h"
#include "backend/sink/files.h"

#define DEPTH_MAX   8 /* of folders: ust/uid/1000/64-bit is 4 */
#define INDEX_BYTES (UINT64_C(256) << 20)

struct mending {
	struct mend_result *result;
	struct error *err; /* the first one is kept */
	bool is_good;
};

/* One stream's file. */
struct stream_file {
	int directory; /* the trace's */
	const char *name;
	int fd;
	uint64_t size_bytes;
	uint64_t whole_bytes; /* packets that are there whole */
	unsigned char *entries;
	size_t entry_count, entry_room;
	size_t indexed_count; /* of them, those the index file had */
	bool has_index;
	bool is_odd; /* what follows is no packet */
};

static void note_failure(struct mending *mending, const char *what, const char *name)
{
	if (mending->is_good)
		error_set_errno(mending->err, errno, "cannot %s '%s'", what, name);
	mending->is_good = false;
}

static bool read_at(int fd, void *bytes, size_t length, uint64_t offset, size_t *got)
{
	ssize_t count;

	do
		count = pread(fd, bytes, length, (off_t)offset);
	while (count < 0 && errno == EINTR);
	*got = count > 0 ? (size_t)count : 0;
	return count >= 0;
}

/* --- metadata */

enum lexis { IN_CODE, IN_TEXT, IN_COMMENT, IN_LINE_COMMENT };

/* One byte further; *at moves over what belongs to it. */
static enum lexis step(enum lexis lexis, const char *text, uint64_t length, uint64_t *at)
{
	char byte = text[*at];
	char next = *at + 1 < length ? text[*at + 1] : '\0';

	switch (lexis) {
	case IN_CODE:
		if (byte == '"')
			return IN_TEXT;
		if (byte == '/' && next == '*')
			return IN_COMMENT;
		return byte == '/' && next == '/' ? IN_LINE_COMMENT : IN_CODE;
	case IN_TEXT:
		if (byte == '\\')
			++*at;
		return byte == '"' ? IN_CODE : IN_TEXT;
	case IN_COMMENT:
		if (byte != '*' || next != '/')
			return IN_COMMENT;
		++*at;
		return IN_CODE;
	case IN_LINE_COMMENT:
		return byte == '\n' ? IN_CODE : IN_LINE_COMMENT;
	}
	return lexis;
}

uint64_t mend_whole_declarations(const char *text, uint64_t length)
{
	enum lexis lexis = IN_CODE;
	uint64_t whole = 0;
	unsigned int depth = 0;

	for (uint64_t at = 0; at < length; at++) {
		if (lexis == IN_CODE && text[at] == '{')
			depth++;
		if (lexis == IN_CODE && text[at] == '}' && depth > 0)
			depth--;
		if (lexis == IN_CODE && text[at] == ';' && depth == 0)
			whole = at + 1;
		lexis = step(lexis, text, length, &at);
	}
	/* White space, so that what is appended begins a line. */
	while (whole < length && strchr(" \t\n", text[whole]))
		whole++;
	return whole;
}

static bool is_layout_known(const struct ctf_outline *outline)
{
	bool is_known = outline->is_known;

	for (size_t i = 0; i < outline->stream_count; i++)
		is_known = is_known && outline->streams[i].is_known;
	return is_known;
}

/* NULL: nothing can be told of the trace's packets. */
static struct ctf_outline *mend_metadata(struct mending *mending, int trace)
{
	struct ctf_outline *outline = NULL;
	int fd = openat(trace, "metadata", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	uint64_t whole;
	size_t got;
	char *text;

	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_size > CTF_METADATA_MAX) {
		note_failure(mending, "read", "metadata");
		fd_close(&fd);
		return NULL;
	}
	text = mem_alloc((size_t)status.st_size + 1);
	if (!read_at(fd, text, (size_t)status.st_size, 0, &got))
		note_failure(mending, "read", "metadata");
	whole = mend_whole_declarations(text, got);
	if (whole < got && ftruncate(fd, (off_t)whole) < 0)
		note_failure(mending, "mend", "metadata");
	mending->result->cut_bytes += got - whole;
	if (whole > 0)
		outline = ctf_outline_parse(text, whole, NULL);
	free(text);
	fd_close(&fd);
	if (outline && is_layout_known(outline))
		return outline;
	ctf_outline_destroy(outline);
	return NULL;
}

/* --- streams */

static void add_entry(struct stream_file *file, const struct ctf_index_entry *entry)
{
	file->entries = mem_grow(file->entries, file->entry_count, &file->entry_room,
				 CTF_INDEX_ENTRY_BYTES);
	ctf_index_encode(file->entries + file->entry_count++ * CTF_INDEX_ENTRY_BYTES, entry);
	file->whole_bytes += entry->packet_bits / 8;
}

static char *index_name(const struct stream_file *file)
{
	return mem_printf("index/%s.idx", file->name);
}

static char *read_index(struct stream_file *file, size_t *length)
{
	char *name = index_name(file);
	int fd = openat(file->directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char *bytes = NULL;

	free(name);
	*length = 0;
	if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    (uint64_t)status.st_size <= INDEX_BYTES) {
		file->has_index = true;
		bytes = mem_alloc((size_t)status.st_size + 1);
		if (!read_at(fd, bytes, (size_t)status.st_size, 0, length))
			*length = 0;
	}
	fd_close(&fd);
	return bytes;
}

/* As far as it is one, and of this file. */
static void use_index(struct stream_file *file)
{
	size_t length;
	char *bytes = read_index(file, &length);
	const unsigned char *index = (const unsigned char *)bytes;
	size_t entry_bytes = bytes ? ctf_index_entry_bytes(index, length) : 0;
	size_t at = CTF_INDEX_HEADER_BYTES;

	for (; entry_bytes == CTF_INDEX_ENTRY_BYTES && at + entry_bytes <= length;
	     at += entry_bytes) {
		struct ctf_index_entry entry;
		bool has_more;

		ctf_index_decode(index + at, entry_bytes, &entry, &has_more);
		if (entry.offset_bytes != file->whole_bytes || entry.packet_bits == 0 ||
		    entry.packet_bits % 8 ||
		    entry.packet_bits / 8 > file->size_bytes - file->whole_bytes)
			break;
		add_entry(file, &entry);
	}
	/* One that says less than it has bytes for is written anew. */
	file->indexed_count = at == length ? file->entry_count : SIZE_MAX;
	free(bytes);
}

/* The next packet by its header; false at the end, or at a piece. */
static bool walk_one(struct stream_file *file, const struct ctf_outline *outline)
{
	uint64_t left_bytes = file->size_bytes - file->whole_bytes;
	unsigned char head[CTF_PACKET_HEAD_MAX];
	struct ctf_packet_facts facts = {0};
	struct ctf_index_entry entry;
	size_t got;

	if (left_bytes == 0 || !read_at(file->fd, head, sizeof(head), file->whole_bytes, &got))
		return false;
	if (!ctf_outline_read_packet(outline, head, got, &facts, NULL) || facts.size_bits == 0) {
		file->is_odd = left_bytes >= sizeof(head);
		return false;
	}
	if (facts.size_bits / 8 > left_bytes)
		return false;
	entry = (struct ctf_index_entry){
		.offset_bytes = file->whole_bytes,
		.packet_bits = facts.size_bits,
		.content_bits = facts.content_bits,
		.begin_clock = facts.begin_clock,
		.end_clock = facts.end_clock,
		.events_discarded = facts.discarded,
		.stream_id = facts.stream_id,
		.stream_instance_id = facts.instance,
		.sequence = facts.sequence,
	};
	add_entry(file, &entry);
	return true;
}

static void write_index(struct mending *mending, const struct stream_file *file)
{
	unsigned char header[CTF_INDEX_HEADER_BYTES];
	uint64_t length = file->entry_count * (uint64_t)CTF_INDEX_ENTRY_BYTES;
	char *name = index_name(file);
	int fd = openat(file->directory, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	ctf_index_encode_header(header);
	if (fd < 0 || !files_write_at(fd, 0, header, sizeof(header), file->entries, length) ||
	    ftruncate(fd, (off_t)(sizeof(header) + length)) < 0) {
		note_failure(mending, "mend", name);
		unlinkat(file->directory, name, 0); /* no index hides nothing */
	}
	fd_close(&fd);
	free(name);
}

static void mend_open_stream(struct mending *mending, struct stream_file *file,
			     const struct ctf_outline *outline)
{
	uint64_t left_bytes;

	use_index(file);
	while (walk_one(file, outline))
		;
	mending->result->bytes += file->whole_bytes;
	left_bytes = file->size_bytes - file->whole_bytes;
	if (file->is_odd) {
		mending->result->odd_count++;
		return;
	}
	if (left_bytes > 0 && ftruncate(file->fd, (off_t)file->whole_bytes) < 0)
		note_failure(mending, "mend", file->name);
	mending->result->cut_bytes += left_bytes;
	if (file->has_index && file->indexed_count != file->entry_count)
		write_index(mending, file);
}

static void mend_stream(struct mending *mending, int trace, const char *name,
			const struct ctf_outline *outline)
{
	struct stream_file file = {.directory = trace, .name = name};
	struct stat status;

	file.fd = openat(trace, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file.fd < 0 || fstat(file.fd, &status) < 0) {
		if (errno != ELOOP && errno != EISDIR)
			note_failure(mending, "open", name);
		fd_close(&file.fd);
		return;
	}
	if (S_ISREG(status.st_mode)) {
		uint64_t written_ns = (uint64_t)status.st_mtim.tv_sec * NS_PER_S +
				      (uint64_t)status.st_mtim.tv_nsec;

		if (written_ns > mending->result->newest_wall_ns)
			mending->result->newest_wall_ns = written_ns;
		file.size_bytes = (uint64_t)status.st_size;
		if (outline)
			mend_open_stream(mending, &file, outline);
		else if (file.size_bytes > 0)
			mending->result->odd_count++;
	}
	free(file.entries);
	fd_close(&file.fd);
}

/* --- folders */

static bool is_folder(int directory, const char *name)
{
	struct stat status;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

static void mend_below(struct mending *mending, int directory, const char *name,
		       unsigned int depth);

static void mend_entries(struct mending *mending, DIR *folder, const struct ctf_outline *outline,
			 bool is_trace, unsigned int depth)
{
	struct dirent *entry;

	while ((entry = readdir(folder)) != NULL) {
		const char *name = entry->d_name;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    strcmp(name, "metadata") == 0)
			continue;
		if (!is_trace && is_folder(dirfd(folder), name))
			mend_below(mending, dirfd(folder), name, depth + 1);
		else if (is_trace && !is_folder(dirfd(folder), name))
			mend_stream(mending, dirfd(folder), name, outline);
	}
}

static void mend_below(struct mending *mending, int directory, const char *name, unsigned int depth)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct ctf_outline *outline = NULL;
	bool is_trace;

	if (!folder || depth > DEPTH_MAX) {
		note_failure(mending, "open", name);
		if (folder)
			closedir(folder);
		else
			fd_close(&fd);
		return;
	}
	is_trace = faccessat(fd, "metadata", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (is_trace)
		outline = mend_metadata(mending, fd);
	mend_entries(mending, folder, outline, is_trace, depth);
	ctf_outline_destroy(outline);
	closedir(folder);
}

bool mend_folder(int directory, const char *name, struct mend_result *result, struct error *err)
{
	struct mending mending = {.result = result, .err = err, .is_good = true};

	mend_below(&mending, directory, name, 0);
	return mending.is_good;
}
