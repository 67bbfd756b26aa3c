/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Deleting chunks: what is refused, what is gone afterwards, and what stays where it is. */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "console/removal.h"
#include "console/state.h"

#define WAIT_MS 10000

/* ---- the parts of the console that are asked ---- */

static char chunk_paths[4][128];
static struct picture_chunk chunks[4];
static struct picture_session sessions[2];
static struct picture picture = {
	.sessions = sessions, .session_count = 2, .chunks = chunks, .chunk_count = 4};
static struct text told, forgotten;

const struct picture *console_picture_acquire(struct console *console)
{
	(void)console;
	return &picture;
}

void console_picture_release(struct console *console)
{
	(void)console;
}

const struct picture_session *picture_session(const struct picture *from, uint64_t session_id)
{
	for (size_t i = 0; i < from->session_count; i++) {
		if (from->sessions[i].id == session_id)
			return &from->sessions[i];
	}
	return NULL;
}

void console_draw_soon(struct console *console)
{
	(void)console;
}

void console_tell(struct console *console, enum notice_level level, const char *command,
		  const char *format, ...)
{
	char sentence[ERROR_MESSAGE_MAX];
	va_list values;

	(void)console;
	(void)level;
	(void)command;
	va_start(values, format);
	vsnprintf(sentence, sizeof(sentence), format, values);
	va_end(values);
	text_finish(&told);
	told = (struct text){0};
	text_add(&told, sentence);
}

void backend_forget_chunk(struct backend *backend, const char *path)
{
	(void)backend;
	text_addf(&forgotten, "%s|", path);
}

/* ---- folders ---- */

struct fixture {
	char folder[32];
	struct console *console;
};

static void make_file(const char *folder, const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_true(fd_replace_file(path, "x", 1, 0600, NULL));
}

static void make_chunk(struct fixture *own, size_t index)
{
	char path[200];

	snprintf(chunk_paths[index], sizeof(chunk_paths[index]), "%s/chunk%zu", own->folder, index);
	snprintf(path, sizeof(path), "%s/index", chunk_paths[index]);
	assert_true(fd_make_directories(path, 0700, NULL));
	make_file(chunk_paths[index], "metadata");
	make_file(chunk_paths[index], "channel0_0");
	make_file(path, "channel0_0.idx");
	chunks[index] = (struct picture_chunk){
		.session_id = 1,
		.id = index,
		.state = PICTURE_CHUNK_ARCHIVED,
		.path = chunk_paths[index],
		.bytes = 1 << 20,
	};
}

static struct fixture begin(void)
{
	struct fixture own = {.folder = "/tmp/removalXXXXXX"};

	assert_non_null(mkdtemp(own.folder));
	sessions[0] = (struct picture_session){.id = 1, .name = "web", .uid = getuid()};
	sessions[1] = (struct picture_session){.id = 2, .name = "other", .uid = getuid() + 1};
	for (size_t i = 0; i < COUNT_OF(chunks); i++)
		make_chunk(&own, i);
	own.console = mem_zalloc(sizeof(*own.console));
	own.console->loop = loop_create();
	own.console->answers = queue_create();
	own.console->backend = (struct backend *)own.folder; /* not NULL: there is one */
	return own;
}

static void end(struct fixture *own)
{
	char *command = mem_printf("rm -r %s", own->folder);

	removal_end(own->console);
	queue_destroy(own->console->answers);
	loop_destroy(own->console->loop);
	question_finish(&own->console->question);
	free(own->console);
	assert_int_equal(system(command), 0);
	free(command);
	text_finish(&told);
	text_finish(&forgotten);
	told = forgotten = (struct text){0};
}

static bool is_there(const char *path)
{
	struct stat stat;

	return lstat(path, &stat) == 0;
}

static void answer(struct fixture *own, char letter)
{
	struct question *question = &own->console->question;

	assert_true(question->is_open);
	assert_int_equal(question->kind, QUESTION_YES);
	question->is_open = false;
	question->answer(own->console, question->data, letter);
}

static void ask(struct fixture *own, size_t first, size_t count)
{
	char *paths[COUNT_OF(chunks)];
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < count; i++)
		paths[i] = chunk_paths[first + i];
	assert_true(removal_ask(own->console, count, paths, &err));
}

static void delete (struct fixture *own, size_t first, size_t count)
{
	struct pollfd wait = {.fd = queue_fd(own->console->answers), .events = POLLIN};

	ask(own, first, count);
	answer(own, 'y');
	assert_non_null(own->console->removal);
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	queue_drain(own->console->answers);
	assert_null(own->console->removal);
}

