/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create: a new session, current from then on. Nothing is made on disk before its first start. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/rcfile.h"
#include "backend/model/live.h"

static void warn_about_sources(struct call *call)
{
	for (size_t i = 0; i < source_count; i++) {
		const struct model_source *source = &call->model->sources[i];

		if (source->source && error_is_set(&source->warning))
			reply_warn(call->reply, "%s", source->warning.message);
	}
}

/* Where the new session's trace goes. */
struct output {
	char *path; /* NULL: nothing was said, or it is a relay daemon's */
	struct relay_url url;
	bool has_url;
};

static bool parse_url(const char *text, struct output *output, struct error *err)
{
	output->has_url = relay_url_is_meant(text);
	if (output->has_url)
		return relay_url_parse(text, &output->url, err);
	output->path = common_output_path(text, err);
	return output->path != NULL;
}

/* False with an error. */
static bool parse_output(struct call *call, struct output *output, struct error *err)
{
	const struct args *args = call->args;
	const char *path = args_text(args, "output");
	const char *url = args_text(args, "set-url");
	const char *control = args_text(args, "ctrl-url");
	const char *data = args_text(args, "data-url");
	bool has_pair = control || data;

	if ((path != NULL) + (url != NULL) + has_pair > 1)
		return error_set(err, ERROR_INVALID,
				 "only one of --output, --set-url, and --ctrl-url with --data-url "
				 "at a time");
	if (has_pair) {
		output->has_url = true;
		return relay_url_parse_pair(control, data, &output->url, err);
	}
	if (path)
		output->path = common_absolute_path(reply_requester(call->reply), path);
	return !url || parse_url(url, output, err);
}

static bool check_mode(const struct session_wish *wish, struct error *err)
{
	if (wish->live_period_us && wish->is_snapshot)
		return error_set(err, ERROR_INVALID,
				 "--live and --snapshot exclude each other: a snapshot session "
				 "writes nothing as it goes");
	if (wish->live_period_us && wish->has_no_output)
		return error_set(err, ERROR_INVALID,
				 "--live and --no-output exclude each other: viewers read what is "
				 "recorded");
	if (wish->live_period_us && wish->url && (wish->limits.idle_us || wish->limits.lifetime_us))
		return error_set(err, ERROR_UNSUPPORTED,
				 "a session that is read live at a relay daemon keeps its "
				 "session.id: neither --idle-timeout nor --max-lifetime");
	return true;
}

/* The field of relay daemons, viewers and lttng's session files. */
#define LIVE_PERIOD_MAX_US UINT32_MAX

static bool parse_live(const struct args *args, uint64_t *period_us, struct error *err)
{
	const char *text = args_text(args, "live");

	if (!args_has(args, "live"))
		return true;
	*period_us = LIVE_PERIOD_DEFAULT_US;
	if (!text || (units_parse_time_us(text, period_us) && *period_us > 0 &&
		      *period_us <= LIVE_PERIOD_MAX_US))
		return true;
	return error_set(
		err, ERROR_INVALID,
		"--live=%s is no time above 0 and up to 71 minutes; give a number with us, "
		"ms, s, m or h, or microseconds without a unit",
		text);
}

static void print_live(struct reply *reply, const struct session *session)
{
	struct text url = {0};

	reply_print(reply, "Live timer interval set to %llu us\n",
		    (unsigned long long)session->live_period_us);
	live_url(session, &url);
	if (url.length > 0)
		reply_print(reply, "Live viewers connect to %s\n", text_str(&url));
	text_finish(&url);
}

static void print_snapshot_output(struct reply *reply, const char *path)
{
	struct relay_url url;
	struct text shown = {0};

	if (relay_url_is_meant(path) && relay_url_parse(path, &url, NULL))
		relay_url_show(&url, &shown);
	else
		text_add(&shown, path);
	reply_print(reply, "Default snapshot output set to %s\n", text_str(&shown));
	text_finish(&shown);
}

static void print_created(struct reply *reply, const struct session *session)
{
	bool is_snapshot = session->mode == PICTURE_MODE_SNAPSHOT;

	reply_print(reply, "%s %s created.\n",
		    is_snapshot		      ? "Snapshot session"
		    : session->live_period_us ? "Live session"
					      : "Session",
		    session_name(session));
	if (session_has_chunks(session))
		reply_print(reply, "Traces will be output to %s\n",
			    shared_text_str(session->output));
	if (session->snapshot_output_count > 0)
		print_snapshot_output(reply, session->snapshot_outputs[0].path);
	if (is_snapshot)
		reply_print(reply, "Every channel enabled for this session will be set to mmap "
				   "output and default to overwrite mode.\n");
	if (session->live_period_us)
		print_live(reply, session);
	if (session->shm_path)
		reply_print(reply, "Shared memory path set to %s\n", session->shm_path);
}

/* NULL: buffers are memory without a name. */
static char *shm_path_of(const struct call *call)
{
	const char *path = args_text(call->args, "shm-path");

	return path ? common_absolute_path(reply_requester(call->reply), path) : NULL;
}

