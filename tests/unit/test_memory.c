/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layout file: what comes back, what is kept for newer versions, and what hostile content does.
 */
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
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "console/memory.h"
#include "console/state.h"

/* ---- the parts of the console that are asked ---- */

static const struct picture_session sessions[] = {{.id = 4, .name = "one"},
						  {.id = 7, .name = "web"}};
static const struct picture picture = {.sessions = sessions, .session_count = COUNT_OF(sessions)};

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

static void remember(const void *state, bool with_marks, struct text *out)
{
	assert_false(with_marks);
	text_add(out, state);
}

static void recall(void *state, const char *memo)
{
	snprintf(state, 64, "%s", memo);
}

const struct view_class *console_view(enum pane pane)
{
	static const struct view_class view = {
		.name = "events", .title = "Events", .remember = remember, .recall = recall};
	static const struct view_class forgetful = {.name = "sessions"};

	if (pane == PANE_SESSIONS)
		return &forgetful;
	return pane == PANE_EVENTS ? &view : NULL;
}

/* ---- a console with a file ---- */

struct fixture {
	char folder[32], path[64], memo[64];
	struct console *console;
};

static struct fixture begin(const char *content, size_t length)
{
	struct fixture own = {.folder = "/tmp/memoryXXXXXX"};

	assert_non_null(mkdtemp(own.folder));
	snprintf(own.path, sizeof(own.path), "%s/layout", own.folder);
	if (content)
		assert_true(fd_replace_file(own.path, content, length, 0600, NULL));
	own.console = mem_zalloc(sizeof(*own.console));
	own.console->rows = 24;
	own.console->columns = 80;
	own.console->backend = (struct backend *)own.folder; /* not NULL: there is one */
	settings_init(&own.console->settings);
	own.console->memory = memory_create(own.path);
	return own;
}

static struct fixture begin_with(const char *content)
{
	return begin(content, content ? strlen(content) : 0);
}

static void recall_all(struct fixture *own)
{
	own->console->view_states[PANE_EVENTS] = own->memo;
	memory_recall_panes(own->console);
	memory_recall(own->console);
}

static struct json *read_back(const struct fixture *own)
{
	struct error err = ERROR_INIT;
	struct json *root;
	size_t length;
	char *bytes;

	assert_true(fd_read_file(own->path, 1 << 20, &bytes, &length, &err));
	root = json_parse(bytes, length, &err);
	assert_non_null(root);
	free(bytes);
	return root;
}

static void end(struct fixture *own)
{
	memory_destroy(own->console->memory);
	free(own->console);
	unlink(own->path);
	rmdir(own->folder);
}

static const char example[] =
	"{\"sizes\": {\"80x24\": {\"focus\": \"events\", \"layout\": \"two\", \"later\": [1, 2]},"
	" \"120x40\": {\"focus\": \"sessions\", \"layout\": \"auto\"}},"
	" \"panes\": {\"events\": \"sort rate\", \"unheard\": \"of\"},"
	" \"session\": \"web\", \"version\": 9, \"future\": {\"deep\": [true, null]}}";

static void what_was_kept_comes_back(void **state)
{
	struct fixture own = begin_with(example);

	(void)state;
	recall_all(&own);
	assert_int_equal(own.console->focus, PANE_EVENTS);
	assert_int_equal(own.console->settings.layout, LAYOUT_TWO);
	assert_int_equal(own.console->selection.session_id, 7);
	assert_string_equal(own.memo, "sort rate");
	end(&own);
}

static void another_size_has_its_own(void **state)
{
	struct fixture own = begin_with(example);

	(void)state;
	own.console->rows = 60;
	own.console->columns = 200;
	own.console->focus = PANE_SESSIONS;
	recall_all(&own);
	assert_int_equal(own.console->focus, PANE_SESSIONS);
	assert_int_equal(own.console->settings.layout, LAYOUT_AUTO);
	end(&own);
}

