/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: golden pictures, filter, search, sideways scrolling, rules behind events, hostile names.
 */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/views/web_view.h"
#include "views/popup.h"

static void it_lives_while_it_filters(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "e");
	shown_act(&shown, "find", "q");
	shown_try_sizes(&shown);
	pictures.input.is_slow_link = true;
	shown_act(&shown, "right", "");
	shown_try_sizes(&shown);
}

static void it_says_why_it_is_empty(void **state)
{
	(void)state;
	pictures.selection.session_id = 2;
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas,
		      " no event rules: e on an event of pane 4, or \"enable-event …");
	pictures.sessions[1].is_detailed = false;
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " loading");
	pictures_init(&pictures);
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " no session: c in pane 1 creates one");
}

static void only_the_selected_channel_shows(void **state)
{
	(void)state;
	pictures.selection.has_channel = true;
	pictures.selection.channel_id = 1;
	pictures.sessions[0].has_unseen_loss = false;
	shown_draw(&shown, 4, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    "▌●  net:packet                         0");
	shown_act(&shown, "all-channels", "");
	assert_false(pictures.selection.has_channel);
	shown_draw(&shown, 7, 40, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 4)->chars[0], 'n');
	assert_int_equal(canvas_cell(shown.canvas, 4, 4)->role, ROLE_SELECT);
	shown_act(&shown, "all-channels", "");
	assert_true(pictures.selection.has_channel);
	assert_int_equal(pictures.selection.channel_id, 1);
	shown_expect(&shown, "back", "@channels");
}

static void losses_are_those_of_the_channel(void **state)
{
	(void)state;
	pictures.selection.has_channel = true;
	pictures.selection.channel_id = 0;
	shown_draw(&shown, 7, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 6, 1)->role, ROLE_ERR);
	{
		struct canvas *footer = canvas_window(shown.canvas, 6, 0, 1, 60);

		expect_canvas(footer, " lost 1.20k events in ust0, last 14:02:05");
		canvas_destroy(footer);
	}
	pictures.selection.channel_id = 2; /* loses nothing */
	shown_draw(&shown, 7, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 6, 1)->chars[0], ' ');
}

static void sorting_keeps_the_selected_event(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_act(&shown, "down", "2");
	assert_int_equal(pictures.selection.event_id, 11); /* request_end */
	shown_act(&shown, "sort-rate", "");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 2, 4)->role, ROLE_SELECT);
	/* Its rate becomes the largest: it moves up, selected. */
	pictures.events[1].rate_per_1000_s = UINT64_C(99999999);
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 4)->role, ROLE_SELECT);
	assert_int_equal(pictures.selection.event_id, 11);
	/* Equal rows stand in order of appearance whichever way they are sorted. */
	shown_act(&shown, "sort-name", "");
	shown_act(&shown, "sort-rate", "");
	shown_act(&shown, "sort-invert", "");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 5)->chars[0], 'o'); /* nobody */
	assert_int_equal(canvas_cell(shown.canvas, 2, 5)->chars[0], 'l'); /* old */
	assert_int_equal(canvas_cell(shown.canvas, 3, 5)->chars[0], 'e'); /* net */
}

static void a_filter_leaves_matching_rows(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	shown_act(&shown, "filter", "APP:req|net");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    "▌●  net:packet                         0\n\n\n\n"
				    " filter APP:req|net: 1 of 5");
	shown_act(&shown, "filter", "!my_app");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    " ○  old:thing                          0\n"
				    "▌●  net:packet                         0\n"
				    " ◇  nobody:*                           0\n\n"
				    " filter !my_app: 3 of 5");
	shown_act(&shown, "filter", "zzz");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    " nothing matches zzz\n\n\n\n"
				    " filter zzz: 0 of 5");
	/* Without it all is back, the selection too. */
	shown_act(&shown, "filter", "");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 4)->role, ROLE_SELECT);
	assert_int_equal(canvas_cell(shown.canvas, 4, 4)->chars[0], 'n');
}

