/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points: golden pictures, the tree and its groupings, search in closed parts, marks of rules, and
 * the commands that enable and disable. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/model/points.h"
#include "tests/views/expect.h"
#include "views/popup.h"

static struct pictures pictures;
static struct shown shown;

static const struct points_field request_fields[] = {
	{"size", "integer"},
	{"url", "string"},
};

/* Of two applications, each sorted by name; some in both. */
static const struct points_event events[] = {
	{"my_app:request_begin", 6, "TRACE_INFO", request_fields, 2, NULL},
	{"my_app:request_end", 12, "TRACE_DEBUG_FUNCTION", request_fields, 1, NULL},
	{"net:packet", 14, "TRACE_DEBUG", NULL, 0, NULL},
	{"my_app:request_begin", 6, "TRACE_INFO", request_fields, 2, NULL},
	{"plain", 3, "TRACE_ERR", NULL, 0, NULL},
};

static const struct points_group groups[] = {
	{.id = 1,
	 .domain = "User space",
	 .domain_option = 'u',
	 .pid = 4711,
	 .uid = 0,
	 .user = "root",
	 .name = "web",
	 .first_event = 0,
	 .event_count = 3},
	{.id = 2,
	 .domain = "User space",
	 .domain_option = 'u',
	 .pid = 4800,
	 .uid = 1000,
	 .name = "helper",
	 .first_event = 3,
	 .event_count = 2},
};

static struct points points;

/* One session with one channel and no rules. */
static int setup(void **state)
{
	(void)state;
	expect_setup();
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web");
	pictures_add_channel(&pictures, "ust0");
	pictures.selection.session_id = 1;
	points = (struct points){
		.serial = 1,
		.groups = groups,
		.group_count = COUNT_OF(groups),
		.events = events,
		.event_count = COUNT_OF(events),
		.nothing = "",
	};
	pictures.input.points = &points;
	shown_init(&shown, &points_view, &pictures);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shown_finish(&shown);
	return 0;
}

static void expect_shown(int rows, int columns, const char *characters)
{
	shown_draw(&shown, rows, columns, GLYPHS_UTF8);
	expect_canvas(shown.canvas, characters);
}

static void it_looks_as_drawn(void **state)
{
	(void)state;
	pictures_add_rule(&pictures, "my_app:request_b*");
	pictures_add_rule(&pictures, "net:*")->filter = "size > 10";
	shown_act(&shown, "down", "2");
	shown_act(&shown, "mark", "");
	shown_act(&shown, "up", "2");
	shown_act(&shown, "expand", "");
	shown_expect_golden(&shown);
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "e");
	shown_act(&shown, "find", "q");
	shown_try_sizes(&shown);
	shown_act(&shown, "regroup", "");
	shown_act(&shown, "right", "");
	shown_try_sizes(&shown);
	pictures.input.points = NULL;
	shown_try_sizes(&shown);
	pictures_init(&pictures);
	shown_try_sizes(&shown);
}

static void it_says_why_it_is_empty(void **state)
{
	(void)state;
	pictures.input.points = NULL;
	expect_shown(2, 40, " loading");
	points = (struct points){.serial = 2, .is_loading = true, .nothing = ""};
	pictures.input.points = &points;
	expect_shown(2, 40, " loading");
	points = (struct points){.serial = 3,
				 .nothing = "nothing runs: start it with \"tracon run\""};
	expect_shown(2, 40, " nothing runs: start it with \"tracon\n run\"");
}

#define HEAD60 " S  EVENT▲                   LEVEL          TYPE        APPS\n"
#define HEAD30 " S  EVENT▲                APPS\n"

static void providers_hold_events(void **state)
{
	(void)state;
	expect_shown(8, 60,
		     HEAD60 "▌   ▾ my_app                                2 events       2\n"
			    "      ▸ my_app:request_begin INFO           2 fields       2\n"
			    "      ▸ my_app:request_end   DEBUG_FUNCTION 1 field        1\n"
			    "    ▾ net                                   1 event        1\n"
			    "        net:packet           DEBUG          0 fields       1\n"
			    "    ▾ plain                                 1 event        1\n"
			    "        plain                ERR            0 fields       1");
}

