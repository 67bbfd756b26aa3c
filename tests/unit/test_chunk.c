/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Trace chunks on disk: names, modes, rotations, full disks; babeltrace2 reads every result. */
#include "backend/sink/chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "tests/unit/fake_ring.h"
#include "tests/unit/trace_kit.h"

#define TRACE_PATH "ust/uid/1000/64-bit"
#define LIMIT_MS   30000
#define CLOSED_MAX 64

static const struct uuid trace_uuid = {{0x77, 0x88}};

/* --- one sink and what it said --------------------------------------------------------------- */

struct closed_chunk {
	struct chunk_info info; /* path is a copy */
	struct error error;
};

struct bench {
	char *parent;
	char *path; /* parent/out */
	struct sink *sink;
	struct sink_trace *trace;
	struct sink_stream *stream;
	struct packet_kit kit;
	uint64_t sequence;
	uint64_t clock;
	pthread_mutex_t lock; /* protects what follows */
	struct closed_chunk closed[CLOSED_MAX];
	size_t closed_count;
};

static void chunk_was_closed(void *data, const struct chunk_info *info, const struct error *err)
{
	struct bench *bench = data;
	struct closed_chunk *closed;

	pthread_mutex_lock(&bench->lock);
	assert_true(bench->closed_count < CLOSED_MAX);
	closed = &bench->closed[bench->closed_count++];
	closed->info = *info;
	closed->info.path = mem_strdup(info->path);
	error_copy(&closed->error, err);
	pthread_mutex_unlock(&bench->lock);
}

static size_t closed_count(struct bench *bench)
{
	size_t count;

	pthread_mutex_lock(&bench->lock);
	count = bench->closed_count;
	pthread_mutex_unlock(&bench->lock);
	return count;
}

static struct sink *make_sink(struct bench *bench)
{
	return chunk_sink_create(&(struct chunk_settings){
		.path = bench->path, .closed = chunk_was_closed, .data = bench});
}

static void bench_init_below(struct bench *bench, char *parent)
{
	*bench = (struct bench){.parent = parent, .clock = 1000};
	bench->path = mem_printf("%s/out", parent);
	pthread_mutex_init(&bench->lock, NULL);
	bench->sink = make_sink(bench);
	kit_init(&bench->kit, &kit_packed);
}

static void bench_init(struct bench *bench)
{
	bench_init_below(bench, kit_make_directory());
}

static void append_types(struct sink_trace *trace)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct error err = ERROR_INIT;
	struct text text = {0};

	ctf_type_add_field(payload, "number", ctf_type_create_integer(64, 8, false, 10));
	kit_metadata(&text, &trace_uuid, &kit_packed);
	ctf_metadata_stream(&text, &kit_packed, 0, CTF_HEADER_LARGE, NULL);
	ctf_metadata_event(&text, "my:event", 0, 0, 13, NULL, payload);
	if (!sink_append_metadata(trace, text.bytes, text.length, &err))
		fail_msg("%s", err.message);
	text_finish(&text);
	ctf_type_destroy(payload);
}

static void append_event(struct sink_trace *trace, uint32_t id, const char *name)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct error err = ERROR_INIT;
	struct text text = {0};

	ctf_type_add_field(payload, "number", ctf_type_create_integer(64, 8, false, 10));
	ctf_metadata_event(&text, name, id, 0, 13, NULL, payload);
	sink_append_metadata(trace, text.bytes, text.length, &err);
	text_finish(&text);
	ctf_type_destroy(payload);
}

static void open_trace(struct bench *bench)
{
	struct error err = ERROR_INIT;

	bench->trace = sink_open_trace(bench->sink, TRACE_PATH, &err);
	assert_non_null(bench->trace);
	append_types(bench->trace);
	bench->stream = sink_open_stream(bench->trace, "channel0_0", &err);
	assert_non_null(bench->stream);
}

static void open_chunk(struct bench *bench, uint64_t now_wall_s)
{
	struct error err = ERROR_INIT;

	if (!chunk_sink_open(bench->sink, now_wall_s * NS_PER_S, &err))
		fail_msg("%s", err.message);
}

static void make_packet(struct bench *bench, uint32_t cpu, unsigned int event_count)
{
	kit_begin(&bench->kit, &trace_uuid, 0, cpu, bench->sequence++, bench->clock);
	for (unsigned int i = 0; i < event_count; i++) {
		kit_event(&bench->kit, CTF_HEADER_LARGE, 0, ++bench->clock, false);
		kit_put_u64(&bench->kit, i);
	}
	kit_end(&bench->kit, bench->clock, 0);
}

static bool try_put(struct bench *bench, unsigned int event_count, struct error *err)
{
	make_packet(bench, 0, event_count);
	return sink_put(bench->stream, &bench->kit.packet, event_count, err);
}

static void put(struct bench *bench, unsigned int event_count)
{
	struct error err = ERROR_INIT;

	if (!try_put(bench, event_count, &err))
		fail_msg("%s", err.message);
}

static bool rotate(struct bench *bench, bool is_last, uint64_t now_wall_s, struct error *err)
{
	uint64_t id;

	return chunk_sink_rotate(bench->sink, is_last, now_wall_s * NS_PER_S, &id, err);
}

static void rotate_and_cut(struct bench *bench, bool is_last, uint64_t now_wall_s)
{
	struct error err = ERROR_INIT;

	if (!rotate(bench, is_last, now_wall_s, &err))
		fail_msg("%s", err.message);
	sink_stream_cut(bench->stream);
}

static void close_all(struct bench *bench)
{
	if (bench->stream)
		sink_close_stream(bench->stream);
	if (bench->trace)
		sink_close_trace(bench->trace);
	bench->stream = NULL;
	bench->trace = NULL;
}