static uint64_t selected(void)
{
	return pictures.selection.has_event ? pictures.selection.event_id : 0;
}

/* Order: 10 request_begin, 13 old:thing, 11 request_end, 14 net:packet, 12 nobody. */
static void a_search_goes_on_from_where_it_began(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_act(&shown, "down", "");
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "n");
	assert_int_equal(selected(), 13); /* thiNg: where it began counts */
	shown_act(&shown, "find", "ne");
	assert_int_equal(selected(), 14);
	shown_act(&shown, "find", "n"); /* one letter deleted: back */
	assert_int_equal(selected(), 13);
	shown_act(&shown, "find", "request");
	assert_int_equal(selected(), 11);
	shown_act(&shown, "find-next", "");
	assert_int_equal(selected(), 10); /* around the end */
	shown_act(&shown, "find-previous", "");
	assert_int_equal(selected(), 11);
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "nobody");
	assert_int_equal(selected(), 12);
	shown_expect(&shown, "find-end", "");
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "nowhere");
	shown_expect(&shown, "find-end", "@say nothing matches nowhere");
	shown_expect(&shown, "find-next", "@say nothing matches nowhere");
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "/(/");
	assert_true(shown_act(&shown, "find-end", ""));
	assert_int_equal(strncmp(text_str(&shown.command), "@say /(/: ", 10), 0);
	shown_act(&shown, "find", "request_end");
	shown_act(&shown, "find", ""); /* Esc */
	assert_int_equal(selected(), 12);
	shown_expect(&shown, "find-next", "@say nothing was searched so far: / searches");
	shown_expect(&shown, "find-end", "");
	assert_int_equal(selected(), 12);
}

static void what_was_found_is_highlighted(void **state)
{
	struct canvas *line;

	(void)state;
	pictures.input.is_focused = false;
	shown_act(&shown, "find", "QUEST|app");
	shown_draw(&shown, 7, 40, GLYPHS_UTF8);
	line = canvas_window(shown.canvas, 1, 0, 1, 24);
	expect_roles(line, "mo..nnnMMMnnnnnnnnnnnnnn"); /* QUEST is not quest */
	canvas_destroy(line);
	shown_act(&shown, "find", "quest|app");
	shown_draw(&shown, 7, 40, GLYPHS_UTF8);
	line = canvas_window(shown.canvas, 1, 0, 1, 24);
	expect_roles(line, "mo..nnnMMMnnnMMMMMnnnnnn"); /* my_app:request_begin */
	canvas_destroy(line);
}

static void names_scroll_sideways(void **state)
{
	struct canvas *name;

	(void)state;
	shown_draw(&shown, 4, 20, GLYPHS_UTF8); /* the name has 8 columns: a third is 2 */
	shown_act(&shown, "right", "");
	shown_draw(&shown, 4, 20, GLYPHS_UTF8);
	name = canvas_window(shown.canvas, 1, 4, 2, 8);
	expect_canvas(name, "_app:re…\nd:thing");
	canvas_destroy(name);
	shown_act(&shown, "right-end", ""); /* no further than the longest name's end */
	shown_draw(&shown, 4, 20, GLYPHS_UTF8);
	name = canvas_window(shown.canvas, 1, 4, 1, 8);
	expect_canvas(name, "st_begin");
	canvas_destroy(name);
	shown_act(&shown, "left-one", "");
	shown_draw(&shown, 4, 20, GLYPHS_UTF8);
	name = canvas_window(shown.canvas, 1, 4, 1, 8);
	expect_canvas(name, "est_beg…");
	canvas_destroy(name);
	shown_act(&shown, "left-end", "");
	shown_draw(&shown, 4, 20, GLYPHS_UTF8);
	name = canvas_window(shown.canvas, 1, 4, 1, 8);
	expect_canvas(name, "my_…egin");
	canvas_destroy(name);
}

