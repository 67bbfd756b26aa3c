/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues of commands, one for each session that ever had one; see hook.h. */
#include "backend/model/hook.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/model.h"
#include "backend/model/recording.h"

#define GRACE_NS (2 * NS_PER_S) /* from SIGTERM to SIGKILL */

struct hook_run {
	struct hook_run *next;
	struct word_list words;
	uint64_t limit_us;
	uint64_t chunk_id;
	struct word_list variables;
};

struct hooks {
	struct hooks *next; /* of the model */
	struct model *model;
	struct user_rights owner;
	char *session_name;
	bool is_let_go;
	char *command; /* for every archive; NULL: none */
	uint64_t limit_us;
	struct hook_run *first; /* it runs, if child is set */
	struct child *child;
	struct timer *timer; /* of the one that runs */
	bool was_terminated;
	struct hook_state counts;
};

static bool split(const char *command, struct word_list *words, struct error *err)
{
	const char *rest;

	if (!text_split_command(command, words, &rest, err))
		return error_prefix(err, "--exec");
	if (words->count == 0)
		return error_set(err, ERROR_INVALID, "--exec: there is no command in it");
	if (rest[strspn(rest, " \t\n;")] != '\0')
		return error_set(err, ERROR_INVALID,
				 "--exec takes one command and no shell; for more: sh -c '…'");
	return true;
}

bool hook_check(const struct hook_wish *wish, struct error *err)
{
	struct word_list words = {0};
	bool is_good = split(wish->command, &words, err);

	word_list_finish(&words);
	return is_good;
}

/* --- the list */

static struct hooks *hooks_of(struct session *session)
{
	struct hooks *hooks = session->hooks;

	if (hooks)
		return hooks;
	hooks = mem_zalloc(sizeof(*hooks));
	hooks->model = session->model;
	user_rights_init(&hooks->owner, session->uid, session->gid);
	hooks->session_name = mem_strdup(session_name(session));
	hooks->next = session->model->hooks;
	session->model->hooks = hooks;
	session->hooks = hooks;
	return hooks;
}

static void free_run(struct hook_run *run)
{
	word_list_finish(&run->words);
	word_list_finish(&run->variables);
	free(run);
}

static void free_hooks(struct hooks *hooks)
{
	for (struct hooks **link = &hooks->model->hooks; *link; link = &(*link)->next) {
		if (*link == hooks) {
			*link = hooks->next;
			break;
		}
	}
	while (hooks->first) {
		struct hook_run *run = hooks->first;

		hooks->first = run->next;
		free_run(run);
	}
	loop_remove_timer(hooks->model->loop, hooks->timer);
	user_rights_finish(&hooks->owner);
	free(hooks->session_name);
	free(hooks->command);
	free(hooks);
}

/* --- running */

static void run_first(struct hooks *hooks);

static void went_wrong(struct hooks *hooks, const struct hook_run *run, const char *how)
{
	hooks->counts.failed_count++;
	log_write(LOG_LEVEL_ERROR, "the hook '%s' of session '%s' failed for chunk %" PRIu64 ": %s",
		  run->words.words[0], hooks->session_name, run->chunk_id, how);
}

static void tell_finisher(struct model *model)
{
	if (model->hooks_finished && !model->hooks)
		model->hooks_finished(model->hooks_data);
}

/* The next one, or the end of what nobody needs any more. */
static void end_run(struct hooks *hooks)
{
	struct hook_run *run = hooks->first;
	struct model *model = hooks->model;

	hooks->first = run->next;
	hooks->counts.run_count++;
	hooks->counts.waiting_count--;
	hooks->child = NULL;
	if (hooks->timer)
		timer_disarm(hooks->timer);
	free_run(run);
	model_changed(model);
	if (hooks->first)
		run_first(hooks);
	else if (hooks->is_let_go)
		free_hooks(hooks);
	tell_finisher(model);
}

static void run_ended(void *data, int status)
{
	struct hooks *hooks = data;
	char how[80];

	if (hooks->was_terminated)
		snprintf(how, sizeof(how), "it was ended after %" PRIu64 " ms",
			 hooks->first->limit_us / 1000);
	else if (status > 128)
		snprintf(how, sizeof(how), "it was killed by signal %d", status - 128);
	else
		snprintf(how, sizeof(how), "it ended with status %d", status);
	if (status != 0 || hooks->was_terminated)
		went_wrong(hooks, hooks->first, how);
	end_run(hooks);
}

static void time_is_over(void *data, uint64_t now_ns)
{
	struct hooks *hooks = data;

	if (!hooks->child)
		return;
	child_signal_all(hooks->child, hooks->was_terminated ? SIGKILL : SIGTERM);
	hooks->was_terminated = true;
	timer_arm(hooks->timer, now_ns + GRACE_NS);
}

static bool start_first(struct hooks *hooks, struct error *err)
{
	const struct hook_run *run = hooks->first;
	struct child_settings settings = {
		.words = (const char *const *)run->words.words,
		.variables = (const char *const *)run->variables.words,
		.directory = "/",
		.owner = &hooks->owner,
		.lines_max = HOOK_LINES_MAX,
		.ended = run_ended,
		.data = hooks,
	};

	hooks->was_terminated = false;
	hooks->child = child_start(&hooks->model->children, &settings, err);
	if (!hooks->child)
		return false;
	if (!hooks->timer)
		hooks->timer = loop_add_timer(hooks->model->loop, time_is_over, hooks);
	timer_arm(hooks->timer, clock_monotonic_ns() + run->limit_us * NS_PER_US);
	return true;
}