static void create_run(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	char *traces = mem_printf("%s/lttng-traces", who->lttng_home);
	struct session_wish wish = {
		.name = args_at(call->args, 0),
		.traces = traces,
		.is_snapshot = args_has(call->args, "snapshot"),
		.has_no_output =
			args_has(call->args, "no-output") || args_has(call->args, "no-consumer"),
		.previous_identity = args_text(call->args, "continue"),
		.uid = who->uid,
		.gid = who->gid,
	};
	struct error err = ERROR_INIT;
	struct session *session = NULL;
	struct output output = {0};
	char *shm_path = shm_path_of(call);

	wish.shm_path = shm_path;
	if (parse_output(call, &output, &err) &&
	    parse_live(call->args, &wish.live_period_us, &err)) {
		wish.output = output.path;
		wish.url = output.has_url ? &output.url : NULL;
		if (common_limits(call->args, &wish.limits, &err) && check_mode(&wish, &err))
			session = session_create(call->model, &wish, &err);
	}
	free(output.path);
	free(shm_path);
	free(traces);
	if (!session) {
		error_prefix(&err, "cannot create session%s%s%s", wish.name ? " '" : "",
			     wish.name ? wish.name : "", wish.name ? "'" : "");
		reply_fail(call->reply, &err);
		return;
	}
	print_created(call->reply, session);
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	if (!rcfile_write(who->lttng_home, session_name(session), &err))
		reply_warn(call->reply, "%s", err.message);
	warn_about_sources(call);
	reply_done(call->reply, STATUS_OK);
}

static const struct option_spec create_options[] = {
	{"output", 'o', OPTION_TEXT, "DIR", "where the trace goes; default below lttng-traces",
	 COMPLETE_FILE},
	{"set-url", 'U', OPTION_TEXT, "URL", "stream to a relay daemon: net://HOST; or file://DIR",
	 COMPLETE_NOTHING},
	{"ctrl-url", 'C', OPTION_TEXT, "URL", "a relay daemon's control socket: tcp://HOST:PORT",
	 COMPLETE_NOTHING},
	{"data-url", 'D', OPTION_TEXT, "URL", "its data socket", COMPLETE_NOTHING},
	{"no-output", 0, OPTION_FLAG, NULL, "write nothing: events are only counted and shown",
	 COMPLETE_NOTHING},
	{"no-consumer", 0, OPTION_FLAG, NULL, "the same, as older versions call it",
	 COMPLETE_NOTHING},
	{"continue", 0, OPTION_TEXT, "ID",
	 "the session.id of the session that this one continues; default: the last one of this "
	 "name",
	 COMPLETE_NOTHING},
	{"idle-timeout", 0, OPTION_TEXT, "TIME",
	 "end the session.id when nothing was recorded this long; the next event begins another",
	 COMPLETE_NOTHING},
	{"max-lifetime", 0, OPTION_TEXT, "TIME",
	 "go on under another session.id, in another trace chunk, after this long",
	 COMPLETE_NOTHING},
	{"snapshot", 0, OPTION_FLAG, NULL,
	 "keep the newest events in the buffers; 'snapshot record' writes them", COMPLETE_NOTHING},
	{"shm-path", 0, OPTION_TEXT, "DIR",
	 "have its buffers as files below DIR: what is in them survives the engine", COMPLETE_FILE},
	{"live", 0, OPTION_OPTIONAL_TEXT, "TIME",
	 "viewers show events as they are recorded, at most TIME later; default 1 s",
	 COMPLETE_NOTHING},
};

const struct command create_command = {
	.name = "create",
	.usage = "[--output=DIR | --set-url=URL | --ctrl-url=URL --data-url=URL] [--snapshot | "
		 "--live[=TIME]] [--no-output] [--continue=ID] [--idle-timeout=TIME] "
		 "[--max-lifetime=TIME] [SESSION]",
	.help = "Create a tracing session and make it the current one.",
	.description =
		"Without a name the session is called auto-DATE-TIME. The trace goes to "
		"lttng-traces/SESSION-DATE-TIME below LTTNG_HOME (default HOME), or to DIR. "
		"Nothing is written there before the first start. With --set-url=net://HOST (net6 "
		"for IPv6; ports and a path as net://HOST:5342:5343/PATH) it is streamed to "
		"lttng-relayd there: what that can't take in time is counted as discarded, "
		"applications never wait. A session with --snapshot "
		"writes nothing as it goes: its channels overwrite their oldest events, and "
		"'snapshot record' brings what they hold to DIR. "
		"With --shm-path the buffers of its applications are files below that folder, "
		"better one in memory, as long as it is there: if the engine is killed, the next "
		"one brings what was in them to the trace. What sessions without a trace here had "
		"(--snapshot, --no-output, --set-url) stays there, and lttng-crash reads it. "
		"A session with --live is recorded as any other, and viewers show its events as "
		"they are recorded, at most TIME later: babeltrace2 --input-format=lttng-live URL "
		"with the URL that is printed. They connect to this machine's port 5344, from "
		"this machine alone (see set); with --set-url, to lttng-relayd's. A session has an "
		"id, session.id, "
		"until it is destroyed; with --idle-timeout and --max-lifetime it gets another "
		"one meanwhile that continues it: a trace chunk never has two.",
	.options = create_options,
	.option_count = COUNT_OF(create_options),
	.argument_max = 1,
	.flags = COMMAND_STARTS_ENGINE,
	.run = create_run,
};
