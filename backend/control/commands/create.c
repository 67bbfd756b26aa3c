/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create: a new session, current from then on. Nothing is made on disk before its first start. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/rcfile.h"

static void warn_about_sources(struct call *call)
{
	for (size_t i = 0; i < source_count; i++) {
		const struct model_source *source = &call->model->sources[i];

		if (source->source && error_is_set(&source->warning))
			reply_warn(call->reply, "%s", source->warning.message);
	}
}

static void create_run(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	const char *output = args_text(call->args, "output");
	char *absolute = output ? common_absolute_path(who, output) : NULL;
	char *traces = mem_printf("%s/lttng-traces", who->lttng_home);
	struct session_wish wish = {
		.name = args_at(call->args, 0),
		.output = absolute,
		.traces = traces,
		.uid = who->uid,
		.gid = who->gid,
	};
	struct error err = ERROR_INIT;
	struct session *session = session_create(call->model, &wish, &err);

	free(absolute);
	free(traces);
	if (!session) {
		error_prefix(&err, "cannot create session%s%s%s", wish.name ? " '" : "",
			     wish.name ? wish.name : "", wish.name ? "'" : "");
		reply_fail(call->reply, &err);
		return;
	}
	reply_print(call->reply, "Session %s created.\n", session_name(session));
	reply_print(call->reply, "Traces will be output to %s\n", shared_text_str(session->output));
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	if (!rcfile_write(who->lttng_home, session_name(session), &err))
		reply_warn(call->reply, "%s", err.message);
	warn_about_sources(call);
	reply_done(call->reply, STATUS_OK);
}

static const struct option_spec create_options[] = {
	{"output", 'o', OPTION_TEXT, "DIR", "where the trace goes; default below lttng-traces",
	 COMPLETE_FILE},
};

const struct command create_command = {
	.name = "create",
	.usage = "[--output=DIR] [SESSION]",
	.help = "Create a tracing session and make it the current one.",
	.description = "Without a name the session is called auto-DATE-TIME. The trace goes to "
		       "lttng-traces/SESSION-DATE-TIME below LTTNG_HOME (default HOME), or to DIR. "
		       "Nothing is written there before the first start.",
	.options = create_options,
	.option_count = COUNT_OF(create_options),
	.argument_max = 1,
	.flags = COMMAND_STARTS_ENGINE,
	.run = create_run,
};
