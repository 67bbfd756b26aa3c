/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metadata and state dumps made anew while a session records; see recording.h. */
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/model/operation.h"
#include "backend/model/recording.h"

struct regenerate_operation {
	struct operation operation; /* first */
	struct outcome outcome;
	struct ctf_clock old_clock;
};

static void finish_regenerate(struct operation *operation, const struct error *err)
{
	struct regenerate_operation *regenerate = (struct regenerate_operation *)operation;

	regenerate->outcome.done(regenerate->outcome.data, err);
}

static bool check(const struct session *session, struct error *err)
{
	return session->is_active ||
	       error_set(err, ERROR_STATE, "the session is not active; start it first");
}

/* Sources use the new clock by now, so every text that has the old one is known. */
static void replace_step(struct operation *operation)
{
	struct regenerate_operation *regenerate = (struct regenerate_operation *)operation;
	struct session *session = operation->session;
	struct error err = ERROR_INIT;
	struct text old = {0};
	struct text fresh = {0};

	ctf_metadata_clock(&old, &regenerate->old_clock);
	ctf_metadata_clock(&fresh, &session->clock);
	sink_replace_metadata(session->sink, text_str(&old), text_str(&fresh), &err);
	text_finish(&old);
	text_finish(&fresh);
	operation_end(operation, error_is_set(&err) ? &err : NULL);
}

static void applied(void *data, const struct error *err)
{
	struct operation *operation = data;

	task_done(&operation->task, err);
}

static void metadata_step(struct operation *operation)
{
	struct regenerate_operation *regenerate = (struct regenerate_operation *)operation;
	struct session *session = operation->session;
	struct error err = ERROR_INIT;

	if (!check(session, &err)) {
		operation_end(operation, &err);
		return;
	}
	regenerate->old_clock = session->clock;
	session->clock.offset_ns = clock_wall_offset_ns();
	operation_wait(operation, replace_step);
	session_apply(session, (struct outcome){applied, operation});
}

static void statedump_done(struct operation *operation)
{
	struct error err = operation->task.error;

	operation_end(operation, error_is_set(&err) ? &err : NULL);
}

static void statedump_step(struct operation *operation)
{
	struct session *session = operation->session;
	struct error err = ERROR_INIT;

	if (!check(session, &err)) {
		operation_end(operation, &err);
		return;
	}
	session->statedump_serial++;
	operation_wait(operation, statedump_done);
	session_apply(session, (struct outcome){applied, operation});
}

static void submit(struct session *session, void (*step)(struct operation *),
		   struct outcome outcome)
{
	struct regenerate_operation *regenerate = mem_zalloc(sizeof(*regenerate));

	regenerate->operation.step = step;
	regenerate->operation.finish = finish_regenerate;
	regenerate->outcome = outcome;
	operation_submit(session, &regenerate->operation);
}

void recording_regenerate_metadata(struct session *session, struct outcome outcome)
{
	submit(session, metadata_step, outcome);
}

void recording_regenerate_statedump(struct session *session, struct outcome outcome)
{
	submit(session, statedump_step, outcome);
}
