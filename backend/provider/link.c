/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The connection to the console. Nothing here waits. The descriptor lives in somebody else's
 * process, which may close it and get the same number again: before each use it is checked to be
 * still our socket.
 */
#include "provider.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "handshake.h"

enum { FD_WANTED = 500 }; /* out of the way of programs that count on low numbers */

/* The one connection; under the lock. */
static struct {
	int fd;
	dev_t device;
	ino_t inode;
	_Alignas(8) unsigned char message[HANDSHAKE_MESSAGE_MAX];
} connection = {.fd = -1};

static bool is_ours(void)
{
	struct stat status;

	return connection.fd >= 0 && fstat(connection.fd, &status) == 0 &&
	       status.st_dev == connection.device && status.st_ino == connection.inode;
}

static void disconnect(void)
{
	if (is_ours())
		close(connection.fd);
	connection.fd = -1;
}

int link_fd(void)
{
	return is_ours() ? connection.fd : -1;
}

static bool send_message(size_t bytes)
{
	return send(connection.fd, connection.message, bytes, MSG_NOSIGNAL | MSG_DONTWAIT) ==
	       (ssize_t)bytes;
}

/* --- Where consoles are --------------------------------------------------------------------------
 */

static const char *variable(const char *name)
{
	const char *value = getauxval(AT_SECURE) ? NULL : getenv(name);

	return value && *value ? value : NULL;
}

static bool is_private_directory(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == getuid() &&
	       !(status.st_mode & 077);
}

/* The user's own console first, then root's. Root's private one counts as a user's. */
int link_places(char paths[2][108])
{
	const char *given = variable("XDG_RUNTIME_DIR");
	int count = 0;
	int length = 0;

	if (getuid() != 0 || variable("LTTNG_HOME")) {
		if (given && *given == '/' && is_private_directory(given))
			length = snprintf(paths[0], 108, "%s/tracon/%s", given,
					  HANDSHAKE_SOCKET_NAME);
		else
			length = snprintf(paths[0], 108, "/tmp/tracon-%u/%s",
					  (unsigned int)getuid(), HANDSHAKE_SOCKET_NAME);
		if (length > 0 && length < 108)
			count++;
	}
	snprintf(paths[count++], 108, "/run/tracon/%s", HANDSHAKE_SOCKET_NAME);
	return count;
}

/* Who listens there must be this user or root. */
static bool is_trusted(int fd)
{
	struct ucred peer;
	socklen_t bytes = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int high_fd;

	if (fd < 0)
		return -1;
	memcpy(address.sun_path, path, strnlen(path, sizeof(address.sun_path) - 1));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || !is_trusted(fd)) {
		close(fd);
		return -1;
	}
	high_fd = fcntl(fd, F_DUPFD_CLOEXEC, FD_WANTED);
	if (high_fd < 0)
		return fd;
	close(fd);
	return high_fd;
}

bool link_connect(void)
{
	char paths[2][108];
	int count = link_places(paths);
	struct stat status;
	int fd = -1;

	for (int i = 0; i < count && fd < 0; i++)
		fd = connect_to(paths[i]);
	if (fd < 0 || fstat(fd, &status) != 0)
		return false;
	connection.fd = fd;
	connection.device = status.st_dev;
	connection.inode = status.st_ino;
	if (send_message(describe_hello(connection.message)))
		return true;
	disconnect();
	return false;
}

/* --- What the console says
 * ------------------------------------------------------------------------- */

static void send_note(uint32_t type, uint32_t provider, bool is_failed)
{
	struct handshake_note *note = (struct handshake_note *)connection.message;

	*note = (struct handshake_note){
		.header = {.magic = HANDSHAKE_MAGIC, .type = type, .bytes = sizeof(*note)},
		.provider = provider,
		.is_failed = is_failed,
	};
	send_message(sizeof(*note));
}

static void refuse(const char *why)
{
	struct handshake_refused *message = (struct handshake_refused *)connection.message;

	memset(message, 0, sizeof(*message));
	message->header = (struct handshake_header){
		.magic = HANDSHAKE_MAGIC, .type = HANDSHAKE_REFUSED, .bytes = sizeof(*message)};
	snprintf(message->text, sizeof(message->text), "%s", why);
	send_message(sizeof(*message));
}

static bool take_attach(size_t bytes, const int fds[ATTACH_FDS])
{
	struct handshake_attach attach;
	const char *why;

	if (bytes != sizeof(attach) || fds[ATTACH_CONTROL] < 0 || fds[ATTACH_LANES] < 0 ||
	    attachment_current)
		return false;
	memcpy(&attach, connection.message, sizeof(attach));
	if (attach.abi_major != LANE_ABI_MAJOR) {
		refuse("the console speaks another version");
		return false;
	}
	if (attachment_start(&attach.geometry, attach.control_bytes, fds, &why))
		return true;
	refuse(why);
	return false;
}

