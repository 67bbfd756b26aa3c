/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Connects to an engine, asks it one thing, passes on what it answers. One thread, blocking. */
#include "backend/control/client.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "backend/base/fd.h"

/* An engine greets from its loop, which never waits: one that takes longer is stopped or broken. */
#define GREETING_LIMIT_S 10

static bool send_message(int connection, const void *bytes, size_t length, struct error *err)
{
	if (fd_send(connection, bytes, length, NULL, 0))
		return true;
	if (errno == EPIPE || errno == ECONNRESET)
		return error_set(err, ERROR_GONE, "the engine has hung up");
	return error_set_errno(err, errno, "cannot write to the engine");
}

/*
 * One message; 0 when the engine has hung up. If it did so before it had read everything of ours,
 * the kernel reports that first (ECONNRESET), and once: what the engine had to say comes after it.
 */
static ssize_t receive_message(int connection, void *bytes, size_t length_max)
{
	ssize_t length = fd_receive(connection, bytes, length_max, NULL, NULL);

	if (length < 0 && errno == ECONNRESET)
		length = fd_receive(connection, bytes, length_max, NULL, NULL);
	return length < 0 && errno == ECONNRESET ? 0 : length;
}

static void limit_waiting(int connection, time_t limit_s)
{
	struct timeval limit = {.tv_sec = limit_s}; /* 0: none */

	setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

pid_t client_engine_pid(int connection)
{
	struct peer peer;

	return fd_peer(connection, &peer) ? peer.pid : 0;
}

static bool check_version(const struct protocol_hello *theirs, struct error *err)
{
	if (theirs->version == PROTOCOL_VERSION)
		return true;
	return error_set(err, ERROR_UNSUPPORTED,
			 "the running engine (process %u) is tracon %s and this is %s: end it "
			 "with 'kill %u', which stops its sessions in order, and start again",
			 theirs->pid, theirs->release, PACKAGE_VERSION, theirs->pid);
}

static bool read_hello(int connection, struct error *err)
{
	struct protocol_hello theirs;
	char message[sizeof(theirs)];
	ssize_t length = receive_message(connection, message, sizeof(message));

	if (length < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return error_set(err, ERROR_TIMEOUT, "the engine (process %d) does not answer",
				 (int)client_engine_pid(connection));
	if (length < 0)
		return error_set_errno(err, errno, "cannot read from the engine");
	if (length == 0)
		return error_set(err, ERROR_GONE, "the engine has hung up");
	return protocol_read_hello(message, (size_t)length, &theirs, err) &&
	       check_version(&theirs, err);
}

/*
 * Where there is no better place, sockets are below /tmp: what listens there may be anybody's, and
 * is to get neither our commands nor our terminal.
 */
static bool check_owner(int connection, struct error *err)
{
	struct peer peer;

	if (!fd_peer(connection, &peer))
		return error_set_errno(err, errno, "cannot tell whose engine this is");
	if (peer.uid == geteuid() || peer.uid == 0)
		return true;
	return error_set(err, ERROR_DENIED, "the engine belongs to another user (uid %u)",
			 (unsigned int)peer.uid);
}

int client_connect(const char *socket_path, enum protocol_role role, struct error *err)
{
	struct protocol_hello ours;
	int connection = fd_connect_unix(socket_path, SOCK_SEQPACKET, err);

	if (connection < 0)
		return -1;
	protocol_make_hello(&ours, role);
	limit_waiting(connection, GREETING_LIMIT_S);
	if (!check_owner(connection, err) || !send_message(connection, &ours, sizeof(ours), err) ||
	    !read_hello(connection, err))
		fd_close(&connection);
	else
		limit_waiting(connection, 0);
	return connection;
}

enum step { STEP_GO_ON, STEP_DONE, STEP_FAILED };

static enum step pass_done(const struct answer_sink *answer, const char *message, size_t length,
			   struct error *err)
{
	struct protocol_done done;

	if (length < sizeof(done)) {
		error_set(err, ERROR_PROTOCOL, "the engine's answer makes no sense");
		return STEP_FAILED;
	}
	memcpy(&done, message, sizeof(done));
	answer->done(answer->data, done.status);
	return STEP_DONE;
}

static enum step pass_on(const struct answer_sink *answer, const char *message, size_t length,
			 struct error *err)
{
	struct protocol_header header = {0};

	if (length >= sizeof(header))
		memcpy(&header, message, sizeof(header));
	switch (header.kind) {
	case MESSAGE_OUTPUT:
		answer->write(answer->data, ANSWER_OUTPUT, message + sizeof(header),
			      length - sizeof(header));
		return STEP_GO_ON;
	case MESSAGE_ERROR:
		answer->write(answer->data, ANSWER_ERROR, message + sizeof(header),
			      length - sizeof(header));
		return STEP_GO_ON;
	case MESSAGE_DONE:
		return pass_done(answer, message, length, err);
	default:
		error_set(err, ERROR_PROTOCOL, "the engine's answer makes no sense");
		return STEP_FAILED;
	}
}

static enum step pass_next(int connection, const struct answer_sink *answer, char *message,
			   struct error *err)
{
	ssize_t length = receive_message(connection, message, PROTOCOL_MESSAGE_MAX);

	if (length > 0)
		return pass_on(answer, message, (size_t)length, err);
	if (length == 0)
		error_set(err, ERROR_GONE, "the engine ended before it had answered");
	else
		error_set_errno(err, errno, "cannot read the engine's answer");
	return STEP_FAILED;
}

bool client_ask(int connection, const struct request *request, struct error *err)
{
	char message[PROTOCOL_MESSAGE_MAX];
	size_t length = protocol_write_request(request, message, err);
	enum step step = STEP_GO_ON;

	if (length == 0)
		return false;
	/* A refusal may have come before our request went out: it is read all the same. */
	if (!send_message(connection, message, length, err) && err->code != ERROR_GONE)
		return false;
	while (step == STEP_GO_ON)
		step = pass_next(connection, &request->answer, message, err);
	return step == STEP_DONE;
}
