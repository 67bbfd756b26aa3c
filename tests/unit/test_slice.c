/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slices: any packets of a trace decode by themselves; nothing stays behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fcntl.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/browse/slice.h"
#include "backend/browse/value_counts.h"
#include "backend/ctf/decode.h"
#include "tests/unit/trace_kit.h"
#include "tests/unit/trace_make.h"

static const struct trace_recipe recipe = {
	.stream_count = 2,
	.packets_per_stream = 6,
	.packet_bytes = 4096,
	.begin_clock = 1000,
	.step_ns = 500,
	.uuid_byte = 3,
};

struct folders {
	char *base, *trace, *slices, *metadata;
	size_t metadata_bytes;
};

static struct folders make_folders(void)
{
	struct folders folders = {.base = kit_make_directory()};
	struct trace_made made;
	char *path;

	folders.trace = mem_printf("%s/trace", folders.base);
	folders.slices = mem_printf("%s/slices", folders.base);
	assert_int_equal(mkdir(folders.trace, 0755), 0);
	trace_make(folders.trace, &recipe, &made);
	path = mem_printf("%s/metadata", folders.trace);
	folders.metadata = kit_read_file(path, &folders.metadata_bytes);
	assert_true(slices_prepare(folders.slices, NULL));
	free(path);
	return folders;
}

static void remove_folders(struct folders *folders)
{
	kit_remove_tree(folders->base);
	free(folders->base);
	free(folders->trace);
	free(folders->slices);
	free(folders->metadata);
}

static void assert_empty(const char *path)
{
	struct text out = {0};

	assert_int_equal(kit_run(&out, "ls -A '%s'", path), 0);
	assert_string_equal(text_str(&out), "");
	text_finish(&out);
}

static uint64_t count_events(struct decoder *decoder, uint64_t *first_ns)
{
	struct decoded_event event;
	uint64_t count = 0;

	*first_ns = 0;
	while (decoder_next(decoder, &event, NULL) == DECODER_EVENT) {
		if (count++ == 0)
			*first_ns = event.wall_ns;
		assert_int_equal(event.lost_events, 0);
	}
	decoder_close(decoder);
	return count;
}

