/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptors: whole files, sockets at paths of any length and with exactly the rights asked for,
 * and messages with descriptors, hostile ones included.
 */
#include "backend/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/folder_kit.h"

static mode_t mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status.st_mode & 07777;
}

/* How many descriptors this process has open. */
static int count_open(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			count++;
	return count;
}

static void close_forgets_and_keeps_errno(void **state)
{
	int fd = open("/dev/null", O_RDONLY);
	int copy = fd;

	(void)state;
	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	errno = EXDEV;
	fd_close(&fd);
	assert_int_equal(errno, EXDEV);
}

static void replaced_file_has_content_and_mode(void **state)
{
	char *path = folder_kit_file("file");
	struct error err = ERROR_INIT;
	mode_t umask_before = umask(0);
	char *bytes;
	size_t length;

	(void)state;
	assert_true(fd_replace_file(path, "first", 5, 0600, &err));
	assert_true(fd_replace_file(path, "se\0nd", 5, 0644, &err));
	assert_int_equal(mode_of(path), 0644);
	assert_true(fd_read_file(path, 5, &bytes, &length, &err));
	assert_int_equal(length, 5);
	assert_memory_equal(bytes, "se\0nd", 6);
	free(bytes);
	umask(umask_before);
	free(path);
}

static void replacing_leaves_a_links_target_alone(void **state)
{
	char *target = folder_kit_file("target"), *link = folder_kit_file("link");
	struct error err = ERROR_INIT;
	struct stat status;
	char *bytes;
	size_t length;

	(void)state;
	assert_true(fd_replace_file(target, "keep", 4, 0600, &err));
	assert_int_equal(symlink(target, link), 0);
	assert_true(fd_replace_file(link, "new", 3, 0600, &err));
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_true(fd_read_file(target, 100, &bytes, &length, &err));
	assert_string_equal(bytes, "keep");
	free(bytes);
	free(target);
	free(link);
}

static void failed_replacement_leaves_nothing(void **state)
{
	char *path = folder_kit_file("folder"), *parts = folder_kit_file("folder/x");
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	/* A file can't take the place of a folder; only rename() sees it. */
	assert_false(fd_replace_file(path, "x", 1, 0600, &err));
	assert_int_equal(err.code, ERROR_IO);
	assert_non_null(strstr(err.message, path));
	assert_int_equal(rmdir(path), 0);
	assert_false(fd_replace_file(parts, "x", 1, 0600, &err));
	free(path);
	free(parts);
}

