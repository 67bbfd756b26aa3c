/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exactly one place is listened at: a program of root's would register at two and be recorded
 * twice. Whoever answers at a place is left alone.
 *
 * The wake word: applications that found no daemon sleep in a futex on the first 32 bits of a
 * shared page. Its name depends on the user only, so all daemons of a user share it: each holds a
 * shared lock while it serves, and the last one to leave stores 0.
 */
#include "backend/source/ust/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <lttng/ust-ctl.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"

#define GLOBAL_DIRECTORY "/var/run/lttng" /* root's lttng-sessiond */
#define SOCKET_NAME	 LTTNG_UST_SOCK_FILENAME
#define WAIT_NAME	 "/" LTTNG_UST_WAIT_FILENAME

struct ust_place {
	bool is_global;
	char *directory;
	char *socket_path;
	char *usual_path; /* the socket's, if nobody had been there */
	char *home;
	int listen_fd;
	int wait_fd; /* shared lock held; -1: no wake word */
};

/* --- somebody else */

struct server {
	pid_t pid;
	char name[64];
};

static void read_name(struct server *server)
{
	char path[64];
	char *text = NULL;
	size_t length;

	strcpy(server->name, "another tracer");
	snprintf(path, sizeof(path), "/proc/%d/comm", (int)server->pid);
	if (!fd_read_file(path, sizeof(server->name), &text, &length, NULL))
		return;
	text[strcspn(text, "\n")] = '\0';
	if (*text)
		snprintf(server->name, sizeof(server->name), "%s", text);
	free(text);
}

/* Whether somebody answers at the socket, and who. */
static bool is_served(const char *path, struct server *server)
{
	struct peer peer = {0};
	int fd = fd_connect_unix(path, SOCK_STREAM, NULL);

	if (fd < 0)
		return false;
	fd_peer(fd, &peer); /* of the listener: unix(7), SO_PEERCRED */
	fd_close(&fd);
	server->pid = peer.pid;
	read_name(server);
	return true;
}

/* --- directory and socket */

static bool check_directory(const char *path, struct error *err)
{
	struct stat status;

	if (lstat(path, &status) < 0)
		return error_set_errno(err, errno, "cannot look at directory '%s'", path);
	if (!S_ISDIR(status.st_mode))
		return error_set(err, ERROR_DENIED,
				 "'%s' is a link or no directory; remove it and try again", path);
	if (status.st_uid != geteuid())
		return error_set(err, ERROR_DENIED,
				 "directory '%s' belongs to another user (uid %u)", path,
				 (unsigned int)status.st_uid);
	if (status.st_mode & S_IWOTH)
		return error_set(err, ERROR_DENIED,
				 "everybody can write to directory '%s'; chmod it to 0700", path);
	return true;
}

/* The socket's file is ours to replace: nobody answered there. */
static bool listen_at(struct ust_place *place, const char *directory, struct error *err)
{
	mode_t directory_mode = place->is_global ? 0755 : 0700;
	mode_t socket_mode = place->is_global ? 0666 : 0660;

	if (!fd_make_directories(directory, directory_mode, err) ||
	    !check_directory(directory, err))
		return false;
	/* Whatever the umask: other users' applications must get in. */
	if (place->is_global && chmod(directory, directory_mode) < 0)
		return error_set_errno(err, errno, "cannot open '%s' to all users", directory);
	unlink(place->socket_path);
	place->listen_fd = fd_listen_unix(place->socket_path, SOCK_STREAM, socket_mode, err);
	return place->listen_fd >= 0 && (fd_set_nonblocking(place->listen_fd) ||
					 error_set_errno(err, errno, "cannot prepare a socket"));
}

static void say_taken(const struct server *server, const char *usual, const char *ours,
		      struct error *warning)
{
	error_set(warning, ERROR_BUSY,
		  "%s (process %d) serves applications at '%s', so this engine does at '%s': use "
		  "'tracon run', or stop it (kill %d) and start again",
		  server->name, (int)server->pid, usual, ours, (int)server->pid);
}

/* The other place that applications of ours connect to. */
static void look_elsewhere(const struct ust_place *place, const struct places *places,
			   struct error *warning)
{
	struct server server;
	char *other;

	if (place->is_global)
		other = mem_printf("%s/.lttng/" SOCKET_NAME, places->home);
	else
		other = mem_strdup(GLOBAL_DIRECTORY "/" SOCKET_NAME);
	if (strcmp(other, place->socket_path) && strcmp(other, place->usual_path) &&
	    is_served(other, &server))
		error_set(warning, ERROR_BUSY,
			  "%s (process %d) serves applications at '%s' too: what it records is "
			  "not seen here",
			  server.name, (int)server.pid, other);
	free(other);
}

/* LTTNG_HOME for a directory HOME/.lttng. */
static char *home_of(const char *directory)
{
	return mem_strndup(directory, strlen(directory) - strlen("/.lttng"));
}

