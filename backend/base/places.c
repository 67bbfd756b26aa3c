/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds an instance's places, and makes directories that nobody else can have prepared. */
#include "backend/base/places.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define ROOT_RUNTIME	     "/run/tracon"
#define ROOT_APPS_DIRECTORY  "/var/run/lttng"
#define ROOT_RUNTIME_MODE    0755
#define PRIVATE_RUNTIME_MODE 0700

/* NULL when unset or empty: both mean the default everywhere. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* XDG Base Directory Specification: relative paths are to be ignored. */
static const char *absolute_variable(const char *name)
{
	const char *value = variable(name);

	return value && *value == '/' ? value : NULL;
}

static bool is_own_private_directory(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == getuid() &&
	       !(status.st_mode & 077);
}

static char *find_runtime(bool is_root_instance)
{
	const char *given = absolute_variable("XDG_RUNTIME_DIR");

	if (is_root_instance)
		return mem_strdup(ROOT_RUNTIME);
	if (given && is_own_private_directory(given))
		return mem_printf("%s/tracon", given);
	return mem_printf("/tmp/tracon-%u", (unsigned int)getuid());
}

/* $VARIABLE/REST, else $HOME/FOLDER/REST, else NULL. */
static char *find_xdg(const char *name, const char *home, const char *folder, const char *rest)
{
	const char *given = absolute_variable(name);

	if (given)
		return mem_printf("%s/%s", given, rest);
	if (*home)
		return mem_printf("%s/%s/%s", home, folder, rest);
	return NULL;
}

void places_find(struct places *places)
{
	const char *home = variable("HOME");
	const char *lttng_home = variable("LTTNG_HOME");

	memset(places, 0, sizeof(*places));
	places->is_root_instance = getuid() == 0 && !lttng_home;
	places->home = mem_strdup(home ? home : "");
	places->lttng_home = mem_strdup(lttng_home ? lttng_home : places->home);
	places->runtime = find_runtime(places->is_root_instance);
	places->engine_socket = mem_printf("%s/engine.sock", places->runtime);
	places->native_socket = mem_printf("%s/native.sock", places->runtime);
	places->engine_lock = mem_printf("%s/engine.lock", places->runtime);
	if (places->is_root_instance) {
		places->apps_directory = mem_strdup(ROOT_APPS_DIRECTORY);
		places->apps_fallback = mem_printf("%s/.lttng", places->home);
	} else {
		places->apps_directory = mem_printf("%s/.lttng", places->lttng_home);
		places->apps_fallback = mem_printf("%s/home/.lttng", places->runtime);
	}
	places->state = find_xdg("XDG_STATE_HOME", places->home, ".local/state", "tracon");
	places->config = find_xdg("XDG_CONFIG_HOME", places->home, ".config", "tracon/config");
	places->traces = mem_printf("%s/lttng-traces", places->lttng_home);
}

void places_finish(struct places *places)
{
	free(places->home);
	free(places->lttng_home);
	free(places->runtime);
	free(places->engine_socket);
	free(places->native_socket);
	free(places->engine_lock);
	free(places->apps_directory);
	free(places->apps_fallback);
	free(places->state);
	free(places->config);
	free(places->traces);
	memset(places, 0, sizeof(*places));
}

/* The folders above, as the XDG specification wants them made: for their owner alone. */
static bool make_parents(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *parents;
	bool is_made;

	if (!slash || slash == path)
		return true;
	parents = mem_strndup(path, (size_t)(slash - path));
	is_made = fd_make_directories(parents, 0700, err);
	free(parents);
	return is_made;
}

/*
 * Looks at what is there by an open descriptor, so that nothing can be exchanged between look and
 * use of the result. Rights that are missing are added; rights too many mean that others may have
 * put something inside already.
 */
static bool check_directory(const char *path, mode_t mode, struct error *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	bool is_fine = false;

	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return error_set(err, ERROR_DENIED,
				 "'%s' is a link or no directory; remove it and try again", path);
	if (fd < 0 || fstat(fd, &status) < 0)
		error_set_errno(err, errno, "cannot open directory '%s'", path);
	else if (status.st_uid != geteuid())
		error_set(err, ERROR_DENIED, "directory '%s' belongs to another user (uid %u)",
			  path, (unsigned int)status.st_uid);
	else if (status.st_mode & 077 & ~mode)
		error_set(err, ERROR_DENIED,
			  "directory '%s' is open to others (mode %04o); chmod it to %04o", path,
			  status.st_mode & 07777, mode);
	else if ((status.st_mode & mode) != mode && fchmod(fd, mode) < 0)
		error_set_errno(err, errno, "cannot change the mode of '%s'", path);
	else
		is_fine = true;
	fd_close(&fd);
	return is_fine;
}

bool places_make_private(const char *path, unsigned int mode, struct error *err)
{
	if (!make_parents(path, err))
		return false;
	if (mkdir(path, mode & 0700) < 0 && errno != EEXIST)
		return error_set_errno(err, errno, "cannot make directory '%s'", path);
	return check_directory(path, mode, err);
}

bool places_make_runtime(const struct places *places, struct error *err)
{
	return places_make_private(
		places->runtime,
		places->is_root_instance ? ROOT_RUNTIME_MODE : PRIVATE_RUNTIME_MODE, err);
}