static void toggling_acts_on_the_rule(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	/* request_begin occurs because of my_app:* */
	shown_expect(&shown, "toggle", "disable-event -u -s web -c ust0 'my_app:*'");
	assert_string_equal(events_view.label(shown.state, &pictures.input, "toggle"), "Disab");
	shown_act(&shown, "last", "");
	shown_expect(&shown, "toggle", "disable-event -u -s web -c ust0 'nobody:*'");
	pictures.selection.event_id = 13; /* disabled, and its rule is gone */
	shown_expect(&shown, "toggle", "enable-event -u -s web -c ust0 old:thing");
	pictures.events[3].name = "odd*name";
	assert_true(shown_act(&shown, "toggle", ""));
	assert_non_null(strstr(text_str(&shown.command), "odd\\*name")); /* this one only */
}

static void one_rule_is_disabled_once(void **state)
{
	(void)state;
	pictures.events[4].rule = "my_app:*2";
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_act(&shown, "mark", "");
	shown_act(&shown, "down", "");
	shown_act(&shown, "mark", "");
	shown_act(&shown, "mark", "");
	shown_expect(&shown, "toggle",
		     "disable-event -u -s web -c ust0 'my_app:*'; "
		     "disable-event -u -s web -c flight 'my_app:*2'");
}

static void a_click_selects_or_sorts(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(shown_act(&shown, "click", "3 10"));
	assert_int_equal(selected(), 11);
	shown_act(&shown, "click", "0 58"); /* RATE/s */
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 0, 62)->chars[0], 0x25bc);
	shown_act(&shown, "click", "0 58");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 0, 62)->chars[0], 0x25b2);
	shown_act(&shown, "click", "0 70"); /* histories can't be sorted by */
	shown_act(&shown, "click", "20 10");
	shown_act(&shown, "click", "-1 -1");
	shown_act(&shown, "click", "x");
	shown_act(&shown, "click", "999999999999 1");
	assert_int_equal(selected(), 11);
}

static void the_detail_line_names_rule_and_level(void **state)
{
	struct text text = {0};

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	events_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text), "web › ust0 › my_app:request_begin  TRACE_INFO"
					     "  rule my_app:*  1 100 000 events  last 14:02:07");
	text_clear(&text);
	shown_act(&shown, "last", "");
	shown_draw(&shown, 24, 80, GLYPHS_ASCII);
	events_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text), "web > ust0 > nobody:*  rule, nothing matched so far");
	text_finish(&text);
}

