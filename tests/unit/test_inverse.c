/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that takes a command back, and the steps that undo keeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/control/command.h"
#include "backend/source/spec.h"
#include "console/inverse.h"
#include "console/state.h"
#include "console/submit.h"

/* ---- commands: those with a way back, with the options that it needs ---- */

static const struct option_spec options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "", COMPLETE_NOTHING},
	{"userspace", 'u', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"kernel", 'k', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"jul", 'j', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"log4j", 'l', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"python", 'p', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"all", 'a', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"type", 't', OPTION_TEXT, "TYPE", "", COMPLETE_NOTHING},
	{"loglevel", 0, OPTION_TEXT, "LEVEL", "", COMPLETE_NOTHING},
	{"loglevel-only", 0, OPTION_TEXT, "LEVEL", "", COMPLETE_NOTHING},
	{"filter", 'f', OPTION_TEXT, "EXPRESSION", "", COMPLETE_NOTHING},
	{"exclude", 'x', OPTION_TEXT, "PATTERNS", "", COMPLETE_NOTHING},
	{"exact", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"tracepoint", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"syscall", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"probe", 0, OPTION_TEXT, "LOCATION", "", COMPLETE_NOTHING},
	{"function", 0, OPTION_TEXT, "LOCATION", "", COMPLETE_NOTHING},
	{"userspace-probe", 0, OPTION_TEXT, "LOCATION", "", COMPLETE_NOTHING},
	{"glob", 'g', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"timer", 0, OPTION_TEXT, "TIME", "", COMPLETE_NOTHING},
	{"vpid", 0, OPTION_OPTIONAL_TEXT, "VPID", "", COMPLETE_NOTHING},
	{"vuid", 0, OPTION_OPTIONAL_TEXT, "VUID", "", COMPLETE_NOTHING},
	{"name", 'n', OPTION_TEXT, "NAME", "", COMPLETE_NOTHING},
};

/* disable-event takes the kind, and the place apart. */
static const struct option_spec disable_options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "", COMPLETE_NOTHING},
	{"userspace", 'u', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"kernel", 'k', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"jul", 'j', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"log4j", 'l', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"python", 'p', OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"all", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"loglevel", 0, OPTION_TEXT, "LEVEL", "", COMPLETE_NOTHING},
	{"loglevel-only", 0, OPTION_TEXT, "LEVEL", "", COMPLETE_NOTHING},
	{"filter", 'f', OPTION_TEXT, "EXPRESSION", "", COMPLETE_NOTHING},
	{"exclude", 'x', OPTION_TEXT, "PATTERNS", "", COMPLETE_NOTHING},
	{"exact", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"probe", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"syscall", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"function", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"userspace-probe", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
	{"location", 0, OPTION_TEXT, "LOCATION", "", COMPLETE_NOTHING},
	{"timer", 0, OPTION_FLAG, NULL, "", COMPLETE_NOTHING},
};

#define COMMAND_WITH(function, text, its_options)                                                  \
	static const struct command function = {                                                   \
		.name = (text),                                                                    \
		.help = "",                                                                        \
		.options = (its_options),                                                          \
		.option_count = COUNT_OF(its_options),                                             \
		.argument_max = 9,                                                                 \
	}
#define COMMAND(function, text) COMMAND_WITH(function, text, options)
COMMAND(add_context, "add-context");
COMMAND(add_trigger, "add-trigger");
COMMAND(create, "create");
COMMAND(destroy, "destroy");
COMMAND(disable_channel, "disable-channel");
COMMAND_WITH(disable_event, "disable-event", disable_options);
COMMAND_WITH(disable_rotation, "disable-rotation", disable_options);
COMMAND(enable_channel, "enable-channel");
COMMAND(enable_event, "enable-event");
COMMAND(enable_rotation, "enable-rotation");
COMMAND(list, "list");
COMMAND(load, "load");
COMMAND(remove_context, "remove-context");
COMMAND(rotate, "rotate");
COMMAND(save, "save");
COMMAND(set_session, "set-session");
COMMAND(snapshot, "snapshot");
COMMAND(start, "start");
COMMAND(stop, "stop");
COMMAND(track, "track");
COMMAND(untrack, "untrack");

