/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demo: a session that records the bundled application, so that there is something to see at once.
 */
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/child.h"
#include "backend/model/recording.h"

#define DEMO_SESSION "demo"
#define DEMO_PROGRAM "tracon-demo"
#define DEMO_EVENTS  "demo_shop:*"

/* Installed below libexec; in a build folder it lies beside the program or in its own folder. */
static char *find_program(struct error *err)
{
	char self[PATH_MAX] = "";
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *folder = length > 0 ? dirname(self) : ".";
	char *places[] = {
		mem_strdup(PKGLIBEXECDIR "/" DEMO_PROGRAM),
		mem_printf("%s/" DEMO_PROGRAM, folder),
		mem_printf("%s/console/demo/" DEMO_PROGRAM, folder),
	};
	char *found = NULL;

	/* A program that was just built is meant rather than one installed earlier. */
	for (size_t i = COUNT_OF(places); i > 0; i--)
		if (!found && access(places[i - 1], X_OK) == 0)
			found = mem_strdup(places[i - 1]);
	for (size_t i = 0; i < COUNT_OF(places); i++)
		free(places[i]);
	if (!found)
		error_set(err, ERROR_UNSUPPORTED,
			  "cannot find the demo application (%s); it is built when LTTng-UST's "
			  "headers (liblttng-ust-dev) are there",
			  PKGLIBEXECDIR "/" DEMO_PROGRAM);
	return found;
}

static void demo_ended(void *data, int status)
{
	struct model *model = data;

	model->demo = NULL;
	log_write(LOG_LEVEL_INFO, "the demo application ended with status %d", status);
}

static bool start_program(struct model *model, struct error *err)
{
	char *program = find_program(err);
	char *home = NULL;
	const char *words[] = {program, NULL};
	const char *variables[2] = {NULL, NULL};
	struct child_settings settings = {
		.words = words,
		.variables = variables,
		.directory = "/",
		.ended = demo_ended,
		.data = model,
	};

	if (!program)
		return false;
	if (model_apps_home(model)) {
		home = mem_printf("LTTNG_HOME=%s", model_apps_home(model));
		variables[0] = home;
	}
	model->demo = child_start(&model->children, &settings, err);
	free(home);
	free(program);
	return model->demo != NULL;
}

static bool make_session(struct call *call, struct session **session, struct error *err)
{
	const struct requester *who = reply_requester(call->reply);
	char *traces = mem_printf("%s/lttng-traces", who->lttng_home);
	struct session_wish wish = {
		.name = DEMO_SESSION,
		.traces = traces,
		.uid = who->uid,
		.gid = who->gid,
	};

	*session = session_create(call->model, &wish, err);
	free(traces);
	if (!*session)
		return false;
	if (common_record_pattern(*session, DEMO_EVENTS, err))
		return true;
	recording_forget(*session);
	return false;
}

struct demo_start {
	struct reply *reply;
	struct model *model;
};

static void demo_started(void *data, const struct error *err)
{
	struct demo_start *start = data;
	struct error sentence = ERROR_INIT;
	bool is_running = !err && (start->model->demo || start_program(start->model, &sentence));

	if (err)
		sentence = *err;
	if (is_running) {
		reply_print(start->reply,
			    "Session " DEMO_SESSION " records the demo application (process %d)\n",
			    (int)child_pid(start->model->demo));
		reply_done(start->reply, STATUS_OK);
	} else {
		error_prefix(&sentence, "cannot start the demo");
		reply_fail(start->reply, &sentence);
	}
	free(start);
}

static void demo_start(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	struct session *session = model_find_session(call->model, who->uid, DEMO_SESSION);
	struct error err = ERROR_INIT;
	struct demo_start *start;

	if (!session && !make_session(call, &session, &err)) {
		error_prefix(&err, "cannot start the demo");
		reply_fail(call->reply, &err);
		return;
	}
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	start = mem_zalloc(sizeof(*start));
	start->reply = call->reply;
	start->model = call->model;
	recording_start(session, (struct outcome){demo_started, start});
}

static void demo_destroyed(void *data, const struct session *session,
			   const struct chunk_row *archived, const struct error *err)
{
	struct reply *reply = data;

	(void)archived;
	(void)err;
	reply_print(reply, "Demo stopped; its trace is in %s\n", shared_text_str(session->output));
	reply_done(reply, STATUS_OK);
}

static void demo_stop(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	struct session *session = model_find_session(call->model, who->uid, DEMO_SESSION);
	struct error err = ERROR_INIT;

	if (call->model->demo)
		child_terminate(call->model->demo);
	if (session) {
		recording_destroy(session, (struct destroy_outcome){demo_destroyed, call->reply});
		return;
	}
	error_set(&err, ERROR_SESSION_NOT_FOUND, "there is no demo session to stop");
	reply_fail(call->reply, &err);
}

static void demo_run(struct call *call)
{
	if (args_has(call->args, "stop"))
		demo_stop(call);
	else
		demo_start(call);
}

static const struct option_spec demo_options[] = {
	{"stop", 0, OPTION_FLAG, NULL, "end the application and destroy the session",
	 COMPLETE_NOTHING},
};

const struct command demo_command = {
	.name = "demo",
	.usage = "[--stop]",
	.help = "Record the bundled demo application.",
	.description = "Creates and starts the session 'demo' and the application it records. On a "
		       "terminal the console opens on it; a second 'demo' shows the first.",
	.options = demo_options,
	.option_count = COUNT_OF(demo_options),
	.flags = COMMAND_CLIENT | COMMAND_STARTS_ENGINE,
	.run = demo_run,
};