static void finish(struct bench *bench, uint64_t now_wall_s)
{
	close_all(bench);
	chunk_sink_finish(bench->sink, now_wall_s * NS_PER_S);
}

static void bench_finish(struct bench *bench)
{
	close_all(bench);
	sink_destroy(bench->sink);
	for (size_t i = 0; i < bench->closed_count; i++)
		free((char *)(uintptr_t)bench->closed[i].info.path);
	kit_finish(&bench->kit);
	pthread_mutex_destroy(&bench->lock);
	kit_remove_tree(bench->parent);
	free(bench->parent);
	free(bench->path);
}

static bool is_there(const struct bench *bench, const char *name)
{
	char *path = mem_printf("%s/%s", bench->path, name);
	bool exists = kit_exists(path);

	free(path);
	return exists;
}

/* NAME may hold what a shell expands. */
static void assert_listing(const struct bench *bench, const char *expected)
{
	struct text out = {0};

	kit_run(&out, "cd '%s' && ls -A | LC_ALL=C sort | tr '\\n' ' '", bench->path);
	assert_string_equal(text_str(&out), expected);
	text_finish(&out);
}

static uint64_t events_below(const struct bench *bench, const char *name)
{
	char *path = mem_printf("%s/%s", bench->path, name);
	uint64_t count = kit_count_events(path);

	free(path);
	return count;
}

static char *name_at(uint64_t wall_s, char out[CLOCK_TEXT_MAX])
{
	return clock_text_iso_basic(out, wall_s * NS_PER_S);
}

static char *archive_name(uint64_t begin_s, uint64_t end_s, unsigned int id)
{
	char begin[CLOCK_TEXT_MAX], end[CLOCK_TEXT_MAX];

	return mem_printf("archives/%s-%s-%u", name_at(begin_s, begin), name_at(end_s, end), id);
}

static char *current_name(uint64_t begin_s, unsigned int id)
{
	char begin[CLOCK_TEXT_MAX];

	return mem_printf("%s-%u", name_at(begin_s, begin), id);
}

static void assert_closed_as(const struct bench *bench, size_t at, const char *name,
			     uint64_t event_count)
{
	const struct closed_chunk *closed = &bench->closed[at];
	char *path = name ? mem_printf("%s/%s", bench->path, name) : mem_strdup(bench->path);

	assert_string_equal(closed->error.message, "");
	assert_string_equal(closed->info.path, path);
	assert_int_equal(closed->info.event_count, event_count);
	assert_int_equal(closed->info.is_archived, name != NULL);
	free(path);
}

/* --- names and files ------------------------------------------------------------------------- */

static void assert_mode(const struct bench *bench, const char *name, mode_t mode)
{
	char *path = mem_printf("%s/%s", bench->path, name);
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, mode);
	free(path);
}

static void the_first_chunk_lies_in_the_output_directory(void **state)
{
	mode_t old_umask = umask(077);
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	assert_false(kit_exists(bench.path));
	open_chunk(&bench, 100);
	for (unsigned int i = 0; i < 3; i++)
		put(&bench, 10);
	assert_listing(&bench, "ust ");
	assert_mode(&bench, "", 0770);
	assert_mode(&bench, "ust", 0770);
	assert_mode(&bench, TRACE_PATH "/index", 0770);
	assert_mode(&bench, TRACE_PATH "/metadata", 0660);
	assert_mode(&bench, TRACE_PATH "/channel0_0", 0660);
	assert_mode(&bench, TRACE_PATH "/index/channel0_0.idx", 0660);
	umask(old_umask);
	finish(&bench, 200);
	assert_int_equal(events_below(&bench, ""), 30);
	assert_listing(&bench, "ust ");
	assert_int_equal(bench.closed_count, 1);
	assert_closed_as(&bench, 0, NULL, 30);
	bench_finish(&bench);
}

static uint64_t be64(const char *bytes)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value = value << 8 | (unsigned char)bytes[i];
	return value;
}

static char *read_index(const struct bench *bench, size_t *length)
{
	char *path = mem_printf("%s/" TRACE_PATH "/index/channel0_0.idx", bench->path);
	char *index = kit_read_file(path, length);

	assert_non_null(index);
	free(path);
	return index;
}

static void the_index_is_whole_when_the_stream_settles(void **state)
{
	static const unsigned char header[] = {0xC1, 0xF1, 0xDC, 0xC1, 0, 0, 0, 1,
					       0,    0,	   0,	 1,    0, 0, 0, 72};
	struct bench bench;
	size_t length;
	char *index;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	for (unsigned int i = 0; i < 100; i++)
		put(&bench, 3);
	sink_settle(bench.stream);
	index = read_index(&bench, &length);
	assert_int_equal(length, 16 + 72 * 100);
	assert_memory_equal(index, header, sizeof(header));
	for (uint64_t i = 0; i < 100; i++) {
		const char *entry = index + 16 + 72 * i;

		assert_int_equal(be64(entry), i * 4096);
		assert_int_equal(be64(entry + 8), 4096 * 8);
		assert_int_equal(be64(entry + 16), (84 + 3 * 14) * 8);
		assert_int_equal(be64(entry + 24), 1000 + i * 3);
		assert_int_equal(be64(entry + 32), 1000 + i * 3 + 3);
		assert_int_equal(be64(entry + 64), i);
	}
	free(index);
	/* The reader compares index and data, and would say what differs. */
	assert_int_equal(events_below(&bench, ""), 300);
	bench_finish(&bench);
}

