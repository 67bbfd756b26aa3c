/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stages of a connection: GREETING (hello awaited), ASKING (request awaited), ANSWERING (a command
 * writes), ANSWERED (the last bytes leave). Output goes out at once; what the socket does not take
 * waits in a queue of bounded size, so the control thread never does.
 */
#include "backend/control/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/units.h"
#include "backend/control/protocol.h"
#include "backend/control/reply.h"
#include "backend/control/request.h"

/*
 * A list of 3000 event types is below 1 MB, so only a peer that has stopped reading gets here, and
 * only with a command that says very much.
 */
#define QUEUE_BYTES_MAX (8u << 20)
/* Half a message: room for the header, and two fit into the socket's buffer of about 200 kB. */
#define CHUNK_BYTES_MAX (PROTOCOL_MESSAGE_MAX / 2)

enum stage { STAGE_GREETING, STAGE_ASKING, STAGE_ANSWERING, STAGE_ANSWERED };

/* A message that waits for room in the socket. */
struct outgoing {
	struct outgoing *next;
	uint32_t kind;
	struct text bytes; /* header included */
};

struct connection {
	const struct connection_owner *owner; /* NULL once the server is gone */
	int fd;				      /* -1: the client hung up */
	struct peer peer;
	struct watch *watch;
	enum stage stage;
	uint64_t deadline_ns; /* for greeting and request; monotonic */
	struct outgoing *first;
	struct outgoing *last;
	size_t queued_bytes;
	bool is_sink;	  /* a command holds it: done() has still to come */
	bool is_handling; /* the watch's handler is below us on the stack */
};

static void free_queue(struct connection *connection)
{
	struct outgoing *outgoing;

	while ((outgoing = connection->first)) {
		connection->first = outgoing->next;
		text_finish(&outgoing->bytes);
		free(outgoing);
	}
	connection->last = NULL;
	connection->queued_bytes = 0;
}

static void hang_up(struct connection *connection)
{
	if (connection->owner)
		loop_unwatch(connection->owner->loop, connection->watch);
	connection->watch = NULL;
	fd_close(&connection->fd);
	free_queue(connection);
}

/* Frees the connection once nobody needs it. */
static void end_if_unused(struct connection *connection)
{
	if (connection->fd >= 0 || connection->is_sink || connection->is_handling)
		return;
	if (connection->owner)
		connection->owner->ended(connection->owner->data, connection);
	free(connection);
}

/* --- sending --------------------------------------------------------------------------------- */

static bool must_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS;
}

/* True when sent; else errno. */
static bool send_now(int fd, uint32_t kind, const void *bytes, size_t length)
{
	struct protocol_header header = {.kind = kind};
	struct iovec parts[] = {
		{&header, sizeof(header)},
		{(void *)(uintptr_t)bytes, length},
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = COUNT_OF(parts)};
	ssize_t result;

	do
		result = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (result < 0 && errno == EINTR);
	return result >= 0;
}

static struct outgoing *add_outgoing(struct connection *connection, uint32_t kind)
{
	struct outgoing *outgoing = mem_zalloc(sizeof(*outgoing));
	struct protocol_header header = {.kind = kind};

	outgoing->kind = kind;
	text_add_bytes(&outgoing->bytes, (const char *)&header, sizeof(header));
	if (connection->last)
		connection->last->next = outgoing;
	else
		connection->first = outgoing;
	connection->last = outgoing;
	return outgoing;
}

/* Lines of the same kind share a message while they wait. */
static void enqueue(struct connection *connection, uint32_t kind, const void *bytes, size_t length)
{
	struct outgoing *outgoing = connection->last;

	if (!outgoing || outgoing->kind != kind || kind == MESSAGE_DONE ||
	    outgoing->bytes.length + length > CHUNK_BYTES_MAX)
		outgoing = add_outgoing(connection, kind);
	text_add_bytes(&outgoing->bytes, bytes, length);
	connection->queued_bytes += length;
	if (connection->watch)
		loop_change_watch(connection->watch, WATCH_WRITE);
}