static bool choose(struct ust_place *place, const struct places *places, struct error *warning,
		   struct error *err)
{
	const char *directory = places->apps_directory;
	struct server server;

	place->usual_path = mem_printf("%s/" SOCKET_NAME, directory);
	place->is_global = places->is_root_instance;
	if (is_served(place->usual_path, &server)) {
		say_taken(&server, directory, places->apps_fallback, warning);
		directory = places->apps_fallback;
		place->is_global = false;
		place->home = home_of(directory);
	}
	free(place->directory);
	free(place->socket_path);
	place->directory = mem_strdup(directory);
	place->socket_path = mem_printf("%s/" SOCKET_NAME, directory);
	if (place->home && is_served(place->socket_path, &server))
		return error_set(err, ERROR_BUSY,
				 "%s (process %d) serves applications at '%s' already", server.name,
				 (int)server.pid, directory);
	look_elsewhere(place, places, error_is_set(warning) ? NULL : warning);
	return listen_at(place, directory, err);
}

/* --- wake word */

/* Without O_CREAT first: the system may refuse it for a file of another user (protected_regular).
 */
static int open_wait(const char *name, mode_t mode)
{
	int fd = shm_open(name, O_RDWR | O_CLOEXEC, mode);

	return fd < 0 && errno == ENOENT ? shm_open(name, O_RDWR | O_CREAT | O_CLOEXEC, mode) : fd;
}

/*
 * Applications may have made the page; they trust one of root's or of their own user only. The
 * global one may be anybody's before root takes it.
 */
static bool own_wait(int fd, bool is_global, mode_t mode)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return false;
	if (is_global && status.st_uid != 0 && fchown(fd, 0, 0) < 0)
		return false;
	if (!is_global && status.st_uid != geteuid()) {
		errno = EPERM;
		return false;
	}
	if ((status.st_mode & 07777) != mode && fchmod(fd, mode) < 0)
		return false;
	return status.st_size >= (off_t)sysconf(_SC_PAGESIZE) ||
	       ftruncate(fd, sysconf(_SC_PAGESIZE)) == 0;
}

/* Written, not stored through a mapping: another user's page could vanish under it. */
static bool store_word(int fd, int32_t value)
{
	return pwrite(fd, &value, sizeof(value), 0) == (ssize_t)sizeof(value);
}

static void wake_all(int fd)
{
	size_t size_bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *word = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, fd, 0);

	if (word == MAP_FAILED)
		return;
	syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
	munmap(word, size_bytes);
}

/* Without it applications that run already come within 5 s, or when they start again. */
static void wake_applications(struct ust_place *place)
{
	char *name = place->is_global ? mem_strdup(WAIT_NAME)
				      : mem_printf(WAIT_NAME "-%u", (unsigned int)geteuid());
	mode_t mode = place->is_global ? 0664 : 0640;

	place->wait_fd = open_wait(name, mode);
	if (place->wait_fd >= 0 && own_wait(place->wait_fd, place->is_global, mode) &&
	    flock(place->wait_fd, LOCK_SH) == 0 && store_word(place->wait_fd, 1)) {
		wake_all(place->wait_fd);
	} else {
		log_write(LOG_LEVEL_WARNING,
			  "applications that run already can't be told of this engine ('%s': %s); "
			  "those that start now find it",
			  name, strerror(errno));
		fd_close(&place->wait_fd);
	}
	free(name);
}

static void let_sleep(struct ust_place *place)
{
	struct server server;

	if (place->wait_fd < 0)
		return;
	if (flock(place->wait_fd, LOCK_EX | LOCK_NB) == 0 &&
	    (!place->home || !is_served(place->usual_path, &server)))
		store_word(place->wait_fd, 0);
	fd_close(&place->wait_fd);
}

/* --- */

struct ust_place *ust_place_create(const struct places *places, struct error *warning,
				   struct error *err)
{
	struct ust_place *place = mem_zalloc(sizeof(*place));

	place->listen_fd = -1;
	place->wait_fd = -1;
	if (!choose(place, places, warning, err)) {
		ust_place_destroy(place);
		return NULL;
	}
	wake_applications(place);
	return place;
}

void ust_place_destroy(struct ust_place *place)
{
	if (!place)
		return;
	let_sleep(place);
	if (place->listen_fd >= 0)
		unlink(place->socket_path);
	fd_close(&place->listen_fd);
	free(place->directory);
	free(place->socket_path);
	free(place->usual_path);
	free(place->home);
	free(place);
}

const char *ust_place_directory(const struct ust_place *place)
{
	return place->directory;
}

int ust_place_fd(const struct ust_place *place)
{
	return place->listen_fd;
}

const char *ust_place_home(const struct ust_place *place)
{
	return place->home;
}