static void a_replaced_header_is_what_is_written(void **state)
{
	struct error err = ERROR_INIT;
	struct packet *packet;
	struct bench bench;
	uint64_t sequence = 41;
	char *path, *data;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 5);
	make_packet(&bench, 0, 5);
	packet = &bench.kit.packet;
	packet->header_bytes = 84;
	memcpy(packet->header, packet->bytes, 84);
	memcpy(packet->header + 64, &sequence, 8);
	packet->sequence = sequence;
	assert_true(sink_put(bench.stream, packet, 5, &err));
	path = mem_printf("%s/" TRACE_PATH "/channel0_0", bench.path);
	data = kit_read_file(path, NULL);
	assert_memory_equal(data + 4096, packet->header, 84);
	assert_memory_equal(data + 4096 + 84, packet->bytes + 84, 4096 - 84);
	free(data);
	free(path);
	bench_finish(&bench);
}

/* --- rotation -------------------------------------------------------------------------------- */

static void a_rotation_goes_through_lttng_s_names(void **state)
{
	char *first = archive_name(100, 200, 0), *second = archive_name(200, 300, 1);
	char *third = archive_name(300, 400, 2);
	char *names[] = {current_name(200, 1), current_name(300, 2)};
	struct error err = ERROR_INIT;
	struct bench bench;
	char *listing;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	assert_true(rotate(&bench, false, 200, &err));
	listing = mem_printf(".tmp_old_chunk %s ", names[0]);
	assert_listing(&bench, listing);
	free(listing);
	put(&bench, 5); /* still the old chunk's */
	assert_int_equal(closed_count(&bench), 0);
	sink_stream_cut(bench.stream);
	listing = mem_printf("%s archives ", names[0]);
	assert_listing(&bench, listing);
	free(listing);
	assert_closed_as(&bench, 0, first, 15);
	assert_int_equal(events_below(&bench, first), 15);
	put(&bench, 7);
	rotate_and_cut(&bench, false, 300);
	assert_closed_as(&bench, 1, second, 7);
	put(&bench, 1);
	finish(&bench, 400);
	assert_listing(&bench, "archives ");
	assert_closed_as(&bench, 2, third, 1);
	assert_int_equal(events_below(&bench, second), 7);
	assert_int_equal(events_below(&bench, third), 1);
	assert_int_equal(events_below(&bench, ""), 23);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(bench.closed[i].info.id, i);
	assert_int_equal(bench.closed[1].info.begin_wall_ns, 200 * NS_PER_S);
	assert_int_equal(bench.closed[1].info.end_wall_ns, 300 * NS_PER_S);
	assert_int_equal(bench.closed[1].info.bytes, 4096);
	bench_finish(&bench);
	free(first);
	free(second);
	free(third);
	free(names[0]);
	free(names[1]);
}

/* A stream without a packet so far: its first one was closed before the cut. */
static void the_first_packet_is_in_the_chunk_before_the_cut(void **state)
{
	char *first = archive_name(100, 200, 0), *second = archive_name(200, 300, 1);
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_chunk(&bench, 100);
	open_trace(&bench);
	assert_true(rotate(&bench, false, 200, &err));
	put(&bench, 5);
	assert_int_equal(closed_count(&bench), 0);
	sink_stream_cut(bench.stream);
	assert_closed_as(&bench, 0, first, 5);
	assert_int_equal(events_below(&bench, first), 5);
	put(&bench, 3);
	finish(&bench, 300);
	assert_closed_as(&bench, 1, second, 3);
	assert_int_equal(events_below(&bench, second), 3);
	bench_finish(&bench);
	free(first);
	free(second);
}

static void after_the_last_rotation_a_start_opens_the_next(void **state)
{
	struct error err = ERROR_INIT;
	char *next = current_name(300, 1), *archive = archive_name(300, 400, 1), *listing;
	struct chunk_info info;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	assert_false(chunk_sink_current(bench.sink, &info));
	assert_false(rotate(&bench, false, 150, &err));
	assert_int_equal(err.code, ERROR_STATE);
	open_chunk(&bench, 100);
	open_chunk(&bench, 120); /* does nothing */
	put(&bench, 4);
	rotate_and_cut(&bench, true, 200);
	assert_listing(&bench, "archives ");
	assert_false(chunk_sink_current(bench.sink, &info));
	err = (struct error)ERROR_INIT;
	assert_false(try_put(&bench, 1, &err));
	assert_int_equal(err.code, ERROR_STATE);
	open_chunk(&bench, 300);
	listing = mem_printf("%s archives ", next);
	assert_listing(&bench, listing);
	put(&bench, 6);
	assert_true(chunk_sink_current(bench.sink, &info));
	assert_int_equal(info.id, 1);
	assert_int_equal(info.event_count, 6);
	assert_int_equal(info.begin_wall_ns, 300 * NS_PER_S);
	finish(&bench, 400);
	assert_int_equal(events_below(&bench, archive), 6);
	bench_finish(&bench);
	free(listing);
	free(next);
	free(archive);
}

static void one_rotation_at_a_time(void **state)
{
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 1);
	assert_true(rotate(&bench, false, 200, &err));
	assert_false(rotate(&bench, false, 201, &err));
	assert_int_equal(err.code, ERROR_BUSY);
	sink_stream_cut(bench.stream);
	rotate_and_cut(&bench, false, 202);
	assert_int_equal(bench.closed_count, 2);
	bench_finish(&bench);
}

static void a_chunk_without_streams_closes_at_once(void **state)
{
	char *name = archive_name(100, 200, 0);
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_chunk(&bench, 100);
	assert_true(rotate(&bench, false, 200, &err));
	assert_int_equal(bench.closed_count, 1);
	assert_closed_as(&bench, 0, name, 0);
	bench_finish(&bench);
	free(name);
}

