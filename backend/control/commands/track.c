/* SPDX-License-Identifier: GPL-2.0-or-later */
/* track, untrack: whose events a domain of a session records, also while it records. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"

struct tracking {
	struct session *session;
	size_t source_index;
	bool is_track; /* else untrack */
	struct json *json;
};

/* "Virtual process ID". */
static void put_title(char title[64], enum tracker_kind kind)
{
	snprintf(title, 64, "%s", tracker_names[kind].title);
	title[0] = (char)toupper((unsigned char)title[0]);
}

static struct json *note(struct json *values, const char *text, bool is_done)
{
	struct json *value = json_add_object(values);

	json_put_text(value, "value", text);
	json_put_bool(value, "success", is_done);
	return value;
}

static bool change_value(struct call *call, const struct tracking *tracking, enum tracker_kind kind,
			 const char *text, struct error *err)
{
	struct tracker *tracker = session_tracker(tracking->session, tracking->source_index, kind);
	const char *title = tracker_names[kind].title;
	const char *name;
	bool is_changed;
	int64_t id;

	if (!tracker_parse(kind, text, &id, &name, err))
		return false;
	is_changed =
		tracking->is_track ? tracker_add(tracker, id, name) : tracker_remove(tracker, id);
	if (!is_changed)
		reply_warn(call->reply, "%s is %s the %s inclusion set", text,
			   tracking->is_track ? "already in" : "not in", title);
	else if (tracking->is_track)
		reply_print(call->reply, "Added %s to the %s tracker inclusion set\n", text, title);
	else
		reply_print(call->reply, "Removed %s from the %s tracker inclusion set\n", text,
			    title);
	return true;
}

static bool change_values(struct call *call, const struct tracking *tracking,
			  enum tracker_kind kind, const char *list, struct json *values)
{
	struct word_list words = {0};
	bool is_good = true;

	text_split_commas(list, &words);
	for (size_t i = 0; i < words.count; i++) {
		struct error err = ERROR_INIT;
		bool is_done = change_value(call, tracking, kind, words.words[i], &err);

		note(values, words.words[i], is_done);
		if (is_done)
			continue;
		reply_error(call->reply, &err);
		is_good = false;
	}
	word_list_finish(&words);
	return is_good;
}

static void change_all(struct call *call, const struct tracking *tracking, enum tracker_kind kind,
		       struct json *values)
{
	char title[64];

	put_title(title, kind);
	tracker_clear(session_tracker(tracking->session, tracking->source_index, kind),
		      !tracking->is_track);
	reply_print(call->reply, "%s tracking policy set to `%s`\n", title,
		    tracking->is_track ? "include all" : "exclude all");
	note(values, "all", true);
}

/* The kernel's own numbers; a program's namespace may have others, which are the virtual ones. */
static bool check_kind(const struct tracking *tracking, enum tracker_kind kind, struct error *err)
{
	const char *domain = source_table[tracking->source_index].class->domain;

	if (strcmp(domain, "KERNEL") == 0)
		return kind == TRACKER_PID || kind == TRACKER_VPID ||
		       error_set(err, ERROR_UNSUPPORTED,
				 "the kernel's tracer knows processes, not users and groups: "
				 "--pid and --vpid only");
	if (kind <= TRACKER_VGID)
		return true;
	return error_set(err, ERROR_UNSUPPORTED,
			 "user space applications are tracked by --vpid, --vuid and --vgid only");
}

/* One use of an option. */
static bool change_kind(struct call *call, const struct tracking *tracking, enum tracker_kind kind,
			const char *list)
{
	struct json *entry;
	struct json *values;
	struct error err = ERROR_INIT;

	if (!check_kind(tracking, kind, &err)) {
		reply_error(call->reply, &err);
		return false;
	}
	if (!list && !args_has(call->args, "all")) {
		error_set(&err, ERROR_INVALID, "--%s needs values, or --all besides it",
			  tracker_names[kind].option);
		reply_error(call->reply, &err);
		return false;
	}
	entry = json_add_object(tracking->json);
	json_put_text(entry, "attribute", tracker_names[kind].element);
	values = json_put_array(entry, "values");
	if (list)
		return change_values(call, tracking, kind, list, values);
	change_all(call, tracking, kind, values);
	return true;
}

