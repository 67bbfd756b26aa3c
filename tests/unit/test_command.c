/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The way from words to a command, and what is said on the way. With a table of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/command.h"
#include "control_sink.h"

static void run_echo(struct call *call)
{
	const char *session = args_text(call->args, "session");

	reply_print(call->reply, "session=%s arguments=%zu\n", session ? session : "-",
		    args_count(call->args));
	reply_done(call->reply, STATUS_OK);
}

static const struct option_spec start_options[] = {
	{"session", 's', OPTION_TEXT, "NAME", "The session to start, which may be any that exists.",
	 COMPLETE_SESSION},
	{"live", 0, OPTION_OPTIONAL_TEXT, "TIME", "How often.", COMPLETE_NOTHING},
};

static const struct command start = {
	.name = "start",
	.usage = "[-s NAME] [SESSION]",
	.help = "Start recording.",
	.description = "First paragraph.\n\n.Second - with a dot.",
	.options = start_options,
	.option_count = COUNT_OF(start_options),
	.argument_max = 1,
	.run = run_echo,
};
static const struct command status = {
	.name = "status", .usage = "", .help = "Say what is.", .run = run_echo};
static const struct command set_session = {
	.name = "set-session",
	.usage = "SESSION",
	.help = "Choose.",
	.argument_min = 1,
	.argument_max = 1,
	.run = run_echo,
};
static const struct command hidden = {.name = "start-hidden",
				      .usage = "",
				      .help = "Ours.",
				      .flags = COMMAND_HIDDEN,
				      .run = run_echo};
static const struct command run = {
	.name = "run",
	.usage = "PROGRAM",
	.help = "Run.",
	.argument_max = SIZE_MAX,
	.flags = COMMAND_STOPS_AT_ARGUMENT,
	.run = run_echo,
};

const struct command *const command_table[] = {&run, &set_session, &start, &hidden, &status};
const size_t command_count = COUNT_OF(command_table);

/* Runs a line; what it says is left in *kept. */
static int run_line(const char *line, bool is_console, struct kept_answer *kept)
{
	struct error err = ERROR_INIT;
	struct word_list words = {0};
	struct request *request;
	const char *rest;

	assert_true(text_split_command(line, &words, &rest, &err));
	request = request_create(words.count, (const char *const *)words.words);
	word_list_finish(&words);
	request->who.is_console = is_console;
	request->answer = kept_answer_init(kept);
	command_run(NULL, request);
	return kept->status;
}

static void assert_says(const char *line, int expected_status, const char *output,
			const char *error)
{
	struct kept_answer kept;

	assert_int_equal(run_line(line, false, &kept), expected_status);
	assert_string_equal(text_str(&kept.output), output);
	assert_string_equal(text_str(&kept.error), error);
	kept_answer_finish(&kept);
}

static void options_and_arguments_arrive(void **state)
{
	(void)state;
	assert_says("start web --session=x", 0, "session=x arguments=1\n", "");
	assert_says("status", 0, "session=- arguments=0\n", "");
	assert_says("run prog -s x", 0, "session=- arguments=3\n", "");
	assert_says("start-hidden", 0, "session=- arguments=0\n", "");
}

static void unknown_command_names_the_nearest(void **state)
{
	(void)state;
	assert_says("strat", 2, "",
		    "Error: unknown command 'strat'; nearest: start; 'help' lists all.\n");
	assert_says("session", 2, "",
		    "Error: unknown command 'session'; nearest: set-session; 'help' lists all.\n");
	assert_says("xyzzy", 2, "", "Error: unknown command 'xyzzy'; 'help' lists all.\n");
	assert_says("''", 2, "", "Error: unknown command ''; 'help' lists all.\n");
}

static void beginnings_are_for_people_only(void **state)
{
	struct kept_answer kept;

	(void)state;
	assert_says("se x", 2, "", "Error: unknown command 'se'; 'help' lists all.\n");
	assert_int_equal(run_line("se x", true, &kept), 0);
	kept_answer_finish(&kept);
	assert_int_equal(run_line("sta", true, &kept), 2);
	assert_string_equal(text_str(&kept.error), "Error: 'sta' may be start, status.\n");
	kept_answer_finish(&kept);
	/* A whole name is no beginning, and a hidden one is never meant. */
	assert_int_equal(run_line("start", true, &kept), 0);
	kept_answer_finish(&kept);
	assert_int_equal(run_line("start-", true, &kept), 2);
	kept_answer_finish(&kept);
}