static void packets_from_the_middle_decode(void **unused)
{
	struct folders folders = make_folders();
	struct slice *slice = slice_create(folders.slices, NULL);
	char *path = mem_printf("%s/chan_1", folders.trace);
	uint64_t first_ns, whole_first_ns, count, length = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes = kit_read_file(path, &length);
	struct stat status;

	(void)unused;
	assert_int_equal(stat(folders.slices, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_true(slice_add_trace(slice, folders.metadata, folders.metadata_bytes, NULL));
	assert_true(slice_add_range(slice, "chan_1", fd, 3 * 4096, 2 * 4096, NULL));
	assert_int_equal(slice_bytes(slice), 2 * 4096);
	count = count_events(slice_decode(slice, NULL), &first_ns);
	slice_destroy(slice);
	/* The same packets from memory. */
	slice = slice_create(folders.slices, NULL);
	assert_true(slice_add_trace(slice, folders.metadata, folders.metadata_bytes, NULL));
	assert_true(slice_add_bytes(slice, "chan_1", bytes + 3 * 4096, 4096, NULL));
	assert_true(slice_add_bytes(slice, "chan_1", bytes + 4 * 4096, 4096, NULL));
	assert_int_equal(count_events(slice_decode(slice, NULL), &whole_first_ns), count);
	assert_int_equal(whole_first_ns, first_ns);
	assert_true(first_ns > TRACE_MAKE_OFFSET_NS + recipe.begin_clock);
	slice_destroy(slice);
	assert_empty(folders.slices);
	close(fd);
	free(bytes);
	free(path);
	remove_folders(&folders);
}

static void names_from_a_trace_stay_inside(void **unused)
{
	static const char *const names[] = {"../evil", "", "a/b", ".hidden", "metadata"};
	struct folders folders = make_folders();
	struct slice *slice = slice_create(folders.slices, NULL);
	struct error err = ERROR_INIT;

	(void)unused;
	assert_false(slice_add_bytes(slice, "chan_0", "x", 1, NULL)); /* no trace yet */
	assert_true(slice_add_trace(slice, folders.metadata, folders.metadata_bytes, NULL));
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		assert_false(slice_add_bytes(slice, names[i], "x", 1, &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
	assert_null(slice_decode(slice, &err));
	slice_destroy(slice);
	assert_empty(folders.slices);
	remove_folders(&folders);
}

static void a_file_that_became_shorter_is_said(void **unused)
{
	struct folders folders = make_folders();
	struct slice *slice = slice_create(folders.slices, NULL);
	char *path = mem_printf("%s/chan_0", folders.trace);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error err = ERROR_INIT;

	(void)unused;
	assert_true(slice_add_trace(slice, folders.metadata, folders.metadata_bytes, NULL));
	assert_false(slice_add_range(slice, "chan_0", fd, 5 * 4096, 2 * 4096, &err));
	assert_int_equal(err.code, ERROR_IO);
	slice_destroy(slice);
	close(fd);
	free(path);
	remove_folders(&folders);
}

static void left_overs_of_ended_processes_are_removed(void **unused)
{
	struct folders folders = make_folders();
	struct slice *own = slice_create(folders.slices, NULL);
	struct text out = {0};
	pid_t child = fork();
	int status;

	(void)unused;
	if (child == 0) {
		struct slice *slice = slice_create(folders.slices, NULL);

		_exit(!slice ||
		      !slice_add_trace(slice, folders.metadata, folders.metadata_bytes, NULL));
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	kit_run(&out, "ls '%s' | wc -l", folders.slices);
	assert_string_equal(text_str(&out), "2\n");
	text_clear(&out);
	assert_true(slices_prepare(folders.slices, NULL));
	kit_run(&out, "ls '%s' | wc -l", folders.slices);
	assert_string_equal(text_str(&out), "1\n");
	slice_destroy(own);
	assert_empty(folders.slices);
	text_finish(&out);
	remove_folders(&folders);
}

/* --- counts of values ------------------------------------------------------------------------- */

static void few_values_are_counted_exactly(void **unused)
{
	struct value_counts *counts = value_counts_create();
	struct value_count top[3];

	(void)unused;
	for (int64_t i = 1; i <= 100; i++) {
		for (int64_t j = 0; j < (i == 7 ? 5 : i == -1 ? 4 : 1); j++)
			value_counts_add(counts, i);
	}
	assert_int_equal(value_counts_total(counts), 104);
	assert_int_equal(value_counts_top(counts, top, 3), 3);
	assert_int_equal(top[0].value, 7);
	assert_int_equal(top[0].count, 5);
	assert_int_equal(top[1].value, 1);
	/* The 52nd of 104: 1 … 6, five times 7, then 8 is the 12th. */
	assert_int_equal(value_counts_percentile(counts, 50), 48);
	assert_int_equal(value_counts_percentile(counts, 100), 100);
	value_counts_destroy(counts);
}

static void very_many_values_become_coarser(void **unused)
{
	struct value_counts *counts = value_counts_create();
	const int64_t many = 2 * VALUE_COUNTS_MAX;
	struct value_count top[3];
	int64_t median;

	(void)unused;
	for (int64_t i = 0; i < many; i++)
		value_counts_add(counts, i - many / 2);
	assert_int_equal(value_counts_total(counts), many);
	assert_int_equal(value_counts_least(counts), -many / 2);
	assert_int_equal(value_counts_greatest(counts), many / 2 - 1);
	assert_int_equal(value_counts_top(counts, top, 3), 0);
	median = value_counts_percentile(counts, 50);
	assert_true(median >= -16 && median <= 0);
	value_counts_destroy(counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packets_from_the_middle_decode),
		cmocka_unit_test(names_from_a_trace_stay_inside),
		cmocka_unit_test(a_file_that_became_shorter_is_said),
		cmocka_unit_test(left_overs_of_ended_processes_are_removed),
		cmocka_unit_test(few_values_are_counted_exactly),
		cmocka_unit_test(very_many_values_become_coarser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