static void too_long_and_odd_files_are_refused(void **state)
{
	char *path = folder_kit_file("long"), *fifo = folder_kit_file("fifo");
	struct error err = ERROR_INIT;
	char content[10000];
	size_t length = 7;
	char *bytes = content;

	(void)state;
	memset(content, 'x', sizeof(content));
	assert_true(fd_replace_file(path, content, sizeof(content), 0600, &err));
	assert_false(fd_read_file(path, sizeof(content) - 1, &bytes, &length, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_null(bytes);
	assert_int_equal(length, 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	assert_false(fd_read_file(fifo, 100, &bytes, &length, &err)); /* and doesn't wait */
	assert_int_equal(err.code, ERROR_INVALID);
	assert_false(fd_read_file(folder_kit_path(), 100, &bytes, &length, &err));
	assert_false(fd_read_file("/dev/zero", 100, &bytes, &length, &err));
	assert_false(fd_read_file("/nowhere/x", 100, &bytes, &length, &err));
	assert_int_equal(err.code, ERROR_IO);
	free(path);
	free(fifo);
}

static void files_of_proc_are_read_whole(void **state)
{
	struct error err = ERROR_INIT;
	char *bytes;
	size_t length;

	(void)state;
	assert_true(fd_read_file("/proc/self/status", 1 << 20, &bytes, &length, &err));
	assert_int_equal(strlen(bytes), length);
	assert_non_null(strstr(bytes, "Pid:"));
	free(bytes);
}

static void directories_are_made_on_the_way(void **state)
{
	char *path = folder_kit_file("a//b/c/"), *outer = folder_kit_file("a");
	char *file = folder_kit_file("plain"), *below = folder_kit_file("plain/x");
	struct error err = ERROR_INIT;
	mode_t umask_before = umask(022);

	(void)state;
	assert_true(fd_make_directories(path, 0770, &err));
	assert_int_equal(mode_of(path), 0750);
	assert_int_equal(mode_of(outer), 0750);
	assert_true(fd_make_directories(path, 0770, &err));
	assert_true(fd_make_directories("/", 0770, &err));
	assert_true(fd_replace_file(file, "x", 1, 0600, &err));
	assert_false(fd_make_directories(file, 0700, &err));
	assert_false(fd_make_directories(below, 0700, &err));
	assert_non_null(strstr(err.message, "not a directory"));
	assert_false(fd_make_directories("", 0700, &err));
	umask(umask_before);
	free(path);
	free(outer);
	free(file);
	free(below);
}

static void directories_are_made_below_another(void **state)
{
	struct error err = ERROR_INIT;
	int at = open(folder_kit_path(), O_PATH | O_DIRECTORY);
	char *path = folder_kit_file("at/one");

	(void)state;
	assert_true(fd_make_directories_at(at, "at/one", 0700, &err));
	assert_int_equal(mode_of(path), 0700);
	fd_close(&at);
	free(path);
}

/* Listens, connects, says something, and hears it on the other side. */
static void assert_talks(const char *path, int type)
{
	struct error err = ERROR_INIT;
	int listener = fd_listen_unix(path, type, 0600, &err);
	struct peer peer;
	char heard[8];
	int there, here;

	assert_true(listener >= 0);
	assert_int_equal(mode_of(path), 0600);
	there = fd_connect_unix(path, type, &err);
	assert_true(there >= 0);
	here = accept(listener, NULL, NULL);
	assert_true(here >= 0);
	assert_true(fd_peer(here, &peer));
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, getuid());
	assert_true(fd_send(there, "hello", 5, NULL, 0));
	assert_int_equal(fd_receive(here, heard, sizeof(heard), NULL, NULL), 5);
	assert_memory_equal(heard, "hello", 5);
	assert_true(fcntl(listener, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(there, F_GETFD) & FD_CLOEXEC);
	fd_close(&here);
	fd_close(&there);
	fd_close(&listener);
}

static void sockets_talk(void **state)
{
	char *path = folder_kit_file("seq.sock"), *stream = folder_kit_file("stream.sock");

	(void)state;
	assert_talks(path, SOCK_SEQPACKET);
	assert_talks(stream, SOCK_STREAM);
	free(path);
	free(stream);
}

/* A path of exactly `length` bytes; its folders are made. */
static char *path_of_length(size_t length)
{
	char *path = folder_kit_file("long-");
	struct error err = ERROR_INIT;
	size_t have = strlen(path);
	char *name;

	path = mem_realloc_array(path, length + 1, 1);
	memset(path + have, 'l', length - have);
	for (size_t i = have + 40; i + 10 < length; i += 40)
		path[i] = '/';
	path[length] = '\0';
	name = strrchr(path, '/') + 1;
	memset(name, 's', strlen(name)); /* no folder of a longer path is called like this */
	name[-1] = '\0';
	assert_true(fd_make_directories(path, 0700, &err));
	name[-1] = '/';
	return path;
}

static void long_paths_work_like_short_ones(void **state)
{
	static const size_t lengths[] = {106, 107, 108, 109, 300, 2000};
	int open_before = count_open();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		char *path = path_of_length(lengths[i]);

		assert_talks(path, SOCK_SEQPACKET);
		free(path);
	}
	assert_int_equal(count_open(), open_before);
}

static void names_too_long_for_a_socket_are_refused(void **state)
{
	char name[201];
	struct error err = ERROR_INIT;
	char *path;

	(void)state;
	memset(name, 'n', 200);
	name[200] = '\0';
	path = folder_kit_file(name);
	assert_int_equal(fd_listen_unix(path, SOCK_STREAM, 0600, &err), -1);
	assert_int_equal(fd_connect_unix(path, SOCK_STREAM, &err), -1);
	assert_int_equal(fd_listen_unix("", SOCK_STREAM, 0600, &err), -1);
	assert_int_equal(fd_listen_unix(name, SOCK_STREAM, 0600, &err), -1);
	free(path);
}

static void sockets_have_exactly_the_mode(void **state)
{
	static const mode_t umasks[] = {0, 022, 077, 0777};
	char *path = folder_kit_file("mode.sock");
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(umasks); i++) {
		mode_t umask_before = umask(umasks[i]);
		int listener = fd_listen_unix(path, SOCK_STREAM, 0666, &err);

		umask(umask_before);
		assert_true(listener >= 0);
		assert_int_equal(mode_of(path), 0666);
		fd_close(&listener);
		unlink(path);
	}
	free(path);
}

static void listening_unlinks_nothing(void **state)
{
	char *path = folder_kit_file("taken");
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(fd_replace_file(path, "x", 1, 0640, &err));
	assert_int_equal(fd_listen_unix(path, SOCK_STREAM, 0666, &err), -1);
	assert_int_equal(err.code, ERROR_IO);
	assert_int_equal(mode_of(path), 0640);
	free(path);
}

static void silence_is_told_from_other_failures(void **state)
{
	char *path = folder_kit_file("dead.sock"), *nothing = folder_kit_file("nothing");
	char *far = path_of_length(250);
	struct error err = ERROR_INIT;
	int listener = fd_listen_unix(path, SOCK_STREAM, 0600, &err);

	(void)state;
	fd_close(&listener);
	assert_int_equal(fd_connect_unix(path, SOCK_STREAM, &err), -1);
	assert_int_equal(err.code, ERROR_NO_ENGINE);
	assert_int_equal(fd_connect_unix(nothing, SOCK_STREAM, &err), -1);
	assert_int_equal(err.code, ERROR_NO_ENGINE);
	assert_int_equal(fd_connect_unix(far, SOCK_STREAM, &err), -1);
	assert_int_equal(err.code, ERROR_NO_ENGINE);
	assert_int_equal(fd_connect_unix(folder_kit_path(), SOCK_STREAM, &err), -1);
	assert_int_equal(fd_connect_unix(nothing, SOCK_STREAM, NULL), -1);
	free(path);
	free(nothing);
	free(far);
}

static void make_pair(int type, int ends[2])
{
	assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
}

static void descriptors_travel_with_the_message(void **state)
{
	int ends[2], pipes[2][2], got[FD_PASS_MAX];
	int sent[FD_PASS_MAX];
	size_t count = 99;
	char bytes[4];

	(void)state;
	make_pair(SOCK_SEQPACKET, ends);
	assert_int_equal(pipe(pipes[0]), 0);
	assert_int_equal(pipe(pipes[1]), 0);
	memcpy(sent, pipes, sizeof(sent));
	assert_true(fd_send(ends[0], "fds", 3, sent, FD_PASS_MAX));
	assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), got, &count), 3);
	assert_int_equal(count, FD_PASS_MAX);
	assert_int_equal(write(got[1], "x", 1), 1);
	assert_int_equal(read(sent[0], bytes, 1), 1);
	for (int i = 0; i < FD_PASS_MAX; i++) {
		assert_true(fcntl(got[i], F_GETFD) & FD_CLOEXEC);
		fd_close(&got[i]);
		fd_close(&sent[i]);
	}
	assert_true(fd_send(ends[0], "no", 2, NULL, 0));
	assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), got, &count), 2);
	assert_int_equal(count, 0);
	fd_close(&ends[0]);
	assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), got, &count), 0);
	fd_close(&ends[1]);
}