/* lttng takes --pid for --vpid in user space. */
static enum tracker_kind kind_in(const struct tracking *tracking, enum tracker_kind kind)
{
	const char *domain = source_table[tracking->source_index].class->domain;

	return kind == TRACKER_PID && strcmp(domain, "UST") == 0 ? TRACKER_VPID : kind;
}

static bool change_kinds(struct call *call, const struct tracking *tracking, size_t *use_count)
{
	bool is_good = true;

	for (int i = 0; i < TRACKER_KIND_COUNT; i++) {
		const char *option = tracker_names[i].option;
		enum tracker_kind kind = kind_in(tracking, (enum tracker_kind)i);
		size_t count = args_text_count(call->args, option);

		for (size_t j = 0; j < count; j++)
			is_good &= change_kind(call, tracking, kind,
					       args_text_at(call->args, option, j));
		*use_count += count;
	}
	return is_good;
}

static void run(struct call *call, bool is_track)
{
	struct tracking tracking = {.is_track = is_track};
	struct error err = ERROR_INIT;
	size_t use_count = 0;
	bool is_good;

	if (!common_domain(call, &tracking.source_index))
		return;
	tracking.session = common_session(call, NULL);
	if (!tracking.session)
		return;
	tracking.json = json_put_array(reply_json(call->reply), "process_attr_trackers");
	is_good = change_kinds(call, &tracking, &use_count);
	if (use_count == 0) {
		error_set(&err, ERROR_INVALID,
			  "at least one process attribute must be specified: --vpid, --vuid, "
			  "--vgid ... with values or --all");
		reply_fail(call->reply, &err);
		return;
	}
	session_apply(tracking.session,
		      common_reply_when_done(call->reply, is_good ? STATUS_OK : STATUS_ERROR));
}

static void track_run(struct call *call)
{
	run(call, true);
}

static void untrack_run(struct call *call)
{
	run(call, false);
}

#define OPTION_VALUES(name, letter, help)                                                          \
	{                                                                                          \
		name, letter, OPTION_OPTIONAL_TEXT, "VALUE[,VALUE]...", help, COMPLETE_NOTHING     \
	}

static const struct option_spec track_options[] = {
	OPTION_SESSION,
	OPTION_KERNEL,
	OPTION_USERSPACE,
	OPTION_VALUES("vpid", 0, "process IDs as the process sees them"),
	OPTION_VALUES("vuid", 0, "users as the process sees them: IDs or names"),
	OPTION_VALUES("vgid", 0, "groups as the process sees them: IDs or names"),
	OPTION_VALUES("pid", 'p', "process IDs; user space: the same as --vpid"),
	OPTION_VALUES("uid", 0, "users (kernel): IDs or names"),
	OPTION_VALUES("gid", 0, "groups (kernel): IDs or names"),
	{"all", 'a', OPTION_FLAG, NULL, "all values of the attributes given without any",
	 COMPLETE_NOTHING},
};

const struct command track_command = {
	.name = "track",
	.usage = "(--kernel | --userspace) (--vpid[=VALUES] | --vuid[=VALUES] | --vgid[=VALUES] | "
		 "...)... [--all]",
	.help = "Record only some processes, users or groups.",
	.description =
		"The first value tracked leaves only what has it; further ones are added to the "
		"set. An event is recorded if its process is in the set of each attribute. With "
		"--all everything is recorded again. Counts at once, also while recording.",
	.options = track_options,
	.option_count = COUNT_OF(track_options),
	.run = track_run,
};

const struct command untrack_command = {
	.name = "untrack",
	.usage = "(--kernel | --userspace) (--vpid[=VALUES] | --vuid[=VALUES] | --vgid[=VALUES] | "
		 "...)... [--all]",
	.help = "Take processes, users or groups out of what is recorded.",
	.description = "Values leave the set that track made. With --all nothing is recorded any "
		       "more until something is tracked.",
	.options = track_options,
	.option_count = COUNT_OF(track_options),
	.run = untrack_run,
};
