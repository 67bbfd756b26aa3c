/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids, and their start and end in the journal; see lifespan.h. */
#include "backend/model/lifespan.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/ctf/tsdl.h"
#include "backend/identity/journal.h"
#include "backend/model/expiry.h"
#include "backend/model/model.h"
#include "backend/model/running.h"
#include "backend/model/telemetry.h"

void lifespan_open(struct model *model)
{
	const char *state = model->places->state;
	struct error err = ERROR_INIT;
	char *path = NULL;

	if (state && places_make_private(state, 0700, &err))
		path = mem_printf("%s/" JOURNAL_NAME, state);
	else if (state)
		log_write(LOG_LEVEL_WARNING, "sessions are not journalled: %s", err.message);
	model->journal = journal_create(path, model->host_name);
	free(path);
}

void lifespan_close(struct model *model)
{
	journal_destroy(model->journal);
}

void lifespan_init(struct session *session, const char *previous)
{
	char id[UUID_TEXT_MAX];

	session_id_make(&session->model->id_clock, session->created_wall_ns, id);
	session->identity = shared_text_create(id);
	session->previous_identity = previous ? shared_text_create(previous) : NULL;
	session->end_reason = LIFESPAN_DESTROYED;
}

void lifespan_finish(struct session *session)
{
	shared_text_unref(session->identity);
	shared_text_unref(session->previous_identity);
	shared_text_unref(session->turned_previous);
	shared_text_unref(session->saved_identity);
}

bool lifespan_can_continue(const struct model *model, const char *previous, struct error *err)
{
	bool goes_on;

	if (!session_id_is_usable(previous))
		return error_set(err, ERROR_INVALID, "the id of a session has 1 to %d bytes",
				 SESSION_ID_BYTES_MAX);
	for (size_t i = 0; i < model->session_count; i++)
		if (strcmp(session_identity(model->sessions[i]), previous) == 0)
			return error_set(err, ERROR_STATE,
					 "session '%s' has this id and goes on; destroy it first",
					 session_name(model->sessions[i]));
	if (journal_knows(model->journal, previous, &goes_on) && goes_on)
		return error_set(err, ERROR_STATE,
				 "a session of another engine has this id and goes on");
	return true;
}

static struct journal_session describe(const struct session *session)
{
	return (struct journal_session){
		.id = session_identity(session),
		.previous_id = session_previous_identity(session),
		.name = session_name(session),
		.uid = session->uid,
	};
}

static void find_previous(struct session *session)
{
	char *previous = journal_last(session->model->journal, session->uid, session_name(session));

	if (!previous && session->saved_identity &&
	    lifespan_can_continue(session->model, shared_text_str(session->saved_identity), NULL))
		session->previous_identity = shared_text_ref(session->saved_identity);
	if (previous)
		session->previous_identity = shared_text_create(previous);
	free(previous);
}

static void begin_at(struct session *session, uint64_t wall_ns)
{
	struct journal_session described;

	session->has_begun = true;
	session->begun_wall_ns = wall_ns;
	if (!session->previous_identity)
		find_previous(session);
	described = describe(session);
	journal_start(session->model->journal, &described, wall_ns);
	expiry_begun(session);
}

void lifespan_begin(struct session *session)
{
	if (!session->has_begun && !session->waits_for_event)
		begin_at(session, clock_wall_ns());
}

void lifespan_begin_waiting(struct session *session, uint64_t wall_ns)
{
	if (!session->waits_for_event)
		return;
	session->waits_for_event = false;
	begin_at(session, wall_ns);
	running_note(session);
}

static void end_at(struct session *session, const char *reason, uint64_t wall_ns)
{
	const struct journal_session described = describe(session);
	struct picture_counts counts;

	if (!session->has_begun)
		return;
	telemetry_publish(session->model);
	lifespan_count(session, &counts);
	journal_end(session->model->journal, &described,
		    &(struct journal_end){
			    .reason = reason,
			    .wall_ns = wall_ns,
			    .observed_ns = clock_wall_ns(),
			    .has_totals = true,
			    .recorded_events = counts.recorded_events,
			    .discarded_events = counts.discarded_events,
		    });
}

void lifespan_end(struct session *session)
{
	end_at(session, session->end_reason, clock_wall_ns());
}

void lifespan_cleared(struct session *session)
{
	session->counted_before = (struct picture_counts){0};
	for (size_t i = 0; i < session->channel_count; i++)
		session->channels[i]->counted_before = (struct picture_counts){0};
}

/* A counter that was cleared meanwhile has less. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now > before ? now - before : 0;
}

void lifespan_subtract(struct picture_counts *counts, const struct picture_counts *before)
{
	counts->recorded_events = since(counts->recorded_events, before->recorded_events);
	counts->recorded_bytes = since(counts->recorded_bytes, before->recorded_bytes);
	counts->discarded_events = since(counts->discarded_events, before->discarded_events);
	counts->lost_packets = since(counts->lost_packets, before->lost_packets);
}

void lifespan_count(const struct session *session, struct picture_counts *counts)
{
	session_count(session, counts);
	lifespan_subtract(counts, &session->counted_before);
}

/* What comes from now on counts for another id. */
static void begin_counts(struct session *session)
{
	session_count(session, &session->counted_before);
	for (size_t i = 0; i < session->channel_count; i++)
		channel_count(session->channels[i], &session->channels[i]->counted_before);
	session->archived_count = 0;
}