static void events_hold_fields(void **state)
{
	(void)state;
	shown_act(&shown, "down", "");
	shown_act(&shown, "expand", "");
	expect_shown(6, 60,
		     HEAD60 "    ▾ my_app                                2 events       2\n"
			    "▌     ▾ my_app:request_begin INFO           2 fields       2\n"
			    "          size                              integer\n"
			    "          url                               string\n"
			    "      ▸ my_app:request_end   DEBUG_FUNCTION 1 field        1");
	/* Once more: into it. Back: to what it belongs to, then closed. */
	shown_act(&shown, "expand", "");
	shown_expect(&shown, "open", "@details");
	shown_act(&shown, "down", "");
	shown_act(&shown, "collapse", "");
	shown_act(&shown, "collapse", "");
	expect_shown(4, 60,
		     HEAD60 "    ▾ my_app                                2 events       2\n"
			    "▌     ▸ my_app:request_begin INFO           2 fields       2\n"
			    "      ▸ my_app:request_end   DEBUG_FUNCTION 1 field        1");
	shown_act(&shown, "collapse", "");
	shown_expect(&shown, "open", "");
	expect_shown(3, 60,
		     HEAD60 "▌   ▸ my_app                                2 events       2\n"
			    "    ▾ net                                   1 event        1");
}

static void all_open_and_close_together(void **state)
{
	(void)state;
	shown_act(&shown, "expand-all", "");
	expect_shown(4, 30,
		     HEAD30 "▌   ▸ my_app                 2\n"
			    "    ▸ net                    1\n"
			    "    ▸ plain                  1");
	shown_act(&shown, "open", "");
	shown_act(&shown, "expand-all", "");
	shown_act(&shown, "last", "");
	expect_shown(4, 30,
		     HEAD30 "        net:packet           1\n"
			    "    ▾ plain                  1\n"
			    "▌       plain                1");
}

static void applications_hold_events_too(void **state)
{
	(void)state;
	shown_act(&shown, "last", "");
	shown_act(&shown, "regroup", "");
	expect_shown(8, 70,
		     " S  EVENT▲                             LEVEL          TYPE        APPS\n"
		     "    ▾ helper (pid 4800, uid 1000)                     2 events       1\n"
		     "      ▸ my_app:request_begin           INFO           2 fields       1\n"
		     "▌       plain                          ERR            0 fields       1\n"
		     "    ▾ web (pid 4711, root)                            3 events       1\n"
		     "      ▸ my_app:request_begin           INFO           2 fields       1\n"
		     "      ▸ my_app:request_end             DEBUG_FUNCTION 1 field        1\n"
		     "        net:packet                     DEBUG          0 fields       1");
}

static void the_kernel_comes_last(void **state)
{
	static const struct points_event kernel_events[] = {
		{"my_app:request_begin", 6, "TRACE_INFO", NULL, 0, NULL},
		{"alarm_set", 0, "", NULL, 0, "alarm"},
		{"alarm_start", 0, "", NULL, 0, "alarm"},
		{"kfree", 0, "", NULL, 0, "kmem"},
		{"mm_page_free", 0, "", NULL, 0, "kmem"},
		{"mm_compact", 0, "", NULL, 0, "vm"},
	};
	static struct points_group two[2];

	(void)state;
	two[0] = groups[0];
	two[0].event_count = 1;
	two[1] = (struct points_group){.id = 9,
				       .domain = "Linux kernel",
				       .domain_option = 'k',
				       .name = "Linux kernel",
				       .first_event = 1,
				       .event_count = 5};
	points.serial++;
	points.groups = two;
	points.group_count = 2;
	points.events = kernel_events;
	points.event_count = 6;
	expect_shown(6, 30,
		     HEAD30 "▌   ▾ my_app                 1\n"
			    "        my_ap…uest_begin     1\n"
			    "    ▸ alarm\n"
			    "    ▸ kmem\n"
			    "    ▸ vm");
	/* By stars only where they mean no others. */
	shown_act(&shown, "last", "");
	shown_expect(&shown, "toggle", "enable-event -k -s web mm_compact");
	shown_act(&shown, "up", "");
	shown_expect(&shown, "toggle", "enable-event -k -s web kfree,mm_page_free");
	shown_act(&shown, "up", "");
	shown_expect(&shown, "toggle", "enable-event -k -s web 'alarm_*'");
}

static void untouched_it_begins_at_the_top(void **state)
{
	struct points fewer = points;

	(void)state;
	fewer.serial = 2;
	fewer.groups = &groups[1];
	fewer.group_count = 1;
	fewer.event_count = 2;
	pictures.input.points = &fewer;
	shown_draw(&shown, 2, 30, GLYPHS_UTF8);
	pictures.input.points = &points;
	shown_draw(&shown, 2, 30, GLYPHS_UTF8);
	expect_canvas(shown.canvas, "▌   ▾ my_app                 2\n"
				    "      ▸ my_ap…uest_begin     2");
}

