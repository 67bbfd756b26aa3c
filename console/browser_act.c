/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys, fields and commands do in the browser beyond moving in the page. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/browser_parts.h"
#include "console/keys.h"
#include "console/submit.h"
#include "console/when.h"
#include "views/event_text.h"

#define STEP_PERCENT 10 /* of the trace, for { and } */

static void replace(char **text, const char *with)
{
	free(*text);
	*text = *with ? mem_strdup(with) : NULL;
}

/* ---- searching ---- */

static void find(struct browser *browser, enum browse_direction direction)
{
	const char *pattern = browser->find;
	struct browser_request request = {
		.kind = BROWSER_FIND,
		.find = {.kind = BROWSE_FIND_TEXT,
			 .direction = direction,
			 .from = browser->console->selection.place,
			 .row_count = (size_t)browser->console->rows * 2},
	};
	size_t length;

	if (!pattern) {
		console_tell(browser->console, NOTICE_INFO, "", "/ searches");
		return;
	}
	length = strlen(pattern);
	if (length > 2 && pattern[0] == '/' && pattern[length - 1] == '/') {
		request.pattern = mem_strndup(pattern + 1, length - 2);
		request.find.kind = BROWSE_FIND_REGEX;
	} else {
		request.pattern = mem_strdup(pattern);
	}
	browser_note_jump(browser);
	browser_ask(browser, &request);
}

static void find_gap(struct browser *browser, enum browse_direction direction)
{
	browser_note_jump(browser);
	browser_ask(browser, &(struct browser_request){
				     .kind = BROWSER_FIND,
				     .find = {.kind = BROWSE_FIND_GAP,
					      .direction = direction,
					      .from = browser->console->selection.place,
					      .row_count = (size_t)browser->console->rows * 2},
			     });
}

static void step(struct browser *browser, bool is_back)
{
	const struct browse_info *info = browse_info(browser->browse);
	uint64_t here_ns = browser->console->selection.place.wall_ns;
	uint64_t span = info->end_wall_ns - info->begin_wall_ns;
	uint64_t distance = span / 100 * STEP_PERCENT;
	uint64_t wall_ns;

	if (is_back)
		wall_ns = here_ns - info->begin_wall_ns > distance ? here_ns - distance
								   : info->begin_wall_ns;
	else
		wall_ns = here_ns + distance;
	if (wall_ns >= info->end_wall_ns)
		browser_ask(browser, &(struct browser_request){.kind = BROWSER_END});
	else
		browser_ask(browser,
			    &(struct browser_request){.kind = BROWSER_TIME, .wall_ns = wall_ns});
}

/* ---- marks ---- */

static void set_mark(struct browser *browser, char letter)
{
	struct event_mark mark = {letter, browser->console->selection.place};
	size_t i = 0;

	while (i < browser->mark_count && browser->marks[i].letter != letter)
		i++;
	if (i == BROWSER_MARKS_MAX)
		return;
	browser->marks[i] = mark;
	if (i == browser->mark_count)
		browser->mark_count++;
	console_tell(browser->console, NOTICE_INFO, "", "mark %c: '%c comes back here%s", letter,
		     letter, letter == '0' ? ", relative times begin here" : "");
}

static void go_to_mark(struct browser *browser, char letter)
{
	if (letter == '\'' && browser->has_before_jump) {
		browser_go(browser, browser->before_jump);
		return;
	}
	for (size_t i = 0; i < browser->mark_count; i++) {
		if (browser->marks[i].letter == letter) {
			browser_go(browser, browser->marks[i].place);
			return;
		}
	}
	console_tell(browser->console, NOTICE_WARNING, "", "there is no mark %c", letter);
}

bool browser_take_key(struct console *console, int code)
{
	struct browser *browser = console->browser;
	char awaits;

	if (!browser || !browser->awaits || console->focus != PANE_BROWSER)
		return false;
	awaits = browser->awaits;
	browser->awaits = '\0';
	console->notice.level = NOTICE_NONE;
	if (!browser->page || browser->page->row_count == 0)
		return true;
	if (awaits == 'm' && ((code >= 'a' && code <= 'z') || code == '0'))
		set_mark(browser, (char)code);
	else if (awaits == '\'' && code > KEYS_SPACE && code < 0x7f)
		go_to_mark(browser, (char)code);
	else if (code != KEYS_ESCAPE && code != KEYS_CTRL('c'))
		console_tell(console, NOTICE_WARNING, "", "marks are called a to z, and 0");
	return true;
}

