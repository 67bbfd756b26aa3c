/* SPDX-License-Identifier: GPL-2.0-or-later */
/* General options: what stands before the command, and only there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "console/options.h"

const struct command *const command_table[] = {NULL};
const size_t command_count = 0;

static bool parse(const char *line, struct options *options, struct error *err)
{
	struct word_list words = {0};
	const char *rest;
	bool is_parsed;

	assert_true(text_split_command(line, &words, &rest, err));
	is_parsed = options_parse((int)words.count, words.words, options, err);
	word_list_finish(&words);
	return is_parsed;
}

static void assert_refused(const char *line, enum error_code code)
{
	struct error err = ERROR_INIT;
	struct options options;

	assert_false(parse(line, &options, &err));
	assert_int_equal(err.code, code);
	options_finish(&options);
}

static void nothing_given(void **state)
{
	struct error err = ERROR_INIT;
	struct options options;

	(void)state;
	assert_true(parse("tracon", &options, &err));
	assert_int_equal(args_count(options.args), 0);
	assert_null(options.group);
	assert_null(options.commands);
	assert_false(options.is_line || options.is_quiet || options.wants_json);
	assert_int_equal(options.holder.color, COLOR_AUTO);
	options_finish(&options);
}

static void options_end_at_the_command(void **state)
{
	struct error err = ERROR_INIT;
	struct options options;

	(void)state;
	assert_true(parse("tracon -n -q -vv -g staff --json create -n --line web", &options, &err));
	assert_true(options.starts_no_engine);
	assert_true(options.is_quiet);
	assert_true(options.wants_json);
	assert_int_equal(options.verbosity, 2);
	assert_string_equal(options.group, "staff");
	assert_false(options.is_line);
	assert_int_equal(args_count(options.args), 4);
	assert_string_equal(args_at(options.args, 0), "create");
	assert_string_equal(args_at(options.args, 1), "-n");
	options_finish(&options);
}

static void lttngs_own_are_taken(void **state)
{
	struct error err = ERROR_INIT;
	struct options options;

	(void)state;
	assert_true(parse("tracon --no-sessiond --sessiond-path=/x --relayd-path /y --quiet "
			  "--verbose --group=g list",
			  &options, &err));
	assert_true(options.starts_no_engine);
	assert_string_equal(args_at(options.args, 0), "list");
	options_finish(&options);
}

static void config_is_chosen(void **state)
{
	char usual[] = "/usual";
	const struct places places = {.config = usual};
	struct error err = ERROR_INIT;
	struct options options;

	(void)state;
	assert_true(parse("tracon", &options, &err));
	assert_string_equal(options_config(&options, &places), "/usual");
	options_finish(&options);
	assert_true(parse("tracon --config mine", &options, &err));
	assert_string_equal(options_config(&options, &places), "mine");
	options_finish(&options);
	assert_true(parse("tracon --config mine --no-config", &options, &err));
	assert_null(options_config(&options, &places));
	options_finish(&options);
}

static void what_makes_no_sense_is_refused(void **state)
{
	(void)state;
	assert_refused("tracon --nope", ERROR_UNKNOWN_COMMAND);
	assert_refused("tracon -c", ERROR_INVALID);
	assert_refused("tracon -c list -f file", ERROR_INVALID);
	assert_refused("tracon -c list list", ERROR_INVALID);
	assert_refused("tracon -f file list", ERROR_INVALID);
	assert_refused("tracon --no-daemon list", ERROR_INVALID);
	assert_refused("tracon --color=blue", ERROR_INVALID);
	assert_refused("tracon --mi=json list", ERROR_UNSUPPORTED);
	assert_refused("tracon --mi=xml --json list", ERROR_INVALID);
	assert_refused("tracon -m json list", ERROR_UNSUPPORTED);
}

static void colours_are_chosen(void **state)
{
	struct error err = ERROR_INIT;
	struct options options;

	(void)state;
	assert_true(parse("tracon --color=never --utf8", &options, &err));
	assert_int_equal(options.holder.color, COLOR_NEVER);
	assert_true(options.holder.utf8);
	options_finish(&options);
	assert_true(parse("tracon --color always", &options, &err));
	assert_int_equal(options.holder.color, COLOR_ALWAYS);
	options_finish(&options);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given),
		cmocka_unit_test(options_end_at_the_command),
		cmocka_unit_test(lttngs_own_are_taken),
		cmocka_unit_test(config_is_chosen),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(colours_are_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