static void metadata_added_during_a_rotation_is_in_both_chunks(void **state)
{
	char *name = archive_name(100, 200, 0), *next = current_name(200, 1);
	const char *places[] = {name, next};
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 1);
	assert_true(rotate(&bench, false, 200, &err));
	append_event(bench.trace, 1, "my:late");
	sink_stream_cut(bench.stream);
	append_event(bench.trace, 2, "my:later");
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		char *path = mem_printf("%s/%s/" TRACE_PATH "/metadata", bench.path, places[i]);
		char *text = kit_read_file(path, NULL);

		assert_non_null(text);
		assert_int_equal(strncmp(text, "/* CTF 1.8 */", 13), 0);
		assert_non_null(strstr(text, "\"my:event\""));
		assert_non_null(strstr(text, "\"my:late\""));
		assert_int_equal(strstr(text, "\"my:later\"") != NULL, i == 1);
		free(text);
		free(path);
	}
	bench_finish(&bench);
	free(name);
	free(next);
}

/* A process that came and went before the rotation stays in the chunk it was in. */
static void closed_traces_move_with_their_chunk(void **state)
{
	char *name = archive_name(100, 200, 0);
	char *metadata = mem_printf("%s/" TRACE_PATH "/metadata", name);
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 8);
	close_all(&bench);
	assert_true(rotate(&bench, false, 200, &err));
	assert_int_equal(bench.closed_count, 1);
	assert_true(is_there(&bench, metadata));
	assert_false(is_there(&bench, "ust"));
	assert_int_equal(events_below(&bench, name), 8);
	bench_finish(&bench);
	free(metadata);
	free(name);
}

/* The same process name, number and second; the same channel made anew. */
static void what_was_recorded_survives_a_name_used_again(void **state)
{
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 8);
	sink_close_stream(bench.stream);
	bench.stream = sink_open_stream(bench.trace, "channel0_0", &err);
	assert_non_null(bench.stream);
	put(&bench, 4);
	close_all(&bench);
	open_trace(&bench);
	put(&bench, 2);
	finish(&bench, 200);
	assert_int_equal(events_below(&bench, ""), 14);
	bench_finish(&bench);
}

static void streams_opened_during_a_rotation_are_in_the_new_chunk(void **state)
{
	char *name = archive_name(100, 200, 0), *next = archive_name(200, 300, 1);
	struct error err = ERROR_INIT;
	struct sink_stream *late;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 3);
	assert_true(rotate(&bench, false, 200, &err));
	late = sink_open_stream(bench.trace, "channel0_1", &err);
	make_packet(&bench, 1, 5);
	assert_true(sink_put(late, &bench.kit.packet, 5, &err));
	sink_stream_cut(late);
	make_packet(&bench, 1, 5);
	assert_true(sink_put(late, &bench.kit.packet, 5, &err));
	sink_stream_cut(bench.stream);
	assert_int_equal(bench.closed_count, 1);
	sink_close_stream(late);
	finish(&bench, 300);
	assert_int_equal(events_below(&bench, name), 3);
	assert_int_equal(events_below(&bench, next), 10);
	bench_finish(&bench);
	free(name);
	free(next);
}

/* --- what goes wrong ------------------------------------------------------------------------- */

static void a_failed_start_leaves_nothing_behind(void **state)
{
	struct error err = ERROR_INIT;
	struct sink_trace *blocked;
	struct bench bench;
	char *deep;

	(void)state;
	bench_init(&bench);
	/* A file where a folder has to be. */
	deep = mem_printf("%s/file", bench.parent);
	kit_write_file(deep, "x", 1);
	sink_destroy(bench.sink);
	free(bench.path);
	bench.path = mem_printf("%s/file/out", bench.parent);
	bench.sink = make_sink(&bench);
	open_trace(&bench);
	assert_false(chunk_sink_open(bench.sink, 0, &err));
	assert_true(error_is_set(&err));
	bench_finish(&bench);
	free(deep);

	/* The trace's folder can't be made: the others, and the output's own, go again. */
	bench_init(&bench);
	open_trace(&bench);
	blocked = sink_open_trace(bench.sink, TRACE_PATH "/metadata/x", &err);
	assert_non_null(blocked);
	assert_false(chunk_sink_open(bench.sink, 0, &err));
	assert_false(kit_exists(bench.path));
	sink_close_trace(blocked);
	open_chunk(&bench, 100);
	put(&bench, 3);
	finish(&bench, 200);
	assert_int_equal(events_below(&bench, ""), 3);
	bench_finish(&bench);
}