static void await_letter(struct browser *browser, char awaits, const char *sentence)
{
	browser->awaits = awaits;
	console_tell(browser->console, NOTICE_INFO, "", "%s", sentence);
}

/* ---- actions ---- */

static bool ask_find(struct browser *browser)
{
	entry_open(&browser->console->entry, "find (text or /regex/)", "browser-find", false, "");
	return true;
}

static bool ask_filter(struct browser *browser)
{
	entry_open(&browser->console->entry, "only events where", "browser-filter", false,
		   browser->filter ? browser->filter : "");
	return true;
}

static bool find_next(struct browser *browser)
{
	find(browser, BROWSE_FORWARD);
	return true;
}

static bool find_previous(struct browser *browser)
{
	find(browser, BROWSE_BACKWARD);
	return true;
}

static bool next_gap(struct browser *browser)
{
	find_gap(browser, BROWSE_FORWARD);
	return true;
}

static bool previous_gap(struct browser *browser)
{
	find_gap(browser, BROWSE_BACKWARD);
	return true;
}

static bool go_on(struct browser *browser)
{
	step(browser, false);
	return true;
}

static bool go_back(struct browser *browser)
{
	step(browser, true);
	return true;
}

static bool go_first(struct browser *browser)
{
	browser_note_jump(browser);
	browser_ask(browser, &(struct browser_request){.kind = BROWSER_AT});
	return true;
}

static bool go_last(struct browser *browser)
{
	browser_note_jump(browser);
	browser_ask(browser, &(struct browser_request){.kind = BROWSER_END});
	return true;
}

static bool mark(struct browser *browser)
{
	await_letter(browser, 'm', "mark: a letter (0: relative times begin there)");
	return true;
}

static bool jump(struct browser *browser)
{
	await_letter(browser, '\'', "to the mark: its letter (': back)");
	return true;
}

static bool select_range(struct browser *browser)
{
	browser->has_range = !browser->has_range && browser->console->selection.has_place;
	browser->range = browser->console->selection.place;
	if (browser->has_range)
		console_tell(browser->console, NOTICE_INFO, "",
			     "move, then s: statistics, x: export, v: no selection");
	return true;
}

static bool ask_statistics(struct browser *browser)
{
	entry_open(&browser->console->entry, "statistics; values of field (or none)",
		   "browser-statistics", false, browser->field ? browser->field : "");
	return true;
}

static bool ask_export(struct browser *browser)
{
	entry_open(&browser->console->entry, "export to [--text|--json|--ctf] PATH",
		   "browser-export", false, "");
	return true;
}

static bool cancel(struct browser *browser)
{
	if (!browse_info(browser->browse)->job.what && browser->in_flight.kind != BROWSER_FIND)
		return false;
	browse_cancel(browser->browse);
	return true;
}

static bool refresh(struct browser *browser)
{
	browse_refresh(browser->browse);
	return true;
}

static bool leave(struct browser *browser)
{
	if (browser->console->output_size != OUTPUT_AUTO || browser->console->is_bare)
		return false;
	browser_leave(browser->console);
	return true;
}

/* Esc in a popup that has just closed must not end the program. */
static bool go_up(struct browser *browser)
{
	struct console *console = browser->console;

	if (!console->is_viewer || console->output_size != OUTPUT_AUTO || console->is_bare)
		return leave(browser);
	console_tell(console, NOTICE_INFO, "", BROWSER_ONLY);
	return true;
}

static const struct {
	const char *name;
	bool (*run)(struct browser *browser);
} actions[] = {
	{"find", ask_find},
	{"filter", ask_filter},
	{"find-next", find_next},
	{"find-previous", find_previous},
	{"next-gap", next_gap},
	{"previous-gap", previous_gap},
	{"forward-tenth", go_on},
	{"back-tenth", go_back},
	{"first", go_first},
	{"last", go_last},
	{"follow", go_last},
	{"mark-letter", mark},
	{"jump-letter", jump},
	{"select", select_range},
	{"statistics", ask_statistics},
	{"export", ask_export},
	{"cancel", cancel},
	{"refresh", refresh},
	{"back", go_up},
	{"close", leave},
};

bool browser_knows(const struct console *console, const char *action)
{
	if (!console->browser || console->focus != PANE_BROWSER)
		return false;
	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		if (!strcmp(actions[i].name, action))
			return true;
	}
	return false;
}

bool browser_act(struct console *console, const char *action)
{
	struct browser *browser = console->browser;

	if (!browser || console->focus != PANE_BROWSER)
		return false;
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		if (!strcmp(actions[i].name, action))
			return actions[i].run(browser);
	return browser_hold_move(browser, action);
}

