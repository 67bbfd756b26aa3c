/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tap moves from one session's streams to another's; see tapping.h. */
#include "backend/model/tapping.h"

#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/consume/consumer.h"
#include "backend/consume/tap.h"

struct retap {
	struct task task; /* first */
	struct outcome outcome;
};

static void former_is_free(struct message *message)
{
	struct retap *retap = (struct retap *)message;

	retap->outcome.done(retap->outcome.data, NULL);
	free(retap);
}

static struct stream_set *streams_of(const struct model *model, uint64_t session_id)
{
	const struct session *session =
		session_id ? model_find_session_id(model, session_id) : NULL;

	return session ? session->streams : NULL;
}

void model_tap(struct model *model, uint64_t session_id, struct tap *tap, struct outcome outcome)
{
	struct retap *retap = mem_zalloc(sizeof(*retap));
	struct stream_set *former = streams_of(model, model->tapped_session_id);
	struct stream_set *next;

	retap->outcome = outcome;
	task_init(&retap->task, model->queue, former_is_free);
	if (former) {
		task_add(&retap->task);
		stream_set_tap(former, NULL, &retap->task);
	}
	tap_unref(model->tap);
	model->tap = tap && session_id ? tap_ref(tap) : NULL;
	model->tapped_session_id = model->tap ? session_id : 0;
	next = streams_of(model, model->tapped_session_id);
	if (next)
		stream_set_tap(next, model->tap, NULL);
	task_done(&retap->task, NULL);
}

void tapping_streams_made(struct session *session)
{
	if (session->model->tap && session->model->tapped_session_id == session->id)
		stream_set_tap(session->streams, session->model->tap, NULL);
}

void tapping_finish(struct model *model)
{
	tap_unref(model->tap);
	model->tap = NULL;
}
