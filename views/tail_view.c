/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest events of the selected session, as they pass. Follows the end until one moves up;
 * frozen, it keeps what it shows and counts what comes meanwhile.
 */
#include <inttypes.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/tail.h"
#include "views/event_rows_view.h"
#include "views/request.h"
#include "views/selection.h"
#include "views/sentence.h"
#include "views/views.h"

#define FOOTER_MIN 3 /* rows from which on there is a footer */

struct tail_state {
	struct event_rows rows; /* first: EVENT_ROWS_VIEW_CALLS */
	bool follows;
	bool is_frozen;
	const struct event_page *frozen; /* a reference while frozen; NULL: nothing was there */
	uint64_t frozen_at;		 /* events shown until then */
	struct match find;
	bool has_find_origin; /* where the selection was before the search was typed */
	struct event_place find_origin;
	bool had_find_follow;
	uint64_t session_id;
};

static void init(void *state)
{
	struct tail_state *tail = state;

	event_rows_init(&tail->rows);
	tail->follows = true;
}

static void thaw(struct tail_state *tail)
{
	event_page_unref(tail->frozen);
	tail->frozen = NULL;
	tail->is_frozen = false;
}

static void finish(void *state)
{
	struct tail_state *tail = state;

	thaw(tail);
	match_finish(&tail->find);
	event_rows_finish(&tail->rows);
}

/* ---- what there is ---- */

static uint64_t shown_so_far(const struct view_input *input)
{
	return input->tail_info ? input->tail_info->shown_events : 0;
}

static const struct event_page *page_of(const struct tail_state *tail,
					const struct view_input *input)
{
	return tail->is_frozen ? tail->frozen : input->tail;
}

static void follow_session(struct tail_state *tail, const struct view_input *input)
{
	selection_follow(input);
	if (tail->session_id == input->selection->session_id)
		return;
	tail->session_id = input->selection->session_id;
	thaw(tail);
	tail->follows = true;
	tail->rows.has_selected = false;
	tail->rows.has_top = false;
	tail->rows.name_columns = 0;
}

static void freeze(struct tail_state *tail, const struct view_input *input)
{
	if (tail->is_frozen) {
		thaw(tail);
		return;
	}
	tail->is_frozen = true;
	tail->frozen = input->tail ? event_page_ref(input->tail) : NULL;
	tail->frozen_at = shown_so_far(input);
}

static struct event_rows_context context_of(const struct tail_state *tail,
					    const struct view_input *input)
{
	return (struct event_rows_context){
		.find = match_is_empty(&tail->find) ? &tail->rows.filter : &tail->find,
		.is_focused = input->is_focused,
		.follows = tail->follows,
	};
}

static int footer_rows(int rows)
{
	return rows >= FOOTER_MIN ? 1 : 0;
}

static void fit(void *state, const struct view_input *input, int rows, int columns)
{
	struct tail_state *tail = state;
	struct event_rows_context context;

	follow_session(tail, input);
	context = context_of(tail, input);
	event_rows_fit(&tail->rows, page_of(tail, input), &context, rows - footer_rows(rows),
		       columns);
}

/* ---- drawing ---- */

/* Nobody is there whose events could come: all of them are of applications. */
static bool lacks_applications(const struct view_input *input,
			       const struct picture_session *session)
{
	const struct picture *picture = input->picture;

	for (size_t i = 0; i < session->channel_count; i++) {
		if (!strcmp(picture->channels[session->first_channel + i].domain, "Linux kernel"))
			return false;
	}
	return picture->source_count > 0 && picture->app_count == 0;
}

static void add_nothing(const struct tail_state *tail, const struct view_input *input,
			struct text *out)
{
	const struct picture_session *session = selection_session(input);

