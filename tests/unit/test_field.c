/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small editor: whole characters, the usual keys, a line that scrolls. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "console/ask.h"
#include "console/field.h"
#include "console/keys.h"

#define MARKED_E "e\xcc\x81"	/* e and a combining acute */
#define HAN	 "\xe6\xbc\xa2" /* two columns wide */

static void press(struct field *field, const int *codes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_true(field_key(field, codes[i]));
}

#define PRESS(field, ...)                                                                          \
	press(field, (const int[]){__VA_ARGS__}, COUNT_OF(((const int[]){__VA_ARGS__})))

static void keys_edit(void **state)
{
	struct field field = {0};

	(void)state;
	PRESS(&field, 'a', 'b', 'c', KEYS_LEFT, 'x');
	assert_string_equal(field_text(&field), "abxc");
	PRESS(&field, KEYS_HOME, KEYS_DELETE, KEYS_END, KEYS_BACKSPACE);
	assert_string_equal(field_text(&field), "bx");
	PRESS(&field, KEYS_CTRL('a'), KEYS_CTRL('f'), KEYS_CTRL('k'));
	assert_string_equal(field_text(&field), "b");
	PRESS(&field, KEYS_CTRL('y'), KEYS_CTRL('y'));
	assert_string_equal(field_text(&field), "bxx");
	PRESS(&field, KEYS_CTRL('u'));
	assert_string_equal(field_text(&field), "");
	field_finish(&field);
}

static void words_are_jumped_and_deleted(void **state)
{
	struct field field = {0};

	(void)state;
	field_set(&field, "one two:three");
	PRESS(&field, KEYS_ALT | 'b');
	assert_int_equal(field.point, 8);
	PRESS(&field, KEYS_ALT | 'b', KEYS_ALT | 'f');
	assert_int_equal(field.point, 7);
	PRESS(&field, KEYS_END, KEYS_CTRL('w'));
	assert_string_equal(field_text(&field), "one ");
	PRESS(&field, KEYS_CTRL('w'));
	assert_string_equal(field_text(&field), "");
	field_finish(&field);
}

static void characters_stay_whole(void **state)
{
	struct field field = {0};

	(void)state;
	field_set(&field, "a" HAN MARKED_E);
	PRESS(&field, KEYS_LEFT);
	assert_int_equal(field.point, 4);
	PRESS(&field, KEYS_LEFT);
	assert_int_equal(field.point, 1);
	PRESS(&field, KEYS_RIGHT, KEYS_RIGHT);
	assert_int_equal(field.point, 7);
	PRESS(&field, KEYS_BACKSPACE);
	assert_string_equal(field_text(&field), "a" HAN);
	PRESS(&field, KEYS_BACKSPACE, KEYS_BACKSPACE, KEYS_BACKSPACE);
	assert_string_equal(field_text(&field), "");
	field_finish(&field);
}

static void invalid_bytes_are_replaced(void **state)
{
	struct field field = {0};

	(void)state;
	field_insert(&field, "a\xff", 2);
	assert_string_equal(field_text(&field), "a\xef\xbf\xbd");
	field_finish(&field);
}

static void length_is_bounded(void **state)
{
	struct field field = {0};
	char *much = mem_zalloc(FIELD_LENGTH_MAX + 1);

	(void)state;
	memset(much, 'x', FIELD_LENGTH_MAX - 1);
	field_set(&field, much);
	PRESS(&field, 'y', 'z', 'z');
	assert_int_equal(strlen(field_text(&field)), FIELD_LENGTH_MAX);
	free(much);
	field_finish(&field);
}

static void foreign_keys_are_refused(void **state)
{
	struct field field = {0};

	(void)state;
	assert_false(field_key(&field, KEYS_ENTER));
	assert_false(field_key(&field, KEYS_TAB));
	assert_false(field_key(&field, KEYS_UP));
	assert_false(field_key(&field, KEYS_ALT | 'q'));
	field_finish(&field);
}

static void words_are_replaced(void **state)
{
	struct field field = {0};

	(void)state;
	field_set(&field, "stop we now");
	field.point = 7;
	field_replace_word(&field, 5, "'web 1' ");
	assert_string_equal(field_text(&field), "stop 'web 1'  now");
	assert_int_equal(field.point, 13);
	field_finish(&field);
}