static void paths_stay_below_the_chunk(void **state)
{
	static const char *const paths[] = {"../x", "ust/../../x", "/etc", "ust//x",
					    "",	    "ust/.",	   "."};
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_chunk(&bench, 100);
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		assert_null(sink_open_trace(bench.sink, paths[i], &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
	open_trace(&bench);
	assert_null(sink_open_stream(bench.trace, "../channel0_0", &err));
	assert_null(sink_open_stream(bench.trace, "metadata", &err));
	bench_finish(&bench);
}

static void links_are_not_followed(void **state)
{
	struct error err = ERROR_INIT;
	struct text out = {0};
	struct bench bench;
	char *victim;

	(void)state;
	bench_init(&bench);
	victim = mem_printf("%s/victim", bench.parent);
	kit_write_file(victim, "precious", 8);
	assert_int_equal(kit_run(&out,
				 "mkdir -p '%s/" TRACE_PATH "' && ln -s '%s' '%s/" TRACE_PATH
				 "/channel0_0'",
				 bench.path, victim, bench.path),
			 0);
	open_trace(&bench);
	chunk_sink_open(bench.sink, 0, &err);
	try_put(&bench, 1, &err);
	assert_true(error_is_set(&err));
	text_finish(&out);
	text_add(&out, "");
	assert_int_equal(kit_run(&out, "cat '%s'", victim), 0);
	assert_string_equal(text_str(&out), "precious");
	text_finish(&out);
	free(victim);
	bench_finish(&bench);
}

/* Both record; neither breaks the other's process, nor removes what the other has recorded. */
static void two_sinks_may_share_an_output_directory(void **state)
{
	struct error err = ERROR_INIT;
	struct bench one, other;

	(void)state;
	bench_init(&one);
	bench_init(&other);
	sink_destroy(other.sink);
	free(other.path);
	other.path = mem_strdup(one.path);
	other.sink = make_sink(&other);
	open_trace(&one);
	open_trace(&other);
	open_chunk(&one, 100);
	open_chunk(&other, 100);
	put(&one, 3);
	put(&other, 3);
	for (unsigned int i = 0; i < 3; i++) {
		struct bench *both[] = {&one, &other};

		for (size_t j = 0; j < COUNT_OF(both); j++) {
			err = (struct error)ERROR_INIT;
			if (rotate(both[j], false, 200 + i, &err))
				sink_stream_cut(both[j]->stream);
			put(both[j], 4);
		}
	}
	finish(&one, 300);
	finish(&other, 300);
	assert_true(one.closed_count > 0);
	for (size_t i = 0; i < one.closed_count; i++) {
		if (one.closed[i].info.is_archived && i > 0)
			assert_int_equal(kit_count_events(one.closed[i].info.path), 4);
	}
	bench_finish(&one);
	bench_finish(&other);
}

/* Left by an engine that was killed: what it recorded is not ours to remove. */
static void transient_folders_of_others_are_left_alone(void **state)
{
	struct text out = {0};
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 3);
	assert_int_equal(kit_run(&out,
				 "cd '%s' && mkdir .tmp_old_chunk .tmp_new_chunk && "
				 "touch .tmp_old_chunk/recorded .tmp_new_chunk/recorded",
				 bench.path),
			 0);
	rotate_and_cut(&bench, false, 200);
	put(&bench, 4);
	rotate_and_cut(&bench, false, 300);
	assert_true(is_there(&bench, ".tmp_old_chunk/recorded"));
	assert_true(is_there(&bench, ".tmp_new_chunk/recorded"));
	assert_int_equal(bench.closed_count, 2);
	assert_int_equal(kit_count_events(bench.closed[0].info.path), 3);
	assert_int_equal(kit_count_events(bench.closed[1].info.path), 4);
	text_finish(&out);
	bench_finish(&bench);
}

/* A home below a folder that others may pass but not list. */
static void folders_need_not_be_readable_on_the_way(void **state)
{
	char *parent = mem_strdup("/tmp/test-chunk-XXXXXX"); /* $TMPDIR lets nobody else pass */
	struct error err = ERROR_INIT;
	struct bench bench;
	char *home;
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		free(parent);
		print_message("# skipped: only root can become another user\n");
		skip();
	}
	assert_non_null(mkdtemp(parent));
	bench_init_below(&bench, parent);
	home = mem_printf("%s/home", bench.parent);
	assert_int_equal(mkdir(home, 0700), 0);
	assert_int_equal(chown(home, 65534, 65534), 0);
	assert_int_equal(chmod(bench.parent, 0711), 0);
	sink_destroy(bench.sink);
	free(bench.path);
	bench.path = mem_printf("%s/traces/mine", home);
	bench.sink = make_sink(&bench);
	child = fork();
	if (child == 0) {
		if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(chunk_sink_open(bench.sink, 0, &err) ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	free(home);
	bench_finish(&bench);
}

/* --- a full disk ----------------------------------------------------------------------------- */

#define SMALL_DISK_BYTES "400k"

/* NULL and skipped where this process may not mount. */
static char *mount_small_disk(void)
{
	char *path;

	if (geteuid() != 0 || unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL)) {
		print_message("# skipped: a small disk can be mounted by root only\n");
		return NULL;
	}
	path = kit_make_directory();
	assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "size=" SMALL_DISK_BYTES), 0);
	return path;
}

static void fill_disk(const char *parent)
{
	char *path = mem_printf("%s/filler", parent);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
	char bytes[4096] = {0};

	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
	free(path);
}

static void make_room(const char *parent)
{
	char *path = mem_printf("%s/filler", parent);

	assert_int_equal(unlink(path), 0);
	free(path);
}

static void leave_small_disk(struct bench *bench)
{
	char *parent = mem_strdup(bench->parent);

	close_all(bench);
	sink_destroy(bench->sink);
	bench->sink = NULL;
	free(bench->parent);
	bench->parent = kit_make_directory();
	bench_finish(bench);
	assert_int_equal(umount2(parent, MNT_DETACH), 0);
	assert_int_equal(rmdir(parent), 0);
	free(parent);
}

static void a_full_disk_loses_whole_packets_only(void **state)
{
	char *parent = mount_small_disk();
	struct error err = ERROR_INIT;
	unsigned int put_count = 0;
	struct bench bench;

	(void)state;
	if (!parent)
		skip();
	bench_init_below(&bench, parent);
	open_trace(&bench);
	open_chunk(&bench, 100);
	while (try_put(&bench, 200, &err))
		put_count++;
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_in_range(put_count, 50, 100);
	assert_false(try_put(&bench, 200, &err));
	close_all(&bench);
	assert_int_equal(events_below(&bench, ""), put_count * 200);
	leave_small_disk(&bench);
}

static void recording_goes_on_when_there_is_room_again(void **state)
{
	char *parent = mount_small_disk();
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	if (!parent)
		skip();
	bench_init_below(&bench, parent);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	sink_settle(bench.stream);
	fill_disk(parent);
	for (unsigned int i = 0; i < 100; i++)
		assert_false(try_put(&bench, 200, &err));
	make_room(parent);
	bench.sequence = 1; /* the lost ones were not numbered */
	put(&bench, 20);
	close_all(&bench);
	assert_int_equal(events_below(&bench, ""), 30);
	leave_small_disk(&bench);
}

