/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace on disk: where one is in it, its events over time, and its rows. What moves beyond the
 * page at hand, searches or counts is the console's business: this view draws it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/browse.h"
#include "views/event_rows_view.h"
#include "views/event_text.h"
#include "views/gauge.h"
#include "views/match.h"
#include "views/sentence.h"
#include "views/sparkline.h"
#include "views/views.h"

#define TOP_MIN	      3 /* rows from which on there is a line about the trace, … */
#define FOOTER_MIN    5 /* … a footer, … */
#define HISTOGRAM_MIN 8 /* … events over time */
#define JOB_COLUMNS   8 /* of the bar */
#define SPAN_DIGITS   3
#define FULL_PERMILLE 1000

struct browser_view {
	struct event_rows rows; /* first: EVENT_ROWS_VIEW_CALLS */
	struct match find;	/* the console's pattern, for showing */
};

static void init(void *state)
{
	event_rows_init(&((struct browser_view *)state)->rows);
}

static void finish(void *state)
{
	struct browser_view *view = state;

	match_finish(&view->find);
	event_rows_finish(&view->rows);
}

/* ---- where ---- */

struct frame {
	int top, histogram, footer; /* rows that each takes */
};

static struct frame frame_of(int rows)
{
	return (struct frame){
		.top = rows >= TOP_MIN,
		.histogram = rows >= HISTOGRAM_MIN,
		.footer = rows >= FOOTER_MIN,
	};
}

static int body_rows(int rows)
{
	struct frame frame = frame_of(rows);

	return rows - frame.top - frame.histogram - frame.footer;
}

static void take_find(struct browser_view *view, const struct view_input *input)
{
	const char *find = input->browser_state ? input->browser_state->find : "";

	if (!strcmp(find, view->find.pattern))
		return;
	match_finish(&view->find);
	match_compile(&view->find, find, NULL, NULL);
}

static struct event_rows_context context_of(const struct browser_view *view,
					    const struct view_input *input)
{
	const struct browser_state *state = input->browser_state;
	struct event_rows_context context = {
		.find = &view->find,
		.is_focused = input->is_focused,
	};

	if (state) {
		context.marks = state->marks;
		context.mark_count = state->mark_count;
		context.has_range = state->has_range;
		context.range = state->range;
	}
	return context;
}

/* The console moves the selection of all panes when a page comes that was gone to. */
static void take_selection(struct browser_view *view, const struct view_input *input)
{
	const struct selection *selection = input->selection;

	if (!selection->has_place) {
		view->rows.has_selected = false;
		return;
	}
	if (!view->rows.has_selected ||
	    event_text_compare(view->rows.selected, selection->place) != 0)
		event_rows_go(&view->rows, selection->place);
}

static void give_selection(const struct browser_view *view, const struct view_input *input)
{
	if (view->rows.line_count == 0)
		return;
	input->selection->place = view->rows.selected;
	input->selection->has_place = true;
}

static void fit(void *state, const struct view_input *input, int rows, int columns)
{
	struct browser_view *view = state;
	struct event_rows_context context = context_of(view, input);

	take_find(view, input);
	take_selection(view, input);
	if (input->browser_info)
		view->rows.origin_ns = input->browser_info->begin_wall_ns;
	for (size_t i = 0; i < context.mark_count; i++)
		if (context.marks[i].letter == '0')
			view->rows.origin_ns = context.marks[i].place.wall_ns;
	event_rows_fit(&view->rows, input->browser, &context, body_rows(rows), columns);
	give_selection(view, input);
}

/* ---- the trace ---- */

static uint64_t span_ns(const struct browse_info *info)
{
	return info->end_wall_ns > info->begin_wall_ns ? info->end_wall_ns - info->begin_wall_ns
						       : 0;
}

/* Of the selected event in the whole, 0 to 1000. */
static uint64_t position_permille(const struct view_input *input)
{
	const struct browse_info *info = input->browser_info;
	uint64_t span = span_ns(info);
	uint64_t at = input->selection->place.wall_ns;

	if (!input->selection->has_place || at <= info->begin_wall_ns || span == 0)
		return 0;
	if (at >= info->end_wall_ns)
		return FULL_PERMILLE;
	return (uint64_t)((double)(at - info->begin_wall_ns) * FULL_PERMILLE / (double)span);
}