const struct command *const command_table[] = {
	&add_context,
	&add_trigger,
	&create,
	&destroy,
	&disable_channel,
	&disable_event,
	&disable_rotation,
	&enable_channel,
	&enable_event,
	&enable_rotation,
	&list,
	&load,
	&remove_context,
	&rotate,
	&save,
	&set_session,
	&snapshot,
	&start,
	&stop,
	&track,
	&untrack,
};
const size_t command_count = COUNT_OF(command_table);

/* ---- the picture ---- */

static const struct picture_rule rules[] = {
	{.session_id = 1,
	 .channel_id = 1,
	 .id = 1,
	 .pattern = "app:*",
	 .location = "",
	 .loglevel_match = LOGLEVEL_EXACTLY,
	 .loglevel_text = "TRACE_INFO",
	 .exclusions = "app:a,app:b",
	 .filter = "size > 3 && name == \"it's\"",
	 .is_enabled = true},
	{.session_id = 1,
	 .channel_id = 1,
	 .id = 2,
	 .pattern = "off:*",
	 .location = "",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = ""},
};
static const struct picture_rule kernel_rules[] = {
	{.session_id = 1,
	 .channel_id = 3,
	 .id = 3,
	 .kind = RULE_SYSCALL,
	 .pattern = "openat",
	 .location = "",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = "",
	 .is_enabled = true},
	{.session_id = 1,
	 .channel_id = 3,
	 .id = 4,
	 .kind = RULE_PROBE,
	 .pattern = "mine",
	 .location = "vfs_read+0x10",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = "x > 1",
	 .is_enabled = true},
	{.session_id = 1,
	 .channel_id = 3,
	 .id = 5,
	 .kind = RULE_FUNCTION,
	 .pattern = "mine",
	 .location = "vfs_write",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = "",
	 .is_enabled = true},
	{.session_id = 1,
	 .channel_id = 3,
	 .id = 6,
	 .kind = RULE_USERSPACE_PROBE,
	 .pattern = "up",
	 .location = "elf:/bin/my x:main",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = "",
	 .is_enabled = true},
	{.session_id = 1,
	 .channel_id = 3,
	 .id = 7,
	 .kind = RULE_TRACEPOINT,
	 .pattern = "openat",
	 .location = "",
	 .loglevel_text = "",
	 .exclusions = "",
	 .filter = "",
	 .is_enabled = true},
};
static struct picture_rule all_rules[COUNT_OF(rules) + COUNT_OF(kernel_rules)];

static const struct picture_channel channels[] = {
	{.session_id = 1,
	 .id = 1,
	 .name = "channel0",
	 .contexts = "vpid, procname",
	 .is_enabled = true,
	 .rule_count = COUNT_OF(rules)},
	{.session_id = 1, .id = 2, .name = "quiet", .contexts = "vpid"},
	{.session_id = 1,
	 .id = 3,
	 .name = "kernel0",
	 .contexts = "",
	 .is_enabled = true,
	 .first_rule = COUNT_OF(rules),
	 .rule_count = COUNT_OF(kernel_rules)},
	{.session_id = 2, .id = 1, .name = "channel0", .contexts = "", .is_enabled = true},
};

static const struct picture_session sessions[] = {
	{.id = 1,
	 .name = "web server",
	 .is_detailed = true,
	 .channel_count = 3,
	 .tracked = "u vpid 12,34;k pid 5;u vuid none",
	 .rotation_us = 10000000},
	{.id = 2,
	 .name = "started",
	 .was_started = true,
	 .is_active = true,
	 .first_channel = 3,
	 .channel_count = 1},
};

static const struct picture picture = {
	.sessions = sessions,
	.session_count = COUNT_OF(sessions),
	.channels = channels,
	.channel_count = COUNT_OF(channels),
	.rules = all_rules,
	.rule_count = COUNT_OF(all_rules),
};

const struct picture_session *picture_session(const struct picture *from, uint64_t session_id)
{
	for (size_t i = 0; i < from->session_count; i++) {
		if (from->sessions[i].id == session_id)
			return &from->sessions[i];
	}
	return NULL;
}