	if (input->picture->serial == 0)
		text_add(out, "loading");
	else if (!session)
		text_add(out, "no session: c in pane 1 creates one");
	else if (tail->rows.page && tail->rows.page->row_count > 0)
		text_addf(out, "nothing matches %s", tail->rows.filter.pattern);
	else if (!session->is_active)
		text_addf(out, "%s is stopped: s starts it, its events appear here", session->name);
	else if (session->mode == PICTURE_MODE_SNAPSHOT)
		text_addf(out, "%s keeps its events in memory until a snapshot is recorded",
			  session->name);
	else if (input->tail_filter && *input->tail_filter)
		text_addf(out, "no event of %s has come yet that matches %s: f changes that",
			  session->name, input->tail_filter);
	else if (lacks_applications(input, session))
		text_addf(out,
			  "waiting for events of %s: no application that can be traced runs; start "
			  "one with \"tracon run -- PROGRAM\", or try \"tracon demo\"",
			  session->name);
	else
		text_addf(out, "waiting for events of %s", session->name);
}

static void draw_nothing(const struct tail_state *tail, const struct view_input *input,
			 struct canvas *canvas)
{
	int row = canvas_rows(canvas) >= EVENT_ROWS_HEADER_MIN ? 1 : 0;
	struct text text = {0};

	add_nothing(tail, input, &text);
	sentence_draw_nothing(canvas, row, canvas_rows(canvas) - row, ROLE_DIM, text_str(&text));
	if (input->is_focused)
		canvas_set_cursor(canvas, row, 0);
	text_finish(&text);
}

static void add_word(struct text *out, const char *word, const char *value)
{
	if (value && *value)
		text_addf(out, "%s%s %s", out->length > 0 ? "  " : "", word, value);
}

static void add_sampling(const struct view_input *input, struct text *out)
{
	const struct tail_info *info = input->tail_info;
	char shown[UNITS_TEXT_MAX], seen[UNITS_TEXT_MAX];

	if (!info || !info->is_sampling)
		return;
	text_addf(out, "%sshown %s of %s events (whole packets sampled)",
		  out->length > 0 ? "  " : "", units_grouped_count(shown, info->shown_events),
		  units_grouped_count(seen, info->seen_events));
}

static void add_state(const struct tail_state *tail, const struct view_input *input,
		      struct text *out)
{
	char count[UNITS_TEXT_MAX];

	if (tail->is_frozen)
		text_addf(out, "FROZEN +%s new",
			  units_grouped_count(count, shown_so_far(input) - tail->frozen_at));
	else if (!tail->follows && tail->rows.line_count > 0)
		text_add(out, "F follows");
}

static void draw_footer(const struct tail_state *tail, const struct view_input *input,
			struct canvas *canvas, int row)
{
	int columns = canvas_columns(canvas);
	int at = columns > 20 ? 1 : 0;
	struct text state = {0}, rest = {0};

	if (input->tail_info && error_is_set(&input->tail_info->error))
		at += 2 + canvas_textf(canvas, row, at, columns - at, ROLE_ERR, "E %s",
				       input->tail_info->error.message);
	add_state(tail, input, &state);
	if (state.length > 0)
		at += 2 + canvas_text(canvas, row, at, columns - at, ROLE_WARN, text_str(&state));
	add_word(&rest, "only", input->tail_filter);
	add_word(&rest, "filter", tail->rows.filter.pattern);
	add_word(&rest, "find", tail->find.pattern);
	add_sampling(input, &rest);
	canvas_text(canvas, row, at, columns - at, ROLE_DIM, text_str(&rest));
	text_finish(&state);
	text_finish(&rest);
}

static void draw(const void *state, const struct view_input *input, struct canvas *canvas)
{
	const struct tail_state *tail = state;
	struct event_rows_context context = context_of(tail, input);
	int rows = canvas_rows(canvas);
	struct canvas *body =
		canvas_window(canvas, 0, 0, rows - footer_rows(rows), canvas_columns(canvas));

	canvas_clear(canvas);
	event_rows_draw(&tail->rows, &context, body);
	if (tail->rows.line_count == 0)
		draw_nothing(tail, input, body);
	canvas_destroy(body);
	if (footer_rows(rows))
		draw_footer(tail, input, canvas, rows - 1);
}

/* ---- actions ---- */

static void begin_find(struct tail_state *tail)
{
	tail->has_find_origin = true;
	tail->find_origin = tail->rows.selected;
	tail->had_find_follow = tail->follows;
}

