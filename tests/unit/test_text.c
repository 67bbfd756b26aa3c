/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text: the buffer, globs against a slow but obvious matcher, and splitting as sh does it. */
#include "backend/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void buffer_is_always_terminated(void **state)
{
	struct text text = {0};

	(void)state;
	assert_string_equal(text_str(&text), "");
	text_add(&text, "");
	assert_string_equal(text.bytes, "");
	for (int i = 0; i < 500; i++) {
		text_add_char(&text, 'x');
		assert_int_equal(strlen(text_str(&text)), text.length);
	}
	text_clear(&text);
	assert_string_equal(text_str(&text), "");
	text_add_bytes(&text, "a\0b", 3);
	assert_int_equal(text.length, 3);
	assert_memory_equal(text.bytes, "a\0b", 4);
	text_finish(&text);
}

static void formats_longer_than_the_room_fit(void **state)
{
	struct text text = {0};
	char long_word[5001];

	(void)state;
	memset(long_word, 'w', 5000);
	long_word[5000] = '\0';
	text_addf(&text, "%d:", 1);
	text_addf(&text, "%s", long_word);
	text_addf(&text, ":%d", 2);
	assert_int_equal(text.length, 5004);
	assert_memory_equal(text.bytes, "1:w", 3);
	assert_string_equal(text.bytes + 5001, "w:2");
	text_finish(&text);
}

static void the_first_of_several_is_replaced(void **state)
{
	struct text text = {0};

	(void)state;
	assert_false(text_replace(&text, "old", "fresh"));
	assert_string_equal(text_str(&text), "");
	text_add(&text, "an old one, an old other");
	assert_false(text_replace(&text, "odd", "fresh"));
	assert_true(text_replace(&text, "old", "older than old"));
	assert_string_equal(text_str(&text), "an older than old one, an old other");
	assert_int_equal(text.length, strlen(text.bytes));
	assert_true(text_replace(&text, "an older than old one, an old other", ""));
	assert_string_equal(text_str(&text), "");
	text_finish(&text);
}

static void taken_text_leaves_an_empty_one(void **state)
{
	struct text text = {0};
	char *taken = text_take(&text);

	(void)state;
	assert_string_equal(taken, "");
	free(taken);
	text_add(&text, "mine");
	taken = text_take(&text);
	assert_string_equal(taken, "mine");
	assert_int_equal(text.length, 0);
	assert_null(text.bytes);
	free(taken);
}

static void shared_text_lives_until_the_last_unref(void **state)
{
	struct shared_text *shared = shared_text_create("name");
	struct shared_text *second = shared_text_ref(shared);

	(void)state;
	shared_text_unref(shared);
	assert_string_equal(shared_text_str(second), "name");
	shared_text_unref(second);
	shared_text_unref(NULL);
	assert_null(shared_text_ref(NULL));
	assert_string_equal(shared_text_str(NULL), "");
}

static void globs_match_as_lttng_has_them(void **state)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool matches;
	} cases[] = {
		{"*", "", true},
		{"*", "anything", true},
		{"", "", true},
		{"", "a", false},
		{"a", "", false},
		{"my_app:*", "my_app:begin", true},
		{"my_app:*", "my_ap:begin", false},
		{"*begin", "my_app:begin", true},
		{"*begin", "my_app:begin_end", false},
		{"*a*b*c", "xxaxxbxxabc", true},
		{"*a*b*c", "xxaxxcxxb", false},
		{"\\*", "*", true},
		{"\\*", "x", false},
		{"a\\*b*", "a*bxyz", true},
		{"a\\*b*", "axbxyz", false},
		{"\\\\*", "\\abc", true},
		{"a?", "ab", false},
		{"a?", "a?", true},
		{"[ab]", "a", false},
		{"[ab]", "[ab]", true},
		{"end\\", "end\\", true},
		{"**x**", "axb", true},
		{"\\a", "a", true},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (text_glob_match(cases[i].pattern, cases[i].name) != cases[i].matches)
			fail_msg("'%s' and '%s'", cases[i].pattern, cases[i].name);
}