/* Session 1 is selected. expected "": nothing to take back; NULL: there is no way back. */
static void assert_inverse(const char *line, const char *expected)
{
	bool has_way_back;
	struct word_list words = {0};
	struct text inverse = {0};
	struct error err = ERROR_INIT;
	const char *rest;

	assert_true(text_split_command(line, &words, &rest, &err));
	memcpy(all_rules, rules, sizeof(rules));
	memcpy(all_rules + COUNT_OF(rules), kernel_rules, sizeof(kernel_rules));
	has_way_back = inverse_add(&picture, 1, &words, &inverse);
	assert_int_equal(has_way_back, expected != NULL);
	assert_string_equal(text_str(&inverse), expected ? expected : "");
	text_finish(&inverse);
	word_list_finish(&words);
}

static void channels_are_switched_back(void **state)
{
	(void)state;
	assert_inverse("disable-channel -u channel0", "enable-channel -u -s 'web server' channel0");
	assert_inverse("disable-channel -u quiet", "");
	assert_inverse("enable-channel -u quiet,channel0,new",
		       "disable-channel -u -s 'web server' quiet; "
		       "disable-channel -u -s 'web server' new");
	assert_inverse("enable-channel -u -s started other", "disable-channel -u -s started other");
	assert_inverse("enable-channel -u -s unknown other", "");
	assert_inverse("enable-channel --no-such-option x", "");
}

static void rules_come_back_as_they_were(void **state)
{
	(void)state;
	assert_inverse("disable-event -u app:*",
		       "enable-event -u -s 'web server' -c channel0 --loglevel-only TRACE_INFO "
		       "--exclude app:a,app:b --filter 'size > 3 && name == \"it'\\''s\"' 'app:*'");
	assert_inverse("disable-event -u off:*", "");
	assert_inverse("disable-event -u -c quiet app:*", "");
	/* Which rules the session has is not known: it is not the one that is looked at. */
	assert_inverse("disable-event -u -s started app:*", NULL);
	/* The rule that is made is another one: only that is disabled again. */
	assert_inverse("enable-event -u app:*",
		       "disable-event -u -s 'web server' -c channel0 --exact 'app:*'");
	assert_inverse("enable-event -u --loglevel-only=info --exclude=app:a,app:b "
		       "--filter='size > 3 && name == \"it'\\''s\"' app:*",
		       "");
	assert_inverse("enable-event -u new:*,-odd",
		       "disable-event -u -s 'web server' -c channel0 --exact 'new:*'; "
		       "disable-event -u -s 'web server' -c channel0 --exact -- -odd");
	assert_inverse("enable-event -u off:* --filter 'a > 1'",
		       "disable-event -u -s 'web server' -c channel0 --exact --filter 'a > 1' "
		       "'off:*'");
	assert_inverse("disable-event -u --filter 'a > 1' app:*", "");
	assert_inverse("disable-event -u --exact app:*", "");
}

static void rules_of_the_kernel_keep_their_kind(void **state)
{
	(void)state;
	assert_inverse("disable-event -k -c kernel0 mine",
		       "enable-event -k -s 'web server' -c kernel0 --probe=vfs_read+0x10 "
		       "--filter 'x > 1' mine; "
		       "enable-event -k -s 'web server' -c kernel0 --function=vfs_write mine");
	assert_inverse("disable-event -k -c kernel0 --function mine",
		       "enable-event -k -s 'web server' -c kernel0 --function=vfs_write mine");
	assert_inverse("disable-event -k -c kernel0 up",
		       "enable-event -k -s 'web server' -c kernel0 "
		       "--userspace-probe='elf:/bin/my x:main' up");
	assert_inverse("disable-event -k -c kernel0 --syscall openat",
		       "enable-event -k -s 'web server' -c kernel0 --syscall openat");
	assert_inverse("enable-event -k -c kernel0 --syscall openat", "");
	assert_inverse("enable-event -k -c kernel0 --syscall read",
		       "disable-event -k -s 'web server' -c kernel0 --exact --syscall read");
}

