/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tail that is no longer wanted is destroyed once the backend has let go of its tap: the control
 * thread says so by a message to the console's queue.
 */
#include "console/tailing.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/browse/tail.h"
#include "console/state.h"

#define EXPRESSION_TITLE "only events where"

/* One tail from its beginning until the backend has let go of it. */
struct tailing {
	struct message let_go; /* to the console's queue */
	struct console *console;
	struct tail *tail;
	uint64_t session_id;
	const struct event_page *page; /* shown: a reference, or NULL */
	uint64_t shown_ns;	       /* since then */
	struct timer *timer;	       /* for what came too early to be shown */
	struct tailing *next;	       /* of those that wait for their end */
};

static void destroy(struct tailing *tailing)
{
	loop_remove_timer(tailing->console->loop, tailing->timer);
	tail_destroy(tailing->tail);
	event_page_unref(tailing->page);
	free(tailing);
}

static void take_let_go(struct message *message)
{
	struct tailing *tailing = CONTAINER_OF(message, struct tailing, let_go);
	struct tailing **link = &tailing->console->ended_tails;

	while (*link != tailing)
		link = &(*link)->next;
	*link = tailing->next;
	destroy(tailing);
}

/* Control thread. */
static void tap_is_free(void *data)
{
	struct tailing *tailing = data;

	queue_send(tailing->console->answers, &tailing->let_go);
}

static void stop(struct console *console)
{
	struct tailing *tailing = console->tailing;

	if (!tailing)
		return;
	console->tailing = NULL;
	tailing->next = console->ended_tails;
	console->ended_tails = tailing;
	tailing->let_go.run = take_let_go;
	backend_tap(console->backend, 0, NULL, tap_is_free, tailing);
}

/* ---- what comes ---- */

static void show(struct tailing *tailing)
{
	const struct event_page *page = tail_page(tailing->tail);

	if (page)
		event_page_ref(page);
	event_page_unref(tailing->page);
	tailing->page = page;
	tailing->shown_ns = clock_monotonic_ns();
	console_data_came(tailing->console);
}

/*
 * When more passes than is shown, each time the whole screen is another one: that needn't be sent
 * more often than all else is.
 */
static uint64_t due_ns(const struct tailing *tailing)
{
	if (!tail_info(tailing->tail)->is_sampling)
		return 0;
	return tailing->shown_ns + console_interval_ns(tailing->console);
}

static void take_change(void *data)
{
	struct tailing *tailing = data;

	/* One that waits for its end shows nothing more, nor does a display that is held. */
	if (tailing->console->tailing != tailing || tailing->console->is_paused)
		return;
	if (clock_monotonic_ns() < due_ns(tailing))
		timer_arm(tailing->timer, due_ns(tailing));
	else
		show(tailing);
}

static void take_time(void *data, uint64_t now_ns)
{
	(void)now_ns;
	take_change(data);
}

static void apply_filter(struct console *console)
{
	struct error err = ERROR_INIT;
	size_t begin, end;

	if (console->tailing && console->tail_filter)
		tail_set_filter(console->tailing->tail, console->tail_filter, &begin, &end, &err);
}

static void start(struct console *console, uint64_t session_id)
{
	struct tailing *tailing = mem_zalloc(sizeof(*tailing));
	const struct tail_calls calls = {.data = tailing, .changed = take_change};
	char *slices = mem_printf("%s/slices", console->places->runtime);

	tailing->console = console;
	tailing->session_id = session_id;
	tailing->timer = loop_add_timer(console->loop, take_time, tailing);
	tailing->tail = tail_create(slices, console->answers, &calls);
	free(slices);
	console->tailing = tailing;
	apply_filter(console);
	backend_tap(console->backend, session_id, tail_tap(tailing->tail), NULL, NULL);
}

/* ---- when ---- */

static bool is_looked_at(const struct console *console)
{
	return console->screen && !console->is_suspended &&
	       layout_find(&console->layout, PANE_TAIL) >= 0;
}

static bool is_recording(struct console *console, uint64_t session_id)
{
	const struct picture *picture = console_picture_acquire(console);
	const struct picture_session *session = picture_session(picture, session_id);
	bool is_active = session && session->is_active;

	console_picture_release(console);
	return is_active;
}

void tailing_update(struct console *console)
{
	uint64_t wanted = is_looked_at(console) ? console->selection.session_id : 0;

	if (!console->backend)
		return;
	if (console->tailing && console->tailing->session_id != wanted)
		stop(console);
	/* What a session has recorded stays to be read when it is stopped. */
	if (!console->tailing && wanted && is_recording(console, wanted))
		start(console, wanted);
}

void tailing_stop(struct console *console)
{
	if (console->backend)
		stop(console);
}

void tailing_finish(struct console *console)
{
	struct tailing *tailing;

	while ((tailing = console->ended_tails)) {
		console->ended_tails = tailing->next;
		destroy(tailing);
	}
	free(console->tail_filter);
}

void tailing_fill_input(const struct console *console, struct view_input *input)
{
	input->tail_filter = console->tail_filter;
	if (!console->tailing || console->tailing->session_id != console->selection.session_id)
		return;
	input->tail = console->tailing->page;
	input->tail_info = tail_info(console->tailing->tail);
}

/* ---- the filter ---- */

static void keep_filter(struct console *console, const char *expression)
{
	free(console->tail_filter);
	console->tail_filter = *expression ? mem_strdup(expression) : NULL;
	console_draw_soon(console);
}

/* Without a tail the expression is read all the same: what is wrong is said at once. */
static bool check(struct console *console, const char *expression, size_t *begin, struct error *err)
{
	struct filter_problem problem;
	struct filter *filter;
	size_t end;

	if (console->tailing)
		return tail_set_filter(console->tailing->tail, *expression ? expression : NULL,
				       begin, &end, err);
	if (!*expression)
		return true;
	filter = filter_parse(expression, &problem);
	if (!filter) {
		*err = problem.error;
		*begin = problem.begin;
		return false;
	}
	filter_destroy(filter);
	return true;
}

void tailing_ask_filter(struct console *console)
{
	entry_open(&console->entry, EXPRESSION_TITLE, "tail-filter", false,
		   console->tail_filter ? console->tail_filter : "");
}

bool tailing_take_entry(struct console *console, const char *action, const char *text)
{
	struct error err = ERROR_INIT;
	size_t begin = 0;

	if (strcmp(action, "tail-filter") != 0)
		return false;
	if (check(console, text, &begin, &err)) {
		keep_filter(console, text);
		return true;
	}
	entry_open(&console->entry, EXPRESSION_TITLE, "tail-filter", false, text);
	entry_complain(&console->entry, err.message, begin);
	return true;
}

/* In expressions a star stands for anything. */
static void add_literal(struct text *expression, const char *name)
{
	for (; *name; name++) {
		if (strchr("\"\\*", *name))
			text_add_char(expression, '\\');
		text_add_char(expression, *name);
	}
}

void tailing_show_event(struct console *console, const char *name)
{
	struct text expression = {0};

	text_add(&expression, "$ctx.event_name == \"");
	add_literal(&expression, name);
	text_add_char(&expression, '"');
	tailing_take_entry(console, "tail-filter", text_str(&expression));
	text_finish(&expression);
	console_focus(console, PANE_TAIL);
}
