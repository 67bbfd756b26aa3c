/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log: serials without gaps, harmless text, a file that is bounded and never a link's target.
 */
#include "backend/base/log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "tests/unit/folder_kit.h"

static struct log_entry last_entry(void)
{
	struct log_entry entry;

	assert_int_equal(log_read(log_last_serial() - 1, &entry, 1), 1);
	return entry;
}

static off_t size_of(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

static void entries_come_back_in_order(void **state)
{
	uint64_t before = log_last_serial();
	struct log_entry entries[4];

	(void)state;
	log_write(LOG_LEVEL_WARNING, "number %d", 1);
	log_command(LOG_LEVEL_ERROR, "start web", "cannot start 'web': no");
	log_write(LOG_LEVEL_DEBUG, "not kept");
	assert_int_equal(log_last_serial(), before + 2);
	assert_int_equal(log_read(before, entries, 4), 2);
	assert_true(entries[0].serial == before + 1 && entries[1].serial == before + 2);
	assert_string_equal(entries[0].text, "number 1");
	assert_string_equal(entries[0].command, "");
	assert_int_equal(entries[0].level, LOG_LEVEL_WARNING);
	assert_string_equal(entries[1].command, "start web");
	assert_true(entries[0].wall_ns > 0 && entries[0].wall_ns <= entries[1].wall_ns);
	assert_int_equal(log_read(before, entries, 1), 1);
	assert_true(entries[0].serial == before + 1);
	assert_int_equal(log_read(before + 2, entries, 4), 0);
	assert_int_equal(log_read(UINT64_MAX, entries, 4), 0);
}

static void level_decides_what_is_kept(void **state)
{
	uint64_t before = log_last_serial();

	(void)state;
	log_set_level(LOG_LEVEL_DEBUG);
	log_write(LOG_LEVEL_DEBUG, "kept");
	assert_int_equal(log_last_serial(), before + 1);
	log_set_level(LOG_LEVEL_ERROR);
	log_write(LOG_LEVEL_WARNING, "not kept");
	assert_int_equal(log_last_serial(), before + 1);
	log_set_level(LOG_LEVEL_INFO);
}

static void hostile_text_is_harmless_and_short(void **state)
{
	char many[5000];
	struct log_entry entry;

	(void)state;
	log_command(LOG_LEVEL_INFO, "x\x1b]0;y\x07", "two\nlines \x1b[2J \xff");
	entry = last_entry();
	assert_string_equal(entry.text, "two^Jlines ^[[2J <FF>");
	assert_string_equal(entry.command, "x^[]0;y^G");
	for (size_t i = 0; i + 1 < sizeof(many); i += 2)
		memcpy(many + i, "é", 2);
	many[sizeof(many) - 2] = '\0';
	log_write(LOG_LEVEL_INFO, "%s", many);
	entry = last_entry();
	assert_true(strlen(entry.text) < ERROR_MESSAGE_MAX);
	assert_string_equal(entry.text + strlen(entry.text) - 5, "é…");
}

static void ring_keeps_the_newest(void **state)
{
	static struct log_entry entries[LOG_RING_COUNT + 10];

	(void)state;
	for (int i = 0; i < LOG_RING_COUNT + 5; i++)
		log_write(LOG_LEVEL_INFO, "%d", i);
	assert_int_equal(log_read(0, entries, COUNT_OF(entries)), LOG_RING_COUNT);
	assert_string_equal(entries[0].text, "5");
	assert_true(entries[LOG_RING_COUNT - 1].serial == log_last_serial());
	for (int i = 1; i < LOG_RING_COUNT; i++)
		assert_true(entries[i].serial == entries[i - 1].serial + 1);
}

static void file_has_a_line_for_each(void **state)
{
	char *path = folder_kit_file("messages.log");
	struct error err = ERROR_INIT;
	struct stat status;
	size_t length;
	char *bytes;

	(void)state;
	log_open(path);
	log_write(LOG_LEVEL_WARNING, "one");
	log_command(LOG_LEVEL_ERROR, "start web", "two");
	log_open(path); /* appends */
	log_write(LOG_LEVEL_INFO, "three");
	log_close();
	log_write(LOG_LEVEL_INFO, "not in the file");
	assert_true(fd_read_file(path, 10000, &bytes, &length, &err));
	assert_non_null(strstr(bytes, " warning one\n"));
	assert_non_null(strstr(bytes, " error two [start web]\n"));
	assert_string_equal(bytes + length - 12, " info three\n");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	free(bytes);
	free(path);
}

static void file_is_rotated_at_a_megabyte(void **state)
{
	char *path = folder_kit_file("big.log"), *old = folder_kit_file("big.log.1");
	char words[200];

	(void)state;
	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	log_open(path);
	for (int i = 0; i < 12000; i++)
		log_write(LOG_LEVEL_INFO, "%s", words);
	log_close();
	assert_in_range(size_of(path), 1, 1024 * 1024);
	assert_in_range(size_of(old), 1024 * 1024 - 300, 1024 * 1024);
	free(path);
	free(old);
}

static void links_are_not_followed(void **state)
{
	char *target = folder_kit_file("target"), *link = folder_kit_file("link.log");
	char *fifo = folder_kit_file("fifo.log");

	(void)state;
	assert_true(fd_replace_file(target, "", 0, 0600, NULL));
	assert_int_equal(symlink(target, link), 0);
	log_open(link);
	log_write(LOG_LEVEL_INFO, "nowhere");
	assert_int_equal(size_of(target), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	log_open(fifo); /* and doesn't wait for a reader */
	log_write(LOG_LEVEL_INFO, "nowhere");
	log_open("/nowhere/at/all");
	log_write(LOG_LEVEL_INFO, "nowhere");
	log_close();
	free(target);
	free(link);
	free(fifo);
}

static void unrotatable_file_stops_growing(void **state)
{
	char *path = folder_kit_file("stuck.log"), *old = folder_kit_file("stuck.log.1");
	char *inside = folder_kit_file("stuck.log.1/x");
	char words[200];

	(void)state;
	/* A folder that isn't empty can't be replaced. */
	assert_true(fd_make_directories(inside, 0700, NULL));
	memset(words, 'w', sizeof(words));
	words[sizeof(words) - 1] = '\0';
	log_open(path);
	for (int i = 0; i < 12000; i++)
		log_write(LOG_LEVEL_INFO, "%s", words);
	log_close();
	assert_in_range(size_of(path), 1, 1024 * 1024);
	free(path);
	free(old);
	free(inside);
}

struct listener {
	atomic_uint calls;
	atomic_bool could_read;
};

static void wake(void *data)
{
	struct listener *listener = data;
	struct log_entry entry;

	atomic_fetch_add(&listener->calls, 1);
	/* Under no lock: reading and even writing from here is possible. */
	if (log_read(log_last_serial() - 1, &entry, 1) == 1)
		atomic_store(&listener->could_read, true);
}

static void write_many(void *data)
{
	for (int i = 0; i < 500; i++)
		log_write(LOG_LEVEL_INFO, "%s %d", (const char *)data, i);
}

static void threads_write_without_gaps(void **state)
{
	static struct log_entry entries[LOG_RING_COUNT];
	static char names[3][2] = {"a", "b", "c"};
	struct listener listener = {0};
	uint64_t before = log_last_serial();
	struct error err = ERROR_INIT;
	char *path = folder_kit_file("threads.log");
	struct thread *threads[3];

	(void)state;
	log_open(path);
	log_listen(wake, &listener);
	for (int i = 0; i < 3; i++)
		threads[i] = thread_start("writer", write_many, names[i], &err);
	for (int i = 0; i < 3; i++)
		thread_join(threads[i]);
	log_listen(NULL, NULL);
	log_write(LOG_LEVEL_INFO, "unheard");
	log_close();
	assert_int_equal(log_read(before, entries, COUNT_OF(entries)), 1501);
	for (size_t i = 0; i < 1501; i++)
		assert_true(entries[i].serial == before + 1 + i);
	assert_int_equal(atomic_load(&listener.calls), 1500);
	assert_true(atomic_load(&listener.could_read));
	free(path);
}

static void details_are_whole_until_newer_ones_need_the_room(void **state)
{
	size_t length = LOG_DETAIL_MAX - 100;
	char *answer = mem_alloc(length + 1), *detail;
	uint64_t first = log_last_serial() + 1;
	unsigned int kept = 0, count = 2 * LOG_DETAILS_MAX / LOG_DETAIL_MAX;

	(void)state;
	for (size_t i = 0; i < length; i++)
		answer[i] = i % 64 == 63 || i == length - 1 ? '\n' : 'x';
	answer[length] = '\0';
	for (unsigned int i = 0; i < count; i++)
		log_command_detail(LOG_LEVEL_INFO, "list", "much", answer);
	assert_null(log_detail(first));
	for (unsigned int i = 0; i < count; i++) {
		detail = log_detail(first + i);
		assert_true(detail || kept == 0); /* the newest, without a gap */
		if (detail)
			assert_string_equal(detail, answer);
		kept += detail != NULL;
		free(detail);
	}
	assert_int_equal(kept, LOG_DETAILS_MAX / (length + 1));
	free(answer);
}

static void entries_of_a_command_are_explained_later(void **state)
{
	uint64_t before = log_last_serial();
	char *detail;

	(void)state;
	log_command(LOG_LEVEL_WARNING, "start 'a b'", "one");
	log_command(LOG_LEVEL_ERROR, "stop", "other");
	log_command(LOG_LEVEL_ERROR, "start 'a b'", "two");
	assert_int_equal(log_explain(before, "start 'a b'", "all\x1b of it\nlines"), 2);
	detail = log_detail(before + 1);
	assert_string_equal(detail, "all^[ of it\nlines\n");
	free(detail);
	assert_null(log_detail(before + 2));
	detail = log_detail(before + 3);
	assert_non_null(detail);
	free(detail);
	/* What has its detail keeps it; what is older is another time's. */
	assert_int_equal(log_explain(before, "start 'a b'", "again"), 0);
	assert_int_equal(log_explain(before + 3, "stop", "too late"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(entries_come_back_in_order),
		cmocka_unit_test(level_decides_what_is_kept),
		cmocka_unit_test(hostile_text_is_harmless_and_short),
		cmocka_unit_test(ring_keeps_the_newest),
		cmocka_unit_test(file_has_a_line_for_each),
		cmocka_unit_test(file_is_rotated_at_a_megabyte),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(unrotatable_file_stops_growing),
		cmocka_unit_test(threads_write_without_gaps),
		cmocka_unit_test(entries_of_a_command_are_explained_later),
		cmocka_unit_test(details_are_whole_until_newer_ones_need_the_room),
	};

	return cmocka_run_group_tests(tests, folder_kit_make, folder_kit_remove);
}