static void hostile_names_stay_in_their_column(void **state)
{
	static const char *const names[] = {
		"\033]52;c;AAAA\007x", "\2332J\302\23331m",	  "\342\200\256txt.exe\342\200\254",
		"\xff\xfe\xc0\xaf",    "a\u0301\u0302世界\u200b", "x\ny\tz\r",
	};

	(void)state;
	pictures_init(&pictures);
	pictures.selection.session_id = 1;
	pictures_add_session(&pictures, names[0])->has_unseen_loss = true;
	pictures.sessions[0].counts.discarded_events = 1;
	pictures_add_channel(&pictures, names[1]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		pictures_add_event(&pictures, names[i], 100 - i);
	for (int columns = 8; columns <= 130; columns++) {
		shown_draw(&shown, 12, columns, GLYPHS_UTF8);
		for (int row = 0; row < 12; row++) {
			for (int column = 0; column < columns; column++) {
				uint32_t code = canvas_cell(shown.canvas, row, column)->chars[0];

				assert_false(code > 0 && code < 0x20);
				assert_false(code >= 0x7f && code < 0xa0);
				assert_false(code >= 0x200b && code <= 0x200f);
				assert_false(code >= 0x202a && code <= 0x202e);
			}
		}
	}
	shown_draw(&shown, 8, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    "▌●  ^[]52;c;AAAA^Gx                    0\n"
				    " ●  <9B>2J<9B>31m                      0\n"
				    " ●  <202E>txt.exe<202C>                0\n"
				    " ●  <FF><FE><C0><AF>                   0\n"
				    " ●  a\u0301\u0302世界<200B>                        0\n"
				    " ●  x^Jy^Iz^M                          0\n"
				    " lost 1 event in ^[]52;c;AAAA^Gx");
}

static void many_events_scroll(void **state)
{
	(void)state;
	pictures_init(&pictures);
	pictures_add_session(&pictures, "s");
	pictures_add_channel(&pictures, "c");
	for (size_t i = 0; i < 26; i++) {
		static char names[26][2];

		names[i][0] = (char)('a' + i);
		pictures_add_event(&pictures, names[i], 100 - i);
	}
	pictures.selection.session_id = 1;
	shown_draw(&shown, 6, 20, GLYPHS_UTF8);
	shown_act(&shown, "page-down", "");
	shown_draw(&shown, 6, 20, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT     RATE/s\n"
				    " ●  b              0\n"
				    " ●  c              0\n"
				    " ●  d              0\n"
				    " ●  e              0\n"
				    "▌●  f              0");
	shown_act(&shown, "last", "");
	shown_draw(&shown, 2, 20, GLYPHS_UTF8); /* no header in so few rows */
	expect_canvas(shown.canvas, " ●  y              0\n"
				    "▌●  z              0");
}

#define TEST(name) WEB_VIEW_TEST(name, events_view)

static void a_filter_may_look_at_one_column(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	shown_act(&shown, "filter", "level:info");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    "▌●  my_app:request_begin            9.1k\n"
				    "\n\n\n"
				    " filter level:info: 1 of 5");
	/* A number as it is shown; the column need not be on the screen. */
	shown_act(&shown, "filter", "!total:/^(0|7)$/");
	shown_draw(&shown, 6, 40, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 5, 26)->chars[0], '3');
	shown_act(&shown, "filter", "my_app:request"); /* "my_app" is no column */
	shown_draw(&shown, 6, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 5, 24)->chars[0], '2');
	shown_act(&shown, "filter", "/(/");
	shown_draw(&shown, 6, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 4)->chars[0], 'n'); /* all are there */
}

static void a_regular_expression_shows_what_it_found(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	pictures.input.is_focused = false;
	shown_act(&shown, "filter", "/_b.*n$/");
	shown_draw(&shown, 4, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  EVENT                         RATE/s\n"
				    "▌●  my_app:request_begin            9.1k\n"
				    "\n"
				    " filter /_b.*n$/: 1 of 5");
	assert_int_equal(canvas_cell(shown.canvas, 1, 17)->role, ROLE_NAME);
	assert_int_equal(canvas_cell(shown.canvas, 1, 18)->role, ROLE_MATCH);
	assert_int_equal(canvas_cell(shown.canvas, 1, 23)->role, ROLE_MATCH);
	assert_int_equal(canvas_cell(shown.canvas, 1, 24)->role, ROLE_NORMAL);
}

/* The rule of the first event, of channel ust0. */
static struct picture_rule *give_rule(const char *pattern)
{
	struct picture_rule *rule = pictures_add_rule(&pictures, pattern);

	rule->channel_id = 0;
	pictures.channels[0].first_rule = pictures.picture.rule_count - 1;
	pictures.channels[0].rule_count = 1;
	pictures.events[0].rule_id = rule->id;
	return rule;
}

static void set(const char *action, const char *text, const char *command)
{
	assert_true(shown_act(&shown, action, text));
	assert_string_equal(text_str(&shown.command), command);
}