/* Declarations that don't fit are written before the next packet, and never in part. */
static void metadata_waits_for_room(void **state)
{
	char *parent = mount_small_disk();
	struct error err = ERROR_INIT;
	struct bench bench;
	struct text big = {0};
	char *path, *text;
	size_t length, before;

	(void)state;
	if (!parent)
		skip();
	bench_init_below(&bench, parent);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	sink_settle(bench.stream);
	path = mem_printf("%s/" TRACE_PATH "/metadata", bench.path);
	free(kit_read_file(path, &before));
	fill_disk(parent);
	while (big.length < 16384)
		text_addf(&big, "/* a declaration of %zu */\n", big.length);
	assert_false(sink_append_metadata(bench.trace, big.bytes, big.length, &err));
	assert_int_equal(err.code, ERROR_NO_SPACE);
	free(kit_read_file(path, &length));
	assert_int_equal(length, before);
	assert_false(try_put(&bench, 1, &err));
	make_room(parent);
	bench.sequence = 1;
	put(&bench, 5);
	text = kit_read_file(path, &length);
	assert_int_equal(length, before + big.length);
	assert_memory_equal(text + before, big.bytes, big.length);
	close_all(&bench);
	assert_int_equal(events_below(&bench, ""), 15);
	free(text);
	free(path);
	text_finish(&big);
	leave_small_disk(&bench);
}

static void a_rotation_without_room_changes_nothing(void **state)
{
	char *parent = mount_small_disk();
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	if (!parent)
		skip();
	bench_init_below(&bench, parent);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	sink_settle(bench.stream);
	fill_disk(parent);
	assert_false(rotate(&bench, false, 200, &err));
	assert_int_equal(err.code, ERROR_NO_SPACE);
	assert_listing(&bench, "ust ");
	make_room(parent);
	put(&bench, 5);
	rotate_and_cut(&bench, false, 300);
	assert_int_equal(closed_count(&bench), 1);
	assert_int_equal(kit_count_events(bench.closed[0].info.path), 15);
	leave_small_disk(&bench);
}

/* Applications that come while the disk is full are recorded once there is room. */
static void a_trace_opened_on_a_full_disk_is_made_later(void **state)
{
	char *parent = mount_small_disk();
	struct error err = ERROR_INIT;
	struct bench bench;

	(void)state;
	if (!parent)
		skip();
	bench_init_below(&bench, parent);
	open_chunk(&bench, 100);
	fill_disk(parent);
	bench.trace = sink_open_trace(bench.sink, TRACE_PATH, &err);
	if (bench.trace) {
		bench.stream = sink_open_stream(bench.trace, "channel0_0", &err);
		assert_non_null(bench.stream);
		assert_false(try_put(&bench, 1, &err));
		make_room(parent);
		bench.sequence = 0;
		append_types(bench.trace);
		put(&bench, 9);
		close_all(&bench);
		assert_int_equal(events_below(&bench, ""), 9);
	} else {
		assert_int_equal(err.code, ERROR_NO_SPACE);
		make_room(parent);
		open_trace(&bench);
		put(&bench, 9);
	}
	leave_small_disk(&bench);
}

/* --- with the consumer ----------------------------------------------------------------------- */

#define LOAD_RING_COUNT	 2
#define LOAD_EVENT_COUNT 40000

struct load {
	struct fake_ring *ring;
	pthread_t thread;
	uint64_t count;
	uint64_t first_number;
};

static void *emit_load(void *data)
{
	struct load *load = data;

	while (load->count < LOAD_EVENT_COUNT) {
		if (fake_ring_emit(load->ring, load->first_number + load->count))
			load->count++;
	}
	return NULL;
}

static void begin_load(struct bench *bench, struct fake_channel *channel, struct stream_set *set,
		       struct load *loads)
{
	struct error err = ERROR_INIT;

	for (uint32_t i = 0; i < LOAD_RING_COUNT; i++) {
		char name[] = {'c', '_', (char)('0' + i), 0};
		struct sink_stream *output = sink_open_stream(bench->trace, name, &err);

		loads[i] = (struct load){.ring = fake_ring_create(channel, i, 16, false, output),
					 .first_number = i * UINT64_C(1000000)};
		stream_set_add(set, fake_ring_stream(loads[i].ring));
		assert_int_equal(pthread_create(&loads[i].thread, NULL, emit_load, &loads[i]), 0);
	}
}

static void run_task(struct queue *home, struct stream_set *set,
		     void (*call)(struct stream_set *set, struct task *task))
{
	struct fake_task task;

	fake_task_init(&task, home);
	task_add(&task.task);
	call(set, &task.task);
	fake_task_wait(&task);
}

static void call_cut(struct stream_set *set, struct task *task)
{
	stream_set_cut(set, FLUSH_FINAL, LIMIT_MS, task);
}

static void call_drain(struct stream_set *set, struct task *task)
{
	stream_set_drain(set, FLUSH_FINAL, LIMIT_MS, task);
}

/* Each number of the load once, over all archives; the largest of them seen. */
static void assert_numbers_once(const struct bench *bench)
{
	struct text out = {0};
	unsigned char *seen = mem_zalloc(LOAD_RING_COUNT * LOAD_EVENT_COUNT);
	uint64_t count = 0;

	assert_int_equal(kit_run(&out, "babeltrace2 '%s' 2>/dev/null", bench->path), 0);
	/* Not strstr(): sanitizers measure all that lies behind, each time. */
	for (const char *at = text_str(&out), *end = at + out.length;
	     (at = memchr(at, '=', (size_t)(end - at))) != NULL;) {
		uint64_t number, ring;

		at++;
		if (at - text_str(&out) < 8 || memcmp(at - 8, "number =", 8) != 0)
			continue;
		number = strtoull(at, NULL, 10);
		ring = number / 1000000;
		assert_true(ring < LOAD_RING_COUNT && number % 1000000 < LOAD_EVENT_COUNT);
		number = ring * LOAD_EVENT_COUNT + number % 1000000;
		assert_int_equal(seen[number], 0);
		seen[number] = 1;
		count++;
	}
	assert_int_equal(count, LOAD_RING_COUNT * LOAD_EVENT_COUNT);
	free(seen);
	text_finish(&out);
}