/* Others may have the same name. */
static void probes_are_told_apart_by_their_place(void **state)
{
	(void)state;
	assert_inverse("enable-event -k -c kernel0 --function=do_it new",
		       "disable-event -k -s 'web server' -c kernel0 --function --location=do_it "
		       "new");
	assert_inverse("enable-event -k -c kernel0 --probe=vfs_read+0x20 mine",
		       "disable-event -k -s 'web server' -c kernel0 --probe "
		       "--location=vfs_read+0x20 mine");
	assert_inverse("enable-event -k -c kernel0 --userspace-probe='/bin/my x:f' up",
		       "disable-event -k -s 'web server' -c kernel0 --userspace-probe "
		       "--location='/bin/my x:f' up");
	assert_inverse("disable-event -k -c kernel0 --function --location=vfs_write mine",
		       "enable-event -k -s 'web server' -c kernel0 --function=vfs_write mine");
	assert_inverse("disable-event -k -c kernel0 --function --location=elsewhere mine", "");
}

static void sessions_are_switched_back(void **state)
{
	(void)state;
	assert_inverse("start", "stop 'web server'");
	assert_inverse("start started", "");
	assert_inverse("stop started", "start started");
	assert_inverse("stop --all", "start started");
	assert_inverse("start --glob 'w*'", "stop 'web server'");
	assert_inverse("set-session started", "set-session 'web server'");
	assert_inverse("enable-rotation -s started --timer 5s",
		       "disable-rotation -s started --timer");
	assert_inverse("disable-rotation --timer",
		       "enable-rotation -s 'web server' --timer=10000000us");
	assert_inverse("disable-rotation -s started --timer", "");
}

static void tracked_values_are_those_before(void **state)
{
	(void)state;
	assert_inverse("track -u --vpid 56", "untrack -u -s 'web server' --vpid --all; "
					     "track -u -s 'web server' --vpid=12,34");
	assert_inverse("untrack -u --vuid --all", "untrack -u -s 'web server' --vuid --all");
	assert_inverse("track -u -s started --vpid 1", "track -u -s started --vpid --all");
}

static void what_was_made_is_destroyed(void **state)
{
	struct word_list words = {0};
	struct text inverse = {0};

	(void)state;
	word_list_add(&words, "create");
	inverse_add_made(&picture, 1, &words, &inverse);
	assert_string_equal(text_str(&inverse), "destroy started");
	word_list_finish(&words);
	text_clear(&inverse);
	word_list_add(&words, "start");
	inverse_add_made(&picture, 1, &words, &inverse);
	assert_string_equal(text_str(&inverse), "");
	word_list_finish(&words);
	text_finish(&inverse);
}

static void contexts_that_are_new_go_again(void **state)
{
	(void)state;
	assert_inverse("add-context -u -t vtid", "remove-context -u -s 'web server' -t vtid");
	assert_inverse("add-context -u -c quiet -t vtid -t vpid -t procname",
		       "remove-context -u -s 'web server' -c quiet -t vtid -t procname");
	assert_inverse("add-context -u -t procname", "");
	assert_inverse("add-context -u -t vpi", "remove-context -u -s 'web server' -t vpi");
	assert_inverse("remove-context -u -c channel0 -t procname",
		       "add-context -u -s 'web server' -c channel0 -t procname");
	assert_inverse("remove-context -u -t ip", "");
	/* It is too late for a session that was started. */
	assert_inverse("add-context -u -s started -t vtid", "");
}

static void other_commands_have_none(void **state)
{
	(void)state;
	assert_inverse("rotate", NULL);
	assert_inverse("snapshot record", NULL);
	assert_inverse("snapshot list-output", "");
	assert_inverse("snapshot add-output -n here /tmp/x",
		       "snapshot del-output -s 'web server' here");
	assert_inverse("add-trigger --name mine", "remove-trigger mine");
	assert_inverse("add-trigger --condition=x", NULL);
	assert_inverse("list", "");
	assert_inverse("no-such-command", "");
}

static void assert_destroyed(const char *line, const char *expected)
{
	struct word_list words = {0}, names = {0};
	struct text all = {0};
	struct error err = ERROR_INIT;
	const char *rest;

	assert_true(text_split_command(line, &words, &rest, &err));
	assert_int_equal(inverse_destroyed(&picture, 1, &words, &names), *expected != '\0');
	for (size_t i = 0; i < names.count; i++)
		text_addf(&all, "%s|", names.words[i]);
	assert_string_equal(text_str(&all), expected);
	text_finish(&all);
	word_list_finish(&names);
	word_list_finish(&words);
}

