/* SPDX-License-Identifier: GPL-2.0-or-later */
/* add-trigger, list-triggers, remove-trigger: see backend/model/trigger.h. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/trigger_args.h"

/* Words are the command's own to read: see COMMAND_READS_WORDS. */
#define WORDS_MAX 4096

/* --- add */

static void warn_about_loggers(struct call *call, const struct trigger *trigger)
{
	const struct trigger_condition *condition = &trigger->condition;
	const struct source_class *class = source_table[condition->source_index].class;

	if (condition->kind == TRIGGER_EVENT && class->carrier)
		reply_warn(call->reply,
			   "%s loggers are noticed while a session's event rule enables them",
			   class->title);
}

struct adding {
	struct model *model;
	struct reply *reply;
	uint64_t token;
};

static void added(void *data, const struct error *err)
{
	struct adding *adding = data;
	const struct trigger *trigger = trigger_find(adding->model, adding->token);
	struct error failed = ERROR_INIT;

	if (err) {
		error_copy(&failed, err);
		error_prefix(&failed, "Failed to register trigger");
		reply_fail(adding->reply, &failed);
	} else {
		if (trigger) { /* else somebody has removed it meanwhile */
			reply_print(adding->reply, "Added trigger `%s`.\n", trigger->name);
			trigger_list_json(json_put_object(reply_json(adding->reply), "trigger"),
					  trigger, false, 0);
		}
		reply_done(adding->reply, STATUS_OK);
	}
	free(adding);
}

static void add_run(struct call *call)
{
	struct error err = ERROR_INIT;
	struct trigger *trigger = trigger_args_parse(call, &err);
	struct adding *adding;

	if (!trigger) {
		reply_fail(call->reply, &err);
		return;
	}
	adding = mem_zalloc(sizeof(*adding));
	*adding = (struct adding){.model = call->model, .reply = call->reply};
	if (!trigger_add(call->model, trigger, &err)) {
		trigger_destroy(trigger);
		added(adding, &err);
		return;
	}
	warn_about_loggers(call, trigger);
	adding->token = trigger->token;
	trigger_begin(call->model, trigger, (struct outcome){added, adding});
}

/* For help and completion. */
static const struct option_spec add_options[] = {
	{"name", 0, OPTION_TEXT, "NAME", "of the trigger; default trigger0, trigger1, ...",
	 COMPLETE_NOTHING},
	{"owner-uid", 0, OPTION_TEXT, "UID", "whose trigger; root only", COMPLETE_NOTHING},
	{"condition", 0, OPTION_TEXT, "CONDITION",
	 "when: event-rule-matches, session-consumed-size-ge, channel-buffer-usage-ge, "
	 "channel-buffer-usage-le, session-rotation-starts, session-rotation-finishes",
	 COMPLETE_NOTHING},
	{"action", 0, OPTION_TEXT, "ACTION",
	 "what is done: notify, start-session, stop-session, rotate-session, snapshot-session",
	 COMPLETE_NOTHING},
};

const struct command add_trigger_command = {
	.name = "add-trigger",
	.usage = "[--name=NAME] --condition=CONDITION ARGUMENT... --action=ACTION ARGUMENT... "
		 "[--action=...]",
	.help = "Do something when a condition is met.",
	.description =
		"What follows --condition and --action belongs to them.\n\n"
		"event-rule-matches --type=user|jul|log4j|python [--name=PATTERN] "
		"[--exclude-name=PATTERN]... [--log-level=LEVEL|LEVEL..|..] [--filter=EXPRESSION] "
		"[--capture=FIELD]...: an event occurs, recorded or not. Of the kernel: "
		"--type=kernel or --type=syscall[:entry|:exit] [--name=PATTERN], --type=kprobe or "
		"--type=uprobe --location=LOCATION [--event-name=NAME], with a filter and "
		"captures as well.\n\n"
		"session-consumed-size-ge --session=SESSION --threshold-size=SIZE; "
		"channel-buffer-usage-ge or channel-buffer-usage-le --session=SESSION "
		"--channel=CHANNEL --domain=user|kernel --threshold-size=SIZE or "
		"--threshold-ratio=0..1; session-rotation-starts or session-rotation-finishes "
		"--session=SESSION.\n\n"
		"The actions start-session, stop-session, rotate-session and snapshot-session are "
		"followed by the session's name; snapshot-session takes --name, --max-size and "
		"--path as well. notify writes a line to the messages. With --rate-policy=every:N "
		"or once-after:N an action is not done each time. Triggers belong to their user, "
		"not to a session, and are gone when the engine ends.",
	.options = add_options,
	.option_count = COUNT_OF(add_options),
	.argument_max = WORDS_MAX,
	.flags = COMMAND_READS_WORDS,
	.run = add_run,
};

/* --- list */

static void list_run(struct call *call)
{
	uid_t uid = reply_requester(call->reply)->uid;
	struct json *triggers = json_put_array(reply_json(call->reply), "triggers");

	for (const struct trigger *one = trigger_next(call->model, NULL); one;
	     one = trigger_next(call->model, one)) {
		uint64_t missed_count;

		if (uid != 0 && uid != one->uid)
			continue;
		missed_count = trigger_missed_count(call->model, one);
		trigger_list_text(call->reply, one, missed_count);
		trigger_list_json(json_add_object(triggers), one, true, missed_count);
	}
	reply_done(call->reply, STATUS_OK);
}

const struct command list_triggers_command = {
	.name = "list-triggers",
	.usage = "",
	.help = "List your triggers; root's list has all.",
	.description =
		"\"discarded tracer messages\" are events that a trigger was not told of for want "
		"of room. Of LTTng-UST's applications they are counted exactly. What finds no "
		"room in a native application's buffers is counted without its name: there the "
		"number has all such events, whether the trigger waits for them or not, and so "
		"says how many it has missed at most.",
	.run = list_run,
};

/* --- remove */

static bool parse_owner(struct call *call, uid_t *uid, struct error *err)
{
	const char *given = args_text(call->args, "owner-uid");
	uint64_t value;

	*uid = reply_requester(call->reply)->uid;
	if (!given)
		return true;
	if (!units_parse_u64(given, &value) || value > UINT32_MAX - 1)
		return error_set(err, ERROR_INVALID, "Failed to parse `%s` as a user id.", given);
	if (*uid != 0 && *uid != value)
		return error_set(err, ERROR_DENIED, "only root may remove triggers of others");
	*uid = (uid_t)value;
	return true;
}

static void remove_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	struct error err = ERROR_INIT;
	uid_t uid;

	if (!name) {
		error_set(&err, ERROR_INVALID, "Missing `name` argument.");
	} else if (parse_owner(call, &uid, &err)) {
		if (!trigger_remove(call->model, uid, name))
			error_set(&err, ERROR_NOT_FOUND, "Couldn't find trigger with name `%s`.",
				  name);
	}
	if (error_is_set(&err)) {
		reply_fail(call->reply, &err);
		return;
	}
	reply_print(call->reply, "Removed trigger `%s`.\n", name);
	json_put_text(json_put_object(reply_json(call->reply), "trigger"), "name", name);
	reply_done(call->reply, STATUS_OK);
}

static const struct option_spec remove_options[] = {
	{"owner-uid", 0, OPTION_TEXT, "UID", "whose trigger; root only", COMPLETE_NOTHING},
};

const struct command remove_trigger_command = {
	.name = "remove-trigger",
	.usage = "[--owner-uid=UID] NAME",
	.help = "Remove a trigger.",
	.options = remove_options,
	.option_count = COUNT_OF(remove_options),
	.argument_max = 1,
	.run = remove_run,
};
