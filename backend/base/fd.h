/* SPDX-License-Identifier: GPL-2.0-or-later */
/* File descriptors: close, whole writes, Unix sockets with long paths, passing descriptors. */
#ifndef TRACON_BASE_FD_H
#define TRACON_BASE_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/error.h"

/* Closes if >= 0 and sets -1. Keeps errno. */
void fd_close(int *fd);
bool fd_set_nonblocking(int fd);
/* Writes everything (EINTR retried). False with errno set; a full disk leaves a part written. */
bool fd_write_all(int fd, const void *bytes, size_t length);
/* Of an eventfd that does not block: makes it readable; makes it silent. */
void fd_signal(int event_fd);
void fd_drain(int event_fd);
/* Whole file into *bytes (malloc'ed, NUL added behind length), at most length_max. ERROR_IO,
 * ERROR_INVALID. */
bool fd_read_file(const char *path, size_t length_max, char **bytes, size_t *length,
		  struct error *err);
/* Replaces the file by writing a temporary one beside it, fsync, rename. */
bool fd_replace_file(const char *path, const void *bytes, size_t length, mode_t mode,
		     struct error *err);
/* The same without waiting for the disk: what a crash of the machine may take back. */
bool fd_swap_file(const char *path, const void *bytes, size_t length, mode_t mode,
		  struct error *err);
/* mkdir -p with the mode for each folder made. */
bool fd_make_directories(const char *path, mode_t mode, struct error *err);
bool fd_make_directories_at(int directory, const char *path, mode_t mode, struct error *err);

/* type: SOCK_STREAM or SOCK_SEQPACKET. Paths over 107 bytes go through /proc/self/fd. -1 on error.
 */
int fd_listen_unix(const char *path, int type, mode_t mode, struct error *err);
/* -1 on error; err->code ERROR_NO_ENGINE when nobody listens (ENOENT, ECONNREFUSED). */
int fd_connect_unix(const char *path, int type, struct error *err);

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
};
bool fd_peer(int socket, struct peer *peer);

#define FD_PASS_MAX 4
/*
 * One message with up to FD_PASS_MAX descriptors. Blocks unless the socket is non-blocking; false
 * with errno (no SIGPIPE). EIO: a part went out on a full stream; only closing it is left.
 */
bool fd_send(int socket, const void *bytes, size_t length, const int *fds, size_t fd_count);
/*
 * Received length; 0 at the end; -1 with errno. fds: room for FD_PASS_MAX; the caller owns what
 * arrives. A message longer than length_max gives -1 with EMSGSIZE.
 */
ssize_t fd_receive(int socket, void *bytes, size_t length_max, int *fds, size_t *fd_count);

#endif
