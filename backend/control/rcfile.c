/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and writes .lttngrc; see rcfile.h. Lines are split at their first '='; other keys are left
 * alone. */
#include "backend/control/rcfile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define RCFILE_NAME   ".lttngrc"
#define RCFILE_MAX    65536
#define SESSION_KEY   "session="
#define RCFILE_MODE   0644
#define SESSION_BYTES 255

static char *rcfile_path(const char *lttng_home)
{
	return mem_printf("%s/%s", lttng_home, RCFILE_NAME);
}

static char *find_session(char *text)
{
	char *rest = text;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		line += strspn(line, " \t");
		if (strncmp(line, SESSION_KEY, strlen(SESSION_KEY)) != 0)
			continue;
		line += strlen(SESSION_KEY);
		line[strcspn(line, "\r")] = '\0';
		if (line[0] != '\0')
			return line;
	}
	return NULL;
}

bool rcfile_read(const char *lttng_home, char **name, struct error *err)
{
	char *path = rcfile_path(lttng_home);
	char *text = NULL;
	char *found = NULL;
	struct error ignored = ERROR_INIT;
	size_t length;
	bool is_there = access(path, F_OK) == 0;

	if (fd_read_file(path, RCFILE_MAX, &text, &length, &ignored))
		found = find_session(text);
	if (found && strlen(found) <= SESSION_BYTES)
		*name = mem_strdup(found);
	else if (is_there)
		error_set(
			err, ERROR_NO_SESSION,
			"'%s' has no usable line session=NAME; name a session, or choose one with "
			"'set-session NAME'",
			path);
	else
		error_set(
			err, ERROR_NO_SESSION,
			"no current session: '%s' does not exist; make one with 'create NAME', or "
			"choose one with 'set-session NAME'",
			path);
	free(text);
	free(path);
	return !error_is_set(err);
}

bool rcfile_write(const char *lttng_home, const char *name, struct error *err)
{
	char *path = rcfile_path(lttng_home);
	char *text = mem_printf(SESSION_KEY "%s\n", name);
	bool is_written = fd_swap_file(path, text, strlen(text), RCFILE_MODE, err);

	free(text);
	free(path);
	return is_written || error_prefix(err, "cannot remember the current session");
}

void rcfile_forget(const char *lttng_home, const char *name)
{
	struct error ignored = ERROR_INIT;
	char *current = NULL;
	char *path;

	if (!rcfile_read(lttng_home, &current, &ignored) || !current)
		return;
	path = rcfile_path(lttng_home);
	if (strcmp(current, name) == 0)
		unlink(path);
	free(path);
	free(current);
}
