/* SPDX-License-Identifier: GPL-2.0-or-later */
/* snapshot: records what the buffers of a snapshot session hold, and says where that goes. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/snapshot.h"

struct action {
	const char *name;
	void (*run)(struct call *call, struct session *session);
};

/* --- what the actions' options say */

/* The place that the arguments name; *path NULL: none. */
static bool parse_path(struct call *call, char **path, struct error *err)
{
	const char *url = args_at(call->args, 1);
	const char *control = args_text(call->args, "ctrl-url");
	const char *data = args_text(call->args, "data-url");

	*path = NULL;
	if (!url && !control && !data)
		return true;
	*path = common_snapshot_place(url, control, data, err);
	return *path != NULL;
}

/* As lttng shows a place: its path, or the URLs of both sockets. */
static void show_place(const char *place, struct text *control, struct text *data)
{
	struct relay_url url;

	if (relay_url_is_meant(place) && relay_url_parse(place, &url, NULL)) {
		relay_url_show_control(&url, control);
		relay_url_show_data(&url, data);
	} else {
		text_add(control, place);
	}
}

static bool parse_max_size(struct call *call, uint64_t *bytes_max, struct error *err)
{
	const char *text = args_text(call->args, "max-size");

	*bytes_max = 0;
	if (!text || units_parse_size(text, bytes_max))
		return true;
	return error_set(err, ERROR_INVALID,
			 "--max-size=%s is no size; give a number, with k, M or G if you like",
			 text);
}

static void put_output(struct json *outputs, const struct snapshot_output *output)
{
	struct json *object = json_add_object(outputs);
	struct text control = {0};
	struct text data = {0};

	show_place(output->path, &control, &data);
	json_put_u64(object, "id", output->id);
	json_put_text(object, "name", output->name);
	json_put_text(object, "ctrl_url", text_str(&control));
	json_put_text(object, "data_url", text_str(&data));
	json_put_u64(object, "max_size", output->bytes_max);
	text_finish(&control);
	text_finish(&data);
}

/* `where` is the output's path, or the words that it was given with. */
static void print_output(struct reply *reply, const char *indent,
			 const struct snapshot_output *output, const char *where)
{
	reply_print(reply, "%s[%u] %s: %s", indent, output->id, output->name, where);
	if (output->bytes_max)
		reply_print(reply, " (max size: %llu bytes)",
			    (unsigned long long)output->bytes_max);
	reply_print(reply, "\n");
}

/* --- actions */

static void put_output_of(struct call *call, const struct session *session,
			  const struct snapshot_output *output)
{
	struct json *outputs = json_put_array(reply_json(call->reply), "snapshots");

	put_output(outputs, output);
	json_put_text(json_at(outputs, 0), "session_name", session_name(session));
}

static void add_output(struct call *call, struct session *session)
{
	const struct snapshot_output *output = NULL;
	struct error err = ERROR_INIT;
	char *path = NULL;
	uint64_t bytes_max;

	if (parse_path(call, &path, &err) && parse_max_size(call, &bytes_max, &err)) {
		if (path)
			output = session_add_snapshot_output(session, args_text(call->args, "name"),
							     path, bytes_max, &err);
		else
			error_set(&err, ERROR_INVALID,
				  "where to? Give a path, file://PATH or net://HOST");
	}
	free(path);
	if (!output) {
		error_prefix(&err, "cannot add a snapshot output");
		reply_fail(call->reply, &err);
		return;
	}
	reply_print(call->reply, "Snapshot output successfully added for session %s\n",
		    session_name(session));
	print_output(call->reply, "  ", output,
		     args_at(call->args, 1) ? args_at(call->args, 1)
					    : args_text(call->args, "ctrl-url"));
	put_output_of(call, session, output);
	model_changed(session->model);
	reply_done(call->reply, STATUS_OK);
}

static void del_output(struct call *call, struct session *session)
{
	const char *wanted = args_at(call->args, 1);
	const struct snapshot_output *output;
	struct error err = ERROR_INIT;
	uint64_t id;

	if (!wanted)
		error_set(&err, ERROR_INVALID, "which snapshot output? Give its number or name");
	output = wanted ? session_find_snapshot_output(session, wanted) : NULL;
	if (wanted && !output)
		error_set(&err, ERROR_NOT_FOUND,
			  "session '%s' has no snapshot output '%s'; 'snapshot list-output' shows "
			  "them",
			  session_name(session), wanted);
	if (!output) {
		reply_fail(call->reply, &err);
		return;
	}
	reply_print(call->reply, "Snapshot output %s%s successfully deleted for session %s\n",
		    units_parse_u64(wanted, &id) ? "id " : "", wanted, session_name(session));
	put_output_of(call, session, output);
	session_remove_snapshot_output(session, output->id);
	model_changed(session->model);
	reply_done(call->reply, STATUS_OK);
}

static void list_one_output(struct reply *reply, const struct snapshot_output *output)
{
	struct text control = {0};
	struct text data = {0};

	show_place(output->path, &control, &data);
	print_output(reply, "    ", output, text_str(&control));
	text_finish(&control);
	text_finish(&data);
}

static void list_output(struct call *call, struct session *session)
{
	struct json *outputs = json_put_array(reply_json(call->reply), "snapshots");

	json_put_text(reply_json(call->reply), "session_name", session_name(session));
	reply_print(call->reply, "Snapshot output list for session %s\n", session_name(session));
	for (size_t i = 0; i < session->snapshot_output_count; i++) {
		const struct snapshot_output *output = &session->snapshot_outputs[i];

		list_one_output(call->reply, output);
		put_output(outputs, output);
	}
	if (session->snapshot_output_count == 0)
		reply_print(call->reply, "    None\n");
	reply_done(call->reply, STATUS_OK);
}

