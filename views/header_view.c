/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The top row. Its parts leave in the order of their priority when the width shrinks; what was lost
 * stays to the last.
 */
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/gauge.h"
#include "views/view.h"

#define GAP_COLUMNS	    2
#define WARNING_COLUMNS_MIN 12
#define PARTS_MAX	    8

struct part {
	struct text text;
	enum role role;
	unsigned int priority; /* the largest leaves first; 0 stays */
	int columns;	       /* 0: nothing to say, or no room */
	bool is_at_end;	       /* right-aligned */
	bool is_elastic;       /* makes do with a few columns, takes what is left in the end */
};

struct header {
	struct part parts[PARTS_MAX];
	size_t count;
};

static struct part *add_part(struct header *header, enum role role, unsigned int priority)
{
	struct part *part = &header->parts[header->count++];

	*part = (struct part){.role = role, .priority = priority};
	return part;
}

/* The newest loss that nobody has acknowledged; 0: none. */
static uint64_t unseen_loss_wall_ns(const struct picture *picture)
{
	uint64_t newest_ns = 0;

	for (size_t i = 0; i < picture->session_count; i++) {
		const struct picture_session *session = &picture->sessions[i];
		uint64_t loss_ns = session->counts.last_loss_wall_ns;

		if (session->has_unseen_loss && loss_ns >= newest_ns)
			newest_ns = loss_ns ? loss_ns : 1;
	}
	return newest_ns;
}

static uint64_t lost_packets(const struct picture *picture)
{
	uint64_t count = 0;

	for (size_t i = 0; i < picture->session_count; i++)
		count += picture->sessions[i].counts.lost_packets;
	return count;
}

static void add_loss(struct header *header, const struct picture *picture)
{
	uint64_t unseen_ns = unseen_loss_wall_ns(picture);
	uint64_t packets = lost_packets(picture);
	enum role role = unseen_ns			       ? ROLE_ERR
			 : picture->total_discarded || packets ? ROLE_WARN
							       : ROLE_NORMAL;
	struct part *part = add_part(header, role, 0);
	char text[UNITS_TEXT_MAX];
	char time[CLOCK_TEXT_MAX];

	if (!picture->total_discarded && packets)
		text_addf(&part->text, "lost %sp", units_short_count(text, packets));
	else
		text_addf(&part->text, "lost %s",
			  units_short_count(text, picture->total_discarded));
	if (unseen_ns > 1)
		text_addf(&part->text, " %s", clock_text_time(time, unseen_ns));
}

/* The beginning instead of an age: it stands still. */
static void add_state(struct header *header, const struct view_input *input)
{
	struct part *part = add_part(header, ROLE_WARN, 1);
	char text[UNITS_TEXT_MAX];
	char time[CLOCK_TEXT_MAX];

	text_add(&part->text, input->is_paused ? "PAUSED" : "slow link");
	if (input->is_paused && input->paused_wall_ns)
		text_addf(&part->text, " since %s", clock_text_time(time, input->paused_wall_ns));
	else if (!input->is_paused && input->interval_ns)
		text_addf(&part->text, " %s", units_duration(text, input->interval_ns));
}

/* What can't be traced, and what would help; the first of them, if nothing is worse. */
static void add_source_note(struct header *header, const struct picture *picture)
{
	for (size_t i = 0; i < picture->source_count; i++) {
		const struct picture_source *source = &picture->sources[i];
		struct part *part;

		if (!*source->note)
			continue;
		part = add_part(header, source->is_working ? ROLE_WARN : ROLE_DIM, 7);
		part->is_elastic = true;
		text_addf(&part->text, "%s: %s", source->title, source->note);
		return;
	}
}

/* Whose relay daemon does not answer; the first of them. */
static const struct picture_session *cut_off(const struct picture *picture)
{
	for (size_t i = 0; i < picture->session_count; i++)
		if (picture->sessions[i].relay_lost_wall_ns)
			return &picture->sessions[i];
	return NULL;
}