static bool take_flags(size_t bytes, const struct provider_list *providers)
{
	struct handshake_flags flags;
	struct tracon_provider *provider = providers->first;
	bool is_mapped;

	if (bytes != sizeof(flags))
		return false;
	memcpy(&flags, connection.message, sizeof(flags));
	while (provider && provider->number != flags.provider)
		provider = provider->next;
	if (!provider)
		return true; /* unloaded meanwhile */
	if (provider->state == PROVIDER_READY || flags.base < LANE_ID_FIRST ||
	    flags.base > UINT16_MAX + 1 - provider->event_count)
		return false;
	provider->base = flags.base;
	is_mapped = flags_map(provider, flags.offset, flags.bytes);
	provider->state = is_mapped ? PROVIDER_READY : PROVIDER_FAILED;
	send_note(HANDSHAKE_READY, provider->number, !is_mapped);
	return true;
}

static bool take_message(size_t bytes, const int fds[ATTACH_FDS],
			 const struct provider_list *providers)
{
	struct handshake_header header;

	if (bytes < sizeof(header))
		return false;
	memcpy(&header, connection.message, sizeof(header));
	if (header.magic != HANDSHAKE_MAGIC || header.bytes != bytes)
		return false;
	switch (header.type) {
	case HANDSHAKE_ATTACH:
		return take_attach(bytes, fds);
	case HANDSHAKE_FLAGS:
		return take_flags(bytes, providers);
	case HANDSHAKE_REFUSED:
	case HANDSHAKE_BYE:
		return false;
	default:
		return true; /* of a later version */
	}
}

static void take_descriptors(struct msghdr *message, int fds[ATTACH_FDS])
{
	int count = 0;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at)) {
		size_t bytes = at->cmsg_len - CMSG_LEN(0);

		if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i + sizeof(int) <= bytes; i += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(at) + i, sizeof(fd));
			if (count < ATTACH_FDS)
				fds[count++] = fd;
			else
				close(fd);
		}
	}
}

/* One message; false: the connection is of no use any more. is_empty: there was none. */
static bool receive(const struct provider_list *providers, bool *is_empty)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(4 * sizeof(int))];
	struct iovec part = {connection.message, sizeof(connection.message)};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	int fds[ATTACH_FDS] = {-1, -1, -1};
	ssize_t got = recvmsg(connection.fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	bool is_good;

	*is_empty = got < 0 && (errno == EAGAIN || errno == EINTR);
	if (got <= 0)
		return *is_empty;
	take_descriptors(&message, fds);
	is_good = take_message((size_t)got, fds, providers);
	for (int i = 0; i < ATTACH_FDS; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return is_good;
}

/* --- Both ways
 * --------------------------------------------------------------------------------------- */

bool link_wants_to_send(const struct provider_list *providers)
{
	for (const struct tracon_provider *at = providers->first; at; at = at->next)
		if (at->state == PROVIDER_NEW)
			return true;
	return false;
}

/* As much as the socket takes. */
static bool send_descriptions(const struct provider_list *providers)
{
	for (struct tracon_provider *at = providers->first; at; at = at->next) {
		while (at->state == PROVIDER_NEW) {
			size_t bytes = describe_next(at, connection.message);

			if (bytes == 0)
				at->state = PROVIDER_TOLD;
			else if (send_message(bytes))
				describe_step(at, connection.message);
			else
				return errno == EAGAIN || errno == EINTR;
		}
	}
	return true;
}

bool link_step(struct provider_list *providers)
{
	bool is_empty = false;

	if (!is_ours()) {
		link_close(providers);
		return false;
	}
	while (!is_empty) {
		if (!receive(providers, &is_empty)) {
			link_close(providers);
			return false;
		}
	}
	if (send_descriptions(providers))
		return true;
	link_close(providers);
	return false;
}

void link_provider_gone(const struct tracon_provider *provider)
{
	if (is_ours() && provider->state != PROVIDER_NEW)
		send_note(HANDSHAKE_PROVIDER_GONE, provider->number, false);
}

/* Without a console nothing is switched on, and everything is told anew to the next one. */
void link_close(struct provider_list *providers)
{
	for (struct tracon_provider *at = providers->first; at; at = at->next) {
		if (at->state == PROVIDER_READY)
			flags_clear(at);
		at->state = PROVIDER_NEW;
		memset(at->progress, 0, sizeof(at->progress));
	}
	attachment_stop();
	disconnect();
}

void link_forget(void)
{
	disconnect();
}
