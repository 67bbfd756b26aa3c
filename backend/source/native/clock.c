/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clocks of sessions' native traces: each chunk's metadata describes the line through the pairs
 * that were taken while it was recorded. What is written first is an estimate, made right once a
 * second where that matters, and when the chunk ends.
 */
#include "backend/base/log.h"
#include "backend/sink/sink.h"
#include "backend/source/native/internal.h"

#define WRITE_FROM_NS 100 /* less is not worth writing a file for */

/* The end of env, and the clock: what differs from chunk to chunk. */
static void print(struct native_session *session, struct text *text)
{
	struct ctf_clock clock = {.uuid = session->clock_uuid, .has_uuid = session->has_clock_uuid};
	uint64_t residual_ns;

	time_line_clock(&session->line, session->offset_ns, &clock, &residual_ns);
	text_addf(text, "\tclock_residual_ns = %llu;\n};\n", (unsigned long long)residual_ns);
	ctf_metadata_clock(text, &clock);
}

/* clock_lock is held. */
static void learn(struct native_source *source, const struct time_pair *pair)
{
	struct time_line *line = &source->long_line;

	if (!line->has_first)
		time_line_begin(line, pair, 0);
	else if (time_line_breaks(line, pair))
		time_line_begin(line, pair, time_line_frequency(line));
	else
		time_line_add(line, pair);
}

static struct time_pair take_pair(struct native_source *source)
{
	struct time_pair pair = timebase_take();

	learn(source, &pair);
	return pair;
}

void native_clock_declare(struct native_source *source, struct native_session *session,
			  const struct session_spec *spec, struct text *text)
{
	struct time_pair pair;

	pthread_mutex_lock(&source->clock_lock);
	if (!session->sink) {
		pair = take_pair(source);
		session->sink = spec->sink;
		session->offset_ns = spec->clock.offset_ns;
		session->clock_uuid = spec->clock.uuid;
		session->has_clock_uuid = spec->clock.has_uuid;
		time_line_begin(&session->line, &pair, time_line_frequency(&source->long_line));
		print(session, &session->clock_text);
	}
	text_add(text, text_str(&session->clock_text));
	pthread_mutex_unlock(&source->clock_lock);
}

/* clock_lock is held. Who reads a live trace has taken in the clock already. */
static void write_clock(struct native_session *session)
{
	struct text fresh = {0};
	struct error err = ERROR_INIT;

	if (session->sink->is_live)
		return;
	print(session, &fresh);
	if (sink_replace_metadata(session->sink, text_str(&session->clock_text), text_str(&fresh),
				  &err)) {
		text_finish(&session->clock_text);
		session->clock_text = fresh;
		return;
	}
	log_write(LOG_LEVEL_WARNING, "the clock of a native trace can't be written: %s",
		  err.message);
	text_finish(&fresh);
}

/* clock_lock is held. */
static void settle(struct native_source *source, struct native_session *session, bool is_new)
{
	struct time_pair pair;

	if (!session->sink)
		return;
	pair = take_pair(source);
	if (!time_line_breaks(&session->line, &pair))
		time_line_add(&session->line, &pair);
	session->line.frequency_hz = time_line_frequency(&source->long_line);
	write_clock(session);
	if (is_new)
		time_line_begin(&session->line, &pair, time_line_frequency(&session->line));
}

void native_clock_settle(struct native_source *source, struct native_session *session, bool is_new)
{
	pthread_mutex_lock(&source->clock_lock);
	settle(source, session, is_new);
	pthread_mutex_unlock(&source->clock_lock);
}

void native_clock_settle_session(struct native_source *source, uint64_t session_id)
{
	pthread_mutex_lock(&source->clock_lock);
	for (struct native_session *session = source->sessions; session; session = session->next)
		if (session->id == session_id)
			settle(source, session, true);
	pthread_mutex_unlock(&source->clock_lock);
}

/* Its packets come one by one to whoever asks, or go to somebody who was told the clock. */
static bool has_one_clock(const struct native_session *session)
{
	return session->spec->keeps_packets || session->sink->is_live;
}

static void warn_of_break(const struct native_session *session)
{
	const char *what_follows =
		has_one_clock(session)
			? ", which can't go on in a new chunk: times of native events are off by "
			  "as much; stop it and make another"
			: ": it goes on in a new chunk; the last native events of this one may be "
			  "off by as much";

	log_write(LOG_LEVEL_WARNING,
		  "the processor's counter and the system's clock are %llu us apart in session "
		  "'%s'%s",
		  (unsigned long long)(session->line.broken_ns / 1000), session->spec->name,
		  what_follows);
}

static void tick(struct native_source *source, struct native_session *session,
		 const struct time_pair *pair)
{
	uint64_t broken_before_ns = session->line.broken_ns;
	uint64_t distance_ns;
	bool is_broken;

	session->line.frequency_hz = time_line_frequency(&source->long_line);
	is_broken = time_line_breaks(&session->line, pair);
	if (is_broken && !broken_before_ns)
		warn_of_break(session);
	if (is_broken && !has_one_clock(session)) {
		/* The pair is of the next chunk's line. */
		source->host.chunk_goes_wrong(source->host.data, session->id);
		return;
	}
	distance_ns = time_line_distance(&session->line, pair);
	time_line_add(&session->line, pair);
	if (distance_ns > WRITE_FROM_NS)
		write_clock(session);
}

void native_clocks_note(struct native_source *source, const struct time_pair *pair)
{
	pthread_mutex_lock(&source->clock_lock);
	learn(source, pair);
	for (struct native_session *session = source->sessions; session; session = session->next)
		if (session->sink && session->spec->is_active)
			tick(source, session, pair);
	pthread_mutex_unlock(&source->clock_lock);
}

void native_clocks_tick(struct native_source *source)
{
	struct time_pair pair;

	if (!source->is_counter)
		return;
	pair = timebase_take();
	native_clocks_note(source, &pair);
}