static void wrong_options_and_arguments_are_told(void **state)
{
	(void)state;
	assert_says("start --nope", 2, "", "Error: start: unknown option '--nope'.\n");
	assert_says("start -s", 1, "", "Error: start: option '-s' needs a value.\n");
	assert_says("start a b c", 1, "", "Error: unknown argument 'b'; see 'help start'.\n");
	assert_says("set-session", 1, "", "Error: missing argument; usage: set-session SESSION.\n");
}

static bool needs_engine(const char *line)
{
	struct error err = ERROR_INIT;
	struct word_list words = {0};
	struct request *request;
	const char *rest;
	bool answer;

	assert_true(text_split_command(line, &words, &rest, &err));
	request = request_create(words.count, (const char *const *)words.words);
	word_list_finish(&words);
	answer = command_needs_engine(request);
	request_destroy(request);
	return answer;
}

static void what_is_wrong_or_help_needs_no_engine(void **state)
{
	(void)state;
	assert_true(needs_engine("start web"));
	assert_true(needs_engine("run prog --help"));
	assert_false(needs_engine("start --help"));
	assert_false(needs_engine("start --list-options"));
	assert_false(needs_engine("start --nope"));
	assert_false(needs_engine("start a b"));
	assert_false(needs_engine("set-session"));
	assert_false(needs_engine("strat"));
}

static void help_comes_from_the_table(void **state)
{
	(void)state;
	assert_says(
		"start -h surplus words", 0,
		"Usage: start [-s NAME] [SESSION]\n"
		"\n"
		"First paragraph.\n\n.Second - with a dot.\n"
		"\n"
		"Options:\n"
		"  -s, --session=NAME      The session to start, which may be any that exists.\n"
		"      --live[=TIME]       How often.\n",
		"");
	assert_says("start --list-options", 0,
		    "--help\n-h\n--list-options\n--session\n-s\n--live\n", "");
}

static void list_of_all_leaves_hidden_ones_out(void **state)
{
	struct text out = {0};

	(void)state;
	command_print_help(NULL, &out);
	assert_string_equal(text_str(&out), "Commands:\n"
					    "  run              Run.\n"
					    "  set-session      Choose.\n"
					    "  start            Start recording.\n"
					    "  status           Say what is.\n"
					    "\n"
					    "'help COMMAND' explains one.\n");
	text_finish(&out);
}

static void long_help_is_wrapped_at_words(void **state)
{
	static const char long_help[] =
		"One two three four five six seven eight nine ten eleven twelve thirteen.";
	static const struct option_spec option = {
		"a-very-long-option-name", 0, OPTION_TEXT, "VALUE", long_help, COMPLETE_NOTHING};
	struct text out = {0};

	(void)state;
	command_print_options(&option, 1, &out);
	assert_string_equal(
		text_str(&out),
		"      --a-very-long-option-name=VALUE\n"
		"                          One two three four five six seven eight nine ten\n"
		"                          eleven twelve thirteen.\n");
	text_finish(&out);
}

static void man_page_is_safe_roff(void **state)
{
	struct text out = {0};

	(void)state;
	command_print_man(&out);
	assert_non_null(strstr(text_str(&out),
			       ".TP\n\\fBstart\\fR [\\-s NAME] [SESSION]\n"
			       "First paragraph.\n.PP\n\\&.Second \\- with a dot.\n.RS\n"
			       ".TP\n\\fB\\-s, \\-\\-session=NAME\\fR\nThe session"));
	assert_null(strstr(text_str(&out), "hidden"));
	text_finish(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_arguments_arrive),
		cmocka_unit_test(unknown_command_names_the_nearest),
		cmocka_unit_test(beginnings_are_for_people_only),
		cmocka_unit_test(wrong_options_and_arguments_are_told),
		cmocka_unit_test(what_is_wrong_or_help_needs_no_engine),
		cmocka_unit_test(help_comes_from_the_table),
		cmocka_unit_test(list_of_all_leaves_hidden_ones_out),
		cmocka_unit_test(long_help_is_wrapped_at_words),
		cmocka_unit_test(man_page_is_safe_roff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