/* ---- fields ---- */

static void set_filter(struct browser *browser, const char *expression)
{
	struct error err = ERROR_INIT;
	size_t begin = 0, end = 0;

	if (!browse_set_filter(browser->browse, *expression ? expression : NULL, &begin, &end,
			       &err)) {
		entry_open(&browser->console->entry, "only events where", "browser-filter", false,
			   expression);
		entry_complain(&browser->console->entry, err.message, begin);
		return;
	}
	replace(&browser->filter, expression);
	browser_reload(browser);
}

static void export_typed(struct console *console, const char *words)
{
	struct text command = {0};

	if (!*words)
		return;
	text_addf(&command, "export %s", words);
	submit_text(console, FROM_KEY, NULL, text_str(&command));
	text_finish(&command);
}

bool browser_take_entry(struct console *console, const char *action, const char *text)
{
	struct browser *browser = console->browser;

	if (!browser)
		return false;
	if (!strcmp(action, "browser-find")) {
		if (*text)
			replace(&browser->find, text);
		find(browser, BROWSE_FORWARD);
	} else if (!strcmp(action, "browser-filter")) {
		set_filter(browser, text);
	} else if (!strcmp(action, "browser-statistics")) {
		browser_statistics(browser, text);
	} else if (!strcmp(action, "browser-export")) {
		export_typed(console, text);
	} else {
		return false;
	}
	return true;
}

/* ---- commands ---- */

static bool is_url(const char *output)
{
	return strstr(output, "://") != NULL;
}

/* NULL: none of that name, or none selected. */
static const struct picture_session *find_session(const struct console *console,
						  const struct picture *picture, const char *name)
{
	if (!name)
		return picture_session(picture, console->selection.session_id);
	for (size_t i = 0; i < picture->session_count; i++)
		if (!strcmp(picture->sessions[i].name, name))
			return &picture->sessions[i];
	return NULL;
}

static bool find_output(struct console *console, const char *name, struct text *path,
			struct error *err)
{
	const struct picture *picture = console_picture_acquire(console);
	const struct picture_session *session = find_session(console, picture, name);
	bool is_found = false;

	if (!session && name)
		error_set(err, ERROR_NOT_FOUND,
			  "there is no session '%s'; a path has a slash in it: ./%s", name, name);
	else if (!session)
		error_set(err, ERROR_STATE, "no session is selected: give one, or a path");
	else if (!*session->output)
		error_set(err, ERROR_STATE, "session '%s' writes nothing to disk", session->name);
	else if (is_url(session->output))
		error_set(err, ERROR_STATE, "the trace of session '%s' goes to %s: open it there",
			  session->name, session->output);
	else
		is_found = true;
	if (is_found)
		text_add(path, session->output);
	console_picture_release(console);
	return is_found;
}

bool browser_view_argument(struct console *console, const char *argument, struct error *err)
{
	struct text path = {0};
	bool is_found = true;

	if (argument && strchr(argument, '/')) {
		if (argument[0] != '/' && console->directory)
			text_addf(&path, "%s/", console->directory);
		text_add(&path, argument);
	} else {
		is_found = find_output(console, argument, &path, err);
	}
	if (is_found)
		browser_open(console, text_str(&path));
	text_finish(&path);
	return is_found;
}

static struct browser *require(struct console *console, struct error *err)
{
	if (!console->browser)
		error_set(err, ERROR_STATE, "no trace is open; view PATH opens one");
	else if (!browse_info(console->browser->browse)->is_open)
		error_set(err, ERROR_STATE, "the trace is not open yet");
	else
		return console->browser;
	return NULL;
}

bool browser_goto(struct console *console, const char *where, struct error *err)
{
	struct browser *browser = require(console, err);
	const struct browse_info *info;
	struct browser_request request = {.kind = BROWSER_TIME};
	struct when_base base;

	if (!browser)
		return false;
	info = browse_info(browser->browse);
	base = (struct when_base){info->begin_wall_ns, info->end_wall_ns, info->begin_wall_ns};
	if (console->selection.has_place)
		base.here_ns = console->selection.place.wall_ns;
	if (!when_parse(where, &base, &request.wall_ns, err))
		return false;
	if (request.wall_ns >= info->end_wall_ns)
		request.kind = BROWSER_END;
	browser_note_jump(browser);
	browser_ask(browser, &request);
	console_focus(console, PANE_BROWSER);
	return true;
}