/* Each letter searches from where the search began; an emptied pattern goes back there. */
static void find(struct tail_state *tail, const char *pattern)
{
	match_finish(&tail->find);
	match_compile(&tail->find, pattern, NULL, NULL);
	if (tail->has_find_origin) {
		event_rows_go(&tail->rows, tail->find_origin);
		tail->follows = tail->had_find_follow;
	}
	if (!match_is_empty(&tail->find) && event_rows_find(&tail->rows, &tail->find, true, true))
		tail->follows = false;
}

/* with_selected: the event that is selected will do. */
static void find_again(struct tail_state *tail, bool is_backward, bool with_selected,
		       struct text *command)
{
	if (!match_is_empty(&tail->find) &&
	    event_rows_find(&tail->rows, &tail->find, is_backward, with_selected))
		tail->follows = false;
	else if (tail->find.pattern[0])
		text_addf(command, "@say nothing matches %s", tail->find.pattern);
	else if (!with_selected)
		text_add(command, "@say nothing was searched so far: / searches");
}

static bool act_find(struct tail_state *tail, const char *action, const char *argument,
		     struct text *command)
{
	if (!strcmp(action, "find-start"))
		begin_find(tail);
	else if (!strcmp(action, "find"))
		find(tail, argument);
	else if (!strcmp(action, "find-next"))
		find_again(tail, false, false, command);
	else if (!strcmp(action, "find-previous"))
		find_again(tail, true, false, command);
	else if (!strcmp(action, "find-end"))
		find_again(tail, true, true, command);
	else if (!strcmp(action, "filter"))
		event_rows_set_filter(&tail->rows, argument);
	else
		return false;
	return true;
}

/* Whoever moves up wants to read; at the end one follows again. */
static void note_movement(struct tail_state *tail, size_t before)
{
	const struct event_rows *rows = &tail->rows;

	if (rows->selected_line < before)
		tail->follows = false;
	else if (rows->selected_line != before && rows->selected_line + 1 == rows->line_count)
		tail->follows = true;
}

static bool act_own(struct tail_state *tail, const struct view_input *input, const char *action,
		    struct text *command)
{
	if (!strcmp(action, "follow")) {
		tail->follows = !tail->follows;
		if (tail->follows)
			thaw(tail);
	} else if (!strcmp(action, "freeze")) {
		freeze(tail, input);
	} else if (!strcmp(action, "back")) {
		text_add(command, "@events");
	} else {
		return false;
	}
	return true;
}

static bool act(void *state, const struct view_input *input, const char *action,
		const char *argument, struct text *command)
{
	struct tail_state *tail = state;
	size_t before;

	follow_session(tail, input); /* what is done now is meant for this session's events */
	before = tail->rows.selected_line;
	if (act_own(tail, input, action, command) || act_find(tail, action, argument, command))
		return true;
	if (!event_rows_act(&tail->rows, action, argument, command))
		return request_session_act(input, action, command);
	note_movement(tail, before);
	if (!strcmp(action, "last"))
		tail->follows = true;
	return true;
}

static const char *label(const void *state, const struct view_input *input, const char *action)
{
	(void)state;
	return request_session_label(selection_session(input), action);
}

static const struct view_action actions[] = {
	{"freeze", "hold what is shown and count what comes"},
	{"follow", "stay on the newest event"},
	{"back", "to the events"},
	{NULL, NULL},
};

const struct view_class tail_view = {
	.name = "tail",
	.title = "Tail",
	.digit = '5',
	.help = "The newest events of the selected session while it records, the last at the "
		"bottom. When more pass than can be shown, whole packets are sampled; nothing "
		"is lost by that, it is all in the trace. Moving up leaves following, F returns.",
	.state_bytes = sizeof(struct tail_state),
	.init = init,
	.finish = finish,
	.fit = fit,
	.draw = draw,
	.act = act,
	.label = label,
	EVENT_ROWS_VIEW_CALLS,
	.actions = actions,
	.shared = {view_row_actions, view_searches, view_event_actions, view_session_actions},
};
