/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: every name, its values, and what is refused; the themes; the answers' lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "console/output.h"
#include "console/settings.h"

static void every_value_is_taken_and_shown(void **state)
{
	struct settings settings;
	struct error err = ERROR_INIT;

	(void)state;
	settings_init(&settings);
	for (size_t i = 0; i < settings_count(); i++) {
		const char *name = settings_name(i);
		const char *const *values = settings_values(name);

		assert_true(settings_knows(name));
		for (; values && *values; values++) {
			struct text shown = {0};

			assert_true(settings_set(&settings, name, *values, &err));
			settings_show(&settings, name, &shown);
			assert_non_null(strstr(text_str(&shown), *values));
			text_finish(&shown);
		}
	}
}

static void refresh_is_a_time(void **state)
{
	static const struct {
		const char *value;
		uint64_t expected_ms;
	} cases[] = {
		{"1", 1000},   {"2", 2000},    {"60", 60000}, {"0.25", 250},
		{"1.5", 1500}, {"500ms", 500}, {"2s", 2000},  {"1m", 60000},
	};
	static const char *const wrong[] = {"0",  "0.2",  "61", "x",	 "",
					    "-1", "1..2", "1h", "249ms", "1e3"};
	struct settings settings;
	struct error err = ERROR_INIT;

	(void)state;
	settings_init(&settings);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(settings_set(&settings, "refresh", cases[i].value, &err));
		assert_int_equal(settings.refresh_ns, cases[i].expected_ms * 1000000);
	}
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(settings_set(&settings, "refresh", wrong[i], &err));
}

static void nonsense_is_refused_with_choices(void **state)
{
	struct settings settings;
	struct error err = ERROR_INIT;

	(void)state;
	settings_init(&settings);
	assert_false(settings_set(&settings, "theme", "pink", &err));
	assert_string_equal(err.message, "'pink' is none of default, light, contrast, mono");
	assert_false(settings_set(&settings, "colour", "red", &err));
	assert_false(settings_knows("colour"));
}

static void every_role_looks_like_something(void **state)
{
	(void)state;
	for (size_t i = 0; i < theme_count; i++) {
		const struct theme *theme = &theme_table[i];

		assert_ptr_equal(theme_find(theme->name), theme);
		/* The terminal's own colours are what everything else stands out from. */
		assert_int_equal(theme->with_256[ROLE_NORMAL].foreground, STYLE_DEFAULT_COLOR);
		assert_int_equal(theme->with_256[ROLE_NORMAL].background, STYLE_DEFAULT_COLOR);
		for (int role = 0; role < ROLE_COUNT; role++) {
			const struct style *plain = &theme_styles(theme, 0)[role];

			assert_int_equal(plain->foreground, STYLE_DEFAULT_COLOR);
			assert_in_range(theme_styles(theme, 8)[role].foreground + 1, 0, 8);
			/* Plain blue can't be read on many terminals. */
			assert_int_not_equal(theme_styles(theme, 8)[role].foreground, 4);
		}
		/* Without colour an error still differs from a warning and both from text. */
		assert_int_not_equal(theme_styles(theme, 0)[ROLE_ERR].attributes,
				     theme_styles(theme, 0)[ROLE_WARN].attributes);
		assert_int_not_equal(theme_styles(theme, 0)[ROLE_WARN].attributes, 0);
	}
}

static void assert_output(const struct output *output, int rows, const char *expected)
{
	struct canvas *canvas = canvas_create(rows, 20);
	struct text shown = {0};

	output_draw(output, canvas);
	canvas_print(canvas, &shown);
	assert_string_equal(text_str(&shown), expected);
	text_finish(&shown);
	canvas_destroy(canvas);
}

static void add(struct output *output, const char *bytes)
{
	output_add(output, ROLE_NORMAL, bytes, strlen(bytes));
}

static void answers_become_lines(void **state)
{
	struct output output;

	(void)state;
	output_init(&output);
	add(&output, "one\ntw");
	add(&output, "o\n\nthree");
	assert_output(&output, 3, "one\ntwo\n\n");
	output_end_line(&output, ROLE_NORMAL);
	assert_output(&output, 3, "two\n\nthree\n");
	assert_output(&output, 5, "\none\ntwo\n\nthree\n");
	add(&output, "\x1b[2J\tx\n");
	assert_output(&output, 1, "^[[2J   x\n");
	output_finish(&output);
}

static void long_answers_are_wrapped(void **state)
{
	struct output output;

	(void)state;
	output_init(&output);
	add(&output, "short\n/a/path/that/is/longer/than/a/row\n");
	assert_int_equal(output_rows(&output, 1, 20), 2);
	assert_int_equal(output_rows(&output, 9, 20), 3);
	assert_output(&output, 3, "short\n/a/path/that/is/long\ner/than/a/row\n");
	assert_output(&output, 1, "er/than/a/row\n");
	output_finish(&output);
}

static void old_answers_are_forgotten(void **state)
{
	struct output output;

	(void)state;
	output_init(&output);
	for (int i = 0; i < OUTPUT_LINES_MAX + 5; i++) {
		struct text line = {0};

		text_addf(&line, "line %d\n", i);
		add(&output, text_str(&line));
		text_finish(&line);
	}
	assert_int_equal(output.count, OUTPUT_LINES_MAX);
	assert_output(&output, 1, "line 2004\n");
	output_scroll(&output, 1 << 20, 1);
	assert_output(&output, 1, "line 5\n");
	output_scroll(&output, -(1 << 20), 1);
	assert_output(&output, 1, "line 2004\n");
	output_scroll(&output, 2, 1);
	assert_output(&output, 1, "line 2002\n");
	add(&output, "new\n");
	assert_output(&output, 1, "line 2002\n");
	output_finish(&output);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_value_is_taken_and_shown),
		cmocka_unit_test(refresh_is_a_time),
		cmocka_unit_test(nonsense_is_refused_with_choices),
		cmocka_unit_test(every_role_looks_like_something),
		cmocka_unit_test(answers_become_lines),
		cmocka_unit_test(long_answers_are_wrapped),
		cmocka_unit_test(old_answers_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
