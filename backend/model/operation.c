/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of operations of a session; see operation.h. */
#include "backend/model/operation.h"

#include <stdlib.h>

#include "backend/model/model.h"

void operation_submit(struct session *session, struct operation *operation)
{
	struct operation **last = &session->operations;
	bool is_first = session->operations == NULL;

	operation->session = session;
	operation->next = NULL;
	while (*last)
		last = &(*last)->next;
	*last = operation;
	if (is_first)
		operation->step(operation);
}

static void run_step(struct message *message)
{
	struct operation *operation = (struct operation *)message;

	operation->step(operation);
}

void operation_wait(struct operation *operation, void (*step)(struct operation *operation))
{
	operation->step = step;
	task_init(&operation->task, operation->session->model->queue, run_step);
}

void operation_go(struct operation *operation)
{
	task_done(&operation->task, NULL);
}

void operation_end(struct operation *operation, const struct error *err)
{
	struct session *session = operation->session;

	session->operations = operation->next;
	operation->finish(operation, err);
	free(operation);
	model_changed(session->model);
	if (session->operations)
		session->operations->step(session->operations);
}

void operation_end_all(struct operation *operation)
{
	struct session *session = operation->session;
	struct operation *waiting = operation->next;
	struct error err = ERROR_INIT;

	session->operations = NULL;
	operation->finish(operation, NULL);
	free(operation);
	error_set(&err, ERROR_SESSION_NOT_FOUND, "the session was destroyed meanwhile");
	while (waiting) {
		struct operation *next = waiting->next;

		waiting->finish(waiting, &err);
		free(waiting);
		waiting = next;
	}
}

bool operation_is_pending(const struct session *session,
			  void (*finish)(struct operation *, const struct error *))
{
	for (const struct operation *operation = session->operations; operation;
	     operation = operation->next)
		if (operation->finish == finish)
			return true;
	return false;
}
