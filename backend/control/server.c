/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The listening half: replaces a dead socket, accepts, and knows who may do what. The talking half
 * is connection.c.
 */
#include "backend/control/server.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/connection.h"
#include "backend/control/protocol.h"

#define DEFAULT_GROUP	     "tracing"
#define NO_GROUP	     ((gid_t)-1)
#define CONNECTION_COUNT_MAX 256
#define GREETING_LIMIT_NS    (10 * NS_PER_S)
#define FAREWELL_LIMIT_NS    NS_PER_S
/* No descriptors left: connections wait in the backlog while others end. */
#define ACCEPT_PAUSE_NS	     (100 * NS_PER_MS)
#define PEER_GROUP_COUNT_MAX 1024

struct server {
	struct loop *loop;
	struct server_settings settings;
	struct connection_owner owner;
	int fd;
	struct watch *watch;
	struct timer *resume_timer;   /* accepts again */
	struct timer *deadline_timer; /* hangs up on who says nothing */
	gid_t group;		      /* NO_GROUP: only owner and root */
	dev_t device;		      /* of the socket's file, to remove no other */
	ino_t inode;
	struct connection *connections[CONNECTION_COUNT_MAX];
	size_t connection_count;
};

/* --- who may ---------------------------------------------------------------------------------- */

static bool has_group(int fd, gid_t gid)
{
	gid_t groups[PEER_GROUP_COUNT_MAX];
	socklen_t length = sizeof(groups);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &length) != 0)
		return false;
	for (size_t i = 0; i < length / sizeof(groups[0]); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static const char *refusal(void *data, const struct peer *peer, int fd, uint32_t role)
{
	const struct server *server = data;

	if (peer->uid == geteuid() || peer->uid == 0)
		return NULL;
	if (server->group == NO_GROUP ||
	    (peer->gid != server->group && !has_group(fd, server->group)))
		return "this engine is another user's and you are not in its tracing group";
	if (role == ROLE_OF_TERMINAL)
		return "the full screen of an engine is its owner's: give commands, or use "
		       "'tracon --line'";
	return NULL;
}

static gid_t find_group(const struct server_settings *settings)
{
	const struct group *group;

	if (!settings->places->is_root_instance)
		return NO_GROUP;
	group = getgrnam(settings->group ? settings->group : DEFAULT_GROUP);
	return group ? group->gr_gid : NO_GROUP;
}

/* --- connections ------------------------------------------------------------------------------ */

static void on_ended(void *data, struct connection *connection)
{
	struct server *server = data;

	for (size_t i = 0; i < server->connection_count; i++)
		if (server->connections[i] == connection) {
			server->connections[i] = server->connections[--server->connection_count];
			return;
		}
}

static void on_submit(void *data, struct request *request)
{
	struct server *server = data;

	server->settings.submit(server->settings.data, request);
}

static void on_terminal(void *data, int fd, const struct requester *who)
{
	struct server *server = data;

	server->settings.terminal(server->settings.data, fd, who);
}

/* Backwards, because a connection that ends puts the last one in its place. */
static void on_deadline(void *data, uint64_t now_ns)
{
	struct server *server = data;

	for (size_t i = server->connection_count; i > 0; i--)
		connection_check_deadline(server->connections[i - 1], now_ns);
	if (server->connection_count > 0)
		timer_arm(server->deadline_timer, now_ns + GREETING_LIMIT_NS);
}

static void pause_accepting(struct server *server)
{
	loop_change_watch(server->watch, 0);
	timer_arm(server->resume_timer, clock_monotonic_ns() + ACCEPT_PAUSE_NS);
}

static void on_resume(void *data, uint64_t now_ns)
{
	struct server *server = data;

	(void)now_ns;
	loop_change_watch(server->watch, WATCH_READ);
}

static void add_connection(struct server *server, int fd)
{
	uint64_t deadline_ns = clock_monotonic_ns() + GREETING_LIMIT_NS;
	struct peer peer;

	if (!fd_peer(fd, &peer)) {
		fd_close(&fd);
		return;
	}
	server->connections[server->connection_count++] =
		connection_create(&server->owner, fd, &peer, deadline_ns);
	if (!timer_is_armed(server->deadline_timer))
		timer_arm(server->deadline_timer, deadline_ns);
}

static void on_accept(void *data, unsigned int events)
{
	struct server *server = data;
	int fd;

	(void)events;
	if (server->connection_count == CONNECTION_COUNT_MAX) {
		pause_accepting(server);
		return;
	}
	fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd >= 0)
		add_connection(server, fd);
	else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
		pause_accepting(server);
}

