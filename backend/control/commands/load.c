/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load: sessions from files that save, or lttng's, wrote. Each is whole or not there. One that is
 * replaced is destroyed before the new one records, for both may write to the same place.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/as_user.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/rcfile.h"
#include "backend/model/lifespan.h"
#include "backend/model/recording.h"
#include "backend/model/saved.h"

#define SYSTEM_FOLDER "/etc/lttng/sessions"
#define FILES_MAX     4096

struct loading {
	struct task task; /* first: a part per session that is destroyed or started */
	struct model *model;
	struct reply *reply;
	struct saved_wish wish;
	struct user_rights rights; /* of who asked */
	char *traces;
	char *output; /* --override-url */
	const char *only;
	const char *schema; /* directory with LTTng's session.xsd, or NULL */
	bool is_forced;
	bool has_failed;
	bool is_partial;
	size_t loaded_count;
};

/* --- behind the restoring: an old session ends, a new one starts */

struct loaded {
	struct loading *loading;
	uint64_t session_id;
	bool was_started;
};

static void started(void *data, const struct error *err)
{
	struct loaded *loaded = data;
	struct loading *loading = loaded->loading;

	if (err) {
		reply_error(loading->reply, err);
		loading->has_failed = true;
	}
	free(loaded);
	task_done(&loading->task, NULL);
}

static void start_if_it_was(struct loaded *loaded)
{
	struct session *session = model_find_session_id(loaded->loading->model, loaded->session_id);

	if (session)
		lifespan_begin(session); /* the one that it replaces has ended */
	if (session && loaded->was_started)
		recording_start(session, (struct outcome){started, loaded});
	else
		started(loaded, NULL);
}

static void old_is_gone(void *data, const struct session *session, const struct chunk_row *archived,
			const struct error *err)
{
	(void)session;
	(void)archived;
	(void)err; /* said in the log: there is nothing to do about it */
	start_if_it_was(data);
}

/* --- one session */

/* Hides what is to be replaced, for both have one name for a moment. */
static struct session *hide_old(struct loading *loading, const struct xml_node *saved)
{
	char *name = loading->wish.name ? mem_strdup(loading->wish.name) : saved_name(saved);
	struct session *old = NULL;

	if (loading->is_forced)
		old = model_find_session(loading->model, loading->wish.uid, name);
	if (old)
		old->is_ending = true;
	free(name);
	return old;
}

static void follow_up(struct loading *loading, struct session *session, struct session *old,
		      bool was_started)
{
	struct loaded *loaded = mem_zalloc(sizeof(*loaded));

	loaded->loading = loading;
	loaded->session_id = session->id;
	loaded->was_started = was_started;
	task_add(&loading->task);
	if (old)
		old->end_reason = LIFESPAN_REPLACED;
	if (old)
		recording_destroy(old, (struct destroy_outcome){old_is_gone, loaded});
	else
		start_if_it_was(loaded);
}

static void restore_one(struct loading *loading, const struct xml_node *saved, const char *path)
{
	struct session *old = hide_old(loading, saved);
	struct word_list warnings = {0};
	struct error err = ERROR_INIT;
	bool was_started = false;
	struct session *session =
		saved_restore(loading->model, saved, &loading->wish, &was_started, &warnings, &err);

	for (size_t i = 0; i < warnings.count; i++)
		reply_warn(loading->reply, "'%s': %s", path, warnings.words[i]);
	loading->is_partial = loading->is_partial || (session && warnings.count > 0);
	word_list_finish(&warnings);
	if (!session) {
		if (old)
			old->is_ending = false;
		error_prefix(&err, "cannot load from '%s'", path);
		if (err.code == ERROR_SESSION_EXISTS)
			error_set(&err, ERROR_SESSION_EXISTS,
				  "cannot load from '%s': a session with this name exists already; "
				  "--force replaces it",
				  path);
		reply_error(loading->reply, &err);
		loading->has_failed = true;
		return;
	}
	loading->loaded_count++;
	follow_up(loading, session, old, was_started);
}

/* --- files */

static struct xml *parse_file(const struct loading *loading, const char *path, struct error *err)
{
	bool has_begun = as_user_begin(&loading->rights);
	struct xml *document = NULL;
	char *bytes = NULL;
	size_t length;
	bool is_read = fd_read_file(path, XML_BYTES_MAX, &bytes, &length, err);