static void add_span(const struct browse_info *info, struct text *out)
{
	char begin[EVENT_TEXT_MAX], end[EVENT_TEXT_MAX], duration[UNITS_TEXT_MAX];

	if (!info->end_wall_ns)
		return;
	text_addf(out, "%s - %s  %s", event_text_time(begin, info->begin_wall_ns, SPAN_DIGITS),
		  event_text_time(end, info->end_wall_ns, SPAN_DIGITS),
		  units_duration(duration, span_ns(info)));
}

static void draw_top(const struct view_input *input, struct canvas *canvas)
{
	const struct browse_info *info = input->browser_info;
	int columns = canvas_columns(canvas);
	struct text position = {0}, span = {0};
	int used, room;

	if (!info)
		return;
	text_addf(&position, "%s%" PRIu64 " %%", info->is_growing ? "recording  " : "",
		  position_permille(input) / 10);
	add_span(info, &span);
	used = canvas_text_right(canvas, 0, columns, columns, ROLE_RATE, text_str(&position)) + 2;
	room = columns - used;
	if (canvas_text_columns(canvas, text_str(&span)) < room * 2 / 3)
		used += 2 + canvas_text_right(canvas, 0, columns - used, room, ROLE_TIME,
					      text_str(&span));
	canvas_text_middle(canvas, 0, 0, columns - used, ROLE_TITLE, info->path ? info->path : "");
	text_finish(&position);
	text_finish(&span);
}

/* ---- events over time ---- */

/* Bins [begin, end) that a sample stands for. */
static void bins_of(int sample, int count, size_t *begin, size_t *end)
{
	*begin = (size_t)sample * BROWSE_BINS / (size_t)count;
	*end = (size_t)(sample + 1) * BROWSE_BINS / (size_t)count;
	if (*end == *begin)
		++*end;
}

static uint64_t largest_bin(const struct browse_info *info)
{
	uint64_t largest = 1;

	for (size_t i = 0; i < BROWSE_BINS; i++)
		if (info->bins[i] > largest)
			largest = info->bins[i];
	return largest;
}

/* Means, so that a bin more or less in a sample makes no step; scaled into 32 bits. */
static void fill_samples(const struct browse_info *info, uint32_t *samples, int count)
{
	uint64_t divisor = largest_bin(info) / INT32_MAX + 1;

	for (int i = 0; i < count; i++) {
		size_t begin, end;
		uint64_t sum = 0;

		bins_of(i, count, &begin, &end);
		for (size_t bin = begin; bin < end; bin++)
			sum += info->bins[bin] / divisor + (info->bins[bin] % divisor != 0);
		samples[i] = (uint32_t)((sum + end - begin - 1) / (end - begin));
	}
}

static void mark_gaps(const struct browse_info *info, struct canvas *canvas, int row, int columns)
{
	for (int column = 0; column < columns; column++) {
		size_t begin, end;

		bins_of(column, columns, &begin, &end);
		for (size_t bin = begin; bin < end; bin++)
			if (info->has_gap[bin])
				canvas_fill(canvas, row, column, 1, ROLE_ERR, 'L');
	}
}

static void draw_histogram(const struct view_input *input, struct canvas *canvas, int row)
{
	const struct browse_info *info = input->browser_info;
	int columns = canvas_columns(canvas);
	int count = sparkline_samples(canvas_glyphs(canvas), columns);
	uint32_t *samples;
	struct sparkline sparkline;
	int at;

	if (!info || !info->is_open)
		return;
	samples = mem_zalloc((size_t)(count + 1) * sizeof(*samples));
	fill_samples(info, samples, count);
	sparkline = (struct sparkline){
		.samples = samples, .count = (size_t)count, .newest_number = (uint64_t)count - 1};
	sparkline_draw(&sparkline, canvas, row, 0, columns, ROLE_SPARK);
	free(samples);
	mark_gaps(info, canvas, row, columns);
	at = (int)(position_permille(input) * (uint64_t)(columns - 1) / FULL_PERMILLE);
	canvas_text(canvas, row, at, 1, ROLE_FOCUS, canvas_pick(canvas, "┃", "|"));
}