static void run_first(struct hooks *hooks)
{
	while (hooks->first && !hooks->child) {
		struct error err = ERROR_INIT;
		struct hook_run *run = hooks->first;

		if (start_first(hooks, &err))
			return;
		went_wrong(hooks, run, err.message);
		hooks->counts.run_count++;
		hooks->counts.waiting_count--;
		hooks->first = run->next;
		free_run(run);
	}
	if (!hooks->first && hooks->is_let_go)
		free_hooks(hooks);
}

/* --- the queue */

static void add_number(struct word_list *variables, const char *name, uint64_t value)
{
	char *variable = mem_printf("TRACON_%s=%" PRIu64, name, value);

	word_list_add(variables, variable);
	free(variable);
}

static void add_text(struct word_list *variables, const char *name, const char *value)
{
	char *variable = mem_printf("TRACON_%s=%s", name, value);

	word_list_add(variables, variable);
	free(variable);
}

static void describe(struct word_list *variables, const struct session *session,
		     const struct chunk_row *chunk, const char *identity)
{
	add_text(variables, "CHUNK_PATH", shared_text_str(chunk->path));
	add_number(variables, "CHUNK_ID", chunk->id);
	add_number(variables, "CHUNK_BEGIN", chunk->begin_wall_ns);
	add_number(variables, "CHUNK_END", chunk->end_wall_ns);
	add_number(variables, "CHUNK_BYTES", chunk->bytes);
	add_number(variables, "CHUNK_EVENTS", chunk->event_count);
	add_number(variables, "CHUNK_DISCARDED", chunk->discarded_events);
	add_text(variables, "SESSION_NAME", session_name(session));
	add_text(variables, "SESSION_ID", identity);
}

static void submit(struct session *session, const struct hook_wish *wish,
		   const struct chunk_row *chunk, const char *identity)
{
	struct hooks *hooks = hooks_of(session);
	struct hook_run **last = &hooks->first;
	struct hook_run *run;

	if (hooks->counts.waiting_count >= HOOK_WAITING_MAX) {
		hooks->counts.dropped_count++;
		log_write(LOG_LEVEL_ERROR,
			  "the hook of session '%s' does not run for chunk %" PRIu64
			  ": %d runs wait already (%" PRIu64 " left out by now)",
			  hooks->session_name, chunk->id, HOOK_WAITING_MAX,
			  hooks->counts.dropped_count);
		return;
	}
	run = mem_zalloc(sizeof(*run));
	split(wish->command, &run->words, NULL);
	run->limit_us = wish->limit_us ? wish->limit_us : HOOK_LIMIT_DEFAULT_US;
	run->chunk_id = chunk->id;
	describe(&run->variables, session, chunk, identity);
	while (*last)
		last = &(*last)->next;
	*last = run;
	hooks->counts.waiting_count++;
	run_first(hooks);
}

void hooks_chunk(struct session *session, const struct chunk_row *chunk, const char *identity,
		 const struct hook_wish *once)
{
	const struct hook_state state = hooks_state(session);
	const struct hook_wish always = {state.command, state.limit_us};

	if (chunk->has_failed)
		return;
	if (always.command && chunk->is_archived)
		submit(session, &always, chunk, identity);
	if (once && once->command)
		submit(session, once, chunk, identity);
}

/* --- what is wanted */

bool hooks_enable(struct session *session, const struct hook_wish *wish, struct error *err)
{
	struct hooks *hooks;

	if (!recording_can_rotate(session, err) || !hook_check(wish, err))
		return false;
	hooks = hooks_of(session);
	if (hooks->command)
		return error_set(err, ERROR_STATE,
				 "session '%s' has a rotation hook already; disable-rotation "
				 "--exec removes it",
				 session_name(session));
	hooks->command = mem_strdup(wish->command);
	hooks->limit_us = wish->limit_us ? wish->limit_us : HOOK_LIMIT_DEFAULT_US;
	model_changed(session->model);
	return true;
}

bool hooks_disable(struct session *session, struct error *err)
{
	struct hooks *hooks = session->hooks;

	if (!hooks || !hooks->command)
		return error_set(err, ERROR_STATE, "session '%s' has no rotation hook",
				 session_name(session));
	free(hooks->command);
	hooks->command = NULL;
	model_changed(session->model);
	return true;
}

struct hook_state hooks_state(const struct session *session)
{
	struct hook_state state = {0};

	if (!session->hooks)
		return state;
	state = session->hooks->counts;
	state.command = session->hooks->command;
	state.limit_us = session->hooks->limit_us;
	return state;
}

/* --- the end */

void hooks_let_go(struct hooks *hooks)
{
	if (!hooks)
		return;
	hooks->is_let_go = true;
	if (!hooks->first)
		free_hooks(hooks);
}

static void stop_waiting(void *data, uint64_t now_ns)
{
	struct model *model = data;

	(void)now_ns;
	model->hooks_finished(model->hooks_data);
}

void hooks_finish(struct model *model, uint64_t wait_ns, void (*done)(void *data), void *data)
{
	if (!model->hooks) {
		done(data);
		return;
	}
	model->hooks_finished = done;
	model->hooks_data = data;
	model->hooks_timer = loop_add_timer(model->loop, stop_waiting, model);
	timer_arm(model->hooks_timer, clock_monotonic_ns() + wait_ns);
}

void hooks_abandon(struct model *model)
{
	loop_remove_timer(model->loop, model->hooks_timer);
	while (model->hooks) {
		struct hooks *hooks = model->hooks;
		uint64_t left = hooks->counts.waiting_count - (hooks->child != NULL);

		if (left > 0)
			log_write(LOG_LEVEL_ERROR,
				  "the hook of session '%s' does not run for %" PRIu64
				  " chunks: the engine ends",
				  hooks->session_name, left);
		free_hooks(hooks);
	}
}