/* What fd_send() refuses to send, a hostile peer does. */
static void send_many_fds(int socket, int fd, size_t count)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec part = {(char[]){'x'}, 1};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};

	memset(&control, 0, sizeof(control));
	header.msg_control = control.bytes;
	header.msg_controllen = CMSG_SPACE(count * sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
	for (size_t i = 0; i < count; i++)
		memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &fd, sizeof(fd));
	assert_int_equal(sendmsg(socket, &header, 0), 1);
}

static void too_many_descriptors_are_closed(void **state)
{
	int ends[2], got[FD_PASS_MAX];
	char bytes[4];
	int open_before;
	size_t count;

	(void)state;
	make_pair(SOCK_SEQPACKET, ends);
	assert_false(fd_send(ends[0], "x", 1, got, FD_PASS_MAX + 1));
	open_before = count_open();
	for (size_t many = FD_PASS_MAX + 1; many <= 16; many++) {
		send_many_fds(ends[0], ends[0], many);
		assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), got, &count), -1);
		assert_int_equal(errno, EMSGSIZE);
		assert_int_equal(count, 0);
	}
	/* Not asked for: the message passes, the descriptors don't stay. */
	send_many_fds(ends[0], ends[0], 3);
	assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), NULL, NULL), 1);
	assert_int_equal(count_open(), open_before);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

