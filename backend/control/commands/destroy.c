/* SPDX-License-Identifier: GPL-2.0-or-later */
/* destroy: stops, flushes and forgets sessions; their trace files stay. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/rcfile.h"
#include "backend/model/recording.h"

/* One reply for one or all sessions; they end in any order, but are printed in that of the list. */
struct destroyed {
	struct reply *reply;
	struct destroyed_one *ones;
	size_t count;
	size_t remaining;
	bool waits;
	bool has_failed;
};

struct destroyed_one {
	struct destroyed *all;
	struct text lines;
};

static void end_one(struct destroyed *destroyed)
{
	if (--destroyed->remaining > 0)
		return;
	for (size_t i = 0; i < destroyed->count; i++) {
		if (destroyed->reply)
			reply_print(destroyed->reply, "%s", text_str(&destroyed->ones[i].lines));
		text_finish(&destroyed->ones[i].lines);
	}
	if (destroyed->reply)
		reply_done(destroyed->reply, destroyed->has_failed ? STATUS_ERROR : STATUS_OK);
	free(destroyed->ones);
	free(destroyed);
}

static void print_end(struct text *lines, const struct session *session,
		      const struct chunk_row *archived)
{
	if (archived)
		text_addf(lines,
			  "Destroying session %s...Trace chunk archive for session %s is now "
			  "readable %s %s\n\n",
			  session_name(session), session_name(session),
			  common_archive_place(shared_text_str(archived->path)),
			  shared_text_str(archived->path));
	else if (session->was_started && session_has_chunks(session))
		text_addf(lines, "Destroying session %s..\n", session_name(session));
	text_addf(lines, "Session %s destroyed\n", session_name(session));
}

static void session_destroyed(void *data, const struct session *session,
			      const struct chunk_row *archived, const struct error *err)
{
	struct destroyed_one *one = data;
	struct destroyed *destroyed = one->all;

	if (destroyed->reply && err) {
		reply_error(destroyed->reply, err);
		destroyed->has_failed = true;
	} else if (destroyed->reply) {
		print_end(&one->lines, session, archived);
		common_warn_losses(destroyed->reply, session);
	}
	end_one(destroyed);
}

static void destroy_one(struct destroyed *destroyed, struct session *session)
{
	struct reply *reply = destroyed->reply;
	struct json *sessions = reply_json(reply);

	rcfile_forget(reply_requester(reply)->lttng_home, session_name(session));
	common_session_json(json_add_object(json_get(sessions, "sessions")), session);
	if (!destroyed->waits)
		reply_print(reply, "Session %s destroyed\n", session_name(session));
}

static void destroy_list(struct call *call, struct session **sessions, size_t count)
{
	struct destroyed *destroyed = mem_zalloc(sizeof(*destroyed));

	destroyed->reply = call->reply;
	destroyed->waits = !args_has(call->args, "no-wait");
	destroyed->ones = mem_zalloc((count + 1) * sizeof(*destroyed->ones));
	destroyed->count = count;
	destroyed->remaining = count + 1;
	json_put_array(reply_json(call->reply), "sessions");
	for (size_t i = 0; i < count; i++)
		destroy_one(destroyed, sessions[i]);
	if (!destroyed->waits) {
		reply_done(call->reply, STATUS_OK);
		destroyed->reply = NULL;
	}
	for (size_t i = 0; i < count; i++) {
		destroyed->ones[i].all = destroyed;
		recording_destroy(sessions[i],
				  (struct destroy_outcome){session_destroyed, &destroyed->ones[i]});
	}
	end_one(destroyed);
}

static void destroy_run(struct call *call)
{
	struct error err = ERROR_INIT;
	struct session **sessions;
	struct hook_wish hook;
	size_t count;

	if (!common_hook(call->args, &hook, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	if (!common_sessions(call, &sessions, &count))
		return;
	for (size_t i = 0; hook.command && i < count; i++) {
		free(sessions[i]->last_hook);
		sessions[i]->last_hook = mem_strdup(hook.command);
		sessions[i]->last_hook_limit_us = hook.limit_us;
	}
	destroy_list(call, sessions, count);
	free(sessions);
}

static const struct option_spec destroy_options[] = {
	OPTION_ALL,
	OPTION_GLOB,
	{"no-wait", 'n', OPTION_FLAG, NULL, "don't wait until the data are in the files",
	 COMPLETE_NOTHING},
	{"exec", 0, OPTION_TEXT, "COMMAND",
	 "run this once the last trace chunk is complete, archived or not", COMPLETE_NOTHING},
	{"exec-timeout", 0, OPTION_TEXT, "TIME", "how long that may run; default 10 m",
	 COMPLETE_NOTHING},
};

const struct command destroy_command = {
	.name = "destroy",
	.usage = "[--no-wait] [--exec=COMMAND] [--exec-timeout=TIME] "
		 "[--all | --glob=PATTERN | SESSION]",
	.help = "Stop and forget a session; its trace files stay.",
	.description =
		"Everything recorded is brought to the files first. If the session was rotated "
		"before, what was recorded since then is archived as well.",
	.options = destroy_options,
	.option_count = COUNT_OF(destroy_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.flags = COMMAND_ASKS,
	.run = destroy_run,
};
