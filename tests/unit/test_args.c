/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of options: what lttng's own client takes and refuses, word by word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/args.h"

static const struct option_spec table[] = {
	{"session", 's', OPTION_TEXT, "NAME", "a value", COMPLETE_SESSION},
	{"live", 0, OPTION_OPTIONAL_TEXT, "TIME", "a value or none", COMPLETE_NOTHING},
	{"all", 'a', OPTION_FLAG, NULL, "a flag", COMPLETE_NOTHING},
	{"verbose", 'v', OPTION_FLAG, NULL, "a flag", COMPLETE_NOTHING},
	{"discard", 0, OPTION_FLAG, NULL, "a flag", COMPLETE_NOTHING},
	{"overwrite", 0, OPTION_FLAG, NULL, "its contrary", COMPLETE_NOTHING},
	{"type", 't', OPTION_TEXT, "TYPE", "may be repeated", COMPLETE_NOTHING},
};

static struct args *parse_line(const char *line, bool stops_at_argument, struct error *err)
{
	struct word_list words = {0};
	const char *rest;
	struct args *args;

	assert_true(text_split_command(line, &words, &rest, err));
	args = args_parse(table, COUNT_OF(table), stops_at_argument, words.count,
			  (const char *const *)words.words, err);
	word_list_finish(&words);
	return args;
}

static struct args *parse(const char *line)
{
	struct error err = ERROR_INIT;
	struct args *args = parse_line(line, false, &err);

	if (!args)
		fail_msg("%s: %s", line, err.message);
	return args;
}

static void assert_refused(const char *line, enum error_code code, const char *sentence)
{
	struct error err = ERROR_INIT;

	assert_null(parse_line(line, false, &err));
	assert_int_equal(err.code, code);
	assert_string_equal(err.message, sentence);
}

static void value_is_taken_in_each_form(void **state)
{
	static const char *const lines[] = {
		"c -s web", "c -sweb", "c -s=web", "c --session web", "c --session=web",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		struct args *args = parse(lines[i]);

		assert_string_equal(args_text(args, "session"), "web");
		assert_int_equal(args_count(args), 0);
		args_destroy(args);
	}
}

