/* SPDX-License-Identifier: GPL-2.0-or-later */
/* enable-rotation, disable-rotation: sessions that rotate by themselves. */
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/running.h"
#include "backend/model/schedule.h"

/* Values in the names of --mi xml. */
static void put_result(struct call *call, enum schedule_kind kind, uint64_t value, bool is_done)
{
	struct json *results = json_get(reply_json(call->reply), "rotation_schedules");
	struct json *result = json_add_object(results);

	json_put_text(result, "kind", kind == SCHEDULE_TIMER ? "periodic" : "size_threshold");
	json_put_u64(result, kind == SCHEDULE_TIMER ? "time_us" : "bytes", value);
	json_put_bool(result, "success", is_done);
}

static void begin_json(struct call *call, const struct session *session)
{
	json_put_text(reply_json(call->reply), "session_name", session_name(session));
	json_put_array(reply_json(call->reply), "rotation_schedules");
}

static bool parse(const struct args *args, enum schedule_kind kind, uint64_t *value,
		  struct error *err)
{
	const char *option = kind == SCHEDULE_TIMER ? "timer" : "size";
	const char *text = args_text(args, option);
	bool is_valid;

	*value = 0;
	if (!text)
		return true;
	is_valid = kind == SCHEDULE_TIMER ? units_parse_time_us(text, value)
					  : units_parse_size(text, value);
	/* Beyond a thousand years of µs the time could not be added to a clock. */
	if (is_valid && *value > 0 && *value < UINT64_MAX / NS_PER_S)
		return true;
	return error_set(err, ERROR_INVALID,
			 kind == SCHEDULE_TIMER
				 ? "--timer=%s is no time above 0; give a number with "
				   "us, ms, s, m or h (none: us)"
				 : "--size=%s is no size above 0; give a number, with k, "
				   "M or G if you like",
			 text);
}

static bool enable(struct call *call, struct session *session, enum schedule_kind kind,
		   uint64_t value)
{
	struct error err = ERROR_INIT;
	bool is_done;

	if (!value)
		return true;
	is_done = schedule_enable(session, kind, value, &err);
	put_result(call, kind, value, is_done);
	if (!is_done) {
		error_prefix(&err, "cannot enable the %s rotation schedule of session '%s'",
			     kind == SCHEDULE_TIMER ? "periodic" : "size-based",
			     session_name(session));
		reply_error(call->reply, &err);
		return false;
	}
	if (kind == SCHEDULE_TIMER)
		reply_print(call->reply, "Enabled periodic rotations every %llu us on session %s\n",
			    (unsigned long long)value, session_name(session));
	else
		reply_print(call->reply,
			    "Enabled size-based rotations every %llu bytes written on session %s\n",
			    (unsigned long long)value, session_name(session));
	return true;
}

static bool enable_hook(struct call *call, struct session *session, const struct hook_wish *hook)
{
	struct error err = ERROR_INIT;

	if (!hook->command)
		return true;
	if (!hooks_enable(session, hook, &err)) {
		reply_error(call->reply, &err);
		return false;
	}
	running_note(session);
	reply_print(call->reply, "Enabled rotation hook on session %s: %s\n", session_name(session),
		    hook->command);
	return true;
}

static bool disable_hook(struct call *call, struct session *session)
{
	struct error err = ERROR_INIT;

	if (!hooks_disable(session, &err)) {
		reply_error(call->reply, &err);
		return false;
	}
	running_note(session);
	reply_print(call->reply, "Disabled rotation hook on session %s\n", session_name(session));
	return true;
}

