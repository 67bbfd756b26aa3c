/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start: records from now on. The answer comes when the running applications record. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct started {
	struct several_part part; /* first */
	char *name;
	bool was_active;
};

static enum exit_status tell(struct several_part *part, const struct error *err)
{
	struct started *started = (struct started *)part;
	struct reply *reply = part->several->reply;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot start session '%s'", started->name);
		reply_error(reply, &sentence);
	} else if (started->was_active) {
		reply_warn(reply, "tracing is already started for session '%s'", started->name);
	} else {
		reply_print(reply, "Tracing started for session %s\n", started->name);
	}
	free(started->name);
	free(started);
	return err ? STATUS_ERROR : STATUS_OK;
}

static void start_one(struct several *several, struct session *session)
{
	struct started *started = mem_zalloc(sizeof(*started));
	struct outcome outcome = several_add(several, &started->part, tell);
	struct error err = ERROR_INIT;

	started->name = mem_strdup(session_name(session));
	started->was_active = session->is_active && !session->operations;
	if (started->was_active) {
		outcome.done(outcome.data, NULL);
	} else if (session->channel_count == 0) {
		error_set(&err, ERROR_STATE,
			  "it has no channel; enable-event or enable-channel makes one");
		outcome.done(outcome.data, &err);
	} else {
		recording_start(session, outcome);
	}
}

static void start_run(struct call *call)
{
	common_each_session(call, start_one);
}

static const struct option_spec start_options[] = {OPTION_ALL, OPTION_GLOB};

const struct command start_command = {
	.name = "start",
	.usage = "[--all | --glob=PATTERN | SESSION]",
	.help = "Start recording.",
	.options = start_options,
	.option_count = COUNT_OF(start_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = start_run,
};