static void the_selection_outlives_applications(void **state)
{
	struct points fewer = points;

	(void)state;
	shown_act(&shown, "down", "2");
	shown_act(&shown, "expand", "");
	shown_draw(&shown, 8, 60, GLYPHS_UTF8);
	fewer.serial = 2;
	fewer.group_count = 1;
	fewer.event_count = 3;
	pictures.input.points = &fewer;
	expect_shown(7, 60,
		     HEAD60 "    ▾ my_app                                2 events       1\n"
			    "      ▸ my_app:request_begin INFO           2 fields       1\n"
			    "▌     ▾ my_app:request_end   DEBUG_FUNCTION 1 field        1\n"
			    "          size                              integer\n"
			    "    ▾ net                                   1 event        1\n"
			    "        net:packet           DEBUG          0 fields       1");
	pictures.input.points = &points;
}

static void filters_keep_what_matches_belongs_to(void **state)
{
	(void)state;
	shown_act(&shown, "expand-all", "");
	shown_act(&shown, "filter", "packet|end");
	expect_shown(6, 60,
		     HEAD60 "▌   ▾ my_app                                2 events       2\n"
			    "      ▸ my_app:request_end   DEBUG_FUNCTION 1 field        1\n"
			    "    ▾ net                                   1 event        1\n"
			    "        net:packet           DEBUG          0 fields       1\n"
			    " filter packet|end: 2 of 4");
	shown_act(&shown, "filter", "level:info");
	expect_shown(4, 60,
		     HEAD60 "▌   ▾ my_app                                2 events       2\n"
			    "      ▸ my_app:request_begin INFO           2 fields       2\n"
			    " filter level:info: 1 of 4");
	shown_act(&shown, "filter", "no such");
	expect_shown(4, 60, HEAD60 " nothing matches no such\n\n filter no such: 0 of 4");
	/* An application's name shows all it has. */
	shown_act(&shown, "filter", "helper");
	shown_act(&shown, "regroup", "");
	expect_shown(5, 50,
		     " S  EVENT▲               LEVEL    TYPE        APPS\n"
		     "▌   ▾ helper … uid 1000)          2 events       1\n"
		     "      ▸ my_ap…uest_begin INFO     2 fields       1\n"
		     "        plain            ERR      0 fields       1\n"
		     " filter helper: 2 of 5");
}

static void searching_opens_what_hides_a_hit(void **state)
{
	(void)state;
	shown_act(&shown, "expand-all", "");
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "url");
	expect_shown(6, 60,
		     HEAD60 "    ▾ my_app                                2 events       2\n"
			    "      ▾ my_app:request_begin INFO           2 fields       2\n"
			    "          size                              integer\n"
			    "▌         url                               string\n"
			    "      ▸ my_app:request_end   DEBUG_FUNCTION 1 field        1");
	shown_act(&shown, "find", "plain");
	shown_act(&shown, "find-next", "");
	expect_shown(3, 60,
		     HEAD60 "    ▾ plain                                 1 event        1\n"
			    "▌       plain                ERR            0 fields       1");
	shown_act(&shown, "find-previous", "");
	shown_act(&shown, "find-previous", ""); /* around the beginning */
	shown_expect(&shown, "copy", "@copy plain");
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "nowhere");
	shown_expect(&shown, "copy", "@copy plain");
	shown_expect(&shown, "find-end", "@say nothing matches nowhere");
	shown_expect(&shown, "find-previous", "@say nothing matches nowhere");
}

