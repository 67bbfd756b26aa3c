/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sockets of the relay daemon; see relayd_link.h. */
#include "backend/sink/relayd_link.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

#include "backend/base/big_endian.h"
#include "backend/base/clock.h"
#include "backend/base/fd.h"

#define CONNECT_MS	5000
#define SLICE_MS	100
#define PATIENCE_MS	5000 /* of somebody who waits, without any progress */
#define PORT_TEXT_BYTES 8

void relayd_link_init(struct relayd_link *link, const atomic_uint *hurry_count)
{
	*link = (struct relayd_link){.control = -1, .data = -1, .hurry_count = hurry_count};
}

void relayd_link_close(struct relayd_link *link)
{
	fd_close(&link->control);
	fd_close(&link->data);
	link->owed_replies = 0;
}

/* --- waiting */

static bool wait_ready(const struct relayd_link *link, int fd, short events, struct error *err)
{
	unsigned int waited_ms = 0;
	struct pollfd poll_fd = {.fd = fd, .events = events};

	while (waited_ms < PATIENCE_MS) {
		int ready = poll(&poll_fd, 1, SLICE_MS);

		if (ready > 0)
			return true;
		if (ready < 0 && errno != EINTR)
			return error_set_errno(err, errno, "cannot wait for the relay daemon");
		waited_ms = atomic_load(link->hurry_count) > 0 ? waited_ms + SLICE_MS : 0;
	}
	return error_set(err, ERROR_TIMEOUT, "the relay daemon has not answered for %u s",
			 PATIENCE_MS / 1000);
}

static bool hung_up(struct error *err)
{
	return error_set(err, ERROR_GONE, "the relay daemon closed the connection");
}

static bool send_all(const struct relayd_link *link, int fd, const void *bytes, size_t length,
		     int flags, struct error *err)
{
	const char *at = bytes;

	while (length > 0) {
		ssize_t sent = send(fd, at, length, MSG_NOSIGNAL | MSG_DONTWAIT | flags);

		if (sent > 0) {
			at += sent;
			length -= (size_t)sent;
		} else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			if (!wait_ready(link, fd, POLLOUT, err))
				return false;
		} else if (sent < 0 && errno != EINTR) {
			return error_set_errno(err, errno, "cannot send to the relay daemon");
		}
	}
	return true;
}

bool relayd_link_receive(struct relayd_link *link, void *bytes, size_t length, struct error *err)
{
	char *at = bytes;

	while (length > 0) {
		ssize_t got = recv(link->control, at, length, MSG_DONTWAIT);

		if (got > 0) {
			at += got;
			length -= (size_t)got;
		} else if (got == 0) {
			return hung_up(err);
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			if (!wait_ready(link, link->control, POLLIN, err))
				return false;
		} else if (errno != EINTR) {
			return error_set_errno(err, errno, "cannot read from the relay daemon");
		}
	}
	return true;
}

/* --- requests */

static bool take_owed(struct relayd_link *link, unsigned int left, struct error *err)
{
	unsigned char reply[RELAYD_CODE_REPLY_BYTES];

	while (link->owed_replies > left) {
		if (!relayd_link_receive(link, reply, sizeof(reply), err))
			return false;
		link->owed_replies--;
		if (!relayd_check(big_endian_u32(reply), err))
			return false;
	}
	return true;
}

bool relayd_link_send(struct relayd_link *link, const struct text *request, struct error *err)
{
	return send_all(link, link->control, request->bytes, request->length, 0, err);
}

bool relayd_link_ask(struct relayd_link *link, const struct text *request, void *reply,
		     size_t reply_bytes, struct error *err)
{
	return relayd_link_send(link, request, err) && take_owed(link, 0, err) &&
	       relayd_link_receive(link, reply, reply_bytes, err);
}

bool relayd_link_tell(struct relayd_link *link, const struct text *request, struct error *err)
{
	unsigned char reply[RELAYD_CODE_REPLY_BYTES];

	return relayd_link_ask(link, request, reply, sizeof(reply), err) &&
	       relayd_check(big_endian_u32(reply), err);
}

bool relayd_link_post(struct relayd_link *link, const struct text *request, struct error *err)
{
	if (!relayd_link_send(link, request, err))
		return false;
	link->owed_replies++;
	return link->owed_replies < RELAYD_LINK_OWED_MAX ||
	       take_owed(link, RELAYD_LINK_OWED_MAX / 2, err);
}