static void assert_drawn(const char *line, size_t point, const char *expected, int cursor)
{
	struct canvas *canvas = canvas_create(1, 10);
	struct text shown = {0};
	int row, column;

	field_draw(canvas, 0, "> ", ROLE_TITLE, line, point, true);
	canvas_print(canvas, &shown);
	assert_string_equal(text_str(&shown), expected);
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(column, cursor);
	text_finish(&shown);
	canvas_destroy(canvas);
}

static void line_is_drawn_with_its_cursor(void **state)
{
	(void)state;
	assert_drawn("", 0, ">\n", 2);
	assert_drawn("abc", 1, "> abc\n", 3);
	assert_drawn(HAN HAN, 3, "> " HAN HAN "\n", 4);
	assert_drawn("a\x1b", 2, "> a^[\n", 5);
	assert_drawn("12345678", 0, "> 12345678\n", 2);
	assert_drawn("123456789", 0, "> 12345678\n", 2);
	/* Scrolled by quarters of eight columns. */
	assert_drawn("12345678", 8, "> 345678\n", 8);
	assert_drawn("123456789abc", 12, "> 789abc\n", 8);
	/* Half of a wide character at the left edge is a blank. */
	assert_drawn("1" HAN "45678", 9, ">  45678\n", 8);
}

static void narrow_windows_are_survived(void **state)
{
	(void)state;
	for (int columns = 1; columns < 8; columns++) {
		struct canvas *canvas = canvas_create(1, columns);

		field_draw(canvas, 0, "prefix: ", ROLE_TITLE, HAN HAN "x", 7, true);
		canvas_destroy(canvas);
	}
}

static void answer_needs_a_moment(void **state)
{
	struct question question = {0};
	char letter = 'x';

	(void)state;
	question_open(&question, QUESTION_LETTER, mem_strdup("Sure? [y/N]"), "y", 1000000000);
	assert_false(question_key(&question, 'y', 1000000000, &letter));
	assert_false(question_key(&question, 'y', 1149000000, &letter));
	assert_true(question.is_open);
	assert_true(question_key(&question, 'y', 1150000000, &letter));
	assert_int_equal(letter, 'y');
	assert_false(question.is_open);
	question_finish(&question);
}

static void default_is_no(void **state)
{
	static const int codes[] = {'n', 'N',	  KEYS_ENTER, KEYS_ESCAPE, KEYS_CTRL('c'),
				    'x', KEYS_UP, 0};
	struct question question = {0};
	char letter;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(codes); i++) {
		letter = 'x';
		question_open(&question, QUESTION_LETTER, mem_strdup("Sure?"), "ds", 0);
		assert_true(question_key(&question, codes[i], 1000000000, &letter));
		assert_int_equal(letter, QUESTION_NO);
	}
	question_finish(&question);
}

static void much_needs_the_whole_word(void **state)
{
	struct question question = {0};
	char letter = 'x';

	(void)state;
	question_open(&question, QUESTION_YES, mem_strdup("All? Type yes:"), NULL, 0);
	assert_false(question_key(&question, 'y', 1000000000, &letter));
	assert_true(question_key(&question, KEYS_ENTER, 1000000000, &letter));
	assert_int_equal(letter, QUESTION_NO);
	question_open(&question, QUESTION_YES, mem_strdup("All? Type yes:"), NULL, 0);
	question_key(&question, 'y', 1000000000, &letter);
	question_key(&question, 'e', 1000000000, &letter);
	question_key(&question, 's', 1000000000, &letter);
	assert_true(question_key(&question, KEYS_ENTER, 1000000000, &letter));
	assert_int_equal(letter, 'y');
	question_finish(&question);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_edit),
		cmocka_unit_test(words_are_jumped_and_deleted),
		cmocka_unit_test(characters_stay_whole),
		cmocka_unit_test(invalid_bytes_are_replaced),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(foreign_keys_are_refused),
		cmocka_unit_test(words_are_replaced),
		cmocka_unit_test(line_is_drawn_with_its_cursor),
		cmocka_unit_test(narrow_windows_are_survived),
		cmocka_unit_test(answer_needs_a_moment),
		cmocka_unit_test(default_is_no),
		cmocka_unit_test(much_needs_the_whole_word),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
