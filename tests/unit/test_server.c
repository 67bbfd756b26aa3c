/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Server and client together: the server on a thread of its own, as in the engine, the client and
 * its misbehaving relatives here. Each test has a server and a socket of its own.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/control/client.h"
#include "backend/control/reply.h"
#include "backend/control/server.h"
#include "control_sink.h"

#define BIG_BYTES   (3u << 20)
#define SMALL_BYTES 50000

/* The control thread's part; the test sends it messages and waits for what comes through `told`. */
struct engine {
	char folder[32];
	struct places places;
	struct loop *loop;
	struct queue *queue;
	struct server *server;
	struct thread *thread;
	struct reply *kept; /* of "keep": its answer comes with "release" or never */
	int told[2];	    /* pipe: one byte for each thing worth waiting for */
	int terminal;
	uid_t terminal_uid;
};

static void tell(struct engine *engine, char what)
{
	assert_int_equal(write(engine->told[1], &what, 1), 1);
}

static void await(struct engine *engine, char what)
{
	char got;

	assert_int_equal(read(engine->told[0], &got, 1), 1);
	assert_int_equal(got, what);
}

/* Numbers, so that a lost or doubled part is seen. */
static void print_much(struct reply *reply, size_t bytes)
{
	for (size_t i = 0; i < bytes / 8; i++)
		reply_print(reply, "%07zu\n", i);
}

static void submit(void *data, struct request *request)
{
	struct engine *engine = data;
	const char *word = request->words[0];
	struct reply *reply = reply_create(request, word);
	const struct requester *who = reply_requester(reply);

	if (strcmp(word, "keep") == 0) {
		engine->kept = reply;
		reply_print(reply, "begun\n");
		tell(engine, 'k');
		return;
	}
	if (strcmp(word, "who") == 0)
		reply_print(reply, "%d %s %s\n", (int)(who->uid == geteuid()), who->directory,
			    who->home);
	else if (strcmp(word, "big") == 0)
		print_much(reply, BIG_BYTES);
	else if (strcmp(word, "endless") == 0)
		while (!reply_is_abandoned(reply))
			print_much(reply, SMALL_BYTES);
	else if (strcmp(word, "release") == 0) {
		reply_print(reply, "%s\n", reply_is_abandoned(engine->kept) ? "gone" : "there");
		reply_done(engine->kept, STATUS_WARNING);
		engine->kept = NULL;
	}
	reply_done(reply, STATUS_OK);
}

static void take_terminal(void *data, int connection, const struct requester *who)
{
	struct engine *engine = data;

	engine->terminal = connection;
	engine->terminal_uid = who->uid;
	tell(engine, 't');
}

static void run_engine(void *data)
{
	loop_run(((struct engine *)data)->loop);
}

static struct server *make_server(struct engine *engine, struct loop *loop, struct error *err)
{
	const struct server_settings settings = {
		.places = &engine->places,
		.submit = submit,
		.terminal = take_terminal,
		.data = engine,
	};

	return server_create(loop, &settings, err);
}

static void start_engine(struct engine *engine)
{
	struct error err = ERROR_INIT;

	engine->server = make_server(engine, engine->loop, &err);
	assert_non_null(engine->server);
	engine->thread = thread_start("control", run_engine, engine, &err);
	assert_non_null(engine->thread);
}

static int begin(void **state)
{
	struct engine *engine = mem_zalloc(sizeof(*engine));

	strcpy(engine->folder, "/tmp/tracon-test-XXXXXX");
	assert_non_null(mkdtemp(engine->folder));
	engine->places.engine_socket = mem_printf("%s/engine.sock", engine->folder);
	engine->loop = loop_create();
	engine->queue = queue_create();
	loop_watch_queue(engine->loop, engine->queue);
	engine->terminal = -1;
	assert_int_equal(pipe(engine->told), 0);
	start_engine(engine);
	*state = engine;
	return 0;
}

struct stop_message {
	struct message message;
	struct engine *engine;
};

static void stop(struct message *message)
{
	struct stop_message *stop_message = CONTAINER_OF(message, struct stop_message, message);

	server_destroy(stop_message->engine->server);
	stop_message->engine->server = NULL;
	loop_stop(stop_message->engine->loop);
	free(stop_message);
}

static void stop_engine(struct engine *engine)
{
	struct stop_message *stop_message = mem_zalloc(sizeof(*stop_message));

	stop_message->message.run = stop;
	stop_message->engine = engine;
	queue_send(engine->queue, &stop_message->message);
	thread_join(engine->thread);
	engine->thread = NULL;
}