static void destroyed_sessions_are_named(void **state)
{
	(void)state;
	assert_destroyed("destroy", "web server|");
	assert_destroyed("destroy started", "started|");
	assert_destroyed("destroy --all", "web server|started|");
	assert_destroyed("start", "");
}

static void a_place_for_configurations(void **state)
{
	struct places places = {.state = (char[]){"/var/x"}};
	char *directory = inverse_directory(&places);

	(void)state;
	assert_string_equal(directory, "/var/x/destroyed");
	free(directory);
	places.state = NULL;
	assert_null(inverse_directory(&places));
}

/* ---- steps ---- */

static struct text done;

void submit_text(struct console *console, enum submit_origin origin, const char *file,
		 const char *text)
{
	(void)console;
	(void)file;
	assert_int_equal(origin, FROM_UNDO);
	text_addf(&done, "%s|", text);
}

void console_tell(struct console *console, enum notice_level level, const char *command,
		  const char *format, ...)
{
	char sentence[200];
	va_list values;

	(void)console;
	(void)level;
	(void)command;
	va_start(values, format);
	vsnprintf(sentence, sizeof(sentence), format, values);
	va_end(values);
	text_addf(&done, "(%s)|", sentence);
}

static void recall(void *state, const char *memo)
{
	text_addf(&done, "%s %s|", (const char *)state, memo);
}

const struct view_class *console_view(enum pane pane)
{
	static const struct view_class view = {.title = "Events", .recall = recall};

	return pane == PANE_EVENTS ? &view : NULL;
}

static void assert_done(const char *expected)
{
	assert_string_equal(text_str(&done), expected);
	text_finish(&done);
	done = (struct text){0};
}

static void the_newest_step_goes_first(void **state)
{
	struct console *console = mem_zalloc(sizeof(*console));

	(void)state;
	console->view_states[PANE_EVENTS] = (char[]){"events:"};
	undo_run(console);
	assert_done("(there is nothing to undo)|");
	undo_push_command(&console->undo, "one", "back one; back two");
	undo_push_view(&console->undo, "sort", PANE_EVENTS, "sort name");
	undo_push_final(&console->undo, "rotate web");
	undo_run(console);
	assert_done("(rotate web can't be undone; u again undoes what was before it)|");
	undo_run(console);
	undo_run(console);
	undo_run(console);
	assert_done("events: sort name|(undone: sort in Events)|back one; back two|"
		    "(there is nothing to undo)|");
	undo_finish(&console->undo);
	free(console);
}

static void the_oldest_step_is_forgotten(void **state)
{
	struct console *console = mem_zalloc(sizeof(*console));
	char command[32];

	(void)state;
	for (int i = 0; i < UNDO_STEPS_MAX + 5; i++) {
		snprintf(command, sizeof(command), "%d", i);
		undo_push_command(&console->undo, "title", command);
	}
	assert_int_equal(console->undo.count, UNDO_STEPS_MAX);
	assert_string_equal(console->undo.steps[0].command, "5");
	undo_run(console);
	assert_done("24|");
	undo_finish(&console->undo);
	assert_int_equal(console->undo.count, 0);
	free(console);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(channels_are_switched_back),
		cmocka_unit_test(rules_come_back_as_they_were),
		cmocka_unit_test(rules_of_the_kernel_keep_their_kind),
		cmocka_unit_test(probes_are_told_apart_by_their_place),
		cmocka_unit_test(sessions_are_switched_back),
		cmocka_unit_test(tracked_values_are_those_before),
		cmocka_unit_test(what_was_made_is_destroyed),
		cmocka_unit_test(contexts_that_are_new_go_again),
		cmocka_unit_test(other_commands_have_none),
		cmocka_unit_test(destroyed_sessions_are_named),
		cmocka_unit_test(a_place_for_configurations),
		cmocka_unit_test(the_newest_step_goes_first),
		cmocka_unit_test(the_oldest_step_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
