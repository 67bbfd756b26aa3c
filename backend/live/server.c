/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live server's thread: sockets, requests, replies; see server.h. */
#include "backend/live/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/live/viewer.h"
#include "backend/live/wire.h"

#define CONNECTIONS_MAX 64
#define PORTS_TRIED	100
#define LOOK_NS		(NS_PER_S / 2) /* how often connections are looked at */
#define STALL_NS	(5 * NS_PER_S)
#define IDLE_NS		(60 * NS_PER_S) /* of one that reads no session; babeltrace2 asks all the time */
#define END_NS		(2 * NS_PER_S)
#define GOODBYE_NS	(NS_PER_S / 2)
#define QUIET_BYTES	65536 /* an output buffer that grew beyond this is not kept */

struct connection {
	struct connection *next;
	struct live_server *server;
	int fd;
	struct watch *watch;
	struct live_viewer *viewer;
	unsigned char in[LIVE_HEADER_BYTES + LIVE_BODY_MAX];
	size_t in_length;
	struct text out;
	size_t out_at;
	uint64_t progress_ns; /* something came or went */
	uint64_t parked_ns;   /* until when its request waits for something to come; 0: none does */
	bool is_ending;	      /* closed when its output is through */
	bool is_over;
};

struct live_server {
	struct thread *thread;
	struct queue *queue; /* any thread sends */
	struct loop *loop;
	struct timer *timer;
	struct timer *park_timer;
	int wake_fd; /* feeds write to it */
	struct watch *wake_watch;
	int listen_fd;
	struct watch *watch;
	struct live_hall hall;
	struct connection *connections;
	unsigned int connection_count;
	uint64_t end_ns; /* when it ends at the latest; 0: it goes on */
	bool is_stopped;
};

/* --- places */

bool live_place_set_address(struct live_place *place, const char *text, struct error *err)
{
	struct in_addr address;

	if (strcmp(text, "localhost") == 0)
		text = LIVE_ADDRESS_DEFAULT;
	if (inet_pton(AF_INET, text, &address) != 1)
		return error_set(err, ERROR_INVALID,
				 "'%s' is no IPv4 address; viewers connect by IPv4 only", text);
	inet_ntop(AF_INET, &address, place->address, sizeof(place->address));
	return true;
}

/* -1 with errno. */
static int listen_at(const char *address, uint16_t port, uint16_t *taken)
{
	struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t length = sizeof(place);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int yes = 1;

	if (fd >= 0 && inet_pton(AF_INET, address, &place.sin_addr) == 1 &&
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (struct sockaddr *)&place, sizeof(place)) == 0 &&
	    listen(fd, CONNECTIONS_MAX) == 0 &&
	    getsockname(fd, (struct sockaddr *)&place, &length) == 0) {
		*taken = ntohs(place.sin_port);
		return fd;
	}
	fd_close(&fd);
	return -1;
}

static int listen_near(const struct live_place *wanted, struct live_place *taken, struct error *err)
{
	int fd = listen_at(wanted->address, wanted->port, &taken->port);

	for (uint16_t i = 0; fd < 0 && errno == EADDRINUSE && !wanted->is_exact && i < PORTS_TRIED;
	     i++)
		fd = listen_at(wanted->address, (uint16_t)(LIVE_PORT_NEXT + i), &taken->port);
	memcpy(taken->address, wanted->address, sizeof(taken->address));
	taken->is_exact = wanted->is_exact;
	if (fd < 0)
		error_set_errno(err, errno, "cannot listen for live viewers at %s:%u",
				wanted->address, wanted->port);
	return fd;
}

/* --- connections */

/* Freed behind the loop's turn: others on the way here may still look at it. */
static void end_connection(struct connection *connection)
{
	if (connection->is_over)
		return;
	connection->is_over = true;
	loop_unwatch(connection->server->loop, connection->watch);
	connection->watch = NULL;
	fd_close(&connection->fd);
}

static void free_connection(struct connection *connection)
{
	live_viewer_destroy(connection->viewer);
	text_finish(&connection->out);
	free(connection);
}

static void sweep_connections(struct live_server *server, bool is_all)
{
	struct connection **link = &server->connections;

	while (*link) {
		struct connection *connection = *link;

		if (is_all)
			end_connection(connection);
		if (!connection->is_over) {
			link = &connection->next;
			continue;
		}
		*link = connection->next;
		server->connection_count--;
		free_connection(connection);
	}
}

static void forget_output(struct connection *connection)
{
	connection->out_at = 0;
	if (connection->out.room > QUIET_BYTES)
		text_finish(&connection->out);
	else
		text_clear(&connection->out);
}

/* True: everything is out. */
static bool send_some(struct connection *connection)
{
	while (connection->out_at < connection->out.length) {
		ssize_t sent = send(connection->fd, connection->out.bytes + connection->out_at,
				    connection->out.length - connection->out_at, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno != EAGAIN)
			end_connection(connection);
		if (sent <= 0)
			return false;
		connection->out_at += (size_t)sent;
		connection->progress_ns = loop_now_ns(connection->server->loop);
	}
	forget_output(connection);
	return true;
}