static uint64_t recorded(const struct fake_channel *channel)
{
	return tally_read(&channel->tally->recorded_events);
}

/* Discarded ones are told by the reader, besides the events: only those are counted here. */
static uint64_t count_lines(const char *path)
{
	struct text out = {0};
	uint64_t count;

	assert_int_equal(kit_run(&out, "babeltrace2 '%s' 2>/dev/null | wc -l", path), 0);
	count = strtoull(text_str(&out), NULL, 10);
	text_finish(&out);
	return count;
}

static void rotations_under_load_lose_and_double_nothing(void **state)
{
	struct error err = ERROR_INIT;
	struct consumer_pool *pool = consumer_pool_create(2, &err);
	struct stream_set *set = stream_set_create(pool);
	struct queue *home = queue_create();
	struct load loads[LOAD_RING_COUNT];
	struct fake_channel channel;
	uint64_t sum = 0, wall_s = 1000;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	fake_channel_init(&channel, 0);
	bench.trace = sink_open_trace(bench.sink, TRACE_PATH, &err);
	assert_true(sink_append_metadata(bench.trace, channel.metadata.bytes,
					 channel.metadata.length, &err));
	open_chunk(&bench, wall_s);
	begin_load(&bench, &channel, set, loads);
	do {
		if (!rotate(&bench, false, ++wall_s, &err))
			fail_msg("%s", err.message);
		run_task(home, set, call_cut);
	} while (recorded(&channel) < LOAD_EVENT_COUNT && bench.closed_count < CLOSED_MAX - 4);
	for (size_t i = 0; i < LOAD_RING_COUNT; i++)
		pthread_join(loads[i].thread, NULL);
	run_task(home, set, call_drain);
	run_task(home, set, stream_set_destroy);
	finish(&bench, ++wall_s);
	assert_listing(&bench, "archives ");
	assert_true(bench.closed_count > 1);
	for (size_t i = 0; i < bench.closed_count; i++) {
		const struct chunk_info *info = &bench.closed[i].info;

		assert_int_equal(info->id, i);
		assert_int_equal(count_lines(info->path), info->event_count);
		sum += info->event_count;
	}
	assert_int_equal(sum, recorded(&channel));
	assert_numbers_once(&bench);
	consumer_pool_destroy(pool);
	queue_destroy(home);
	fake_channel_finish(&channel);
	bench_finish(&bench);
}

static void an_idle_rotation_archives_a_valid_trace(void **state)
{
	struct error err = ERROR_INIT;
	struct consumer_pool *pool = consumer_pool_create(1, &err);
	struct stream_set *set = stream_set_create(pool);
	char *name = archive_name(100, 200, 0), *data;
	struct queue *home = queue_create();
	struct fake_channel channel;
	struct sink_stream *output;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	fake_channel_init(&channel, 0);
	bench.trace = sink_open_trace(bench.sink, TRACE_PATH, &err);
	sink_append_metadata(bench.trace, channel.metadata.bytes, channel.metadata.length, &err);
	open_chunk(&bench, 100);
	output = sink_open_stream(bench.trace, "c_0", &err);
	stream_set_add(set, fake_ring_stream(fake_ring_create(&channel, 0, 4, false, output)));
	assert_true(rotate(&bench, false, 200, &err));
	run_task(home, set, call_cut);
	assert_int_equal(closed_count(&bench), 1);
	assert_int_equal(events_below(&bench, name), 0);
	data = mem_printf("%s/%s/" TRACE_PATH "/c_0", bench.path, name);
	assert_true(kit_exists(data));
	run_task(home, set, stream_set_destroy);
	consumer_pool_destroy(pool);
	queue_destroy(home);
	fake_channel_finish(&channel);
	bench_finish(&bench);
	free(data);
	free(name);
}

/* --- clearing, limits, metadata made anew ---------------------------------------------------- */

static void clear_and_cut(struct bench *bench, bool is_last, uint64_t now_wall_s)
{
	struct error err = ERROR_INIT;
	bool is_closing;
	uint64_t id;

	if (!chunk_sink_clear(bench->sink, is_last, now_wall_s * NS_PER_S, &is_closing, &id, &err))
		fail_msg("%s", err.message);
	assert_true(is_closing);
	assert_int_equal(id, bench->closed_count);
	sink_stream_cut(bench->stream);
}

static void a_cleared_chunk_leaves_nothing(void **state)
{
	struct bench bench;
	char *name;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	clear_and_cut(&bench, false, 200);
	assert_int_equal(bench.closed_count, 1);
	assert_true(bench.closed[0].info.is_cleared);
	assert_listing(&bench, "ust "); /* the next one takes its place */
	put(&bench, 3);
	rotate_and_cut(&bench, false, 300);
	assert_false(bench.closed[1].info.is_cleared);
	put(&bench, 20);
	clear_and_cut(&bench, false, 400);
	put(&bench, 4);
	finish(&bench, 500);
	assert_listing(&bench, "archives ");
	name = archive_name(200, 300, 1);
	assert_int_equal(events_below(&bench, name), 3);
	free(name);
	name = archive_name(400, 500, 3);
	assert_int_equal(events_below(&bench, name), 4);
	free(name);
	bench_finish(&bench);
}

static void a_stopped_session_cleared_has_no_files(void **state)
{
	struct error err = ERROR_INIT;
	struct bench bench;
	bool is_closing;
	uint64_t id;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	clear_and_cut(&bench, true, 200);
	assert_listing(&bench, "");
	assert_true(chunk_sink_clear(bench.sink, true, NS_PER_S, &is_closing, &id, &err));
	assert_false(is_closing);
	open_chunk(&bench, 300);
	put(&bench, 5);
	assert_listing(&bench, "ust ");
	finish(&bench, 400);
	assert_int_equal(events_below(&bench, ""), 5);
	bench_finish(&bench);
}