/* The definition, by trying everything. */
static bool slow_match(const char *pattern, const char *name)
{
	if (!*pattern)
		return !*name;
	if (*pattern == '*')
		return slow_match(pattern + 1, name) || (*name && slow_match(pattern, name + 1));
	if (*pattern == '\\' && pattern[1])
		pattern++;
	return *pattern == *name && *name && slow_match(pattern + 1, name + 1);
}

/* Writes the number in the digits of the alphabet, at most four of them. */
static void write_word(char out[5], unsigned int number, const char *alphabet)
{
	unsigned int base = (unsigned int)strlen(alphabet) + 1;
	size_t length = 0;

	for (int i = 0; i < 4; i++, number /= base)
		if (number % base)
			out[length++] = alphabet[number % base - 1];
	out[length] = '\0';
}

static void every_short_glob_agrees_with_the_definition(void **state)
{
	char pattern[5], name[5], normal[5];

	(void)state;
	for (unsigned int p = 0; p < 625; p++) {
		write_word(pattern, p, "ab*\\");
		strcpy(normal, pattern);
		text_glob_normalize(normal);
		for (unsigned int n = 0; n < 625; n++) {
			write_word(name, n, "ab*\\");
			if (text_glob_match(pattern, name) != slow_match(pattern, name))
				fail_msg("'%s' and '%s'", pattern, name);
			if (text_glob_match(normal, name) != slow_match(pattern, name))
				fail_msg("'%s' became '%s': '%s'", pattern, normal, name);
		}
	}
}

static void hostile_globs_take_no_exponential_time(void **state)
{
	char pattern[401], name[20001];
	clock_t begin = clock();

	(void)state;
	for (size_t i = 0; i < 400; i += 2)
		memcpy(pattern + i, "*a", 2);
	pattern[399] = 'b';
	pattern[400] = '\0';
	memset(name, 'a', 20000);
	name[20000] = '\0';
	assert_false(text_glob_match(pattern, name));
	assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

static void only_an_unescaped_star_is_a_glob(void **state)
{
	(void)state;
	assert_true(text_has_glob("a*"));
	assert_true(text_has_glob("\\\\*"));
	assert_false(text_has_glob("a\\*"));
	assert_false(text_has_glob("plain?"));
	assert_false(text_has_glob("\\"));
	assert_false(text_has_glob(""));
}

static void stars_in_a_row_become_one(void **state)
{
	char pattern[] = "**a\\***b***";

	(void)state;
	text_glob_normalize(pattern);
	assert_string_equal(pattern, "*a\\**b*");
}

static void assert_words(const struct word_list *list, const char *expected)
{
	struct text joined = {0};

	for (size_t i = 0; i < list->count; i++)
		text_addf(&joined, "[%s]", list->words[i]);
	if (list->words)
		assert_null(list->words[list->count]);
	assert_string_equal(text_str(&joined), expected);
	text_finish(&joined);
}

static void commands_split_as_sh_splits_them(void **state)
{
	static const struct {
		const char *line;
		const char *words;
		const char *rest;
	} cases[] = {
		{"", "", ""},
		{"   \t ", "", ""},
		{"enable-event -u 'a*'", "[enable-event][-u][a*]", ""},
		{"a b;c d", "[a][b]", "c d"},
		{"a 'b;c' d; e", "[a][b;c][d]", " e"},
		{"a\nb", "[a]", "b"},
		{"a # comment ; b", "[a]", ""},
		{"a#b c", "[a#b][c]", ""},
		{"# all comment", "", ""},
		{"# comment\nb", "", "b"},
		{"a '' \"\" b", "[a][][][b]", ""},
		{"a\\ b c\\;d", "[a b][c;d]", ""},
		{"'it'\\''s'", "[it's]", ""},
		{"\"a\\\"b\\\\c\\d $x\"", "[a\"b\\c\\d $x]", ""},
		{"x'y'\"z\"w", "[xyzw]", ""},
		{"a\\\nb", "[ab]", ""},
		{"a \\\n b", "[a][b]", ""},
		{"end\\", "[end\\]", ""},
		{"--filter='a == 1 && b'", "[--filter=a == 1 && b]", ""},
		{"$HOME ~ *", "[$HOME][~][*]", ""},
		{";;x", "", ";x"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct word_list words = {0};
		struct error err = ERROR_INIT;
		const char *rest;

		assert_true(text_split_command(cases[i].line, &words, &rest, &err));
		assert_words(&words, cases[i].words);
		assert_string_equal(rest, cases[i].rest);
		word_list_finish(&words);
	}
}

static void open_quotes_are_refused(void **state)
{
	static const char *const lines[] = {"a 'b", "a \"b", "\"a\\\"", "'", "x 'y' \""};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct word_list words = {0};
		struct error err = ERROR_INIT;
		const char *rest;

		assert_false(text_split_command(lines[i], &words, &rest, &err));
		assert_int_equal(err.code, ERROR_INVALID);
		assert_string_equal(rest, "");
		assert_int_equal(words.count, 0);
		assert_null(words.words);
	}
}

static void quoted_words_split_back(void **state)
{
	static const char *const hostile[] = {
		"plain", "",	"two words", "it's", "a;b",   "#x",	  "x#", "\\",  "\"",
		"'",	 "''",	"a\nb",	     "\t",   "$HOME", "`id`",	  "é",	"*",   "a\\*b",
		"-x",	 "--a", "~",	     "!x",   "\x01",  "\xff\xfe", "&&", "<>|", "{a,b}",
	};
	struct text line = {0};
	struct word_list words = {0};
	struct error err = ERROR_INIT;
	const char *rest;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hostile); i++) {
		text_add_quoted(&line, hostile[i]);
		text_add_char(&line, ' ');
	}
	assert_true(text_split_command(text_str(&line), &words, &rest, &err));
	assert_int_equal(words.count, COUNT_OF(hostile));
	for (size_t i = 0; i < COUNT_OF(hostile); i++)
		assert_string_equal(words.words[i], hostile[i]);
	word_list_finish(&words);
	text_finish(&line);
}