static void a_filter_is_changed_by_two_commands(void **state)
{
	struct picture_rule *rule = give_rule("my_app:*");

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_expect(&shown, "edit-filter", "@edit set-filter\nfilter of my_app:*\n");
	set("set-filter", "size > 4096 && name == \"web*\"",
	    "enable-event -u -s web -c ust0 --filter 'size > 4096 && name == \"web*\"' 'my_app:*'; "
	    "disable-event -u -s web -c ust0 --exact 'my_app:*'");
	rule->filter = "size > 1";
	shown_expect(&shown, "edit-filter", "@edit set-filter\nfilter of my_app:*\nsize > 1");
	set("set-filter", "size > 1", ""); /* as it is */
	set("set-filter", "",
	    "enable-event -u -s web -c ust0 'my_app:*'; "
	    "disable-event -u -s web -c ust0 --exact --filter 'size > 1' 'my_app:*'");
	/* A disabled rule stays as it is. */
	rule->is_enabled = false;
	set("set-filter", "size > 2",
	    "enable-event -u -s web -c ust0 --filter 'size > 2' 'my_app:*'");
}

static void a_wrong_filter_is_asked_for_again(void **state)
{
	static const char begin[] = "@edit set-filter@7 ";
	static const char end[] = "\nmy_app:*\nsize > ";

	(void)state;
	give_rule("my_app:*");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(shown_act(&shown, "set-filter", "size > "));
	assert_true(!strncmp(text_str(&shown.command), begin, strlen(begin)));
	assert_string_equal(text_str(&shown.command) + shown.command.length - strlen(end), end);
}

static void exclusions_need_a_star(void **state)
{
	struct picture_rule *rule = give_rule("my_app:*");

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	rule->exclusions = "*_end";
	rule->loglevel_match = 1;
	rule->loglevel_text = "TRACE_INFO";
	shown_expect(&shown, "edit-exclusions", "@edit set-exclusions\nmy_app:* but not\n*_end");
	set("set-exclusions", "*_end,*x",
	    "enable-event -u -s web -c ust0 --exclude '*_end,*x' --loglevel TRACE_INFO 'my_app:*'; "
	    "disable-event -u -s web -c ust0 --exact --exclude '*_end' --loglevel TRACE_INFO "
	    "'my_app:*'");
	rule->pattern = "my_app:a";
	set("set-exclusions", "b",
	    "@edit set-exclusions@0 nothing to exclude without a star\nmy_app:a\nb");
}

static void levels_are_least_or_only(void **state)
{
	struct picture_rule *rule = give_rule("my_app:*");

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_expect(&shown, "edit-level", "@edit set-level\nleast level of my_app:* (= only)\n");
	set("set-level", "INFO",
	    "enable-event -u -s web -c ust0 --loglevel INFO 'my_app:*'; "
	    "disable-event -u -s web -c ust0 --exact 'my_app:*'");
	set("set-level", "=INFO",
	    "enable-event -u -s web -c ust0 --loglevel-only INFO 'my_app:*'; "
	    "disable-event -u -s web -c ust0 --exact 'my_app:*'");
	set("set-level", "LOUD",
	    "@edit set-level@0 no such level (EMERG to DEBUG)\nmy_app:*\nLOUD");
	set("set-level", "=LOUD",
	    "@edit set-level@1 no such level (EMERG to DEBUG)\nmy_app:*\n=LOUD");
	rule->loglevel_match = 2;
	rule->loglevel_text = "TRACE_INFO";
	shown_expect(&shown, "edit-level",
		     "@edit set-level\nleast level of my_app:* (= only)\n=TRACE_INFO");
	set("set-level", "=TRACE_INFO", "");
}

static void without_its_rule_nothing_is_changed(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_expect(&shown, "edit-filter", "@say there is no rule for it: c enables one");
	set("set-level", "INFO", "@say there is no rule for it: c enables one");
}