bool relayd_link_send_data(struct relayd_link *link, const struct text *head,
			   const unsigned char *bytes, size_t length, size_t sent_bytes,
			   struct error *err)
{
	size_t of_head = sent_bytes < head->length ? sent_bytes : head->length;
	size_t of_bytes = sent_bytes - of_head;

	return send_all(link, link->data, head->bytes + of_head, head->length - of_head, MSG_MORE,
			err) &&
	       send_all(link, link->data, bytes + of_bytes, length - of_bytes, 0, err);
}

/* Returns how many parts are done. */
static size_t consume_parts(struct iovec *parts, size_t count, size_t sent)
{
	size_t done = 0;

	while (done < count && sent >= parts[done].iov_len)
		sent -= parts[done++].iov_len;
	if (done < count) {
		parts[done].iov_base = (char *)parts[done].iov_base + sent;
		parts[done].iov_len -= sent;
	}
	return done;
}

size_t relayd_link_try_data(const struct relayd_link *link, struct iovec *parts, size_t count)
{
	size_t sent_bytes = 0;

	while (count > 0) {
		const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
		ssize_t sent = sendmsg(link->data, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		size_t done;

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			break;
		sent_bytes += (size_t)sent;
		done = consume_parts(parts, count, (size_t)sent);
		parts += done;
		count -= done;
	}
	return sent_bytes;
}

bool relayd_link_is_alive(const struct relayd_link *link, struct error *err)
{
	struct pollfd fds[] = {
		{.fd = link->control, .events = POLLRDHUP},
		{.fd = link->data, .events = POLLRDHUP},
	};

	if (poll(fds, 2, 0) > 0 &&
	    ((fds[0].revents | fds[1].revents) & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)))
		return hung_up(err);
	return true;
}

/* --- connecting */

static bool wait_connected(int fd, struct error *err)
{
	uint64_t end_ns = clock_monotonic_ns() + CONNECT_MS * UINT64_C(1000000);
	int failure = 0;
	socklen_t length = sizeof(failure);
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

	while (poll(&poll_fd, 1, SLICE_MS) <= 0)
		if (clock_monotonic_ns() > end_ns)
			return error_set(err, ERROR_TIMEOUT, "no answer for %d s",
					 CONNECT_MS / 1000);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &length) < 0)
		failure = errno;
	return failure == 0 || error_set_errno(err, failure, "no connection");
}

static int connect_address(const struct addrinfo *address, struct error *err)
{
	int one = 1;
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool is_connected;

	if (fd < 0) {
		error_set_errno(err, errno, "no socket");
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	is_connected = connect(fd, address->ai_addr, address->ai_addrlen) == 0;
	if (!is_connected && errno == EINPROGRESS)
		is_connected = wait_connected(fd, err);
	else if (!is_connected)
		error_set_errno(err, errno, "no connection");
	if (!is_connected)
		fd_close(&fd);
	return fd;
}

static int connect_port(const struct relay_url *url, uint16_t port, struct error *err)
{
	struct addrinfo hints = {
		.ai_family = url->is_v6 ? AF_INET6 : AF_INET,
		.ai_socktype = SOCK_STREAM,
	};
	struct addrinfo *found = NULL;
	char service[PORT_TEXT_BYTES];
	int status;
	int fd = -1;

	snprintf(service, sizeof(service), "%u", port);
	status = getaddrinfo(url->host, service, &hints, &found);
	if (status != 0)
		error_set(err, ERROR_IO, "%s", gai_strerror(status));
	for (struct addrinfo *one = found; one && fd < 0; one = one->ai_next)
		fd = connect_address(one, err);
	if (found)
		freeaddrinfo(found);
	if (fd < 0)
		error_prefix(err, "cannot connect to the relay daemon at %s, port %u", url->host,
			     port);
	return fd;
}

static bool greet(struct relayd_link *link, struct error *err)
{
	unsigned char reply[RELAYD_VERSION_BYTES];
	struct text request = {0};
	bool is_answered;

	relayd_encode_version(&request);
	is_answered = relayd_link_ask(link, &request, reply, sizeof(reply), err);
	text_finish(&request);
	return is_answered && relayd_decode_version(reply, &link->minor, err);
}

bool relayd_link_open(struct relayd_link *link, const struct relay_url *url, struct error *err)
{
	link->owed_replies = 0;
	link->control = connect_port(url, url->control_port, err);
	if (link->control < 0)
		return false;
	if (greet(link, err)) {
		link->data = connect_port(url, url->data_port, err);
		if (link->data >= 0)
			return true;
	}
	relayd_link_close(link);
	return false;
}