/* The request stays where it is. */
static void park(struct connection *connection)
{
	struct live_server *server = connection->server;

	if (!connection->parked_ns)
		connection->parked_ns =
			loop_now_ns(server->loop) + live_viewer_patience_ns(connection->viewer);
	if (!timer_is_armed(server->park_timer))
		timer_arm(server->park_timer, connection->parked_ns);
}

/* A request at a time: the next one is looked at when the reply is through. */
static void handle_requests(struct connection *connection, bool may_wait)
{
	enum live_verdict verdict;
	bool is_through = true;
	size_t request_bytes;

	while (is_through && !connection->is_ending) {
		if (!live_viewer_measure(connection->in, connection->in_length, &request_bytes)) {
			end_connection(connection);
			return;
		}
		if (request_bytes == 0 || request_bytes > connection->in_length)
			return;
		verdict = live_viewer_handle(connection->viewer, connection->in, request_bytes,
					     may_wait, &connection->out);
		if (verdict == LIVE_WAITS) {
			park(connection);
			return;
		}
		connection->parked_ns = 0;
		connection->is_ending = verdict == LIVE_ENDS;
		may_wait = true;
		connection->in_length -= request_bytes;
		memmove(connection->in, connection->in + request_bytes, connection->in_length);
		is_through = send_some(connection);
	}
	if (connection->is_over)
		return;
	if (is_through)
		end_connection(connection);
	else
		loop_change_watch(connection->watch, WATCH_WRITE);
}

static void receive(struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->in + connection->in_length,
			   sizeof(connection->in) - connection->in_length, 0);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		end_connection(connection);
		return;
	}
	connection->in_length += (size_t)got;
	connection->progress_ns = loop_now_ns(connection->server->loop);
	if (!connection->parked_ns)
		handle_requests(connection, true);
}

static void is_writable(struct connection *connection)
{
	if (!send_some(connection))
		return;
	if (connection->is_ending) {
		end_connection(connection);
		return;
	}
	loop_change_watch(connection->watch, WATCH_READ);
	handle_requests(connection, true);
}

static void connection_is_ready(void *data, unsigned int events)
{
	struct connection *connection = data;

	if (connection->is_over)
		return;
	if (events & WATCH_WRITE)
		is_writable(connection);
	else if (events & WATCH_READ)
		receive(connection);
	else
		end_connection(connection);
}