static void open_limited_trace(struct bench *bench, const struct sink_limits *limits)
{
	struct error err = ERROR_INIT;

	bench->trace = sink_open_trace(bench->sink, TRACE_PATH, &err);
	append_types(bench->trace);
	bench->stream = sink_open_limited_stream(bench->trace, "channel0_0", limits, &err);
	assert_non_null(bench->stream);
}

static void assert_streams(const struct bench *bench, const char *expected)
{
	struct text out = {0};

	kit_run(&out, "cd '%s/" TRACE_PATH "' && ls -d channel* index/* | tr '\\n' ' '",
		bench->path);
	assert_string_equal(text_str(&out), expected);
	text_finish(&out);
}

static void a_stream_goes_on_in_another_file(void **state)
{
	const struct sink_limits limits = {.file_bytes = 3 * 4096};
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_limited_trace(&bench, &limits);
	open_chunk(&bench, 100);
	assert_streams(&bench, "channel0_0_0 index/channel0_0_0.idx ");
	for (unsigned int i = 0; i < 7; i++)
		put(&bench, 10);
	assert_streams(&bench, "channel0_0_0 channel0_0_1 channel0_0_2 index/channel0_0_0.idx "
			       "index/channel0_0_1.idx index/channel0_0_2.idx ");
	rotate_and_cut(&bench, false, 200);
	put(&bench, 1);
	finish(&bench, 300);
	assert_int_equal(events_below(&bench, "archives"), 71);
	bench_finish(&bench);
}

static void of_a_few_files_the_oldest_is_overwritten(void **state)
{
	const struct sink_limits limits = {.file_bytes = 2 * 4096, .file_count = 3};
	struct bench bench;

	(void)state;
	bench_init(&bench);
	open_limited_trace(&bench, &limits);
	open_chunk(&bench, 100);
	for (unsigned int i = 0; i < 9; i++) /* files 0 1 2 0 1, the last with one packet */
		put(&bench, 10);
	finish(&bench, 200);
	assert_streams(&bench, "channel0_0_0 channel0_0_1 channel0_0_2 index/channel0_0_0.idx "
			       "index/channel0_0_1.idx index/channel0_0_2.idx ");
	assert_int_equal(events_below(&bench, ""), 50);
	bench_finish(&bench);
}

static void replaced_metadata_is_whole_at_any_time(void **state)
{
	struct error err = ERROR_INIT;
	struct bench bench;
	size_t length;
	char *path;
	char *text;

	(void)state;
	bench_init(&bench);
	open_trace(&bench);
	open_chunk(&bench, 100);
	put(&bench, 10);
	assert_true(sink_replace_metadata(bench.sink, "name = \"my:event\"",
					  "name = \"my:much_longer_event\"", &err));
	append_event(bench.trace, 1, "my:other"); /* goes behind it */
	put(&bench, 10);
	sink_settle(bench.stream);
	assert_int_equal(events_below(&bench, ""), 20);
	path = mem_printf("%s/" TRACE_PATH "/metadata", bench.path);
	text = kit_read_file(path, &length);
	assert_non_null(strstr(text, "my:much_longer_event"));
	assert_non_null(strstr(text, "my:other"));
	assert_null(strstr(text, "my:event"));
	free(text);
	free(path);
	rotate_and_cut(&bench, false, 200);
	finish(&bench, 300);
	bench_finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_chunk_lies_in_the_output_directory),
		cmocka_unit_test(the_index_is_whole_when_the_stream_settles),
		cmocka_unit_test(a_replaced_header_is_what_is_written),
		cmocka_unit_test(a_rotation_goes_through_lttng_s_names),
		cmocka_unit_test(the_first_packet_is_in_the_chunk_before_the_cut),
		cmocka_unit_test(after_the_last_rotation_a_start_opens_the_next),
		cmocka_unit_test(one_rotation_at_a_time),
		cmocka_unit_test(a_chunk_without_streams_closes_at_once),
		cmocka_unit_test(metadata_added_during_a_rotation_is_in_both_chunks),
		cmocka_unit_test(closed_traces_move_with_their_chunk),
		cmocka_unit_test(what_was_recorded_survives_a_name_used_again),
		cmocka_unit_test(streams_opened_during_a_rotation_are_in_the_new_chunk),
		cmocka_unit_test(a_failed_start_leaves_nothing_behind),
		cmocka_unit_test(paths_stay_below_the_chunk),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(two_sinks_may_share_an_output_directory),
		cmocka_unit_test(transient_folders_of_others_are_left_alone),
		cmocka_unit_test(folders_need_not_be_readable_on_the_way),
		cmocka_unit_test(a_full_disk_loses_whole_packets_only),
		cmocka_unit_test(recording_goes_on_when_there_is_room_again),
		cmocka_unit_test(metadata_waits_for_room),
		cmocka_unit_test(a_rotation_without_room_changes_nothing),
		cmocka_unit_test(a_trace_opened_on_a_full_disk_is_made_later),
		cmocka_unit_test(rotations_under_load_lose_and_double_nothing),
		cmocka_unit_test(an_idle_rotation_archives_a_valid_trace),
		cmocka_unit_test(a_cleared_chunk_leaves_nothing),
		cmocka_unit_test(a_stopped_session_cleared_has_no_files),
		cmocka_unit_test(a_stream_goes_on_in_another_file),
		cmocka_unit_test(of_a_few_files_the_oldest_is_overwritten),
		cmocka_unit_test(replaced_metadata_is_whole_at_any_time),
	};

	thread_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