static void enable_rotation_run(struct call *call)
{
	struct session *session = common_session(call, NULL);
	struct error err = ERROR_INIT;
	uint64_t timer_us;
	uint64_t size_bytes;
	struct hook_wish hook;
	bool is_done;

	if (!session)
		return;
	begin_json(call, session);
	if (!args_has(call->args, "timer") && !args_has(call->args, "size") &&
	    !args_has(call->args, "exec"))
		error_set(&err, ERROR_INVALID, "when to rotate? Give --timer, --size or both");
	if (error_is_set(&err) || !parse(call->args, SCHEDULE_TIMER, &timer_us, &err) ||
	    !parse(call->args, SCHEDULE_SIZE, &size_bytes, &err) ||
	    !common_hook(call->args, &hook, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	is_done = enable(call, session, SCHEDULE_TIMER, timer_us);
	is_done = enable(call, session, SCHEDULE_SIZE, size_bytes) && is_done;
	is_done = enable_hook(call, session, &hook) && is_done;
	reply_done(call->reply, is_done ? STATUS_OK : STATUS_ERROR);
}

static bool disable(struct call *call, struct session *session, enum schedule_kind kind)
{
	uint64_t value = schedule_value(session->schedule, kind);
	struct error err = ERROR_INIT;
	bool is_done = schedule_disable(session, kind, &err);

	put_result(call, kind, value, is_done);
	if (is_done)
		reply_print(call->reply, "Disabled %s rotation on session %s\n",
			    kind == SCHEDULE_TIMER ? "periodic" : "size-based",
			    session_name(session));
	else
		reply_error(call->reply, &err);
	return is_done;
}

static void disable_rotation_run(struct call *call)
{
	struct session *session = common_session(call, NULL);
	bool has_timer = args_has(call->args, "timer");
	bool has_size = args_has(call->args, "size");
	struct error err = ERROR_INIT;
	bool is_done = true;

	if (!session)
		return;
	begin_json(call, session);
	if (!has_timer && !has_size && !args_has(call->args, "exec")) {
		error_set(&err, ERROR_INVALID,
			  "which rotation schedule? Give --timer, --size or both");
		reply_fail(call->reply, &err);
		return;
	}
	if (has_timer)
		is_done = disable(call, session, SCHEDULE_TIMER);
	if (has_size)
		is_done = disable(call, session, SCHEDULE_SIZE) && is_done;
	if (args_has(call->args, "exec"))
		is_done = disable_hook(call, session) && is_done;
	reply_done(call->reply, is_done ? STATUS_OK : STATUS_ERROR);
}

static const struct option_spec enable_rotation_options[] = {
	OPTION_SESSION,
	{"timer", 0, OPTION_TEXT, "TIME", "rotate this often", COMPLETE_NOTHING},
	{"size", 0, OPTION_TEXT, "SIZE", "rotate when so much was written since the last time",
	 COMPLETE_NOTHING},
	{"exec", 0, OPTION_TEXT, "COMMAND", "run this for each archive that is complete",
	 COMPLETE_NOTHING},
	{"exec-timeout", 0, OPTION_TEXT, "TIME", "how long that may run; default 10 m",
	 COMPLETE_NOTHING},
};

const struct command enable_rotation_command = {
	.name = "enable-rotation",
	.usage = "[--session=SESSION] [--timer=TIME] [--size=SIZE] [--exec=COMMAND] "
		 "[--exec-timeout=TIME]",
	.help = "Rotate a session by itself from now on.",
	.description =
		"Each kind can be set once. The size counts what was written to the current chunk; "
		"it is looked at as often as the channels' monitor timers say, so an archive may "
		"be "
		"larger. A stopped session is rotated once more. COMMAND is split into words as "
		"in a command file, no shell runs it unless it says sh -c; it finds "
		"TRACON_CHUNK_PATH, _ID, _BEGIN and _END (nanoseconds since the Epoch), _BYTES, "
		"_EVENTS, _DISCARDED and TRACON_SESSION_NAME, _ID in its environment and has the "
		"rights of the session's user. One runs after the other; what they print, and "
		"failures, are in the messages, counts in 'list'.",
	.options = enable_rotation_options,
	.option_count = COUNT_OF(enable_rotation_options),
	.run = enable_rotation_run,
};

static const struct option_spec disable_rotation_options[] = {
	OPTION_SESSION,
	{"timer", 0, OPTION_FLAG, NULL, "the periodic schedule", COMPLETE_NOTHING},
	{"size", 0, OPTION_FLAG, NULL, "the size-based schedule", COMPLETE_NOTHING},
	{"exec", 0, OPTION_FLAG, NULL, "the command that runs for each archive", COMPLETE_NOTHING},
};

const struct command disable_rotation_command = {
	.name = "disable-rotation",
	.usage = "[--session=SESSION] [--timer] [--size] [--exec]",
	.help = "Remove a session's rotation schedule.",
	.options = disable_rotation_options,
	.option_count = COUNT_OF(disable_rotation_options),
	.run = disable_rotation_run,
};
