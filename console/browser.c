/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opening and closing, and the window of pages: it grows at the end that the selection comes near
 * to, and forgets what is far away.
 */
#include "console/browser.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/browse/page_make.h"
#include "console/action.h"
#include "console/browser_pages.h"
#include "console/browser_parts.h"
#include "views/event_text.h"

#define SCREENS_OF_A_PAGE 3
#define PAGE_ROWS_MIN	  60
#define PAGE_ROWS_MAX	  400
#define PAGES_OF_A_WINDOW 3

static size_t rows_of_page(const struct browser *browser)
{
	size_t rows = (size_t)browser->console->rows * SCREENS_OF_A_PAGE;

	if (rows < PAGE_ROWS_MIN)
		return PAGE_ROWS_MIN;
	return rows < PAGE_ROWS_MAX ? rows : PAGE_ROWS_MAX;
}

static struct selection *selection_of(const struct browser *browser)
{
	return &browser->console->selection;
}

/* ---- asking ---- */

static void send_find(struct browser *browser, const struct browser_request *request)
{
	struct browse_find find = request->find;
	struct error err = ERROR_INIT;

	find.pattern = request->pattern ? request->pattern : "";
	if (browse_find(browser->browse, &find, &err))
		return;
	browser->in_flight.kind = BROWSER_NOTHING;
	console_tell(browser->console, NOTICE_ERROR, "", "cannot search: %s", err.message);
}

static void send(struct browser *browser, const struct browser_request *request)
{
	size_t rows = rows_of_page(browser);

	free(browser->in_flight.pattern);
	browser->in_flight = *request;
	switch (request->kind) {
	case BROWSER_BEFORE:
		browse_page(browser->browse, request->place, BROWSE_BACKWARD, rows);
		break;
	case BROWSER_AFTER:
		/* Its first row is one that is there already. */
		browse_page(browser->browse, request->place, BROWSE_FORWARD, rows + 1);
		break;
	case BROWSER_AT:
		browse_page(browser->browse, request->place, BROWSE_FORWARD, rows);
		break;
	case BROWSER_TIME:
		browse_goto(browser->browse, request->wall_ns, rows);
		break;
	case BROWSER_END:
		browse_goto_end(browser->browse, rows);
		break;
	case BROWSER_FIND:
		send_find(browser, request);
		break;
	case BROWSER_NOTHING:
		break;
	}
}

/* What is needed so that scrolling never has to wait. */
static bool find_need(const struct browser *browser, struct browser_request *need)
{
	const struct event_page *page = browser->page;
	size_t near = (size_t)browser->console->rows;
	size_t at;

	if (!page || page->row_count == 0)
		return false;
	at = browser_pages_find(page, selection_of(browser)->place);
	if (!browser->is_at_end && page->row_count - at < 2 * near) {
		*need = (struct browser_request){.kind = BROWSER_AFTER,
						 .place = page->rows[page->row_count - 1].place};
		return true;
	}
	if (!browser->is_at_begin && at < near) {
		*need = (struct browser_request){.kind = BROWSER_BEFORE,
						 .place = page->rows[0].place};
		return true;
	}
	return false;
}

static void send_next(struct browser *browser)
{
	struct browser_request need;

	if (browser->in_flight.kind != BROWSER_NOTHING || !browse_info(browser->browse)->is_open)
		return;
	if (browser->next.kind != BROWSER_NOTHING) {
		need = browser->next;
		browser->next = (struct browser_request){.kind = BROWSER_NOTHING};
	} else if (!find_need(browser, &need)) {
		return;
	}
	send(browser, &need);
}

/* Where a filter lets little through, a page can be as long a search as any. */
static bool takes_long(const struct browser *browser)
{
	const char *job = browse_info(browser->browse)->job.what;

	return browser->in_flight.kind == BROWSER_FIND || (job && !strcmp(job, "searching"));
}