static int end(void **state)
{
	struct engine *engine = *state;

	if (engine->thread)
		stop_engine(engine);
	if (engine->kept)
		reply_done(engine->kept, STATUS_OK);
	loop_unwatch_queue(engine->loop, engine->queue);
	loop_destroy(engine->loop);
	queue_destroy(engine->queue);
	fd_close(&engine->terminal);
	close(engine->told[0]);
	close(engine->told[1]);
	unlink(engine->places.engine_socket);
	free(engine->places.engine_socket);
	rmdir(engine->folder);
	free(engine);
	return 0;
}

static int connect_to(struct engine *engine)
{
	struct error err = ERROR_INIT;
	int connection = client_connect(engine->places.engine_socket, ROLE_OF_COMMAND, &err);

	if (connection < 0)
		fail_msg("%s", err.message);
	return connection;
}

/* Connects without greeting. */
static int connect_rudely(struct engine *engine)
{
	struct error err = ERROR_INIT;
	int fd = fd_connect_unix(engine->places.engine_socket, SOCK_SEQPACKET, &err);

	assert_true(fd >= 0);
	return fd;
}

static struct request *make_request(const char *word, struct kept_answer *kept)
{
	struct request *request = request_create(1, &word);

	requester_of_this_process(&request->who);
	free(request->who.directory);
	request->who.directory = mem_strdup("/some/where");
	request->answer = kept_answer_init(kept);
	return request;
}

static bool ask_on(int connection, const char *word, struct kept_answer *kept, struct error *err)
{
	struct request *request = make_request(word, kept);
	bool is_answered = client_ask(connection, request, err);

	request_destroy(request);
	close(connection);
	return is_answered;
}

static void assert_answers(struct engine *engine)
{
	struct error err = ERROR_INIT;
	struct kept_answer kept;

	assert_true(ask_on(connect_to(engine), "hello", &kept, &err));
	assert_int_equal(kept.status, 0);
	kept_answer_finish(&kept);
}

/* Sends the request and leaves the answer unread. */
static int begin_request(struct engine *engine, const char *word)
{
	char message[PROTOCOL_MESSAGE_MAX];
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	struct request *request = make_request(word, &kept);
	size_t length = protocol_write_request(request, message, &err);
	int connection = connect_to(engine);

	assert_true(fd_send(connection, message, length, NULL, 0));
	request_destroy(request);
	return connection;
}

static bool is_hung_up(int connection)
{
	char byte;

	return recv(connection, &byte, 1, 0) <= 0;
}

static void command_knows_who_asks(void **state)
{
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	char *expected = mem_printf("1 /some/where %s\n", getenv("HOME") ? getenv("HOME") : "");

	assert_true(ask_on(connect_to(*state), "who", &kept, &err));
	assert_string_equal(text_str(&kept.output), expected);
	assert_int_equal(kept.status, 0);
	kept_answer_finish(&kept);
	free(expected);
}