static void measures_take_turns(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	pictures.events[0].recorded_bytes = 10485760;
	pictures.events[3].recorded_bytes = 2048;
	shown_act(&shown, "measure", "");
	shown_draw(&shown, 3, 64, GLYPHS_ASCII);
	expect_canvas(shown.canvas,
		      " S  EVENT                                         BYTESv  RATE/s\n"
		      ">+  my_app:request_begin                         10.0 MB    9.1k\n"
		      " -  old:thing                                    2.00 kB       0");
	/* Of 1 204 331 that the session has recorded. */
	shown_act(&shown, "measure", "");
	shown_draw(&shown, 3, 64, GLYPHS_ASCII);
	expect_canvas(shown.canvas,
		      " S  EVENT                                         SHAREv  RATE/s\n"
		      ">+  my_app:request_begin                           91.3%    9.1k\n"
		      " -  old:thing                                       8.3%       0");
	shown_act(&shown, "measure", "");
	shown_draw(&shown, 2, 64, GLYPHS_ASCII);
	expect_canvas(shown.canvas,
		      ">+  my_app:request_begin                           91.3%    9.1k\n"
		      " +  my_app:request_end                              0.3%     0.2");
	shown_act(&shown, "measure", "");
	shown_draw(&shown, 3, 64, GLYPHS_ASCII);
	expect_canvas(shown.canvas,
		      " S  EVENT                                         TOTALv  RATE/s\n"
		      ">+  my_app:request_begin                           1.10M    9.1k\n"
		      " -  old:thing                                       100k       0");
}

static void windows_take_turns(void **state)
{
	(void)state;
	shown_expect(&shown, "window", "@window 10");
	pictures.picture.sample_seconds = 10;
	shown_expect(&shown, "window", "@window 60");
	shown_draw(&shown, 1, 80, GLYPHS_UTF8);
	pictures.picture.sample_seconds = 60;
	shown_expect(&shown, "window", "@window 1");
	shown_draw(&shown, 3, 80, GLYPHS_UTF8);
	{
		struct canvas *title = canvas_window(shown.canvas, 0, 64, 1, 16);

		expect_canvas(title, "LAST 16 min");
		canvas_destroy(title);
	}
}

static void a_row_is_copied_as_its_command(void **state)
{
	struct picture_rule *rule = give_rule("my_app:*");

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	rule->filter = "a > 1";
	shown_expect(&shown, "copy-command",
		     "@copy enable-event -u -s web -c ust0 --filter 'a > 1' 'my_app:*'");
	shown_expect(&shown, "open", "@tail my_app:request_begin");
}

static void details_tell_of_the_rule(void **state)
{
	struct picture_rule *rule = give_rule("my_app:*");
	struct popup popup = {0};
	struct text text = {0};

	(void)state;
	rule->filter = "a > 1";
	rule->exclusions = "*_x";
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(shown.view->details(shown.state, &pictures.input, &popup));
	popup_print(&popup, &text);
	assert_non_null(strstr(text_str(&text), "1 100 000"));
	assert_non_null(strstr(text_str(&text), "a > 1"));
	assert_non_null(strstr(text_str(&text), "*_x"));
	assert_non_null(strstr(text_str(&text), "ust0"));
	popup_finish(&popup);
	text_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(a_filter_may_look_at_one_column),
		TEST(a_regular_expression_shows_what_it_found),
		TEST(it_lives_at_any_size),
		TEST(it_lives_while_it_filters),
		TEST(it_says_why_it_is_empty),
		TEST(only_the_selected_channel_shows),
		TEST(losses_are_those_of_the_channel),
		TEST(sorting_keeps_the_selected_event),
		TEST(a_filter_leaves_matching_rows),
		TEST(a_search_goes_on_from_where_it_began),
		TEST(what_was_found_is_highlighted),
		TEST(names_scroll_sideways),
		TEST(toggling_acts_on_the_rule),
		TEST(one_rule_is_disabled_once),
		TEST(a_click_selects_or_sorts),
		TEST(the_detail_line_names_rule_and_level),
		TEST(hostile_names_stay_in_their_column),
		TEST(many_events_scroll),
		TEST(a_filter_is_changed_by_two_commands),
		TEST(a_wrong_filter_is_asked_for_again),
		TEST(exclusions_need_a_star),
		TEST(levels_are_least_or_only),
		TEST(without_its_rule_nothing_is_changed),
		TEST(measures_take_turns),
		TEST(windows_take_turns),
		TEST(a_row_is_copied_as_its_command),
		TEST(details_tell_of_the_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