static void add_connection(struct live_server *server, int fd)
{
	struct connection *connection = mem_zalloc(sizeof(*connection));
	int yes = 1;

	/* Replies are small: without, each would wait for the one before to be acknowledged. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	connection->server = server;
	connection->fd = fd;
	connection->viewer = live_viewer_create(&server->hall);
	connection->progress_ns = loop_now_ns(server->loop);
	connection->watch =
		loop_watch(server->loop, fd, WATCH_READ, connection_is_ready, connection);
	connection->next = server->connections;
	server->connections = connection;
	server->connection_count++;
}

static void viewer_connects(void *data, unsigned int events)
{
	struct live_server *server = data;
	int fd;

	(void)events;
	while ((fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (server->connection_count < CONNECTIONS_MAX)
			add_connection(server, fd);
		else
			close(fd);
	}
}

/* --- requests that wait */

static void feeds_have_news(void *data, unsigned int events)
{
	struct live_server *server = data;
	uint64_t count;

	(void)events;
	if (read(server->wake_fd, &count, sizeof(count)) < 0)
		return; /* none: it does not block */
	for (struct connection *connection = server->connections; connection;
	     connection = connection->next)
		if (!connection->is_over && connection->parked_ns)
			handle_requests(connection, true);
}

static void patience_ends(void *data, uint64_t now_ns)
{
	struct live_server *server = data;
	uint64_t next_ns = 0;

	for (struct connection *connection = server->connections; connection;
	     connection = connection->next) {
		if (!connection->is_over && connection->parked_ns &&
		    connection->parked_ns <= now_ns)
			handle_requests(connection, false);
		if (!connection->is_over && connection->parked_ns &&
		    (!next_ns || connection->parked_ns < next_ns))
			next_ns = connection->parked_ns;
	}
	if (next_ns)
		timer_arm(server->park_timer, next_ns);
}

/* --- what time brings */

static const char *complaint(const struct connection *connection, uint64_t now_ns)
{
	uint64_t quiet_ns = now_ns > connection->progress_ns ? now_ns - connection->progress_ns : 0;

	if (live_viewer_is_lost(connection->viewer))
		return "a live viewer was too far behind: its connection is closed";
	if (connection->out.length > connection->out_at && quiet_ns > STALL_NS)
		return "a live viewer stopped reading: its connection is closed";
	if (!live_viewer_is_attached(connection->viewer) && quiet_ns > IDLE_NS)
		return "a live viewer asks for nothing: its connection is closed";
	return NULL;
}

static bool has_readers(const struct live_server *server)
{
	for (const struct connection *connection = server->connections; connection;
	     connection = connection->next)
		if (!connection->is_over && live_viewer_is_attached(connection->viewer))
			return true;
	return false;
}

static void look(void *data, uint64_t now_ns)
{
	struct live_server *server = data;

	for (struct connection *connection = server->connections; connection;
	     connection = connection->next) {
		const char *text = connection->is_over ? NULL : complaint(connection, now_ns);

		if (!text)
			continue;
		log_write(LOG_LEVEL_WARNING, "%s", text);
		end_connection(connection);
	}
	live_hall_tidy(&server->hall, false);
	timer_arm(server->timer, now_ns + LOOK_NS);
}

/* Who has read everything asks once more what there is, and goes, or waits for another session. */
static void check_end(struct live_server *server)
{
	uint64_t now_ns = loop_now_ns(server->loop);

	if (!server->end_ns)
		return;
	if (!has_readers(server) && server->end_ns > now_ns + GOODBYE_NS)
		server->end_ns = now_ns + GOODBYE_NS;
	if (!server->connections || now_ns >= server->end_ns)
		server->is_stopped = true;
}

static void run(void *data)
{
	struct live_server *server = data;

	timer_arm(server->timer, clock_monotonic_ns() + LOOK_NS);
	while (!server->is_stopped) {
		loop_wait(server->loop, -1);
		sweep_connections(server, false);
		check_end(server);
	}
	sweep_connections(server, true);
}

/* --- messages */

struct server_message {
	struct message message; /* first */
	struct live_server *server;
	struct live_feed *feed; /* reference held */
	int listen_fd;
};

static void stop_listening(struct live_server *server)
{
	loop_unwatch(server->loop, server->watch);
	server->watch = NULL;
	fd_close(&server->listen_fd);
}

static void take_feed(struct message *message)
{
	struct server_message *offer = (struct server_message *)message;

	live_feed_set_wake(offer->feed, offer->server->wake_fd);
	live_hall_add(&offer->server->hall, offer->feed);
	live_feed_unref(offer->feed);
	free(offer);
}

static void take_listener(struct message *message)
{
	struct server_message *moved = (struct server_message *)message;
	struct live_server *server = moved->server;

	stop_listening(server);
	server->listen_fd = moved->listen_fd;
	server->watch =
		loop_watch(server->loop, server->listen_fd, WATCH_READ, viewer_connects, server);
	free(moved);
}

static void take_end(struct message *message)
{
	struct server_message *end = (struct server_message *)message;

	stop_listening(end->server);
	end->server->end_ns = loop_now_ns(end->server->loop) + END_NS;
	free(end);
}

static struct server_message *make_message(struct live_server *server,
					   void (*handle)(struct message *))
{
	struct server_message *message = mem_zalloc(sizeof(*message));

	message->message.run = handle;
	message->server = server;
	return message;
}

void live_server_offer(struct live_server *server, struct live_feed *feed)
{
	struct server_message *offer = make_message(server, take_feed);

	offer->feed = live_feed_ref(feed);
	queue_send(server->queue, &offer->message);
}

bool live_server_move(struct live_server *server, const struct live_place *wanted,
		      struct live_place *taken, struct error *err)
{
	int fd = listen_near(wanted, taken, err);
	struct server_message *moved;

	if (fd < 0)
		return false;
	moved = make_message(server, take_listener);
	moved->listen_fd = fd;
	queue_send(server->queue, &moved->message);
	return true;
}

/* --- the server */

static void free_server(struct live_server *server)
{
	for (size_t i = 0; i < server->hall.count; i++)
		live_feed_set_wake(server->hall.feeds[i], -1);
	live_hall_tidy(&server->hall, true);
	free(server->hall.host_name);
	loop_destroy(server->loop);
	queue_destroy(server->queue);
	fd_close(&server->wake_fd);
	fd_close(&server->listen_fd);
	free(server);
}

struct live_server *live_server_create(const struct live_place *wanted, const char *host_name,
				       struct live_place *taken, struct error *err)
{
	struct live_server *server;
	int fd = listen_near(wanted, taken, err);

	if (fd < 0)
		return NULL;
	server = mem_zalloc(sizeof(*server));
	server->listen_fd = fd;
	server->hall.host_name = mem_strdup(host_name);
	server->queue = queue_create();
	server->loop = loop_create();
	server->timer = loop_add_timer(server->loop, look, server);
	server->park_timer = loop_add_timer(server->loop, patience_ends, server);
	server->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (server->wake_fd >= 0)
		server->wake_watch = loop_watch(server->loop, server->wake_fd, WATCH_READ,
						feeds_have_news, server);
	loop_watch_queue(server->loop, server->queue);
	server->watch = loop_watch(server->loop, fd, WATCH_READ, viewer_connects, server);
	server->thread = thread_start("live", run, server, err);
	if (!server->thread) {
		stop_listening(server);
		free_server(server);
		return NULL;
	}
	return server;
}

void live_server_destroy(struct live_server *server)
{
	if (!server)
		return;
	queue_send(server->queue, &make_message(server, take_end)->message);
	thread_join(server->thread);
	free_server(server);
}