static void socket_is_for_its_owner_alone(void **state)
{
	struct engine *engine = *state;
	struct stat status;

	assert_int_equal(stat(engine->places.engine_socket, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void engine_is_known_by_its_pid(void **state)
{
	int connection = connect_to(*state);

	assert_int_equal(client_engine_pid(connection), getpid());
	close(connection);
}

static void late_answer_arrives(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	int connection = begin_request(engine, "keep");
	struct protocol_header header;
	char message[PROTOCOL_MESSAGE_MAX];
	struct protocol_done done;

	await(engine, 'k');
	assert_true(ask_on(connect_to(engine), "release", &kept, &err));
	assert_string_equal(text_str(&kept.output), "there\n");
	kept_answer_finish(&kept);
	assert_int_equal(fd_receive(connection, message, sizeof(message), NULL, NULL),
			 sizeof(header) + 6);
	assert_memory_equal(message + sizeof(header), "begun\n", 6);
	assert_int_equal(fd_receive(connection, &done, sizeof(done), NULL, NULL), sizeof(done));
	assert_int_equal(done.kind, MESSAGE_DONE);
	assert_int_equal(done.status, STATUS_WARNING);
	assert_true(is_hung_up(connection));
	close(connection);
}

static void big_answer_is_complete(void **state)
{
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	char line[9];

	assert_true(ask_on(connect_to(*state), "big", &kept, &err));
	assert_int_equal(kept.output.length, BIG_BYTES);
	for (size_t i = 0; i < BIG_BYTES / 8; i++) {
		snprintf(line, sizeof(line), "%07zu\n", i);
		assert_memory_equal(kept.output.bytes + i * 8, line, 8);
	}
	kept_answer_finish(&kept);
}

static void who_does_not_read_is_hung_up(void **state)
{
	int connection = begin_request(*state, "endless");

	assert_answers(*state); /* the command has come to an end, so the reader was given up */
	while (!is_hung_up(connection))
		;
	close(connection);
	assert_answers(*state);
}

static void hang_up_leaves_the_command_alone(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	int connection = begin_request(engine, "keep");

	await(engine, 'k');
	close(connection);
	assert_answers(engine); /* by then the loop has seen the end */
	assert_true(ask_on(connect_to(engine), "release", &kept, &err));
	assert_string_equal(text_str(&kept.output), "gone\n");
	kept_answer_finish(&kept);
}

static void garbage_instead_of_a_greeting(void **state)
{
	static const char zeros[PROTOCOL_MESSAGE_MAX];
	static const size_t lengths[] = {1, sizeof(struct protocol_hello) - 1,
					 sizeof(struct protocol_hello), PROTOCOL_MESSAGE_MAX};

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		int fd = connect_rudely(*state);

		assert_true(fd_send(fd, zeros, lengths[i], NULL, 0));
		assert_true(is_hung_up(fd));
		close(fd);
	}
	close(connect_rudely(*state)); /* says nothing at all */
	assert_answers(*state);
}

static void too_long_a_message(void **state)
{
	char *bytes = mem_zalloc(PROTOCOL_MESSAGE_MAX + 1);
	int connection = connect_to(*state);

	assert_true(fd_send(connection, bytes, PROTOCOL_MESSAGE_MAX + 1, NULL, 0));
	assert_true(is_hung_up(connection));
	close(connection);
	free(bytes);
	assert_answers(*state);
}

static void garbage_instead_of_a_request(void **state)
{
	static const char garbage[] = "\1\0\0\0garbage of more than twenty bytes";
	struct protocol_done done;
	char message[PROTOCOL_MESSAGE_MAX];
	int connection = connect_to(*state);
	ssize_t length;

	assert_true(fd_send(connection, garbage, sizeof(garbage), NULL, 0));
	length = fd_receive(connection, message, sizeof(message), NULL, NULL);
	assert_true(length > 4);
	assert_memory_equal(message + 4, "Error: malformed request.\n", (size_t)length - 4);
	assert_int_equal(fd_receive(connection, &done, sizeof(done), NULL, NULL), sizeof(done));
	assert_int_equal(done.status, STATUS_ERROR);
	close(connection);
	assert_answers(*state);
}

static void passed_descriptors_are_dropped(void **state)
{
	int connection = connect_to(*state);
	int fds[2];
	char byte;

	assert_int_equal(pipe(fds), 0);
	assert_true(fd_send(connection, "x", 1, &fds[1], 1));
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0); /* no copy is left open in the engine */
	close(fds[0]);
	close(connection);
	assert_answers(*state);
}

static void other_version_gets_a_greeting_only(void **state)
{
	struct protocol_hello hello, theirs;
	int fd = connect_rudely(*state);

	protocol_make_hello(&hello, ROLE_OF_COMMAND);
	hello.version = PROTOCOL_VERSION + 1;
	assert_true(fd_send(fd, &hello, sizeof(hello), NULL, 0));
	assert_int_equal(fd_receive(fd, &theirs, sizeof(theirs), NULL, NULL), sizeof(theirs));
	assert_int_equal(theirs.version, PROTOCOL_VERSION);
	assert_int_equal(theirs.pid, getpid());
	assert_true(is_hung_up(fd));
	close(fd);
}

static void terminal_is_handed_over(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	int connection = client_connect(engine->places.engine_socket, ROLE_OF_TERMINAL, &err);
	char byte = 0;

	assert_true(connection >= 0);
	assert_int_equal(send(connection, "x", 1, 0), 1); /* the first message after the greeting */
	await(engine, 't');
	assert_int_equal(engine->terminal_uid, geteuid());
	for (ssize_t got = -1; got < 0;)
		got = recv(engine->terminal, &byte, 1, 0);
	assert_int_equal(byte, 'x');
	close(connection);
	assert_answers(engine);
}

static void end_of_engine_is_told(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	struct kept_answer kept;
	struct request *request = make_request("x", &kept);
	int connection = begin_request(engine, "keep");
	char message[PROTOCOL_MESSAGE_MAX];

	await(engine, 'k');
	stop_engine(engine);
	assert_true(fd_receive(connection, message, sizeof(message), NULL, NULL) > 0); /* begun */
	assert_false(client_ask(connection, request, &err));
	assert_int_equal(err.code, ERROR_GONE);
	assert_string_equal(err.message, "the engine ended before it had answered");
	assert_int_equal(kept.status, -1);
	assert_int_equal(access(engine->places.engine_socket, F_OK), -1);
	reply_done(engine->kept, STATUS_OK); /* a command that ends after its server */
	engine->kept = NULL;
	close(connection);
	request_destroy(request);
	kept_answer_finish(&kept);
}

static void nobody_there_is_told(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;

	stop_engine(engine);
	assert_int_equal(client_connect(engine->places.engine_socket, ROLE_OF_COMMAND, &err), -1);
	assert_int_equal(err.code, ERROR_NO_ENGINE);
}

static void second_engine_is_refused(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	struct loop *loop = loop_create();

	assert_null(make_server(engine, loop, &err));
	assert_int_equal(err.code, ERROR_BUSY);
	loop_destroy(loop);
	assert_answers(engine);
}

/* Listens as another user until it is killed; says so on the pipe. */
static void listen_as_nobody(const char *path, int told)
{
	const uid_t nobody = 65534;
	struct error err = ERROR_INIT;
	int fd;

	if (setresuid(nobody, nobody, nobody) != 0)
		_exit(1);
	fd = fd_listen_unix(path, SOCK_SEQPACKET, 0666, &err);
	if (fd < 0 || write(told, "l", 1) != 1)
		_exit(1);
	pause();
	_exit(0);
}

static void anothers_engine_gets_nothing(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	char *path;
	pid_t child;

	if (geteuid() != 0) {
		print_message("# only root can be another user\n");
		skip();
	}
	path = mem_printf("%s/other.sock", engine->folder);
	assert_int_equal(chmod(engine->folder, 0777), 0);
	child = fork();
	if (child == 0)
		listen_as_nobody(path, engine->told[1]);
	await(engine, 'l');
	assert_int_equal(client_connect(path, ROLE_OF_TERMINAL, &err), -1);
	assert_int_equal(err.code, ERROR_DENIED);
	assert_string_equal(err.message, "the engine belongs to another user (uid 65534)");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	unlink(path);
	free(path);
}

static void dead_socket_is_replaced(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	int dead;

	stop_engine(engine);
	dead = fd_listen_unix(engine->places.engine_socket, SOCK_SEQPACKET, 0600, &err);
	assert_true(dead >= 0);
	close(dead); /* as after kill -9: the file stays */
	assert_int_equal(access(engine->places.engine_socket, F_OK), 0);
	loop_unwatch_queue(engine->loop, engine->queue);
	loop_destroy(engine->loop);
	engine->loop = loop_create();
	loop_watch_queue(engine->loop, engine->queue);
	start_engine(engine);
	assert_answers(engine);
}

static void anothers_socket_is_not_removed(void **state)
{
	struct engine *engine = *state;
	struct error err = ERROR_INIT;
	int other;

	assert_int_equal(unlink(engine->places.engine_socket), 0);
	other = fd_listen_unix(engine->places.engine_socket, SOCK_SEQPACKET, 0600, &err);
	assert_true(other >= 0);
	stop_engine(engine);
	assert_int_equal(access(engine->places.engine_socket, F_OK), 0);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(command_knows_who_asks, begin, end),
		cmocka_unit_test_setup_teardown(socket_is_for_its_owner_alone, begin, end),
		cmocka_unit_test_setup_teardown(engine_is_known_by_its_pid, begin, end),
		cmocka_unit_test_setup_teardown(late_answer_arrives, begin, end),
		cmocka_unit_test_setup_teardown(big_answer_is_complete, begin, end),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_hung_up, begin, end),
		cmocka_unit_test_setup_teardown(hang_up_leaves_the_command_alone, begin, end),
		cmocka_unit_test_setup_teardown(garbage_instead_of_a_greeting, begin, end),
		cmocka_unit_test_setup_teardown(too_long_a_message, begin, end),
		cmocka_unit_test_setup_teardown(garbage_instead_of_a_request, begin, end),
		cmocka_unit_test_setup_teardown(passed_descriptors_are_dropped, begin, end),
		cmocka_unit_test_setup_teardown(other_version_gets_a_greeting_only, begin, end),
		cmocka_unit_test_setup_teardown(terminal_is_handed_over, begin, end),
		cmocka_unit_test_setup_teardown(end_of_engine_is_told, begin, end),
		cmocka_unit_test_setup_teardown(nobody_there_is_told, begin, end),
		cmocka_unit_test_setup_teardown(second_engine_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(anothers_engine_gets_nothing, begin, end),
		cmocka_unit_test_setup_teardown(dead_socket_is_replaced, begin, end),
		cmocka_unit_test_setup_teardown(anothers_socket_is_not_removed, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