/* --- the socket's file ------------------------------------------------------------------------ */

/* True when nobody answers there, and nothing is left there. */
static bool remove_dead_socket(const char *path, struct error *err)
{
	struct error attempt = ERROR_INIT;
	int fd = fd_connect_unix(path, SOCK_SEQPACKET, &attempt);
	struct peer peer = {0};

	if (fd >= 0) {
		fd_peer(fd, &peer);
		fd_close(&fd);
		return error_set(err, ERROR_BUSY, "an engine is running already (process %d)",
				 (int)peer.pid);
	}
	if (attempt.code != ERROR_NO_ENGINE) {
		error_copy(err, &attempt);
		return false;
	}
	if (unlink(path) != 0 && errno != ENOENT)
		return error_set_errno(err, errno, "cannot remove the dead socket '%s'", path);
	return true;
}

/* The group gets its rights only after the file is the group's. */
static bool open_to_group(const char *path, gid_t group, struct error *err)
{
	if (group == NO_GROUP)
		return true;
	if (chown(path, (uid_t)-1, group) != 0 || chmod(path, 0660) != 0)
		return error_set_errno(err, errno, "cannot open '%s' to the tracing group", path);
	return true;
}

static bool listen_at(struct server *server, const char *path, struct error *err)
{
	struct stat status;

	if (!remove_dead_socket(path, err))
		return false;
	server->fd = fd_listen_unix(path, SOCK_SEQPACKET, 0600, err);
	if (server->fd < 0 || !open_to_group(path, server->group, err))
		return false;
	if (stat(path, &status) == 0) {
		server->device = status.st_dev;
		server->inode = status.st_ino;
	}
	return fd_set_nonblocking(server->fd) ||
	       error_set_errno(err, errno, "cannot set up '%s'", path);
}

/* Another engine may have put its own there meanwhile. */
static void remove_socket(const struct server *server)
{
	const char *path = server->settings.places->engine_socket;
	struct stat status;

	if (stat(path, &status) == 0 && status.st_dev == server->device &&
	    status.st_ino == server->inode && unlink(path) != 0)
		log_write(LOG_LEVEL_WARNING, "cannot remove '%s': %s", path, strerror(errno));
}

/* --- life ------------------------------------------------------------------------------------- */

struct server *server_create(struct loop *loop, const struct server_settings *settings,
			     struct error *err)
{
	struct server *server = mem_zalloc(sizeof(*server));

	server->fd = -1;
	server->loop = loop;
	server->settings = *settings;
	server->group = find_group(settings);
	server->owner = (struct connection_owner){
		.loop = loop,
		.refusal = refusal,
		.submit = on_submit,
		.terminal = on_terminal,
		.ended = on_ended,
		.data = server,
	};
	if (!listen_at(server, settings->places->engine_socket, err)) {
		error_prefix(err, "cannot listen for commands");
		fd_close(&server->fd);
		free(server);
		return NULL;
	}
	server->resume_timer = loop_add_timer(loop, on_resume, server);
	server->deadline_timer = loop_add_timer(loop, on_deadline, server);
	server->watch = loop_watch(loop, server->fd, WATCH_READ, on_accept, server);
	return server;
}

void server_destroy(struct server *server)
{
	uint64_t deadline_ns;

	if (!server)
		return;
	deadline_ns = clock_monotonic_ns() + FAREWELL_LIMIT_NS;
	remove_socket(server);
	loop_unwatch(server->loop, server->watch);
	fd_close(&server->fd);
	for (size_t i = 0; i < server->connection_count; i++)
		connection_disown(server->connections[i], deadline_ns);
	loop_remove_timer(server->loop, server->resume_timer);
	loop_remove_timer(server->loop, server->deadline_timer);
	free(server);
}