static void send_chunk(struct connection *connection, uint32_t kind, const void *bytes,
		       size_t length)
{
	if (connection->fd < 0)
		return;
	if (!connection->first && send_now(connection->fd, kind, bytes, length))
		return;
	if (!connection->first && !must_wait()) {
		hang_up(connection);
		return;
	}
	if (connection->queued_bytes + length > QUEUE_BYTES_MAX) {
		log_write(LOG_LEVEL_WARNING, "process %d does not read its answer: hung up",
			  (int)connection->peer.pid);
		hang_up(connection);
		return;
	}
	enqueue(connection, kind, bytes, length);
}

/* False when the socket takes no more for now or the peer has gone. */
static bool send_first(struct connection *connection)
{
	struct outgoing *outgoing = connection->first;

	if (send(connection->fd, outgoing->bytes.bytes, outgoing->bytes.length,
		 MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (!must_wait() && errno != EINTR)
			hang_up(connection);
		return false;
	}
	connection->queued_bytes -= outgoing->bytes.length - sizeof(struct protocol_header);
	connection->first = outgoing->next;
	if (!connection->first)
		connection->last = NULL;
	text_finish(&outgoing->bytes);
	free(outgoing);
	return true;
}

static void send_queue(struct connection *connection)
{
	while (connection->first && send_first(connection))
		;
	if (connection->fd >= 0 && !connection->first)
		loop_change_watch(connection->watch, 0);
}

/* --- the sink of a command -------------------------------------------------------------------- */

static void sink_write(void *data, enum answer_kind kind, const char *bytes, size_t length)
{
	struct connection *connection = data;
	uint32_t message = kind == ANSWER_OUTPUT ? MESSAGE_OUTPUT : MESSAGE_ERROR;

	while (length > 0) {
		size_t part = length < CHUNK_BYTES_MAX ? length : CHUNK_BYTES_MAX;

		send_chunk(connection, message, bytes, part);
		bytes += part;
		length -= part;
	}
}

static void answer_done(struct connection *connection, int status)
{
	int32_t wire_status = status;

	send_chunk(connection, MESSAGE_DONE, &wire_status, sizeof(wire_status));
	connection->stage = STAGE_ANSWERED;
	if (!connection->first)
		hang_up(connection);
}

static void sink_done(void *data, int status)
{
	struct connection *connection = data;

	connection->is_sink = false;
	answer_done(connection, status);
	end_if_unused(connection);
}

static bool sink_is_gone(void *data)
{
	return ((struct connection *)data)->fd < 0;
}

/* --- receiving -------------------------------------------------------------------------------- */

static void fill_credentials(const struct connection *connection, struct requester *who)
{
	who->pid = connection->peer.pid;
	who->uid = connection->peer.uid;
	who->gid = connection->peer.gid;
}

static void refuse(struct connection *connection, const char *why)
{
	struct text line = {0};

	text_addf(&line, "Error: %s.\n", why);
	sink_write(connection, ANSWER_ERROR, line.bytes, line.length);
	text_finish(&line);
	answer_done(connection, STATUS_ERROR);
}

static const char *refusal(const struct connection *connection, uint32_t role)
{
	const struct connection_owner *owner = connection->owner;

	return owner->refusal(owner->data, &connection->peer, connection->fd, role);
}

/* The connection passes to whoever shows terminals; this object's part is over. */
static void hand_over(struct connection *connection)
{
	const struct connection_owner *owner = connection->owner;
	struct requester who = {0};
	int fd = connection->fd;

	fill_credentials(connection, &who);
	who.directory = mem_strdup("");
	who.home = mem_strdup("");
	who.lttng_home = mem_strdup("");
	loop_unwatch(owner->loop, connection->watch);
	connection->watch = NULL;
	connection->fd = -1;
	owner->terminal(owner->data, fd, &who);
	requester_finish(&who);
}

/* Whatever comes in now is no answer's business: only hang-up and room for output are. */
static void stop_reading(struct connection *connection)
{
	if (connection->watch)
		loop_change_watch(connection->watch, connection->first ? WATCH_WRITE : 0);
}

static void take_hello(struct connection *connection, const void *bytes, size_t length)
{
	struct protocol_hello theirs, ours;
	const char *why;

	if (!protocol_read_hello(bytes, length, &theirs, NULL)) {
		hang_up(connection);
		return;
	}
	protocol_make_hello(&ours,
			    theirs.role == ROLE_OF_TERMINAL ? ROLE_OF_TERMINAL : ROLE_OF_COMMAND);
	if (send(connection->fd, &ours, sizeof(ours), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ||
	    theirs.version != PROTOCOL_VERSION) {
		hang_up(connection);
		return;
	}
	connection->stage = STAGE_ASKING;
	if (theirs.role != ROLE_OF_TERMINAL)
		return;
	why = refusal(connection, ROLE_OF_TERMINAL);
	if (why)
		refuse(connection, why);
	else
		hand_over(connection);
}

static void take_request(struct connection *connection, const void *bytes, size_t length)
{
	const struct connection_owner *owner = connection->owner;
	struct error err = ERROR_INIT;
	const char *why = refusal(connection, ROLE_OF_COMMAND);
	struct request *request;

	connection->stage = STAGE_ANSWERING;
	stop_reading(connection);
	if (why) {
		refuse(connection, why);
		return;
	}
	request = protocol_read_request(bytes, length, &err);
	if (!request) {
		refuse(connection, err.message);
		return;
	}
	fill_credentials(connection, &request->who);
	request->answer = (struct answer_sink){
		.write = sink_write,
		.done = sink_done,
		.is_gone = sink_is_gone,
		.data = connection,
	};
	connection->is_sink = true;
	owner->submit(owner->data, request);
}

/* One message. Descriptors that come along are dropped by the kernel: there is no room for them. */
static void receive(struct connection *connection)
{
	char message[PROTOCOL_MESSAGE_MAX];
	ssize_t length = recv(connection->fd, message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0 && (must_wait() || errno == EINTR))
		return;
	if (length <= 0 || (size_t)length > sizeof(message))
		hang_up(connection);
	else if (connection->stage == STAGE_GREETING)
		take_hello(connection, message, (size_t)length);
	else
		take_request(connection, message, (size_t)length);
}

static void on_ready(void *data, unsigned int events)
{
	struct connection *connection = data;

	connection->is_handling = true;
	if (events & WATCH_WRITE)
		send_queue(connection);
	if ((events & WATCH_READ) && connection->fd >= 0 && connection->stage <= STAGE_ASKING)
		receive(connection);
	else if (events & WATCH_HANGUP)
		hang_up(connection);
	if (connection->stage == STAGE_ANSWERED && !connection->first)
		hang_up(connection);
	connection->is_handling = false;
	end_if_unused(connection);
}

struct connection *connection_create(const struct connection_owner *owner, int fd,
				     const struct peer *peer, uint64_t deadline_ns)
{
	struct connection *connection = mem_zalloc(sizeof(*connection));

	connection->owner = owner;
	connection->fd = fd;
	connection->peer = *peer;
	connection->deadline_ns = deadline_ns;
	connection->watch = loop_watch(owner->loop, fd, WATCH_READ, on_ready, connection);
	return connection;
}

void connection_check_deadline(struct connection *connection, uint64_t now_ns)
{
	if (connection->stage <= STAGE_ASKING && now_ns >= connection->deadline_ns) {
		hang_up(connection);
		end_if_unused(connection);
	}
}

static void wait_for_room(const struct connection *connection, uint64_t deadline_ns)
{
	uint64_t now_ns = clock_monotonic_ns();
	struct pollfd pollfd = {.fd = connection->fd, .events = POLLOUT};

	if (now_ns < deadline_ns)
		poll(&pollfd, 1, (int)((deadline_ns - now_ns) / NS_PER_MS + 1));
}

void connection_disown(struct connection *connection, uint64_t deadline_ns)
{
	while (connection->fd >= 0 && connection->first && clock_monotonic_ns() < deadline_ns) {
		wait_for_room(connection, deadline_ns);
		send_queue(connection);
	}
	hang_up(connection);
	connection->owner = NULL;
	end_if_unused(connection);
}
