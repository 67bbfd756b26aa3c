/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unix sockets: listening without a moment of wrong rights, long paths, passing descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/base/fd.h"

/* A socket's name for bind() and connect(); holds the folder open when the path is a long one. */
struct address {
	struct sockaddr_un name;
	int folder;
};

/*
 * sun_path has room for 107 bytes and the NUL (unix(7)). A longer path is reached through the open
 * folder: /proc/self/fd/DIR/NAME.
 */
static bool address_open(struct address *address, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX];
	int length;

	memset(address, 0, sizeof(*address));
	address->name.sun_family = AF_UNIX;
	address->folder = -1;
	if (*path && strlen(path) < sizeof(address->name.sun_path)) {
		memcpy(address->name.sun_path, path, strlen(path) + 1);
		return true;
	}
	errno = *path ? ENAMETOOLONG : ENOENT;
	if (!slash || (size_t)(slash - path) >= sizeof(folder))
		return false;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	address->folder = open(*folder ? folder : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (address->folder < 0)
		return false;
	length = snprintf(address->name.sun_path, sizeof(address->name.sun_path),
			  "/proc/self/fd/%d%s", address->folder, slash);
	if (length > 0 && (size_t)length < sizeof(address->name.sun_path))
		return true;
	errno = ENAMETOOLONG;
	return false;
}

static void address_close(struct address *address)
{
	fd_close(&address->folder);
}

/*
 * Gives the socket's file exactly `mode`. The umask may have taken rights away at bind(). Through
 * an own descriptor, so that a name exchanged meanwhile for a link leads nowhere else.
 */
static bool set_mode(const char *path, mode_t mode)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	char through_proc[64];
	struct stat status;
	bool is_set;

	if (fd < 0)
		return false;
	snprintf(through_proc, sizeof(through_proc), "/proc/self/fd/%d", fd);
	is_set = fstat(fd, &status) == 0 && S_ISSOCK(status.st_mode) &&
		 ((status.st_mode & 07777) == mode || chmod(through_proc, mode) == 0);
	fd_close(&fd);
	return is_set;
}

int fd_listen_unix(const char *path, int type, mode_t mode, struct error *err)
{
	struct address address;
	int fd = -1;

	if (!address_open(&address, path))
		goto fail;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	/*
	 * The file made by bind() takes the mode of the socket itself, less the umask (Linux,
	 * unix_bind()): so it never has more rights than wanted, and nobody gets in before
	 * listen().
	 */
	if (fd < 0 || fchmod(fd, mode) < 0)
		goto fail;
	if (bind(fd, (const struct sockaddr *)&address.name, sizeof(address.name)) < 0)
		goto fail;
	if (!set_mode(address.name.sun_path, mode) || listen(fd, SOMAXCONN) < 0)
		goto fail;
	address_close(&address);
	return fd;

fail:
	error_set_errno(err, errno, "cannot listen at '%s'", path);
	fd_close(&fd);
	address_close(&address);
	return -1;
}

int fd_connect_unix(const char *path, int type, struct error *err)
{
	struct address address;
	int fd = -1;

	if (!address_open(&address, path))
		goto fail;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		goto fail;
	while (connect(fd, (const struct sockaddr *)&address.name, sizeof(address.name)) < 0)
		if (errno != EINTR)
			goto fail;
	address_close(&address);
	return fd;

fail:
	error_set_errno(err, errno, "cannot connect to '%s'", path);
	if (err && (errno == ENOENT || errno == ECONNREFUSED))
		err->code = ERROR_NO_ENGINE;
	fd_close(&fd);
	address_close(&address);
	return -1;
}

bool fd_peer(int socket, struct peer *peer)
{
	struct ucred credentials;
	socklen_t length = sizeof(credentials);

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) < 0)
		return false;
	peer->pid = credentials.pid;
	peer->uid = credentials.uid;
	peer->gid = credentials.gid;
	return true;
}

/* Control data must be aligned as its header is. One place more than allowed shows an excess. */
union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE((FD_PASS_MAX + 1) * sizeof(int))];
};

static void attach_fds(struct msghdr *header, union control *control, const int *fds,
		       size_t fd_count)
{
	struct cmsghdr *part;

	memset(control, 0, sizeof(*control));
	header->msg_control = control->bytes;
	header->msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
	part = CMSG_FIRSTHDR(header);
	part->cmsg_level = SOL_SOCKET;
	part->cmsg_type = SCM_RIGHTS;
	part->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(part), fds, fd_count * sizeof(int));
}

static ssize_t send_retrying(int socket, const struct msghdr *header)
{
	ssize_t sent;

	do
		sent = sendmsg(socket, header, MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

bool fd_send(int socket, const void *bytes, size_t length, const int *fds, size_t fd_count)
{
	struct iovec part = {(void *)bytes, length};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	union control control;
	bool is_begun = false;

	if (fd_count > FD_PASS_MAX) {
		errno = EINVAL;
		return false;
	}
	if (fd_count)
		attach_fds(&header, &control, fds, fd_count);
	do {
		ssize_t sent = send_retrying(socket, &header);

		if (sent < 0) {
			/* Half a message on a stream: nothing can follow it. */
			if (is_begun && (errno == EAGAIN || errno == EWOULDBLOCK))
				errno = EIO;
			return false;
		}
		is_begun = true;
		part.iov_base = (char *)part.iov_base + sent;
		part.iov_len -= (size_t)sent;
		header.msg_control = NULL; /* the descriptors went with the first byte */
		header.msg_controllen = 0;
	} while (part.iov_len > 0);
	return true;
}

/* Moves descriptors out of the control data; those beyond FD_PASS_MAX are closed and counted. */
static size_t take_fds(struct msghdr *header, int *fds)
{
	size_t count = 0;

	for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part; part = CMSG_NXTHDR(header, part)) {
		size_t in_part;

		if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
			continue;
		in_part = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < in_part; i++, count++) {
			int fd;

			memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(fd));
			if (count < FD_PASS_MAX)
				fds[count] = fd;
			else
				fd_close(&fd);
		}
	}
	return count;
}

static ssize_t refuse_fds(int *fds, size_t fd_count)
{
	for (size_t i = 0; i < fd_count && i < FD_PASS_MAX; i++)
		fd_close(&fds[i]);
	errno = EMSGSIZE;
	return -1;
}

ssize_t fd_receive(int socket, void *bytes, size_t length_max, int *fds, size_t *fd_count)
{
	struct iovec part = {bytes, length_max};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	union control control;
	size_t count = 0;
	ssize_t received;

	if (fd_count)
		*fd_count = 0;
	/* Without room for them the kernel drops descriptors that nobody asked for. */
	if (fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
	}
	do
		received = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	while (received < 0 && errno == EINTR);
	if (received < 0)
		return -1;
	if (fds)
		count = take_fds(&header, fds);
	if (header.msg_flags & MSG_TRUNC || count > FD_PASS_MAX ||
	    (fds && header.msg_flags & MSG_CTRUNC))
		return refuse_fds(fds, count);
	if (fd_count)
		*fd_count = count;
	return received;
}