/* --- one id after the other */

static void replace(struct session *session, const char *old, const char *fresh)
{
	struct error err = ERROR_INIT;

	if (session->sink && !sink_replace_metadata(session->sink, old, fresh, &err))
		log_write(LOG_LEVEL_WARNING,
			  "the metadata of session '%s' still has the id that it had before: %s",
			  session_name(session), err.message);
}

/* As ctf_metadata_trace() writes the environment. */
static void add_entry(struct text *out, const char *name, const char *value)
{
	text_addf(out, "\t%s = ", name);
	tsdl_add_quoted(out, value);
	text_add(out, ";\n");
}

/*
 * What it continues first: then a text that has the
 * old id has the new one afterwards, whatever comes between.
 */
static void rename_in_traces(struct session *session, const char *id, const char *previous)
{
	struct text old = {0};
	struct text fresh = {0};

	if (*previous) {
		add_entry(&old, "session_previous_id", previous);
		add_entry(&fresh, "session_previous_id", id);
		replace(session, text_str(&old), text_str(&fresh));
	}
	text_clear(&old);
	text_clear(&fresh);
	add_entry(&old, "session_id", id);
	add_entry(&fresh, "session_id", session_identity(session));
	if (!*previous)
		add_entry(&fresh, "session_previous_id", id);
	replace(session, text_str(&old), text_str(&fresh));
	text_finish(&old);
	text_finish(&fresh);
}

void lifespan_turn(struct session *session, const char *reason, uint64_t wall_ns, bool waits)
{
	char id[UUID_TEXT_MAX];

	if (wall_ns < session->noted_wall_ns)
		wall_ns = session->noted_wall_ns;
	end_at(session, reason, wall_ns);
	begin_counts(session);
	shared_text_unref(session->turned_previous);
	session->turned_previous = session->previous_identity;
	session->previous_identity = session->identity;
	session_id_make(&session->model->id_clock, clock_wall_ns(), id);
	session->identity = shared_text_create(id);
	session->has_begun = false;
	session->waits_for_event = waits;
	if (!waits)
		begin_at(session, wall_ns);
	lifespan_turn_late(session);
	log_write(LOG_LEVEL_INFO, "session '%s' goes on as %s: %s", session_name(session), id,
		  strcmp(reason, LIFESPAN_IDLE) == 0 ? "nothing was recorded for its idle timeout"
						     : "its maximum lifetime is over");
}

void lifespan_turn_late(struct session *session)
{
	rename_in_traces(session, session_previous_identity(session),
			 shared_text_str(session->turned_previous));
}

void lifespan_left_waiting(struct model *model, const char *name, uid_t uid, const char *identity,
			   const char *previous)
{
	const struct journal_session session = {identity, previous, name, uid};
	uint64_t now_ns = clock_wall_ns();
	bool goes_on;

	if (journal_knows(model->journal, identity, &goes_on))
		return;
	journal_start(model->journal, &session, now_ns);
	journal_end(model->journal, &session,
		    &(struct journal_end){
			    .reason = "crash",
			    .wall_ns = now_ns,
			    .observed_ns = now_ns,
		    });
}

/* --- notes */

static void note(struct session *session, const char *identity, const struct journal_note *what)
{
	struct journal_session described = describe(session);

	if (identity)
		described.id = identity;
	if (!identity && what->wall_ns > session->noted_wall_ns)
		session->noted_wall_ns = what->wall_ns;
	if (identity || session->has_begun)
		journal_note(session->model->journal, &described, what);
}

void lifespan_note(struct session *session, const char *event)
{
	struct picture_counts counts;

	lifespan_count(session, &counts);
	note(session, NULL,
	     &(struct journal_note){
		     .event = event,
		     .wall_ns = clock_wall_ns(),
		     .numbers =
			     (struct journal_number[]){
				     {"tracon.event.recorded", counts.recorded_events},
				     {"tracon.event.discarded", counts.discarded_events},
				     {NULL, 0},
			     },
	     });
}

void lifespan_note_chunk(struct session *session, const struct chunk_row *chunk,
			 const char *identity, uint64_t ended_wall_ns)
{
	note(session, identity,
	     &(struct journal_note){
		     .event = "tracon.chunk.archived",
		     .wall_ns = identity ? ended_wall_ns : chunk->end_wall_ns,
		     .texts =
			     (struct journal_text[]){
				     {"tracon.chunk.path", shared_text_str(chunk->path)},
				     {NULL, NULL},
			     },
		     .numbers =
			     (struct journal_number[]){
				     {"tracon.chunk.id", chunk->id},
				     {"tracon.chunk.begin", chunk->begin_wall_ns},
				     {"tracon.chunk.end", chunk->end_wall_ns},
				     {"tracon.chunk.bytes", chunk->bytes},
				     {"tracon.event.recorded", chunk->event_count},
				     {"tracon.event.discarded", chunk->discarded_events},
				     {NULL, 0},
			     },
	     });
}

const char *session_identity(const struct session *session)
{
	return shared_text_str(session->identity);
}

const char *session_previous_identity(const struct session *session)
{
	return shared_text_str(session->previous_identity);
}