static void files_are_deleted_and_forgotten(void **state)
{
	struct fixture own = begin();
	char expected[300];

	(void)state;
	delete (&own, 0, 2);
	assert_false(is_there(chunk_paths[0]));
	assert_false(is_there(chunk_paths[1]));
	assert_true(is_there(chunk_paths[2]));
	snprintf(expected, sizeof(expected), "%s|%s|", chunk_paths[0], chunk_paths[1]);
	assert_string_equal(text_str(&forgotten), expected);
	assert_non_null(strstr(text_str(&told), "deleted 2 chunks, 2"));
	end(&own);
}

static void no_is_the_default(void **state)
{
	struct fixture own = begin();

	(void)state;
	ask(&own, 0, 1);
	answer(&own, QUESTION_NO);
	assert_null(own.console->removal);
	assert_true(is_there(chunk_paths[0]));
	assert_string_equal(text_str(&forgotten), "");
	assert_string_equal(text_str(&told), "nothing was done");
	end(&own);
}

static void assert_refused(struct fixture *own, size_t count, char **paths)
{
	struct error err = ERROR_INIT;

	assert_false(removal_ask(own->console, count, paths, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_false(own->console->question.is_open);
}

static void only_archived_chunks_of_one_user(void **state)
{
	struct fixture own = begin();
	char *both[] = {chunk_paths[0], chunk_paths[1]};
	char outside[] = "/etc", around[160];
	char *paths[] = {outside};

	(void)state;
	assert_refused(&own, 1, paths);
	snprintf(around, sizeof(around), "%s/../chunk0", chunk_paths[0]);
	paths[0] = around;
	assert_refused(&own, 1, paths);
	chunks[1].session_id = 2;
	assert_refused(&own, 2, both);
	chunks[1].session_id = 3;
	assert_refused(&own, 2, both);
	chunks[0].state = PICTURE_CHUNK_CURRENT;
	assert_refused(&own, 1, both);
	assert_true(is_there(chunk_paths[0]) && is_there(chunk_paths[1]));
	end(&own);
}

static void links_are_not_followed(void **state)
{
	struct fixture own = begin();
	char link[200], kept[300], moved[200];

	(void)state;
	snprintf(link, sizeof(link), "%s/outside", chunk_paths[0]);
	assert_int_equal(symlink(chunk_paths[2], link), 0);
	snprintf(moved, sizeof(moved), "%s/real", own.folder);
	assert_int_equal(rename(chunk_paths[1], moved), 0);
	assert_int_equal(symlink(moved, chunk_paths[1]), 0);
	delete (&own, 0, 2);
	assert_false(is_there(chunk_paths[0]));
	assert_true(is_there(chunk_paths[1])); /* a link in its place */
	snprintf(kept, sizeof(kept), "%s/metadata", chunk_paths[2]);
	assert_true(is_there(kept));
	snprintf(kept, sizeof(kept), "%s/metadata", moved);
	assert_true(is_there(kept));
	assert_non_null(strstr(text_str(&told), "deleted 1 of 2 chunks; cannot open "));
	assert_null(strstr(text_str(&forgotten), chunk_paths[1]));
	end(&own);
}

static void what_is_left_in_part_is_said(void **state)
{
	struct fixture own = begin();
	char path[400];
	size_t length = (size_t)snprintf(path, sizeof(path), "%s", chunk_paths[0]);

	(void)state;
	for (int i = 0; i < 12; i++)
		length += (size_t)snprintf(path + length, sizeof(path) - length, "/deeper");
	assert_true(fd_make_directories(path, 0700, NULL));
	delete (&own, 0, 1);
	assert_true(is_there(chunk_paths[0]));
	assert_string_equal(text_str(&forgotten), "");
	assert_non_null(strstr(text_str(&told), "is there in part"));
	end(&own);
}

static void what_somebody_else_deleted_is_forgotten(void **state)
{
	struct fixture own = begin();
	char *command = mem_printf("rm -r %s", chunk_paths[3]);

	(void)state;
	assert_int_equal(system(command), 0);
	delete (&own, 3, 1);
	assert_non_null(strstr(text_str(&forgotten), chunk_paths[3]));
	assert_non_null(strstr(text_str(&told), "deleted 1 chunk"));
	free(command);
	end(&own);
}

static void one_at_a_time(void **state)
{
	struct fixture own = begin();
	struct pollfd wait = {.fd = queue_fd(own.console->answers), .events = POLLIN};
	char *path = chunk_paths[1];
	struct error err = ERROR_INIT;

	(void)state;
	ask(&own, 0, 1);
	answer(&own, 'y');
	assert_false(removal_ask(own.console, 1, &path, &err));
	assert_int_equal(err.code, ERROR_BUSY);
	assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
	queue_drain(own.console->answers);
	assert_true(is_there(chunk_paths[1]));
	end(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_deleted_and_forgotten),
		cmocka_unit_test(no_is_the_default),
		cmocka_unit_test(only_archived_chunks_of_one_user),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(what_is_left_in_part_is_said),
		cmocka_unit_test(what_somebody_else_deleted_is_forgotten),
		cmocka_unit_test(one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
