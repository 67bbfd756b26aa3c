/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What Tab offers, and what it does with it. */
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

#include "backend/base/mem.h"
#include "backend/control/command.h"
#include "console/complete.h"

static const struct option_spec stop_options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "", COMPLETE_SESSION},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "", COMPLETE_CHANNEL},
	{"all", 'a', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"output", 'o', OPTION_TEXT, "PATH", "", COMPLETE_FILE},
};

static const struct command stop = {
	.name = "stop",
	.help = "",
	.options = stop_options,
	.option_count = COUNT_OF(stop_options),
	.complete = COMPLETE_SESSION,
};
static const struct command start = {.name = "start", .help = "", .complete = COMPLETE_RULE};
static const struct command view = {.name = "view", .help = "", .complete = COMPLETE_FILE};
static const struct command hidden = {.name = "status-x", .help = "", .flags = COMMAND_HIDDEN};

const struct command *const command_table[] = {&start, &stop, &view, &hidden};
const size_t command_count = COUNT_OF(command_table);

static void set_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	if (index == 1)
		word_list_add(candidates, "theme");
	if (index == 2 && !strcmp(words[1], "theme")) {
		word_list_add(candidates, "light");
		word_list_add(candidates, "mono");
	}
}

static const struct picture_session sessions[] = {
	{.id = 1, .name = "web"},
	{.id = 2, .name = "web server"},
	{.id = 3, .name = "it's"},
	{.id = 4, .name = "$(reboot)"},
};
static const struct picture_channel channels[] = {
	{.session_id = 1, .name = "ust0"},
	{.session_id = 2, .name = "other"},
};
static const struct picture_event events[] = {
	{.session_id = 1, .name = "app:*", .is_rule = true},
	{.session_id = 1, .name = "app:request", .rule = "app:*"},
};
static const struct picture picture = {
	.sessions = sessions,
	.session_count = COUNT_OF(sessions),
	.channels = channels,
	.channel_count = COUNT_OF(channels),
	.events = events,
	.event_count = COUNT_OF(events),
};
static const struct complete_verb verbs[] = {{"set", set_arguments}, {"stats", NULL}};

static struct complete_context context = {
	.picture = &picture,
	.session_id = 1,
	.verbs = verbs,
	.verb_count = COUNT_OF(verbs),
};

/* Candidates separated by '|', and where the word begins. */
static void assert_offers(const char *line, size_t begin, const char *expected)
{
	struct word_list matches = {0};
	struct text all = {0};

	assert_int_equal(complete_find(&context, line, strlen(line), &matches), begin);
	for (size_t i = 0; i < matches.count; i++)
		text_addf(&all, "%s%s", i ? "|" : "", matches.words[i]);
	assert_string_equal(text_str(&all), expected);
	text_finish(&all);
	word_list_finish(&matches);
}

static void commands_come_first(void **state)
{
	(void)state;
	assert_offers("", 0, "set|start|stats|stop|view");
	assert_offers("st", 0, "start|stats|stop");
	assert_offers("stop web; st", 10, "start|stats|stop");
	assert_offers("nothing", 0, "");
	assert_offers("nothing x", 8, "");
}

static void names_are_quoted(void **state)
{
	(void)state;
	assert_offers("stop w", 5, "'web server'|web");
	assert_offers("stop 'web s", 5, "'web server'");
	assert_offers("stop \"web s", 5, "'web server'");
	assert_offers("stop web\\ s", 5, "'web server'");
	assert_offers("stop i", 5, "'it'\\''s'");
	assert_offers("stop $", 5, "'$(reboot)'");
}

static void options_and_values(void **state)
{
	(void)state;
	assert_offers("stop --", 5, "--all|--channel|--output|--session");
	assert_offers("stop --s", 5, "--session");
	assert_offers("stop --session w", 15, "'web server'|web");
	assert_offers("stop -s w", 8, "'web server'|web");
	assert_offers("stop --session=w", 5, "'--session=web server'|--session=web");
	assert_offers("stop -c ", 8, "ust0");
	assert_offers("stop --all w", 11, "'web server'|web");
	assert_offers("start a", 6, "'app:*'");
}

static void own_commands_have_own_words(void **state)
{
	(void)state;
	assert_offers("set ", 4, "theme");
	assert_offers("set theme ", 10, "light|mono");
	assert_offers("set theme m", 10, "mono");
	assert_offers("stats ", 6, "");
}

static void files_are_offered(void **state)
{
	char folder[] = "/tmp/tracon-complete-XXXXXX";
	char path[128];
	struct text line = {0}, expected = {0};

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/sub dir", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	context.directory = folder;
	assert_offers("view su", 5, "'sub dir/'");
	context.directory = NULL;
	text_addf(&line, "view %s/s", folder);
	text_addf(&expected, "'%s/sub dir/'", folder);
	assert_offers(text_str(&line), 5, text_str(&expected));
	assert_offers("view /no/such/folder/x", 5, "");
	text_finish(&line);
	text_finish(&expected);
	rmdir(path);
	rmdir(folder);
}

static size_t offer(void *data, const char *line, size_t point, struct word_list *matches)
{
	return complete_find(data, line, point, matches);
}

/* "-": nothing changes. */
static void assert_tab(struct completion *completion, const char *line, const char *expected)
{
	struct text replacement = {0};
	bool changes =
		completion_step(completion, offer, &context, line, strlen(line), &replacement);

	assert_string_equal(changes ? text_str(&replacement) : "-", expected);
	text_finish(&replacement);
}

static void tab_goes_on(void **state)
{
	struct completion completion = {0};

	(void)state;
	assert_tab(&completion, "sto", "stop ");
	assert_int_equal(completion.matches.count, 0);
	assert_tab(&completion, "s", "-");
	assert_int_equal(completion.matches.count, 4);
	assert_tab(&completion, "s", "set");
	assert_tab(&completion, "set", "start");
	completion_end(&completion);
	assert_tab(&completion, "x", "-");
	assert_tab(&completion, "stop --session=", "-");
	completion_end(&completion);
	assert_tab(&completion, "sta", "-");
	completion_end(&completion);
}

static void shared_part_is_taken(void **state)
{
	struct completion completion = {0};

	(void)state;
	context.session_id = 1;
	assert_tab(&completion, "stop --o", "--output ");
	assert_tab(&completion, "view /etc/hostn", "/etc/hostname ");
	completion_end(&completion);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_come_first),
		cmocka_unit_test(names_are_quoted),
		cmocka_unit_test(options_and_values),
		cmocka_unit_test(own_commands_have_own_words),
		cmocka_unit_test(files_are_offered),
		cmocka_unit_test(tab_goes_on),
		cmocka_unit_test(shared_part_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