static void plain_words_stay_unquoted(void **state)
{
	struct text text = {0};

	(void)state;
	text_add_quoted(&text, "my_app:begin-1.x/é,a=b");
	assert_string_equal(text_str(&text), "my_app:begin-1.x/é,a=b");
	text_finish(&text);
}

static void commas_split_and_escapes_stay(void **state)
{
	static const struct {
		const char *list;
		const char *items;
	} cases[] = {
		{"a,b", "[a][b]"},	 {"", "[]"},
		{",", "[][]"},		 {"a,,b", "[a][][b]"},
		{"a\\,b,c", "[a,b][c]"}, {"a\\*,b", "[a\\*][b]"},
		{"\\\\,b", "[\\\\][b]"}, {"a\\", "[a\\]"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct word_list items = {0};

		text_split_commas(cases[i].list, &items);
		assert_words(&items, cases[i].items);
		word_list_finish(&items);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buffer_is_always_terminated),
		cmocka_unit_test(formats_longer_than_the_room_fit),
		cmocka_unit_test(the_first_of_several_is_replaced),
		cmocka_unit_test(taken_text_leaves_an_empty_one),
		cmocka_unit_test(shared_text_lives_until_the_last_unref),
		cmocka_unit_test(globs_match_as_lttng_has_them),
		cmocka_unit_test(every_short_glob_agrees_with_the_definition),
		cmocka_unit_test(hostile_globs_take_no_exponential_time),
		cmocka_unit_test(only_an_unescaped_star_is_a_glob),
		cmocka_unit_test(stars_in_a_row_become_one),
		cmocka_unit_test(commands_split_as_sh_splits_them),
		cmocka_unit_test(open_quotes_are_refused),
		cmocka_unit_test(quoted_words_split_back),
		cmocka_unit_test(plain_words_stay_unquoted),
		cmocka_unit_test(commas_split_and_escapes_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