	as_user_end(has_begun);
	if (is_read)
		document = xml_parse(bytes, length, err);
	free(bytes);
	if (document && loading->schema && !xml_validate(document, loading->schema, err)) {
		xml_destroy(document);
		document = NULL;
	}
	return document;
}

static void load_file(struct loading *loading, const char *path)
{
	struct error err = ERROR_INIT;
	struct xml *document = parse_file(loading, path, &err);
	const struct xml_node *saved = document ? saved_first(document, &err) : NULL;

	if (!saved) {
		error_prefix(&err, "cannot load from '%s'", path);
		reply_error(loading->reply, &err);
		loading->has_failed = true;
	}
	for (; saved; saved = saved_next(saved)) {
		char *name = saved_name(saved);

		if (!loading->only || strcmp(loading->only, name) == 0)
			restore_one(loading, saved, path);
		free(name);
	}
	xml_destroy(document);
}

static int is_session_file(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 6 && strcmp(entry->d_name + length - 6, ".lttng") == 0;
}

/* In order of their names. Nothing is said of a folder that is not there. */
static void load_folder(struct loading *loading, const char *folder)
{
	bool has_begun = as_user_begin(&loading->rights);
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, is_session_file, alphasort);

	as_user_end(has_begun);
	for (int i = 0; i < count; i++) {
		char *path = mem_printf("%s/%s", folder, entries[i]->d_name);

		if (i < FILES_MAX)
			load_file(loading, path);
		free(path);
		free(entries[i]);
	}
	free(entries);
}

static bool is_folder(const struct loading *loading, const char *path, bool *is_there)
{
	bool has_begun = as_user_begin(&loading->rights);
	struct stat status = {.st_mode = 0};

	*is_there = stat(path, &status) == 0;
	as_user_end(has_begun);
	return S_ISDIR(status.st_mode);
}

static void load_path(struct loading *loading, const char *path)
{
	struct error err = ERROR_INIT;
	bool is_there;

	if (is_folder(loading, path, &is_there)) {
		load_folder(loading, path);
	} else if (is_there) {
		load_file(loading, path);
	} else {
		error_set(&err, ERROR_NOT_FOUND, "cannot load from '%s': there is no such file",
			  path);
		reply_error(loading->reply, &err);
		loading->has_failed = true;
	}
}

static void load_usual(struct loading *loading)
{
	const struct requester *who = reply_requester(loading->reply);
	char *folder = mem_printf("%s/.lttng/sessions", who->lttng_home);

	load_folder(loading, folder);
	load_folder(loading, SYSTEM_FOLDER);
	free(folder);
}

/* --- the answer */

static void print_done(struct loading *loading)
{
	if (loading->only)
		reply_print(loading->reply, "Session %s has been loaded successfully\n",
			    loading->only);
	else
		reply_print(loading->reply, "All sessions have been loaded successfully\n");
	if (loading->wish.name)
		reply_print(loading->reply, "Session name overridden with %s\n",
			    loading->wish.name);
	if (loading->output)
		reply_print(loading->reply, "Session output url overridden with %s\n",
			    loading->output);
}

static void check_found(struct loading *loading)
{
	struct error err = ERROR_INIT;

	if (!loading->only || loading->loaded_count > 0 || loading->has_failed)
		return;
	error_set(&err, ERROR_SESSION_NOT_FOUND,
		  "no saved session is called '%s'; 'save' makes the files that load reads",
		  loading->only);
	reply_error(loading->reply, &err);
	loading->has_failed = true;
}

/* lttng: what was loaded by its name is the current one from then on. */
static void make_current(const struct loading *loading)
{
	const struct requester *who = reply_requester(loading->reply);
	const char *name = loading->wish.name ? loading->wish.name : loading->only;
	struct error err = ERROR_INIT;

	if (name && !rcfile_write(who->lttng_home, name, &err))
		reply_warn(loading->reply, "%s", err.message);
}

static void finish(struct message *message)
{
	struct loading *loading = (struct loading *)message;
	enum exit_status status = loading->is_partial ? STATUS_WARNING : STATUS_OK;

	if (!loading->has_failed) {
		print_done(loading);
		make_current(loading);
	}
	reply_done(loading->reply, loading->has_failed ? STATUS_ERROR : status);
	free((char *)(uintptr_t)loading->only);
	free((char *)(uintptr_t)loading->wish.name);
	free((char *)(uintptr_t)loading->schema);
	user_rights_finish(&loading->rights);
	free(loading->traces);
	free(loading->output);
	free(loading);
}