/* ---- what could not be read ---- */

static bool is_reading(const struct view_input *input)
{
	return !input->browser_info->is_open ||
	       (input->browser_state && *input->browser_state->waiting);
}

/*
 * Why there is less to show than the files hold, or nothing; "": all is well. What a session is
 * writing may be incomplete for a moment.
 */
static const char *problem_of(const struct view_input *input)
{
	const struct browse_info *info = input->browser_info;

	if (!info)
		return "";
	if (error_is_set(&info->error) && (info->has_failed || !info->is_growing))
		return info->error.message;
	return !input->browser && input->browser_state ? input->browser_state->problem : "";
}

/* Nothing came that could be shown. */
static bool has_only_problem(const struct view_input *input)
{
	return !input->browser && *problem_of(input);
}

/* ---- the footer ---- */

static void add_bytes_of(uint64_t done, uint64_t total, struct text *out)
{
	char text[UNITS_TEXT_MAX];

	text_add(out, units_short_bytes(text, done));
	if (total)
		text_addf(out, "/%s", units_short_bytes(text, total));
}

/* searching ███▁▁ 42 % 1.30 GB/3.10 GB 8.0 s  Ctrl-C cancels */
static void draw_job(const struct view_input *input, struct canvas *canvas, int row)
{
	const struct browse_job *job = &input->browser_info->job;
	uint64_t now_ns = input->browser_state ? input->browser_state->now_ns : 0;
	uint64_t permille = 0;
	int columns = canvas_columns(canvas);
	int at = canvas_textf(canvas, row, 0, columns, ROLE_NEW, "%s ", job->what);
	char duration[UNITS_TEXT_MAX];
	struct text text = {0};

	if (job->total_bytes) {
		permille = (uint64_t)((double)job->done_bytes * FULL_PERMILLE /
				      (double)job->total_bytes);
		permille = permille < FULL_PERMILLE ? permille : FULL_PERMILLE;
		gauge_draw(canvas, row, at, JOB_COLUMNS, ROLE_RATE, (uint32_t)permille);
		at += JOB_COLUMNS;
		text_addf(&text, " %" PRIu64 " %% ", permille / 10);
	}
	add_bytes_of(job->done_bytes, job->total_bytes, &text);
	if (now_ns > job->begun_at_ns)
		text_addf(&text, " %s", units_duration(duration, now_ns - job->begun_at_ns));
	text_add(&text, "  Ctrl-C cancels");
	canvas_text(canvas, row, at, columns - at, ROLE_NORMAL, text_str(&text));
	text_finish(&text);
}

static void add_losses(const struct browse_info *info, struct text *out)
{
	char events[UNITS_TEXT_MAX], packets[UNITS_TEXT_MAX];

	if (info->lost_events == 0 && info->lost_packets == 0)
		return;
	text_add(out, "lost");
	if (info->lost_events)
		text_addf(out, " %s event%s", units_grouped_count(events, info->lost_events),
			  info->lost_events == 1 ? "" : "s");
	if (info->lost_packets)
		text_addf(out, " %s packet%s", units_grouped_count(packets, info->lost_packets),
			  info->lost_packets == 1 ? "" : "s");
	if (info->gap_count)
		text_addf(out, " in %zu gap%s", info->gap_count, info->gap_count == 1 ? "" : "s");
}

static void add_state(const struct view_input *input, struct text *out)
{
	const struct browse_info *info = input->browser_info;
	const struct browser_state *state = input->browser_state;
	char bytes[UNITS_TEXT_MAX];

	if (state && *state->filter)
		text_addf(out, "only %s  ", state->filter);
	if (state && *state->find)
		text_addf(out, "find %s  ", state->find);
	if (state && state->has_range)
		text_add(out, "selecting, v ends  ");
	text_addf(out, "%zu trace%s %zu stream%s %s", info->trace_count,
		  info->trace_count == 1 ? "" : "s", info->stream_count,
		  info->stream_count == 1 ? "" : "s", units_short_bytes(bytes, info->packet_bytes));
	if (!info->is_indexed)
		text_add(out, " and more");
	if (state && *state->waiting)
		text_addf(out, "  %s", state->waiting);
}

