/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal of sessions: who continues whom, crashed engines, torn lines, two writers. */
#include "backend/identity/journal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/identity/otlp.h"

static char directory[] = "/tmp/journal-XXXXXX";
static char *path;

static int make_place(void **state)
{
	(void)state;
	if (!path)
		path = mkdtemp(directory) ? mem_printf("%s/" JOURNAL_NAME, directory) : NULL;
	return path ? 0 : -1;
}

static int clear_place(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void start(struct journal *journal, const char *id, uint64_t wall_ns)
{
	const struct journal_session session = {id, "", "web", 1000};

	journal_start(journal, &session, wall_ns);
}

static void end(struct journal *journal, const char *id, uint64_t wall_ns)
{
	const struct journal_session session = {id, "", "web", 1000};
	const struct journal_end ended = {.reason = "destroyed", .wall_ns = wall_ns};

	journal_end(journal, &session, &ended);
}

static void assert_last(struct journal *journal, uid_t uid, const char *name, const char *expected)
{
	char *last = journal_last(journal, uid, name);

	if (expected)
		assert_string_equal(last ? last : "none", expected);
	else
		assert_null(last);
	free(last);
}

static struct fold_session *fold_file(struct fold *fold, struct otlp_counts *counts, size_t *count)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_true(otlp_read_file(fd, UINT64_MAX, fold, counts, NULL));
	fd_close(&fd);
	return fold_sessions(fold, count);
}

static void newest_ended_session_is_continued(void **state)
{
	struct journal *journal = journal_create(path, "box");

	(void)state;
	assert_last(journal, 1000, "web", NULL);
	start(journal, "A", 10);
	assert_last(journal, 1000, "web", NULL); /* goes on */
	end(journal, "A", 20);
	assert_last(journal, 1000, "web", "A");
	start(journal, "B", 30);
	end(journal, "B", 40);
	assert_last(journal, 1000, "web", "B");
	assert_last(journal, 1001, "web", NULL);
	assert_last(journal, 1000, "other", NULL);
	journal_destroy(journal);
}

static void the_file_is_its_owners(void **state)
{
	struct journal *journal = journal_create(path, "box");
	struct stat status;

	(void)state;
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	journal_destroy(journal);
}

static void another_engine_is_heard(void **state)
{
	struct journal *one = journal_create(path, "box");
	struct journal *two = journal_create(path, "box");

	(void)state;
	start(one, "A", 10);
	assert_last(two, 1000, "web", NULL);
	end(one, "A", 20);
	assert_last(two, 1000, "web", "A");
	journal_destroy(one);
	journal_destroy(two);
}

static void crashed_engines_sessions_are_ended(void **state)
{
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct fold_session *sessions;
	struct journal *journal;
	pid_t child = fork();
	size_t count;

	(void)state;
	if (child == 0) {
		start(journal_create(path, "box"), "A", 10);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	journal = journal_create(path, "box");
	assert_last(journal, 1000, "web", "A");
	sessions = fold_file(fold, &counts, &count);
	assert_int_equal(count, 1);
	assert_int_equal(sessions[0].state, FOLD_ENDED);
	assert_string_equal(sessions[0].reason, "crash");
	assert_int_equal(sessions[0].end_ns, 10);
	free(sessions);
	fold_destroy(fold);
	journal_destroy(journal);
}

static void torn_lines_harm_no_other(void **state)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct fold_session *sessions;
	struct journal *journal;
	size_t count;

	(void)state;
	assert_true(fd_write_all(fd, "{\"resourceLogs\":[{", 18));
	fd_close(&fd);
	journal = journal_create(path, "box");
	start(journal, "A", 10);
	start(journal, "B", 20);
	sessions = fold_file(fold, &counts, &count);
	assert_int_equal(count, 2);
	assert_int_equal(counts.lines, 3);
	assert_int_equal(counts.bad_lines, 1);
	assert_int_equal(journal_lost(journal), 0);
	free(sessions);
	fold_destroy(fold);
	journal_destroy(journal);
}

static void names_need_not_be_utf8(void **state)
{
	const struct journal_session session = {"A", "", "\xff\"\n", 1};
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct fold_session *sessions;
	struct journal *journal = journal_create(path, "box");
	size_t count;

	(void)state;
	journal_start(journal, &session, 10);
	sessions = fold_file(fold, &counts, &count);
	assert_int_equal(counts.lines, 1);
	assert_string_equal(sessions[0].name, "\xef\xbf\xbd\"\n");
	free(sessions);
	fold_destroy(fold);
	journal_destroy(journal);
}

static void what_can_not_be_written_is_counted(void **state)
{
	struct journal *journal = journal_create("/nowhere/at/all", "box");

	(void)state;
	start(journal, "A", 10);
	end(journal, "A", 20);
	assert_int_equal(journal_lost(journal), 2);
	journal_destroy(journal);
	/* Every write to it says that the disk is full, but it is no file. */
	journal = journal_create("/dev/full", "box");
	start(journal, "A", 10);
	assert_int_equal(journal_lost(journal), 1);
	journal_destroy(journal);
}

static void without_a_file_nothing_is_kept(void **state)
{
	struct journal *journal = journal_create(NULL, "box");

	(void)state;
	start(journal, "A", 10);
	end(journal, "A", 20);
	assert_int_equal(journal_lost(journal), 0);
	assert_last(journal, 1000, "web", NULL);
	journal_destroy(journal);
	journal_start(NULL, NULL, 0);
	journal_destroy(NULL);
}

static int remove_place(void **state)
{
	(void)state;
	rmdir(directory);
	free(path);
	return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, clear_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(newest_ended_session_is_continued),
		TEST(the_file_is_its_owners),
		TEST(another_engine_is_heard),
		TEST(crashed_engines_sessions_are_ended),
		TEST(torn_lines_harm_no_other),
		TEST(names_need_not_be_utf8),
		TEST(what_can_not_be_written_is_counted),
		TEST(without_a_file_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, make_place, remove_place);
}