void browser_ask(struct browser *browser, const struct browser_request *request)
{
	browser->moves.count = 0; /* they meant what is shown now */
	free(browser->next.pattern);
	browser->next = *request;
	if (takes_long(browser))
		browse_cancel_request(browser->browse);
	send_next(browser);
	console_draw_soon(browser->console);
}

void browser_reload(struct browser *browser)
{
	const struct selection *selection = selection_of(browser);
	struct browser_request request = {.kind = BROWSER_AT};

	if (selection->has_place)
		request.place = selection->place;
	browser_ask(browser, &request);
}

/* ---- movements that are faster than pages ---- */

static const struct {
	const char *name;
	bool is_down;
	bool is_page; /* else one row */
} moves[] = {
	{"down", true, false}, {"half-down", true, true}, {"page-down", true, true},
	{"up", false, false},  {"half-up", false, true},  {"page-up", false, true},
};

/* Whether the window has less rows there than the movement may need, and the trace has more. */
static bool lacks_rows(const struct browser *browser, bool is_down, bool is_page)
{
	const struct event_page *page = browser->page;
	size_t needed = is_page ? (size_t)browser->console->rows : 1;
	size_t at;

	if (!page || page->row_count == 0)
		return false;
	at = browser_pages_find(page, selection_of(browser)->place);
	return is_down ? !browser->is_at_end && at + needed >= page->row_count
		       : !browser->is_at_begin && at < needed;
}

bool browser_hold_move(struct browser *browser, const char *action)
{
	struct browser_moves *waiting = &browser->moves;

	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		if (strcmp(moves[i].name, action) != 0)
			continue;
		if (waiting->count == 0 && !lacks_rows(browser, moves[i].is_down, moves[i].is_page))
			return false;
		if (waiting->count < BROWSER_MOVES_MAX)
			waiting->actions[waiting->count++] = moves[i].name;
		send_next(browser);
		return true;
	}
	waiting->count = 0; /* something else is wanted now */
	return false;
}

/* What still lacks rows goes on waiting. */
static void run_moves(struct browser *browser)
{
	struct browser_moves waiting = browser->moves;

	browser->moves.count = 0;
	for (size_t i = 0; i < waiting.count; i++) {
		if (!browser_hold_move(browser, waiting.actions[i]))
			action_on_pane(browser->console, PANE_BROWSER, waiting.actions[i], "");
	}
}

/* ---- answers ---- */

static void set_window(struct browser *browser, struct event_page *page)
{
	event_page_unref(browser->page);
	browser->page = page;
	browser->is_at_begin = page->is_at_begin;
	browser->is_at_end = page->is_at_end;
	browser->known_packets = browse_info(browser->browse)->packet_count;
}

static void grow(struct browser *browser, const struct event_page *more, bool is_after)
{
	size_t most = PAGES_OF_A_WINDOW * rows_of_page(browser);
	const struct event_page *old = browser->page;
	size_t before = old ? old->row_count : 0;
	bool is_empty = more->row_count == 0 || (is_after && more->row_count == 1);
	struct event_page *joined = is_after ? browser_pages_join(old, more, most, true)
					     : browser_pages_join(more, old, most, false);
	bool was_at_begin = browser->is_at_begin, was_at_end = browser->is_at_end;

	set_window(browser, joined);
	/* An answer with nothing new must not be asked for again and again. */
	if (is_after && is_empty)
		browser->is_at_end = true;
	if (!is_after && is_empty)
		browser->is_at_begin = true;
	if (joined->row_count >= before + more->row_count) {
		browser->is_at_begin |= is_after && was_at_begin;
		browser->is_at_end |= !is_after && was_at_end;
	}
}

static void select_target(struct browser *browser, const struct event_place *target)
{
	const struct event_page *page = browser->page;
	struct selection *selection = selection_of(browser);

	selection->has_place = page->row_count > 0;
	if (browser->in_flight.kind == BROWSER_END && page->row_count > 0)
		selection->place = page->rows[page->row_count - 1].place;
	else if (target)
		selection->place = *target;
	else if (page->row_count > 0)
		selection->place = page->rows[0].place;
}