struct recorded {
	struct reply *reply;
	char *name;
};

static void answer_snapshot(struct reply *reply, const char *name,
			    const struct snapshot_result *result)
{
	struct json *snapshots = json_put_array(reply_json(reply), "snapshots");

	reply_print(reply, "Snapshot recorded successfully for session %s\n", name);
	for (size_t i = 0; i < result->row_count; i++) {
		const struct chunk_row *row = &result->rows[i];
		struct json *snapshot = json_add_object(snapshots);

		reply_print(reply, "Snapshot written %s%s\n",
			    shared_text_str(row->path)[0] == '/' ? "at: " : "on relay ",
			    shared_text_str(row->path));
		json_put_text(snapshot, "path", shared_text_str(row->path));
		json_put_u64(snapshot, "recorded_events", row->event_count);
		json_put_u64(snapshot, "recorded_bytes", row->bytes);
	}
	if (result->hole_count > 0)
		reply_warn(reply,
			   "%u sub-buffers are left out of the snapshot of session '%s': an "
			   "application died or was stopped while it wrote there",
			   result->hole_count, name);
}

static void snapshot_recorded(void *data, const struct snapshot_result *result,
			      const struct error *err)
{
	struct recorded *recorded = data;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot record a snapshot of session '%s'", recorded->name);
		reply_fail(recorded->reply, &sentence);
	} else {
		answer_snapshot(recorded->reply, recorded->name, result);
		reply_done(recorded->reply, STATUS_OK);
	}
	free(recorded->name);
	free(recorded);
}

static void record(struct call *call, struct session *session)
{
	struct snapshot_wish wish = {.name = args_text(call->args, "name")};
	struct error err = ERROR_INIT;
	struct recorded *recorded;
	char *path = NULL;

	if (!parse_path(call, &path, &err) || !parse_max_size(call, &wish.bytes_max, &err)) {
		free(path);
		reply_fail(call->reply, &err);
		return;
	}
	wish.path = path;
	recorded = mem_zalloc(sizeof(*recorded));
	recorded->reply = call->reply;
	recorded->name = mem_strdup(session_name(session));
	snapshot_record(session, &wish, (struct snapshot_outcome){snapshot_recorded, recorded});
	free(path);
}

static const struct action actions[] = {
	{"add-output", add_output},
	{"del-output", del_output},
	{"list-output", list_output},
	{"record", record},
};

static const struct action *find_action(const char *name)
{
	for (size_t i = 0; name && i < COUNT_OF(actions); i++)
		if (strcmp(actions[i].name, name) == 0)
			return &actions[i];
	return NULL;
}

static void list_actions(struct call *call)
{
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		reply_print(call->reply, "%s\n", actions[i].name);
	reply_done(call->reply, STATUS_OK);
}

static void snapshot_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	const struct action *action = find_action(name);
	struct error err = ERROR_INIT;
	struct session *session;

	if (args_has(call->args, "list-commands")) {
		list_actions(call);
		return;
	}
	if (!name)
		error_set(&err, ERROR_INVALID,
			  "what to do? snapshot add-output, del-output, list-output or record");
	else if (!action)
		error_set(&err, ERROR_UNKNOWN_COMMAND,
			  "'snapshot' has no action '%s'; it has add-output, del-output, "
			  "list-output and record",
			  name);
	if (!action) {
		reply_fail(call->reply, &err);
		return;
	}
	session = common_session(call, NULL);
	if (!session)
		return;
	json_put_text(reply_json(call->reply), "action", name);
	if (session->mode == PICTURE_MODE_SNAPSHOT) {
		action->run(call, session);
		return;
	}
	error_set(&err, ERROR_STATE,
		  "the snapshot command can't be applied to session '%s': it was not created with "
		  "--snapshot",
		  session_name(session));
	reply_fail(call->reply, &err);
}

static const struct option_spec snapshot_options[] = {
	OPTION_SESSION,
	{"name", 'n', OPTION_TEXT, "NAME", "of the output, or of the snapshot's folder",
	 COMPLETE_NOTHING},
	{"max-size", 'm', OPTION_TEXT, "SIZE",
	 "limit of a snapshot: of each stream the newest packets that fit; 0: none",
	 COMPLETE_NOTHING},
	{"ctrl-url", 'C', OPTION_TEXT, "URL", "of a relay daemon", COMPLETE_NOTHING},
	{"data-url", 'D', OPTION_TEXT, "URL", "of a relay daemon", COMPLETE_NOTHING},
	{"list-commands", 0, OPTION_FLAG, NULL, "list the actions", COMPLETE_NOTHING},
};

const struct command snapshot_command = {
	.name = "snapshot",
	.usage = "[--session=SESSION] (record [--name=NAME] [--max-size=SIZE] [PATH | URL] | "
		 "add-output [--name=NAME] [--max-size=SIZE] (PATH | URL) | del-output (ID | NAME) "
		 "| list-output)",
	.help = "Record what the buffers of a snapshot session hold.",
	.description =
		"A snapshot is a complete trace: PATH/NAME-DATE-TIME-COUNT. The session records "
		"on, "
		"and nothing is taken out of its buffers. Of each stream it holds the newest "
		"events "
		"up to the moment of the command, without a gap. Without PATH it goes to each of "
		"the session's outputs. With net://HOST or --ctrl-url and --data-url it is sent to "
		"lttng-relayd there: what was copied waits in memory meanwhile.",
	.options = snapshot_options,
	.option_count = COUNT_OF(snapshot_options),
	.argument_max = 2,
	.complete = COMPLETE_FILE,
	.run = snapshot_run,
};