static void optional_value_may_be_left_out(void **state)
{
	static const struct {
		const char *line;
		const char *value;
		size_t count;
	} cases[] = {
		{"c --live", NULL, 0},	      {"c --live=5", "5", 0},
		{"c --live 5", "5", 0},	      {"c --live --all", NULL, 0},
		{"c --live -s web", NULL, 0}, {"c --live 5 name", "5", 1},
		{"c name --live", NULL, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct args *args = parse(cases[i].line);

		assert_true(args_has(args, "live"));
		if (cases[i].value)
			assert_string_equal(args_text(args, "live"), cases[i].value);
		else
			assert_null(args_text(args, "live"));
		assert_int_equal(args_count(args), cases[i].count);
		args_destroy(args);
	}
}

static void options_and_arguments_mix(void **state)
{
	struct args *args = parse("c one -a two --session web three");

	(void)state;
	assert_true(args_has(args, "all"));
	assert_false(args_has(args, "verbose"));
	assert_int_equal(args_count(args), 3);
	assert_string_equal(args_at(args, 0), "one");
	assert_string_equal(args_at(args, 2), "three");
	assert_null(args_at(args, 3));
	args_destroy(args);
}

static void letters_cluster(void **state)
{
	struct args *args = parse("c -avvs web");

	(void)state;
	assert_true(args_has(args, "all"));
	assert_int_equal(args_text_count(args, "verbose"), 2);
	assert_string_equal(args_text(args, "session"), "web");
	args_destroy(args);
}

static void two_dashes_end_options(void **state)
{
	struct args *args = parse("c -a -- -v --session -- x");

	(void)state;
	assert_true(args_has(args, "all"));
	assert_false(args_has(args, "verbose"));
	assert_int_equal(args_count(args), 4);
	assert_string_equal(args_at(args, 0), "-v");
	assert_string_equal(args_at(args, 2), "--");
	args_destroy(args);
}

static void first_argument_ends_options_if_told(void **state)
{
	struct error err = ERROR_INIT;
	struct args *args = parse_line("run --session web prog -a --live -- x", true, &err);

	(void)state;
	assert_non_null(args);
	assert_string_equal(args_text(args, "session"), "web");
	assert_false(args_has(args, "all"));
	assert_int_equal(args_count(args), 5);
	assert_string_equal(args_at(args, 0), "prog");
	assert_string_equal(args_at(args, 1), "-a");
	assert_string_equal(args_at(args, 3), "--");
	args_destroy(args);
}

static void two_dashes_before_a_program_are_dropped(void **state)
{
	struct error err = ERROR_INIT;
	struct args *args = parse_line("run -a -- prog -v -- x", true, &err);

	(void)state;
	assert_non_null(args);
	assert_int_equal(args_count(args), 4);
	assert_string_equal(args_at(args, 0), "prog");
	assert_string_equal(args_at(args, 2), "--");
	args_destroy(args);
}

static void repeated_values_are_all_kept(void **state)
{
	struct args *args = parse("c -t vpid --type=ip -s a -s b -t procname");

	(void)state;
	assert_int_equal(args_text_count(args, "type"), 3);
	assert_string_equal(args_text_at(args, "type", 0), "vpid");
	assert_string_equal(args_text_at(args, "type", 1), "ip");
	assert_string_equal(args_text_at(args, "type", 2), "procname");
	assert_null(args_text_at(args, "type", 3));
	assert_string_equal(args_text(args, "session"), "b");
	args_destroy(args);
}

static void last_of_two_contraries_wins(void **state)
{
	struct args *args = parse("c --discard --overwrite");

	(void)state;
	assert_true(args_is_last(args, "overwrite", "discard"));
	assert_false(args_is_last(args, "discard", "overwrite"));
	assert_false(args_is_last(args, "all", "verbose"));
	args_destroy(args);
}

static void help_belongs_to_every_table(void **state)
{
	struct error err = ERROR_INIT;
	const char *const words[] = {"c", "-h", "--list-options"};
	struct args *args = args_parse(NULL, 0, false, COUNT_OF(words), words, &err);

	(void)state;
	assert_non_null(args);
	assert_true(args_has(args, "help"));
	assert_true(args_has(args, "list-options"));
	args_destroy(args);
}

static void wrong_options_are_named(void **state)
{
	(void)state;
	assert_refused("c --nope", ERROR_UNKNOWN_COMMAND, "unknown option '--nope'");
	assert_refused("c -z", ERROR_UNKNOWN_COMMAND, "unknown option '-z'");
	assert_refused("c --sess web", ERROR_UNKNOWN_COMMAND, "unknown option '--sess'");
	assert_refused("c --session", ERROR_INVALID, "option '--session' needs a value");
	assert_refused("c -s", ERROR_INVALID, "option '-s' needs a value");
	assert_refused("c --all=yes", ERROR_INVALID, "option '--all=yes' takes no value");
}

static void odd_words_are_arguments(void **state)
{
	struct args *args = parse("c '' 'a b' 'x=y' -");

	(void)state;
	assert_int_equal(args_count(args), 4);
	assert_string_equal(args_at(args, 3), "-");
	assert_string_equal(args_at(args, 0), "");
	assert_string_equal(args_at(args, 1), "a b");
	args_destroy(args);
}

static void value_may_begin_with_a_dash(void **state)
{
	struct args *args = parse("c --session -web -t=");

	(void)state;
	assert_string_equal(args_text(args, "session"), "-web");
	assert_string_equal(args_text(args, "type"), "");
	args_destroy(args);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(value_is_taken_in_each_form),
		cmocka_unit_test(optional_value_may_be_left_out),
		cmocka_unit_test(options_and_arguments_mix),
		cmocka_unit_test(letters_cluster),
		cmocka_unit_test(two_dashes_end_options),
		cmocka_unit_test(first_argument_ends_options_if_told),
		cmocka_unit_test(two_dashes_before_a_program_are_dropped),
		cmocka_unit_test(repeated_values_are_all_kept),
		cmocka_unit_test(last_of_two_contraries_wins),
		cmocka_unit_test(help_belongs_to_every_table),
		cmocka_unit_test(wrong_options_are_named),
		cmocka_unit_test(odd_words_are_arguments),
		cmocka_unit_test(value_may_begin_with_a_dash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