static void members_of_newer_versions_stay(void **state)
{
	struct fixture own = begin_with(example);
	struct json *root;

	(void)state;
	recall_all(&own);
	snprintf(own.memo, sizeof(own.memo), "sort name");
	memory_save(own.console);
	root = read_back(&own);
	assert_string_equal(json_get_text(json_get(root, "panes"), "events"), "sort name");
	assert_string_equal(json_get_text(json_get(root, "panes"), "unheard"), "of");
	assert_non_null(json_get(json_get(root, "future"), "deep"));
	assert_non_null(json_get(root, "version"));
	assert_non_null(json_get(json_get(json_get(root, "sizes"), "80x24"), "later"));
	assert_non_null(json_get(json_get(root, "sizes"), "120x40"));
	json_unref(root);
	end(&own);
}

static void only_changes_are_written(void **state)
{
	struct fixture own = begin_with(NULL);
	struct stat before, after;

	(void)state;
	memory_save(own.console);
	assert_int_equal(access(own.path, F_OK), -1); /* nothing was shown yet */
	recall_all(&own);
	memory_save(own.console);
	assert_int_equal(stat(own.path, &before), 0);
	assert_int_equal(before.st_mode & 0777, 0600);
	memory_save(own.console);
	assert_int_equal(stat(own.path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* a file that is written is another one */
	own.console->focus = PANE_EVENTS;
	memory_save(own.console);
	assert_int_equal(stat(own.path, &after), 0);
	assert_int_not_equal(before.st_ino, after.st_ino);
	end(&own);
}

/* Neither crashes nor changes anything, and the file is a good one after the next save. */
static void assert_harmless(const char *content, size_t length)
{
	struct fixture own = begin(content, length);

	recall_all(&own);
	assert_int_equal(own.console->focus, PANE_SESSIONS);
	assert_int_equal(own.console->settings.layout, LAYOUT_AUTO);
	assert_int_equal(own.console->selection.session_id, 0);
	assert_string_equal(own.memo, "");
	memory_save(own.console);
	json_unref(read_back(&own));
	end(&own);
}

static void hostile_content_is_harmless(void **state)
{
	static const char *const contents[] = {
		"",
		"{",
		"null",
		"[]",
		"7",
		"\"text\"",
		"{\"sizes\": 1, \"panes\": [], \"session\": {}}",
		"{\"sizes\": {\"80x24\": \"x\"}, \"panes\": {\"events\": 3}, \"session\": null}",
		"{\"sizes\": {\"80x24\": {\"focus\": \"nowhere\", \"layout\": \"nine\"}}}",
		"{\"sizes\": {\"80x24\": {\"focus\": \"browser\", \"layout\": [\"two\"]}}}",
		"{\"session\": \"\\u001b]0;x\\u0007\"}",
		"{\"sizes\": {\"80x24\": []}, \"sizes\": []}",
		"{\"session\": \"\xff\xfe\"}",
	};
	char *deep = mem_zalloc(50000);
	char *large = mem_zalloc(200000);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(contents); i++)
		assert_harmless(contents[i], strlen(contents[i]));
	assert_harmless("{\"session\": \"web\"}\0{}", 21);
	memset(deep, '[', 50000);
	assert_harmless(deep, 50000);
	memset(large, ' ', 200000);
	memcpy(large, "{\"session\": \"web\"}", 18);
	assert_harmless(large, 200000);
	free(deep);
	free(large);
}

static void sizes_do_not_pile_up(void **state)
{
	struct fixture own = begin_with(NULL);
	struct json *root;

	(void)state;
	recall_all(&own);
	for (int columns = 20; columns < 300; columns++) {
		own.console->columns = columns;
		memory_save(own.console);
	}
	root = read_back(&own);
	assert_in_range(json_member_count(json_get(root, "sizes")), 1, 32);
	assert_non_null(json_get(json_get(root, "sizes"), "299x24"));
	json_unref(root);
	end(&own);
}

static void without_a_file_nothing_happens(void **state)
{
	struct console *console = mem_zalloc(sizeof(*console));

	(void)state;
	assert_null(memory_create(NULL));
	memory_recall_panes(console);
	memory_recall(console);
	memory_save(console);
	memory_destroy(NULL);
	free(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_kept_comes_back),
		cmocka_unit_test(another_size_has_its_own),
		cmocka_unit_test(members_of_newer_versions_stay),
		cmocka_unit_test(only_changes_are_written),
		cmocka_unit_test(hostile_content_is_harmless),
		cmocka_unit_test(sizes_do_not_pile_up),
		cmocka_unit_test(without_a_file_nothing_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
