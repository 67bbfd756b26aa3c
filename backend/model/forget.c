/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chunk that somebody deleted leaves the list of its session. In its turn, for operations under
 * way count on their rows' places.
 */
#include "backend/model/forget.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/model/model.h"
#include "backend/model/operation.h"

struct forget_operation {
	struct operation operation; /* first */
	char *path;
};

static bool has_chunk(const struct session *session, const char *path, size_t *index)
{
	for (*index = 0; *index < session->chunk_count; ++*index) {
		if (!strcmp(shared_text_str(session->chunks[*index].path), path))
			return true;
	}
	return false;
}

static void forget_step(struct operation *operation)
{
	const struct forget_operation *forget = (struct forget_operation *)operation;
	struct session *session = operation->session;
	size_t index;

	if (has_chunk(session, forget->path, &index)) {
		shared_text_unref(session->chunks[index].path);
		session->chunk_count--;
		memmove(&session->chunks[index], &session->chunks[index + 1],
			(session->chunk_count - index) * sizeof(*session->chunks));
		model_changed(session->model);
	}
	operation_end(operation, NULL);
}

static void finish_forget(struct operation *operation, const struct error *err)
{
	(void)err;
	free(((struct forget_operation *)operation)->path);
}

void forget_chunk(struct model *model, const char *path)
{
	for (size_t i = 0; i < model->session_count; i++) {
		struct session *session = model->sessions[i];
		struct forget_operation *forget;
		size_t index;

		if (session->is_ending || !has_chunk(session, path, &index))
			continue;
		forget = mem_zalloc(sizeof(*forget));
		forget->operation.step = forget_step;
		forget->operation.finish = finish_forget;
		forget->path = mem_strdup(path);
		operation_submit(session, &forget->operation);
	}
}
