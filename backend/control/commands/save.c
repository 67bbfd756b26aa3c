/* SPDX-License-Identifier: GPL-2.0-or-later */
/* save: sessions as files that load, and lttng's, can make them from again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/as_user.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/saved.h"

#define FOLDER_MODE 0770
#define FILE_MODE   0660

static bool write_file(const struct session *session, const char *folder, bool may_replace,
		       struct error *err)
{
	char *path = mem_printf("%s/%s.lttng", folder, session_name(session));
	struct text text = {0};
	bool is_written;

	if (!may_replace && access(path, F_OK) == 0) {
		error_set(err, ERROR_STATE, "'%s' exists already; --force replaces it", path);
		free(path);
		return false;
	}
	saved_write(session, &text);
	is_written = fd_make_directories(folder, FOLDER_MODE, err) &&
		     fd_replace_file(path, text.bytes, text.length, FILE_MODE, err);
	text_finish(&text);
	free(path);
	return is_written;
}

/* With the rights of who asked. */
static bool save_one(struct call *call, const struct session *session, const char *folder)
{
	const struct requester *who = reply_requester(call->reply);
	struct error err = ERROR_INIT;
	struct user_rights rights;
	bool has_begun;
	bool is_written;

	user_rights_init(&rights, who->uid, who->gid);
	has_begun = as_user_begin(&rights);
	is_written = write_file(session, folder, args_has(call->args, "force"), &err);
	as_user_end(has_begun);
	user_rights_finish(&rights);
	if (is_written)
		return true;
	error_prefix(&err, "cannot save '%s'", session_name(session));
	reply_error(call->reply, &err);
	return false;
}

static bool save_all(struct call *call, const char *folder)
{
	const struct requester *who = reply_requester(call->reply);
	bool is_good = true;

	for (size_t i = 0; i < call->model->session_count; i++) {
		const struct session *session = call->model->sessions[i];

		if (!session->is_ending && model_may_see(who->uid, session))
			is_good = save_one(call, session, folder) && is_good;
	}
	return is_good;
}

/* Absolute; NULL: the reply was ended. Caller frees. */
static char *find_folder(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	const char *given = args_text(call->args, "output-path");
	struct error err = ERROR_INIT;
	char *folder;

	if (!given)
		return mem_printf("%s/.lttng/sessions", who->lttng_home);
	if (!strstr(given, "://"))
		return common_absolute_path(who, given);
	folder = common_output_path(given, &err);
	if (!folder)
		reply_fail(call->reply, &err);
	return folder;
}

static void note(struct call *call, const char *name, const char *folder)
{
	struct json *save = json_put_object(reply_json(call->reply), "save");

	json_put_text(json_put_object(save, "session"), "name", name);
	json_put_text(save, "path", folder);
}

static void save_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	bool is_given = args_has(call->args, "output-path");
	struct session *session = NULL;
	char *folder;
	bool is_good;

	if (name && !args_has(call->args, "all")) {
		session = common_session(call, name);
		if (!session)
			return;
	}
	folder = find_folder(call);
	if (!folder)
		return;
	is_good = session ? save_one(call, session, folder) : save_all(call, folder);
	note(call, session ? name : "*", folder);
	if (is_good && session)
		reply_print(call->reply, "Session %s saved successfully%s%s.\n", name,
			    is_given ? " in " : "", is_given ? folder : "");
	else if (is_good)
		reply_print(call->reply, "All sessions have been saved successfully%s%s.\n",
			    is_given ? " in " : "", is_given ? folder : "");
	free(folder);
	reply_done(call->reply, is_good ? STATUS_OK : STATUS_ERROR);
}

static const struct option_spec save_options[] = {
	{"all", 'a', OPTION_FLAG, NULL, "all sessions (default without SESSION)", COMPLETE_NOTHING},
	{"output-path", 'o', OPTION_TEXT, "DIR",
	 "where the files go; default .lttng/sessions below LTTNG_HOME (HOME)", COMPLETE_FILE},
	{"force", 'f', OPTION_FLAG, NULL, "replace files of the same name", COMPLETE_NOTHING},
};

const struct command save_command = {
	.name = "save",
	.usage = "[--output-path=DIR] [--force] [--all | SESSION]",
	.help = "Save sessions to files.",
	.description =
		"Writes DIR/SESSION.lttng for one session or for all: channels, event rules, "
		"contexts, trackers, rotation schedules and outputs, but nothing that was "
		"recorded. The files are lttng's: 'tracon load' and 'lttng load' make the "
		"sessions from them again. What lies in .lttng/sessions/auto is loaded by each "
		"engine that starts.",
	.options = save_options,
	.option_count = COUNT_OF(save_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = save_run,
};