static void rules_mark_what_they_enable(void **state)
{
	struct picture_rule *rule;

	(void)state;
	pictures_add_rule(&pictures, "my_app:*")->exclusions = "*_end";
	pictures_add_rule(&pictures, "net:packet")->is_enabled = false;
	rule = pictures_add_rule(&pictures, "pl*");
	rule->filter = "x > 1";
	rule->loglevel_match = 1; /* at least */
	rule->loglevel = 4;
	expect_shown(8, 30,
		     HEAD30 "▌   ▾ my_app                 2\n"
			    " ●    ▸ my_ap…uest_begin     2\n"
			    "      ▸ my_ap…equest_end     1\n"
			    "    ▾ net                    1\n"
			    " ○      net:packet           1\n"
			    "    ▾ plain                  1\n"
			    " ◐      plain                1");
	rule->loglevel = 2; /* more severe than the event */
	pictures.rules[0].exclusions = "";
	shown_draw(&shown, 8, 30, GLYPHS_ASCII);
	expect_canvas(shown.canvas, " S  EVENT^                APPS\n"
				    ">+  - my_app                 2\n"
				    " +    + my_ap~uest_begin     2\n"
				    " +    + my_ap~equest_end     1\n"
				    "    - net                    1\n"
				    " -      net:packet           1\n"
				    "    - plain                  1\n"
				    "        plain                1");
	/* Rules of another session don't count. */
	pictures_add_session(&pictures, "db");
	pictures.selection.session_id = 2;
	shown_draw(&shown, 8, 30, GLYPHS_ASCII);
	assert_int_equal(canvas_cell(shown.canvas, 2, 1)->chars[0], ' ');
}

static void the_selected_row_is_enabled(void **state)
{
	(void)state;
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 'my_app:*'");
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 my_app:request_begin");
	/* Of a field: its event. */
	shown_act(&shown, "expand", "");
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 my_app:request_begin");
	shown_act(&shown, "last", "");
	shown_act(&shown, "up", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 plain");
	pictures.sessions[0].channel_count = 0;
	shown_expect(&shown, "toggle", "enable-event -u -s web plain");
}

static void marked_rows_go_before_the_selected_one(void **state)
{
	(void)state;
	pictures_add_rule(&pictures, "plain");
	shown_act(&shown, "down", "");
	shown_act(&shown, "mark", ""); /* request_begin */
	shown_act(&shown, "down", "");
	shown_act(&shown, "mark", ""); /* all of net */
	shown_act(&shown, "last", "");
	shown_act(&shown, "mark", ""); /* plain, which is enabled already */
	shown_act(&shown, "first", "");
	shown_expect(&shown, "toggle",
		     "enable-event -u -s web -c ust0 'my_app:request_begin,net:*'");
	shown_act(&shown, "unmark-all", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 'my_app:*'");
}

static void an_application_means_all_its_providers(void **state)
{
	(void)state;
	shown_act(&shown, "regroup", "");
	shown_act(&shown, "filter", "web");
	shown_act(&shown, "first", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 'my_app:*,net:*'");
}

static void what_is_enabled_is_disabled(void **state)
{
	(void)state;
	pictures_add_rule(&pictures, "my_app:*");
	pictures_add_rule(&pictures, "net:packet");
	shown_expect(&shown, "toggle", "disable-event -u -s web -c ust0 'my_app:*'");
	assert_string_equal(shown.view->label(shown.state, &pictures.input, "toggle"), "Disab");
	shown_act(&shown, "down", "4");
	shown_expect(&shown, "toggle", "disable-event -u -s web -c ust0 net:packet");
	/* A rule for more than this one event is not taken away for it. */
	shown_act(&shown, "first", "");
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle",
		     "@say rule my_app:* enables it among others: disable that in pane 3 (Events)");
}

static void with_several_channels_it_asks_which(void **state)
{
	(void)state;
	pictures_add_channel(&pictures, "big one");
	pictures_add_channel(&pictures, "kernel0")->domain = "Linux kernel";
	shown_expect(&shown, "toggle", "@edit enable-in\nchannel (ust0 big one)\nust0");
	pictures.selection.has_channel = true;
	pictures.selection.channel_id = 1;
	shown_expect(&shown, "toggle", "@edit enable-in\nchannel (ust0 big one)\nbig one");
	assert_true(shown_act(&shown, "enable-in", "big one"));
	assert_string_equal(text_str(&shown.command),
			    "enable-event -u -s web -c 'big one' 'my_app:*'");
	shown_expect(&shown, "enable-in", ""); /* thought better of it */
	shown_expect(&shown, "enable-level", "@edit enable-with-level\nleast level (= only)\n");
	assert_true(shown_act(&shown, "enable-with-level", "=LOUD"));
	assert_string_equal(text_str(&shown.command),
			    "@edit enable-with-level@1 no such level (EMERG to DEBUG)\n"
			    "least level (= only)\n=LOUD");
	assert_true(shown_act(&shown, "enable-with-level", "=TRACE_INFO"));
	assert_true(shown_act(&shown, "enable-in", "big one"));
	assert_string_equal(text_str(&shown.command),
			    "enable-event -u -s web -c 'big one' --loglevel-only TRACE_INFO "
			    "'my_app:*'");
}

static void without_a_session_it_says_what_is_missing(void **state)
{
	(void)state;
	pictures.picture.session_count = 0;
	shown_expect(&shown, "toggle", "@say no session to enable it in: c in pane 1 creates one");
}

static void take_events(const struct points_event *them, size_t count)
{
	static struct points_group group;

	group = groups[0];
	group.event_count = count;
	points.serial++;
	points.groups = &group;
	points.group_count = 1;
	points.events = them;
	points.event_count = count;
}

static void names_are_taken_as_they_are(void **state)
{
	static const struct points_event odd[] = {
		{"a:b*c", 6, "TRACE_INFO", NULL, 0, NULL},
		{"a:x,y\\z", 6, "TRACE_INFO", NULL, 0, NULL},
	};

	(void)state;
	take_events(odd, COUNT_OF(odd));
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 'a:b\\*c'");
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 'a:x\\,y\\\\z'");
}

static void long_lists_become_several_commands(void **state)
{
	enum { COUNT = 300 };
	static struct points_event many[COUNT];
	static char names[COUNT][32];
	size_t commands = 1;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "provider_%03zu:event", i);
		many[i] = (struct points_event){.name = names[i], .loglevel_text = ""};
	}
	take_events(many, COUNT);
	shown_act(&shown, "regroup", "");
	shown_act(&shown, "toggle", "");
	for (const char *at = text_str(&shown.command); (at = strstr(at, "; ")); at++)
		commands++;
	assert_int_equal(commands, 3); /* 300 patterns of 15 bytes and a comma, 2000 in one */
	assert_non_null(strstr(text_str(&shown.command), "provider_299:*"));
}