static void add_cut_off(struct header *header, const struct picture_session *session)
{
	struct part *part = add_part(header, ROLE_WARN, 2);
	char time[CLOCK_TEXT_MAX];

	part->is_elastic = true;
	text_addf(&part->text, "! %s: no relay daemon since %s", session->name,
		  clock_text_time(time, session->relay_lost_wall_ns));
}

static void add_parts(struct header *header, const struct view_input *input)
{
	const struct picture *picture = input->picture;
	char text[UNITS_TEXT_MAX];
	char time[CLOCK_TEXT_MAX];
	struct part *part;

	text_add(&add_part(header, ROLE_TITLE, 6)->text, picture->host_name);
	text_addf(&add_part(header, ROLE_NORMAL, 4)->text, "sess %zu/%zu", picture->active_count,
		  picture->session_count);
	text_addf(&add_part(header, ROLE_NORMAL, 3)->text, "%s ev/s",
		  units_rate(text, picture->total_rate_per_1000_s));
	add_loss(header, picture);
	text_addf(&add_part(header, gauge_role(picture->fill_permille), 5)->text, "buf %u%%",
		  picture->fill_permille / 10);
	if (*picture->warning) {
		part = add_part(header, ROLE_WARN, 2);
		part->is_elastic = true;
		text_addf(&part->text, "! %s", picture->warning);
	} else if (cut_off(picture)) {
		add_cut_off(header, cut_off(picture));
	} else {
		add_source_note(header, picture);
	}
	if (input->is_paused || input->is_slow_link)
		add_state(header, input);
	if (input->has_no_clock)
		return;
	part = add_part(header, ROLE_TIME, 2);
	part->is_at_end = true;
	/* Minutes: a clock that ticks would be the only thing to redraw. */
	text_addf(&part->text, "%.5s", clock_text_time(time, input->now_wall_ns));
}

static int total_columns(const struct header *header)
{
	int total = 0;

	for (size_t i = 0; i < header->count; i++)
		if (header->parts[i].columns > 0)
			total += header->parts[i].columns + (total > 0 ? GAP_COLUMNS : 0);
	return total;
}

static bool drop_least_important(struct header *header)
{
	struct part *least = NULL;

	for (size_t i = 0; i < header->count; i++) {
		struct part *part = &header->parts[i];

		if (part->columns > 0 && part->priority > 0 &&
		    (!least || part->priority > least->priority))
			least = part;
	}
	if (least)
		least->columns = 0;
	return least;
}

static void fit_parts(struct header *header, const struct canvas *canvas, int room)
{
	struct part *elastic = NULL;
	int wanted = 0, more;

	for (size_t i = 0; i < header->count; i++) {
		struct part *part = &header->parts[i];

		part->columns = canvas_text_columns(canvas, text_str(&part->text));
		if (!part->is_elastic)
			continue;
		elastic = part;
		wanted = part->columns;
		if (part->columns > WARNING_COLUMNS_MIN)
			part->columns = WARNING_COLUMNS_MIN;
	}
	while (total_columns(header) > room && drop_least_important(header))
		;
	if (!elastic || elastic->columns == 0)
		return;
	more = room - total_columns(header);
	if (more > wanted - elastic->columns)
		more = wanted - elastic->columns;
	if (more > 0)
		elastic->columns += more;
}

void header_draw(const struct view_input *input, struct canvas *canvas)
{
	struct header header = {.count = 0};
	int columns = canvas_columns(canvas);
	int margin = columns > 20 ? 1 : 0;
	int at = margin;

	add_parts(&header, input);
	fit_parts(&header, canvas, columns - margin);
	canvas_fill(canvas, 0, 0, columns, ROLE_NORMAL, ' ');
	for (size_t i = 0; i < header.count; i++) {
		struct part *part = &header.parts[i];

		if (part->columns > 0 && part->is_at_end)
			canvas_text_right(canvas, 0, columns, part->columns, part->role,
					  text_str(&part->text));
		else if (part->columns > 0)
			at += canvas_text(canvas, 0, at, part->columns, part->role,
					  text_str(&part->text)) +
			      GAP_COLUMNS;
		text_finish(&part->text);
	}
}