/* Reading failed. */
static void complain_of_trace(struct browser *browser, const struct error *err)
{
	struct text command = {0};

	text_add(&command, "view ");
	text_add_quoted(&command, browser->path);
	console_complain(browser->console, text_str(&command), err);
	text_finish(&command);
}

static void complain(struct browser *browser, const struct error *err)
{
	struct console *console = browser->console;
	const char *find = browser->find ? browser->find : "";

	if (browser->in_flight.kind == BROWSER_AFTER)
		browser->is_at_end = true;
	if (browser->in_flight.kind == BROWSER_BEFORE)
		browser->is_at_begin = true;
	if (err->code == ERROR_NOT_FOUND && browser->in_flight.find.kind == BROWSE_FIND_GAP)
		console_tell(console, NOTICE_WARNING, "", "nothing was lost %s here",
			     browser->in_flight.find.direction == BROWSE_FORWARD ? "after"
										 : "before");
	else if (err->code == ERROR_NOT_FOUND)
		console_tell(console, NOTICE_WARNING, "", "not found: %s", find);
	else if (err->code == ERROR_CANCELED)
		console_tell(console, NOTICE_INFO, "", "canceled");
	else
		complain_of_trace(browser, err);
	if (!browser->page && err->code != ERROR_CANCELED)
		error_copy(&browser->problem, err);
}

static bool is_behind_all(const struct browser *browser, const struct event_page *page)
{
	const struct browser_request *request = &browser->in_flight;

	return page->row_count == 0 &&
	       (request->kind == BROWSER_TIME ||
		(request->kind == BROWSER_AT && request->place.wall_ns > 0));
}

static void take_page(void *data, struct event_page *page, const struct event_place *target,
		      const struct error *err)
{
	struct browser *browser = data;
	enum browser_kind kind = browser->in_flight.kind;

	if (!page) {
		if (err)
			complain(browser, err);
	} else if (kind == BROWSER_AFTER || kind == BROWSER_BEFORE) {
		grow(browser, page, kind == BROWSER_AFTER);
		event_page_unref(page);
	} else if (is_behind_all(browser, page)) {
		/* What is before it is better than nothing. */
		event_page_unref(page);
		if (browser->next.kind == BROWSER_NOTHING)
			browser->next.kind = BROWSER_END;
	} else {
		set_window(browser, page);
		select_target(browser, target);
	}
	browser->in_flight.kind = BROWSER_NOTHING;
	run_moves(browser);
	send_next(browser);
	console_draw_soon(browser->console);
}

/* What a session is writing may be incomplete for a moment. */
static void tell_of_damage(struct browser *browser, const struct browse_info *info)
{
	bool is_damaged = info->is_open && info->is_indexed && !info->is_growing &&
			  error_is_set(&info->error);

	if (is_damaged && !browser->has_told_damage)
		complain_of_trace(browser, &info->error);
	browser->has_told_damage = is_damaged;
}

static void take_change(void *data)
{
	struct browser *browser = data;
	const struct browse_info *info = browse_info(browser->browse);

	tell_of_damage(browser, info);
	if (info->is_open && !browser->was_asked) {
		browser->was_asked = true;
		browser_ask(browser, &(struct browser_request){.kind = BROWSER_AT});
	}
	/* More was recorded, or found by indexing. */
	if (info->packet_count > browser->known_packets)
		browser->is_at_end = false;
	send_next(browser);
	console_data_came(browser->console);
}

/* ---- life ---- */

bool browser_is_open(const struct console *console)
{
	return console->browser != NULL;
}