static void loggers_have_no_stars(void **state)
{
	static const struct points_event loggers[] = {
		{"org.app", 6, "", NULL, 0, NULL},
		{"org.app.part", 6, "", NULL, 0, NULL},
	};
	static struct points_group group;

	(void)state;
	take_events(loggers, COUNT_OF(loggers));
	group = *points.groups;
	group.domain = "JUL (java.util.logging)";
	group.domain_option = 'j';
	points.groups = &group;
	shown_expect(&shown, "toggle", "enable-event -j -s web org.app,org.app.part");
}

static void details_tell_all(void **state)
{
	struct popup popup = {0};
	struct text text = {0};

	(void)state;
	pictures_add_rule(&pictures, "my_app:*")->filter = "size > 1";
	shown_act(&shown, "down", "");
	assert_true(shown.view->details(shown.state, &pictures.input, &popup));
	popup_print(&popup, &text);
	assert_non_null(strstr(text_str(&text), "my_app:request_begin"));
	assert_non_null(strstr(text_str(&text), "TRACE_INFO"));
	assert_non_null(strstr(text_str(&text), "url"));
	assert_non_null(strstr(text_str(&text), "pid 4800, uid 1000"));
	assert_non_null(strstr(text_str(&text), "size > 1"));
	popup_finish(&popup);
	text_finish(&text);
}

static void silent_applications_are_told(void **state)
{
	(void)state;
	points.unanswered_count = 1;
	shown_draw(&shown, 4, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 3, 1)->role, ROLE_ERR);
	assert_int_equal(canvas_cell(shown.canvas, 3, 1)->chars[0], '1');
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(it_says_why_it_is_empty),
		TEST(providers_hold_events),
		TEST(events_hold_fields),
		TEST(all_open_and_close_together),
		TEST(applications_hold_events_too),
		TEST(the_kernel_comes_last),
		TEST(untouched_it_begins_at_the_top),
		TEST(the_selection_outlives_applications),
		TEST(filters_keep_what_matches_belongs_to),
		TEST(searching_opens_what_hides_a_hit),
		TEST(rules_mark_what_they_enable),
		TEST(the_selected_row_is_enabled),
		TEST(marked_rows_go_before_the_selected_one),
		TEST(an_application_means_all_its_providers),
		TEST(what_is_enabled_is_disabled),
		TEST(with_several_channels_it_asks_which),
		TEST(without_a_session_it_says_what_is_missing),
		TEST(names_are_taken_as_they_are),
		TEST(long_lists_become_several_commands),
		TEST(loggers_have_no_stars),
		TEST(details_tell_all),
		TEST(silent_applications_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