static void note(const struct loading *loading, const char *path)
{
	struct json *load = json_put_object(reply_json(loading->reply), "load");
	struct json *overrides;

	json_put_text(json_put_object(load, "session"), "name",
		      loading->only ? loading->only : "*");
	json_put_text(load, "path", path ? path : "");
	overrides = json_put_object(load, "overrides");
	if (loading->wish.name)
		json_put_text(overrides, "name", loading->wish.name);
	if (loading->output)
		json_put_text(overrides, "url", loading->output);
}

/* --- what was asked for */

static char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static bool parse(struct call *call, struct loading *loading, struct error *err)
{
	const struct args *args = call->args;
	const struct requester *who = reply_requester(call->reply);
	const char *url = args_text(args, "override-url");
	const char *schema = getenv("LTTNG_SESSION_CONFIG_XSD_PATH");

	loading->only = args_has(args, "all") ? NULL : copy(args_at(args, 0));
	loading->wish.name = copy(args_text(args, "override-name"));
	loading->wish.uid = who->uid;
	loading->wish.gid = who->gid;
	user_rights_init(&loading->rights, who->uid, who->gid);
	loading->traces = mem_printf("%s/lttng-traces", who->lttng_home);
	loading->wish.traces = loading->traces;
	loading->is_forced = args_has(args, "force");
	if (schema && *schema)
		loading->schema = mem_printf("%s/session.xsd", schema);
	if (loading->wish.name && !loading->only)
		return error_set(err, ERROR_INVALID,
				 "--override-name needs the name of the one session to load");
	if (!url)
		return true;
	loading->output = strstr(url, "://") ? common_snapshot_place(url, NULL, NULL, err)
					     : common_absolute_path(who, url);
	loading->wish.output = loading->output;
	return loading->output != NULL;
}

static void load_run(struct call *call)
{
	const char *given = args_text(call->args, "input-path");
	struct loading *loading = mem_zalloc(sizeof(*loading));
	struct error err = ERROR_INIT;
	char *path = given ? common_absolute_path(reply_requester(call->reply), given) : NULL;

	loading->model = call->model;
	loading->reply = call->reply;
	task_init(&loading->task, call->model->queue, finish);
	if (!parse(call, loading, &err)) {
		reply_error(call->reply, &err);
		loading->has_failed = true;
	} else {
		note(loading, path);
		if (path)
			load_path(loading, path);
		else
			load_usual(loading);
		check_found(loading);
	}
	free(path);
	task_done(&loading->task, NULL);
}

static const struct option_spec load_options[] = {
	{"all", 'a', OPTION_FLAG, NULL, "all saved sessions (default without SESSION)",
	 COMPLETE_NOTHING},
	{"input-path", 'i', OPTION_TEXT, "PATH",
	 "a file, or a folder of files; default .lttng/sessions below LTTNG_HOME (HOME), then "
	 "/etc/lttng/sessions",
	 COMPLETE_FILE},
	{"force", 'f', OPTION_FLAG, NULL, "destroy sessions of the same name", COMPLETE_NOTHING},
	{"override-url", 0, OPTION_TEXT, "URL", "another output: a path, file://PATH or net://HOST",
	 COMPLETE_FILE},
	{"override-name", 0, OPTION_TEXT, "NAME", "another name for the one session",
	 COMPLETE_NOTHING},
};

const struct command load_command = {
	.name = "load",
	.usage = "[--input-path=PATH] [--force] [--override-url=URL] [--override-name=NAME] "
		 "[--all | SESSION]",
	.help = "Make sessions from files again.",
	.description =
		"Reads the files that 'save' and 'lttng save' write. Sessions that recorded when "
		"they were saved record again. A file that can't be read, a session that exists "
		"or one that is in no file is an error (status 1); parts that can't be had here "
		"are named and left out (status 4).",
	.options = load_options,
	.option_count = COUNT_OF(load_options),
	.argument_max = 1,
	.complete = COMPLETE_NOTHING,
	.flags = COMMAND_STARTS_ENGINE,
	.run = load_run,
};
