/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids, and their start and end in the journal; see lifespan.h. */
#include "backend/model/lifespan.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/identity/journal.h"
#include "backend/model/model.h"

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
}

bool lifespan_can_continue(const struct model *model, const char *previous, struct error *err)
{
	if (!session_id_is_usable(previous))
		return error_set(err, ERROR_INVALID, "the id of a session has 1 to %d bytes",
				 SESSION_ID_BYTES_MAX);
	for (size_t i = 0; i < model->session_count; i++)
		if (strcmp(session_identity(model->sessions[i]), previous) == 0)
			return error_set(err, ERROR_STATE,
					 "session '%s' has this id and goes on; destroy it first",
					 session_name(model->sessions[i]));
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

	if (previous)
		session->previous_identity = shared_text_create(previous);
	free(previous);
}

void lifespan_begin(struct session *session)
{
	struct journal_session described;

	if (session->has_begun)
		return;
	session->has_begun = true;
	if (!session->previous_identity)
		find_previous(session);
	described = describe(session);
	journal_start(session->model->journal, &described, clock_wall_ns());
}

void lifespan_end(struct session *session)
{
	const struct journal_session described = describe(session);
	uint64_t now_ns = clock_wall_ns();
	struct picture_counts counts;

	if (!session->has_begun)
		return;
	session_count(session, &counts);
	journal_end(session->model->journal, &described,
		    &(struct journal_end){
			    .reason = session->end_reason,
			    .wall_ns = now_ns,
			    .observed_ns = now_ns,
			    .has_totals = true,
			    .recorded_events = counts.recorded_events,
			    .discarded_events = counts.discarded_events,
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
