/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Questions: what is typed ahead is no answer, and no is the default. All of them is read, and of
 * what is wrong in a field.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/ask.h"
#include "console/keys.h"
#include "tests/views/expect.h"

#define DESTROY                                                                                    \
	"Destroy session \"web\" (running, 3 channels)? Trace files stay, u brings it back. [y/N]"
#define LEAVE	"1 session is recording: [d]etach (keep tracing)  [s]top all and quit  [c]ancel"
#define OPENED	(10 * NS_PER_S)
#define READ_NS (OPENED + 200 * NS_PER_MS)

static struct question question;
static struct entry entry;
static struct canvas *canvas;

static int setup(void **state)
{
	(void)state;
	expect_setup();
	question = (struct question){0};
	entry = (struct entry){0};
	canvas = canvas_create(1, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	question_finish(&question);
	entry_finish(&entry);
	canvas_destroy(canvas);
	return 0;
}

static void ask(enum question_kind kind, const char *text, const char *letters)
{
	question_open(&question, kind, mem_strdup(text), letters, OPENED);
}

static char answer(int code)
{
	char letter = '?';

	assert_true(question_key(&question, code, READ_NS, &letter));
	assert_false(question.is_open);
	return letter;
}

/* In as many rows as it takes, `rows` at most. */
static void expect_question(int rows, int columns, const char *expected)
{
	int needed;

	canvas_resize(canvas, 1, columns);
	needed = question_rows(&question, canvas);
	canvas_resize(canvas, needed < rows ? needed : rows, columns);
	question_draw(&question, canvas);
	expect_canvas(canvas, expected);
}

static void the_default_is_no(void **state)
{
	static const int keys[] = {KEYS_ENTER, KEYS_ESCAPE, KEYS_CTRL('c'), 'n', 'Y', KEYS_SPACE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		ask(QUESTION_LETTER, DESTROY, "y");
		assert_int_equal(answer(keys[i]), QUESTION_NO);
	}
	ask(QUESTION_LETTER, DESTROY, "y");
	assert_int_equal(answer('y'), 'y');
}

static void what_is_typed_ahead_is_dropped(void **state)
{
	char letter = '?';

	(void)state;
	ask(QUESTION_LETTER, DESTROY, "y");
	assert_false(question_key(&question, 'y', OPENED + 100 * NS_PER_MS, &letter));
	assert_true(question.is_open);
	assert_int_equal(answer('y'), 'y');
}

static void more_takes_a_word(void **state)
{
	char letter;

	(void)state;
	ask(QUESTION_YES, "Run \"destroy --all\"? Type yes:", NULL);
	question_key(&question, 'y', READ_NS, &letter);
	assert_int_equal(answer(KEYS_ENTER), QUESTION_NO);
	ask(QUESTION_YES, "Run \"destroy --all\"? Type yes:", NULL);
	for (const char *at = "yes"; *at; at++)
		assert_false(question_key(&question, *at, READ_NS, &letter));
	assert_int_equal(answer(KEYS_ENTER), 'y');
}

static void it_takes_as_many_rows_as_it_needs(void **state)
{
	(void)state;
	ask(QUESTION_LETTER, DESTROY, "y");
	expect_question(9, 120, DESTROY);
	expect_question(9, 80,
			"Destroy session \"web\" (running, 3 channels)? Trace files stay, u brings "
			"it back.\n"
			"[y/N]");
	expect_question(9, 40,
			"Destroy session \"web\" (running, 3\n"
			"channels)? Trace files stay, u brings it\n"
			"back. [y/N]");
	ask(QUESTION_LETTER, LEAVE, "ds");
	expect_question(9, 40,
			"1 session is recording: [d]etach (keep\n"
			"tracing)  [s]top all and quit  [c]ancel");
}

static void with_too_few_rows_the_answers_stay(void **state)
{
	int row, column;

	(void)state;
	ask(QUESTION_LETTER, DESTROY, "y");
	expect_question(3, 20,
			"Destroy session \"we…\n"
			"files stay, u brings\n"
			"it back. [y/N]");
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 2);
	assert_int_equal(column, 15);
}

static void what_is_typed_has_room(void **state)
{
	int row, column;

	(void)state;
	ask(QUESTION_YES, "Delete the files of 1 chunk (12.0 MB)? No way back. Type yes:", NULL);
	expect_question(9, 80, "Delete the files of 1 chunk (12.0 MB)? No way back. Type yes:");
	expect_question(9, 63, "Delete the files of 1 chunk (12.0 MB)? No way back. Type yes:\n");
	assert_int_equal(question_rows(&question, canvas), 2);
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 1);
	assert_int_equal(column, 0);
	expect_question(9, 40,
			"Delete the files of 1 chunk (12.0 MB)?\n"
			"No way back. Type yes:");
}

static void hostile_names_are_text(void **state)
{
	(void)state;
	ask(QUESTION_LETTER, "Destroy session \"\033]0;x\a\xff\"? [y/N]", "y");
	expect_question(9, 40, "Destroy session \"^[]0;x^G<FF>\"? [y/N]");
}

static void expect_entry(int rows, int columns, const char *expected)
{
	int needed;

	canvas_resize(canvas, 1, columns);
	needed = entry_rows(&entry, canvas);
	canvas_resize(canvas, needed < rows ? needed : rows, columns);
	entry_draw(&entry, canvas);
	expect_canvas(canvas, expected);
}

/* A short one stands beside the text, a long one above it; the cursor is where it is wrong. */
static void all_of_a_complaint_is_read(void **state)
{
	int row, column;

	(void)state;
	entry_open(&entry, "only events where", "tail-filter", false, "id < (3");
	expect_entry(9, 80, "only events where: id < (3");
	entry_complain(&entry, "this parenthesis isn't closed", 5);
	expect_entry(9, 80, "E this parenthesis isn't closed: id < (3");
	entry_complain(&entry,
		       "the field 'id' is a number in some events and a text in others: it can't "
		       "be compared",
		       5);
	expect_entry(9, 80,
		     "E the field 'id' is a number in some events and a text in others: it "
		     "can't be\n"
		     "compared\n"
		     "only events where: id < (3");
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 2);
	assert_int_equal(column, 24);
	expect_entry(2, 40,
		     "E the field 'id' is a number in some ev…\n"
		     "only events where: id < (3");
	expect_entry(1, 40, "E the field 'id' is…id < (3");
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	entry_open(&entry, "a title", "find", false, "some text");
	entry_complain(&entry, "aVeryLongWordThatHasNoBlanks\xe6\xbc\xa2 and others", 3);
	for (int kind = 0; kind < 2; kind++) {
		ask(kind ? QUESTION_YES : QUESTION_LETTER,
		    "Destroy \"aVeryLongNameThatHasNoBlanks\xe6\xbc\xa2\xe5\xad\x97\"? [y/N]", "y");
		for (int rows = 1; rows < 6; rows++) {
			for (int columns = 1; columns < 60; columns++) {
				canvas_resize(canvas, rows, columns);
				assert_true(question_rows(&question, canvas) > 0);
				question_draw(&question, canvas);
				assert_true(entry_rows(&entry, canvas) > 0);
				entry_draw(&entry, canvas);
			}
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_default_is_no),
		TEST(what_is_typed_ahead_is_dropped),
		TEST(more_takes_a_word),
		TEST(it_takes_as_many_rows_as_it_needs),
		TEST(with_too_few_rows_the_answers_stay),
		TEST(what_is_typed_has_room),
		TEST(hostile_names_are_text),
		TEST(all_of_a_complaint_is_read),
		TEST(it_lives_at_any_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