static void draw_footer(const struct view_input *input, struct canvas *canvas, int row)
{
	const struct browse_info *info = input->browser_info;
	int columns = canvas_columns(canvas);
	struct text losses = {0}, state = {0};
	int at = 0;

	if (!info || !info->is_open)
		return;
	if (info->job.what) {
		draw_job(input, canvas, row);
		return;
	}
	add_losses(info, &losses);
	if (losses.length > 0)
		at += 2 + canvas_text(canvas, row, at, columns, ROLE_ERR, text_str(&losses));
	if (*problem_of(input))
		at += 2 + canvas_textf(canvas, row, at, columns - at, ROLE_ERR, "E %s",
				       problem_of(input));
	add_state(input, &state);
	canvas_text(canvas, row, at, columns - at, ROLE_DIM, text_str(&state));
	text_finish(&losses);
	text_finish(&state);
}

/* ---- drawing ---- */

static void add_nothing(const struct view_input *input, struct text *out)
{
	const struct browse_info *info = input->browser_info;

	if (!info)
		text_add(out, "nothing is open: view PATH, or Enter on a chunk");
	else if (!info->has_failed && is_reading(input))
		text_add(out, "reading");
	else if (has_only_problem(input))
		text_addf(out, "E %s", problem_of(input));
	else if (!input->browser)
		text_add(out, "no events");
	else if (input->browser_state && *input->browser_state->filter)
		text_addf(out, "nothing matches %s", input->browser_state->filter);
	else
		text_add(out, "no events in this trace");
}

static void draw_nothing(const struct view_input *input, struct canvas *canvas)
{
	struct text text = {0};

	add_nothing(input, &text);
	canvas_clear(canvas);
	sentence_draw(canvas, 0, 0, canvas_columns(canvas), canvas_rows(canvas),
		      has_only_problem(input) ? ROLE_ERR : ROLE_DIM, text_str(&text));
	if (input->is_focused)
		canvas_set_cursor(canvas, 0, 0);
	text_finish(&text);
}

static void draw(const void *state, const struct view_input *input, struct canvas *canvas)
{
	const struct browser_view *view = state;
	struct event_rows_context context = context_of(view, input);
	int rows = canvas_rows(canvas);
	struct frame frame = frame_of(rows);
	struct canvas *body;

	canvas_clear(canvas);
	if (frame.top)
		draw_top(input, canvas);
	if (frame.histogram)
		draw_histogram(input, canvas, frame.top);
	body = canvas_window(canvas, frame.top + frame.histogram, 0, body_rows(rows),
			     canvas_columns(canvas));
	if (view->rows.line_count > 0)
		event_rows_draw(&view->rows, &context, body);
	else
		draw_nothing(input, body);
	canvas_destroy(body);
	if (frame.footer)
		draw_footer(input, canvas, rows - 1);
}

/* ---- actions ---- */

static bool is_in_page(const char *action)
{
	return strcmp(action, "first") != 0 && strcmp(action, "last") != 0;
}

static bool act(void *state, const struct view_input *input, const char *action,
		const char *argument, struct text *command)
{
	struct browser_view *view = state;
	struct event_rows_context context = context_of(view, input);

	take_selection(view, input);
	/* Several actions between two frames: the page may have grown meanwhile. */
	if (view->rows.rows > 0 && input->browser != view->rows.page)
		event_rows_fit(&view->rows, input->browser, &context, view->rows.rows,
			       view->rows.columns);
	if (!is_in_page(action) || !event_rows_act(&view->rows, action, argument, command))
		return false;
	give_selection(view, input);
	return true;
}

const struct view_class browser_view = {
	.name = "browser",
	.title = "Browser",
	.help = "The events of a trace on disk. The line above them shows events over time, where "
		"one is, and L where events were lost. Mark 0 is where relative times begin.",
	.state_bytes = sizeof(struct browser_view),
	.init = init,
	.finish = finish,
	.fit = fit,
	.draw = draw,
	.act = act,
	EVENT_ROWS_VIEW_CALLS,
	.shared = {view_row_actions, view_event_actions},
};