static void open_path(struct console *console, const char *path)
{
	struct browser *browser = mem_zalloc(sizeof(*browser));
	const struct browse_calls calls = {
		.data = browser, .changed = take_change, .page = take_page};
	char *slices = mem_printf("%s/slices", console->places->runtime);

	browser->console = console;
	browser->path = mem_strdup(path);
	console->browser = browser;
	console->selection.has_place = false;
	browser->browse = browse_create(path, slices, console->answers, &calls);
	free(slices);
}

void browser_open(struct console *console, const char *path)
{
	enum pane from = console->focus;

	if (console->browser && strcmp(console->browser->path, path) != 0)
		browser_close(console);
	if (!console->browser)
		open_path(console, path);
	else
		browse_refresh(console->browser->browse);
	if (from != PANE_BROWSER)
		console->browser->from = from;
	console_focus(console, PANE_BROWSER);
	console_draw_soon(console);
}

void browser_close(struct console *console)
{
	struct browser *browser = console->browser;

	if (!browser)
		return;
	console->browser = NULL;
	browse_destroy(browser->browse);
	event_page_unref(browser->page);
	free(browser->in_flight.pattern);
	free(browser->next.pattern);
	free(browser->path);
	free(browser->filter);
	free(browser->find);
	free(browser->field);
	free(browser->target);
	free(browser);
}

void browser_leave(struct console *console)
{
	enum pane from = console->browser ? console->browser->from : PANE_SESSIONS;

	if (console->is_viewer) {
		console->host.release(console->host.data, "");
		return;
	}
	browser_close(console);
	console_focus(console, from == PANE_BROWSER ? PANE_SESSIONS : from);
}

/* ---- going ---- */

void browser_note_jump(struct browser *browser)
{
	const struct selection *selection = selection_of(browser);

	browser->has_before_jump = selection->has_place;
	browser->before_jump = selection->place;
}

void browser_go(struct browser *browser, struct event_place place)
{
	const struct event_page *page = browser->page;
	size_t row = page ? browser_pages_find(page, place) : 0;

	browser_note_jump(browser);
	if (page && row < page->row_count &&
	    event_text_compare(page->rows[row].place, place) == 0) {
		selection_of(browser)->place = place;
		console_draw_soon(browser->console);
		return;
	}
	browser_ask(browser, &(struct browser_request){.kind = BROWSER_AT, .place = place});
}

void browser_find_range(const struct browser *browser, uint64_t *begin_ns, uint64_t *end_ns)
{
	uint64_t here_ns = selection_of(browser)->place.wall_ns;
	uint64_t other_ns = browser->range.wall_ns;

	*begin_ns = 0;
	*end_ns = UINT64_MAX;
	if (!browser->has_range)
		return;
	*begin_ns = other_ns < here_ns ? other_ns : here_ns;
	*end_ns = other_ns < here_ns ? here_ns : other_ns;
}

/* ---- for the frame ---- */

void browser_update(struct console *console)
{
	if (console->browser && console->focus == PANE_BROWSER)
		send_next(console->browser);
}

static const char *waiting_for(const struct browser *browser)
{
	if (browser->in_flight.kind == BROWSER_FIND)
		return "searching";
	if (browser->in_flight.kind != BROWSER_NOTHING || !browser->was_asked)
		return "reading";
	return "";
}

void browser_fill_input(const struct console *console, struct view_input *input)
{
	struct browser *browser = console->browser;

	if (!browser)
		return;
	browser->state = (struct browser_state){
		.filter = browser->filter ? browser->filter : "",
		.find = browser->find ? browser->find : "",
		.waiting = waiting_for(browser),
		.problem = browser->page ? "" : browser->problem.message,
		.marks = browser->marks,
		.mark_count = browser->mark_count,
		.has_range = browser->has_range,
		.range = browser->range,
		.now_ns = clock_monotonic_ns(),
	};
	input->browser = browser->page;
	input->browser_info = browse_info(browser->browse);
	input->browser_state = &browser->state;
	if (selection_of(browser)->has_place)
		input->browser_target = selection_of(browser)->place;
}
