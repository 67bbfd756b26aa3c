/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of keys, both ways. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "console/keys.h"

static void names_are_read_and_written(void **state)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = {
		{"q", 'q'},
		{"Q", 'Q'},
		{"?", '?'},
		{"C-p", 16},
		{"C-z", 26},
		{"C-]", 29},
		{"M-l", KEYS_ALT | 'l'},
		{"M-C-p", KEYS_ALT | 16},
		{"F1", KEYS_F1},
		{"F12", KEYS_F12},
		{"PageUp", KEYS_PAGE_UP},
		{"S-Tab", KEYS_BACK_TAB},
		{"Tab", KEYS_TAB},
		{"Enter", KEYS_ENTER},
		{"Esc", KEYS_ESCAPE},
		{"Space", ' '},
		{"Backspace", KEYS_BACKSPACE},
		{"M-Up", KEYS_ALT | KEYS_UP},
		{"\xc3\xa4", 0xe4},
	};
	char name[KEYS_NAME_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_int_equal(keys_parse(cases[i].name), cases[i].code);
		assert_string_equal(keys_name(name, cases[i].code), cases[i].name);
	}
}

static void other_spellings_are_read(void **state)
{
	(void)state;
	assert_int_equal(keys_parse("C-P"), 16);
	assert_int_equal(keys_parse("pgup"), KEYS_PAGE_UP);
	assert_int_equal(keys_parse("escape"), KEYS_ESCAPE);
	assert_int_equal(keys_parse("f5"), KEYS_F1 + 4);
}

static void nonsense_is_no_key(void **state)
{
	static const char *const names[] = {
		"",   "F0",    "F13", "F",    "Fx",   "C-",	    "C-1",
		"M-", "M-M-x", "xy",  "\xff", "\x1b", "C-\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!strcmp(names[i], "F"))
			assert_int_equal(keys_parse(names[i]), 'F');
		else
			assert_int_equal(keys_parse(names[i]), KEYS_NONE);
	}
}

static void every_code_has_a_name(void **state)
{
	char name[KEYS_NAME_MAX];

	(void)state;
	for (int code = -10; code < 0x210000; code += 97) {
		assert_true(strlen(keys_name(name, code)) < KEYS_NAME_MAX);
		assert_true(name[0] != '\0');
		keys_name(name, (int)((unsigned int)code | KEYS_ALT));
	}
}

static void text_is_what_can_be_typed(void **state)
{
	(void)state;
	assert_true(keys_is_text('a'));
	assert_true(keys_is_text(0x6f22));
	assert_false(keys_is_text(KEYS_ALT | 'a'));
	assert_false(keys_is_text(27));
	assert_false(keys_is_text(127));
	assert_false(keys_is_text(0x9b));
	assert_false(keys_is_text(0xd800));
	assert_false(keys_is_text(KEYS_UP));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read_and_written),
		cmocka_unit_test(other_spellings_are_read),
		cmocka_unit_test(nonsense_is_no_key),
		cmocka_unit_test(every_code_has_a_name),
		cmocka_unit_test(text_is_what_can_be_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