static void cut_messages_are_refused_with_their_descriptors(void **state)
{
	int ends[2], got[FD_PASS_MAX];
	char bytes[4];
	int open_before;
	size_t count;

	(void)state;
	make_pair(SOCK_SEQPACKET, ends);
	open_before = count_open();
	assert_true(fd_send(ends[0], "12345", 5, ends, 2));
	assert_int_equal(fd_receive(ends[1], bytes, sizeof(bytes), got, &count), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(count_open(), open_before);
	fd_close(&ends[0]);
	fd_close(&ends[1]);
}

static void sending_to_nobody_is_an_error_not_a_signal(void **state)
{
	int ends[2];

	(void)state;
	make_pair(SOCK_SEQPACKET, ends);
	fd_close(&ends[1]);
	assert_false(fd_send(ends[0], "x", 1, NULL, 0));
	assert_int_equal(errno, EPIPE);
	fd_close(&ends[0]);
}

static void full_sockets_say_so_without_waiting(void **state)
{
	static char big[512 * 1024];
	int ends[2], stream[2];
	int sent = 0;

	(void)state;
	make_pair(SOCK_SEQPACKET, ends);
	assert_true(fd_set_nonblocking(ends[0]));
	while (sent < 100000 && fd_send(ends[0], "x", 1, NULL, 0))
		sent++;
	assert_int_equal(errno, EAGAIN);
	make_pair(SOCK_STREAM, stream);
	assert_true(fd_set_nonblocking(stream[0]));
	assert_false(fd_send(stream[0], big, sizeof(big), NULL, 0));
	assert_int_equal(errno, EIO); /* a part went out */
	for (int i = 0; i < 2; i++) {
		fd_close(&ends[i]);
		fd_close(&stream[i]);
	}
}

static void whole_writes_report_a_closed_reader(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	assert_true(fd_write_all(ends[1], "abc", 3));
	assert_true(fd_write_all(ends[1], NULL, 0));
	fd_close(&ends[0]);
	signal(SIGPIPE, SIG_IGN);
	assert_false(fd_write_all(ends[1], "abc", 3));
	assert_int_equal(errno, EPIPE);
	fd_close(&ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(close_forgets_and_keeps_errno),
		cmocka_unit_test(replaced_file_has_content_and_mode),
		cmocka_unit_test(replacing_leaves_a_links_target_alone),
		cmocka_unit_test(failed_replacement_leaves_nothing),
		cmocka_unit_test(too_long_and_odd_files_are_refused),
		cmocka_unit_test(files_of_proc_are_read_whole),
		cmocka_unit_test(directories_are_made_on_the_way),
		cmocka_unit_test(directories_are_made_below_another),
		cmocka_unit_test(sockets_talk),
		cmocka_unit_test(long_paths_work_like_short_ones),
		cmocka_unit_test(names_too_long_for_a_socket_are_refused),
		cmocka_unit_test(sockets_have_exactly_the_mode),
		cmocka_unit_test(listening_unlinks_nothing),
		cmocka_unit_test(silence_is_told_from_other_failures),
		cmocka_unit_test(descriptors_travel_with_the_message),
		cmocka_unit_test(too_many_descriptors_are_closed),
		cmocka_unit_test(cut_messages_are_refused_with_their_descriptors),
		cmocka_unit_test(sending_to_nobody_is_an_error_not_a_signal),
		cmocka_unit_test(full_sockets_say_so_without_waiting),
		cmocka_unit_test(whole_writes_report_a_closed_reader),
	};

	return cmocka_run_group_tests(tests, folder_kit_make, folder_kit_remove);
}
