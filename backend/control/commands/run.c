/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: starts a program and records it. In a shell the program is the client's child
 * (console/run.c) and only the options are of here; in the console it is the engine's, and what it
 * prints goes to the messages.
 */
#include <stdint.h>
#include <stdlib.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/preload.h"
#include "backend/model/child.h"
#include "backend/model/recording.h"

#define NAME_TRIES_MAX 100

struct running {
	struct model *model;
	struct reply *reply; /* until the program has started */
	uint64_t session_id;
	bool stops_session;
	struct word_list words;
	char *directory;
	char *preload; /* "LD_PRELOAD=…", or NULL */
};

static void running_free(struct running *running)
{
	word_list_finish(&running->words);
	free(running->directory);
	free(running->preload);
	free(running);
}

static void stopped(void *data, const struct error *err)
{
	(void)data;
	(void)err; /* a failure of writing was counted and logged where it happened */
}

static void program_ended(void *data, int status)
{
	struct running *running = data;
	struct session *session = model_find_session_id(running->model, running->session_id);

	log_write(LOG_LEVEL_INFO, "%s ended with status %d", running->words.words[0], status);
	model_changed(running->model);
	if (session && running->stops_session && !session->is_ending)
		recording_stop(session, (struct outcome){stopped, NULL});
	running_free(running);
}

static bool start_program(struct running *running, struct error *err)
{
	const char *home = model_apps_home(running->model);
	char *home_variable = home ? mem_printf("LTTNG_HOME=%s", home) : NULL;
	const char *variables[3] = {NULL, NULL, NULL};
	struct child_settings settings = {
		.words = (const char *const *)(uintptr_t)running->words.words,
		.variables = variables,
		.directory = running->directory,
		.takes_interrupts = true,
		.ended = program_ended,
		.data = running,
	};
	size_t count = 0;
	struct child *child;

	if (home_variable)
		variables[count++] = home_variable;
	if (running->preload)
		variables[count] = running->preload;
	child = child_start(&running->model->children, &settings, err);
	free(home_variable);
	if (!child)
		return false;
	model_changed(running->model);
	reply_print(running->reply,
		    "%s runs (process %d); what it prints is in Messages, Ctrl-C ends it\n",
		    running->words.words[0], (int)child_pid(child));
	return true;
}

static void session_records(void *data, const struct error *err)
{
	struct running *running = data;
	struct reply *reply = running->reply;
	struct error sentence = ERROR_INIT;

	if (err)
		sentence = *err;
	if (!err && start_program(running, &sentence)) {
		reply_done(reply, STATUS_OK);
		return;
	}
	reply_fail(reply, &sentence);
	running_free(running);
}

static struct session *make_session(struct call *call, struct error *err)
{
	const struct requester *who = reply_requester(call->reply);
	char *base = preload_session_name(args_at(call->args, 0));
	char *traces = mem_printf("%s/lttng-traces", who->lttng_home);
	char *name = mem_strdup(base);
	struct session_wish wish = {.traces = traces, .uid = who->uid, .gid = who->gid};
	struct session *session;

	for (int i = 2; i <= NAME_TRIES_MAX && model_find_session(call->model, who->uid, name);
	     i++) {
		free(name);
		name = mem_printf("%s-%d", base, i);
	}
	wish.name = name;
	session = session_create(call->model, &wish, err);
	if (session && !common_record_pattern(session, "*", err)) {
		recording_forget(session);
		session = NULL;
	}
	free(name);
	free(traces);
	free(base);
	return session;
}

/* By the session given, by the selected one if it records, else by a new one. */
static struct session *find_session(struct call *call, struct error *err)
{
	const struct requester *who = reply_requester(call->reply);
	const char *given = args_text(call->args, "session");
	const char *name = given ? given : who->selected_session;
	struct session *session = name ? model_find_session(call->model, who->uid, name) : NULL;

	if (session && (given || session->is_active))
		return session;
	if (given) {
		error_set(err, ERROR_SESSION_NOT_FOUND, "session '%s' not found", given);
		return NULL;
	}
	return make_session(call, err);
}

/*
 * The program gets the engine's rights. Who is at the console is the engine's owner; who comes by
 * the socket may be a member of the tracing group, and has a shell for it.
 */
static bool is_allowed(const struct requester *who, struct error *err)
{
	return who->is_console ||
	       error_set(err, ERROR_DENIED, "only the console lets the engine start programs");
}

static void run(struct call *call)
{
	struct error err = ERROR_INIT;
	struct session *session =
		is_allowed(reply_requester(call->reply), &err) ? find_session(call, &err) : NULL;
	struct running *running;
	char *preload;

	if (!session) {
		error_prefix(&err, "cannot run '%s'", args_at(call->args, 0));
		reply_fail(call->reply, &err);
		return;
	}
	running = mem_zalloc(sizeof(*running));
	running->model = call->model;
	running->reply = call->reply;
	running->session_id = session->id;
	running->stops_session = !session->is_active;
	running->directory = mem_strdup(reply_requester(call->reply)->directory);
	for (size_t i = 0; i < args_count(call->args); i++)
		word_list_add(&running->words, args_at(call->args, i));
	preload = preload_value(call->args, getenv("LD_PRELOAD"));
	running->preload = preload ? mem_printf("LD_PRELOAD=%s", preload) : NULL;
	free(preload);
	recording_start(session, (struct outcome){session_records, running});
}

static const struct option_spec options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "record into this session", COMPLETE_SESSION},
	{"libc", 0, OPTION_FLAG, NULL, "trace malloc, calloc, realloc and free", COMPLETE_NOTHING},
	{"pthread", 0, OPTION_FLAG, NULL, "trace mutexes", COMPLETE_NOTHING},
	{"dl", 0, OPTION_FLAG, NULL, "trace dlopen and dlclose", COMPLETE_NOTHING},
	{"fd", 0, OPTION_FLAG, NULL,
	 "keep LTTng-UST's own descriptors safe from a program that "
	 "closes all",
	 COMPLETE_NOTHING},
	{"functions", 0, OPTION_FLAG, NULL,
	 "trace functions of a program built with -finstrument-functions", COMPLETE_NOTHING},
};

const struct command run_command = {
	.name = "run",
	.usage = "[--session=SESSION] [--libc] [--pthread] [--dl] [--fd] [--functions] [--] "
		 "PROGRAM [ARGUMENT...]",
	.help = "Start a program and record it.",
	.description = "Starts a program and records it: by the session given, else by the current "
		       "one if it is active, else by a new one named after the program, which "
		       "records all user-space events and is stopped, not destroyed, when the "
		       "program ends. The exit status is the program's.",
	.options = options,
	.option_count = COUNT_OF(options),
	.argument_min = 1,
	.argument_max = SIZE_MAX,
	.complete = COMPLETE_PROGRAM,
	.flags = COMMAND_CLIENT | COMMAND_STARTS_ENGINE | COMMAND_STOPS_AT_ARGUMENT,
	.run = run,
};
