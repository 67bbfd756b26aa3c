/* SPDX-License-Identifier: GPL-2.0-or-later */
/* regenerate: metadata or state dumps made anew; metadata: what older scripts call for the first.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct object {
	const char *name;
	const char *title;
	void (*regenerate)(struct session *session, struct outcome outcome);
};

static const struct object objects[] = {
	{"metadata", "Metadata", recording_regenerate_metadata},
	{"statedump", "State dump", recording_regenerate_statedump},
};

struct regenerated {
	struct reply *reply;
	const struct object *object;
	char *name;
};

static void object_regenerated(void *data, const struct error *err)
{
	struct regenerated *regenerated = data;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot regenerate the %s of session '%s'",
			     regenerated->object->name, regenerated->name);
		reply_fail(regenerated->reply, &sentence);
	} else {
		reply_print(regenerated->reply, "%s successfully regenerated for session %s\n",
			    regenerated->object->title, regenerated->name);
		reply_done(regenerated->reply, STATUS_OK);
	}
	free(regenerated->name);
	free(regenerated);
}

static void regenerate(struct call *call, const struct object *object)
{
	struct session *session = common_session(call, NULL);
	struct regenerated *regenerated;

	if (!session)
		return;
	json_put_text(reply_json(call->reply), "session_name", session_name(session));
	json_put_text(reply_json(call->reply), "name", object->name);
	regenerated = mem_zalloc(sizeof(*regenerated));
	regenerated->reply = call->reply;
	regenerated->object = object;
	regenerated->name = mem_strdup(session_name(session));
	object->regenerate(session, (struct outcome){object_regenerated, regenerated});
}

static void list_objects(struct call *call)
{
	for (size_t i = 0; i < COUNT_OF(objects); i++)
		reply_print(call->reply, "%s\n", objects[i].name);
	reply_done(call->reply, STATUS_OK);
}

static void regenerate_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	struct error err = ERROR_INIT;

	if (args_has(call->args, "list-commands")) {
		list_objects(call);
		return;
	}
	for (size_t i = 0; name && i < COUNT_OF(objects); i++) {
		if (strcmp(objects[i].name, name) == 0) {
			regenerate(call, &objects[i]);
			return;
		}
	}
	if (name)
		error_set(&err, ERROR_UNKNOWN_COMMAND,
			  "'%s' can't be regenerated; 'metadata' and 'statedump' can", name);
	else
		error_set(&err, ERROR_INVALID, "regenerate what? metadata or statedump");
	reply_fail(call->reply, &err);
}

static void metadata_run(struct call *call)
{
	const char *action = args_at(call->args, 0);
	struct error err = ERROR_INIT;

	if (args_has(call->args, "list-commands")) {
		reply_print(call->reply, "regenerate\n");
		reply_done(call->reply, STATUS_OK);
	} else if (action && strcmp(action, "regenerate") == 0) {
		regenerate(call, &objects[0]);
	} else {
		error_set(
			&err, action ? ERROR_UNKNOWN_COMMAND : ERROR_INVALID,
			"'metadata' has the one action 'regenerate'; 'regenerate metadata' is its "
			"new name");
		reply_fail(call->reply, &err);
	}
}

static const struct option_spec regenerate_options[] = {
	OPTION_SESSION,
	{"list-commands", 0, OPTION_FLAG, NULL, "list what can be regenerated", COMPLETE_NOTHING},
};

const struct command regenerate_command = {
	.name = "regenerate",
	.usage = "[--session=SESSION] (metadata | statedump)",
	.help = "Write the metadata, or have applications dump their state, anew.",
	.description =
		"metadata: the clock's offset is sampled again, for a session that began before "
		"the "
		"wall clock was set right. Archived chunks keep theirs. statedump: applications "
		"say "
		"again what is loaded where, which the files that a limit of their number has "
		"overwritten may have held. The session must be active.",
	.options = regenerate_options,
	.option_count = COUNT_OF(regenerate_options),
	.argument_max = 1,
	.run = regenerate_run,
};

const struct command metadata_command = {
	.name = "metadata",
	.usage = "[--session=SESSION] regenerate",
	.help = "The old name of 'regenerate metadata'.",
	.options = regenerate_options,
	.option_count = COUNT_OF(regenerate_options),
	.argument_max = 1,
	.run = metadata_run,
};
