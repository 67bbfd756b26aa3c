/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The agents' server against agents made here, byte by byte. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/agent/agent_peer.h"
#include "backend/source/agent/agent_rule.h"
#include "backend/source/agent/agents.h"
#include "backend/source/source.h"

#define HEADER_BYTES 16
#define WAIT_MS	     20000

struct fixture {
	char directory[32];
	struct agents *agents;
	struct queue *home;
	uint16_t port;
	bool is_done;
};

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	char *path, *text;
	size_t length;

	strcpy(fixture->directory, "/tmp/agents-XXXXXX");
	assert_non_null(mkdtemp(fixture->directory));
	fixture->home = queue_create();
	fixture->agents = agents_create(fixture->directory, true, NULL);
	assert_non_null(fixture->agents);
	path = mem_printf("%s/agent.port", fixture->directory);
	assert_true(fd_read_file(path, 16, &text, &length, NULL));
	fixture->port = (uint16_t)atoi(text);
	free(text);
	free(path);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	char *path = mem_printf("%s/agent.port", fixture->directory);

	agents_destroy(fixture->agents);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rmdir(fixture->directory), 0);
	queue_destroy(fixture->home);
	free(path);
	free(fixture);
	return 0;
}

/* ---- an agent ---- */

static int connect_agent(const struct fixture *fixture)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(fixture->port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	const struct timeval limit = {WAIT_MS / 1000, 0};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void send_words(int fd, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t word = htonl(words[i]);

		assert_int_equal(send(fd, &word, sizeof(word), MSG_NOSIGNAL), sizeof(word));
	}
}

static int join(const struct fixture *fixture, enum agent_domain domain)
{
	const uint32_t words[] = {domain, (uint32_t)getpid(), 2, 0};
	int fd = connect_agent(fixture);

	send_words(fd, words, COUNT_OF(words));
	return fd;
}

static void receive(int fd, void *bytes, size_t length)
{
	assert_int_equal(recv(fd, bytes, length, MSG_WAITALL), length);
}

/* The command that comes next; its payload's begin in *payload. */
static uint32_t next_command(int fd, unsigned char payload[512], size_t *length)
{
	unsigned char header[HEADER_BYTES];

	receive(fd, header, sizeof(header));
	assert_int_equal(agent_read_u32(header), 0);
	*length = agent_read_u32(header + 4);
	assert_true(*length <= 512);
	if (*length > 0)
		receive(fd, payload, *length);
	return agent_read_u32(header + 8);
}

static void expect_enable(int fd, const char *logger, uint32_t level, uint32_t match)
{
	unsigned char payload[512];
	size_t length;

	assert_int_equal(next_command(fd, payload, &length), AGENT_ENABLE);
	assert_int_equal(length, 12 + AGENT_NAME_BYTES);
	assert_int_equal(agent_read_u32(payload), level);
	assert_int_equal(agent_read_u32(payload + 4), match);
	assert_string_equal((char *)payload + 8, logger);
	assert_int_equal(agent_read_u32(payload + 8 + AGENT_NAME_BYTES), 0);
}

static void expect_plain(int fd, uint32_t command)
{
	unsigned char payload[512];
	size_t length;

	assert_int_equal(next_command(fd, payload, &length), command);
	assert_int_equal(length, 0);
}

static void expect_end(int fd)
{
	char byte;
	ssize_t got = recv(fd, &byte, 1, 0);

	assert_true(got == 0 || (got < 0 && errno == ECONNRESET));
}

static void reply_ok(int fd)
{
	const uint32_t ok = AGENT_OK;

	send_words(fd, &ok, 1);
}

/* ---- what the other side waits for ---- */

struct waiting {
	struct task task;
	struct fixture *fixture;
};

static void waited(struct message *message)
{
	struct waiting *waiting = (struct waiting *)message;

	waiting->fixture->is_done = true;
	free(waiting);
}

static struct task *begin(struct fixture *fixture)
{
	struct waiting *waiting = mem_zalloc(sizeof(*waiting));

	waiting->fixture = fixture;
	fixture->is_done = false;
	task_init(&waiting->task, fixture->home, waited);
	return &waiting->task;
}

static void wait_done(struct fixture *fixture)
{
	struct pollfd home = {queue_fd(fixture->home), POLLIN, 0};

	while (!fixture->is_done) {
		assert_int_equal(poll(&home, 1, WAIT_MS), 1);
		queue_drain(fixture->home);
	}
}

static const struct agent_rule python_rules[] = {
	{1, AGENT_PYTHON, "my.*", AGENT_LEVEL_AT_LEAST, 30},
	{2, AGENT_JUL, "org.Thing", AGENT_LEVEL_ALL, 0},
	{3, AGENT_PYTHON, "other", AGENT_LEVEL_EXACTLY, 10},
};

/* ---- tests ---- */

static void agents_are_told_before_registration_is_done(void **state)
{
	struct fixture *fixture = *state;
	int fd;

	agents_apply(fixture->agents, 7, python_rules, 3, begin(fixture));
	wait_done(fixture); /* nobody is there */
	fd = join(fixture, AGENT_PYTHON);
	expect_enable(fd, "my.*", 30, AGENT_LEVEL_AT_LEAST);
	reply_ok(fd);
	expect_enable(fd, "other", 10, AGENT_LEVEL_EXACTLY);
	reply_ok(fd);
	expect_plain(fd, AGENT_REGISTERED);
	close(fd);
}

static void only_differences_are_told(void **state)
{
	struct fixture *fixture = *state;
	int fd = join(fixture, AGENT_PYTHON);
	unsigned char payload[512];
	size_t length;

	expect_plain(fd, AGENT_REGISTERED);
	agents_apply(fixture->agents, 7, python_rules, 1, begin(fixture));
	expect_enable(fd, "my.*", 30, AGENT_LEVEL_AT_LEAST);
	assert_false(fixture->is_done);
	reply_ok(fd);
	wait_done(fixture);
	/* A JUL rule does not concern it; what it has is not told again. */
	agents_apply(fixture->agents, 7, python_rules, 2, begin(fixture));
	wait_done(fixture);
	agents_apply(fixture->agents, 7, NULL, 0, begin(fixture));
	assert_int_equal(next_command(fd, payload, &length), AGENT_DISABLE);
	assert_int_equal(length, AGENT_NAME_BYTES);
	assert_string_equal((char *)payload, "my.*");
	reply_ok(fd);
	wait_done(fixture);
	close(fd);
}

static void loggers_are_listed(void **state)
{
	static const char names[] = "my\0my.logger\0cut";
	struct fixture *fixture = *state;
	struct point_list list = {0};
	const uint32_t words[] = {AGENT_OK, sizeof(names) - 1, 3};
	int fd = join(fixture, AGENT_JUL);

	expect_plain(fd, AGENT_REGISTERED);
	agents_list(fixture->agents, AGENT_JUL, getuid(), true, &list, begin(fixture));
	expect_plain(fd, AGENT_LIST);
	send_words(fd, words, COUNT_OF(words));
	assert_int_equal(send(fd, names, sizeof(names) - 1, 0), sizeof(names) - 1);
	wait_done(fixture);
	assert_int_equal(list.group_count, 1);
	assert_int_equal(list.groups[0].pid, getpid());
	assert_int_equal(list.groups[0].uid, getuid());
	assert_int_equal(list.groups[0].point_count, 2); /* the last one has no end */
	assert_string_equal(list.groups[0].points[1].name, "my.logger");
	point_list_finish(&list);
	/* Other domains' agents are not asked. */
	agents_list(fixture->agents, AGENT_PYTHON, getuid(), true, &list, begin(fixture));
	wait_done(fixture);
	assert_int_equal(list.group_count, 0);
	point_list_finish(&list);
	close(fd);
}

static void agents_that_go_hold_nobody_up(void **state)
{
	struct fixture *fixture = *state;
	struct point_list list = {0};
	int fd = join(fixture, AGENT_PYTHON);

	expect_plain(fd, AGENT_REGISTERED);
	agents_apply(fixture->agents, 7, python_rules, 3, begin(fixture));
	expect_enable(fd, "my.*", 30, AGENT_LEVEL_AT_LEAST);
	close(fd);
	wait_done(fixture);
	fd = join(fixture, AGENT_JUL);
	expect_enable(fd, "org.Thing", 0, AGENT_LEVEL_ALL);
	reply_ok(fd);
	expect_plain(fd, AGENT_REGISTERED);
	agents_list(fixture->agents, AGENT_JUL, getuid(), true, &list, begin(fixture));
	expect_plain(fd, AGENT_LIST);
	close(fd);
	wait_done(fixture);
	assert_int_equal(list.unanswered_count, 1);
	point_list_finish(&list);
}

static void strangers_are_let_go(void **state)
{
	static const uint32_t bad[][4] = {
		{99, 1, 2, 0},		 /* no such domain */
		{AGENT_PYTHON, 1, 3, 0}, /* another protocol */
	};
	struct fixture *fixture = *state;
	const uint32_t huge[] = {AGENT_OK, UINT32_MAX, 1};
	struct point_list list = {0};
	int fd;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		fd = connect_agent(fixture);
		send_words(fd, bad[i], 4);
		expect_end(fd);
		close(fd);
	}
	fd = join(fixture, AGENT_PYTHON);
	expect_plain(fd, AGENT_REGISTERED);
	reply_ok(fd); /* to nothing */
	expect_end(fd);
	close(fd);
	fd = join(fixture, AGENT_PYTHON);
	expect_plain(fd, AGENT_REGISTERED);
	agents_list(fixture->agents, AGENT_PYTHON, getuid(), true, &list, begin(fixture));
	expect_plain(fd, AGENT_LIST);
	send_words(fd, huge, COUNT_OF(huge));
	wait_done(fixture);
	assert_int_equal(list.group_count, 0);
	point_list_finish(&list);
	close(fd);
}

static void check_filter(const struct rule_spec *rule, const char *expected)
{
	struct text filter = {0};

	agent_rule_filter(AGENT_PYTHON, rule, &filter);
	assert_string_equal(text_str(&filter), expected);
	text_finish(&filter);
}

static void levels_of_log4j2_fall(void **state)
{
	const struct rule_spec rule = {
		.pattern = "*", .loglevel_match = LOGLEVEL_AT_LEAST, .loglevel = 300};
	struct text filter = {0};

	(void)state;
	agent_rule_filter(AGENT_LOG4J2, &rule, &filter);
	assert_string_equal(text_str(&filter), "int_loglevel <= 300");
	text_finish(&filter);
	assert_int_equal(agent_domain_of("log4j2"), AGENT_LOG4J2);
	assert_string_equal(agent_event_name(AGENT_LOG4J2), "lttng_log4j2:event");
}

static void agents_of_log4j2_are_taken(void **state)
{
	static const struct agent_rule rules[] = {
		{1, AGENT_LOG4J, "other", AGENT_LEVEL_ALL, 0},
		{2, AGENT_LOG4J2, "my.*", AGENT_LEVEL_AT_LEAST, 300},
	};
	struct fixture *fixture = *state;
	int fd = join(fixture, AGENT_LOG4J2);

	expect_plain(fd, AGENT_REGISTERED);
	agents_apply(fixture->agents, 7, rules, COUNT_OF(rules), begin(fixture));
	expect_enable(fd, "my.*", 300, AGENT_LEVEL_AT_LEAST);
	reply_ok(fd);
	wait_done(fixture);
	close(fd);
}

static void rules_become_expressions(void **state)
{
	struct rule_spec rule = {.pattern = "*", .loglevel_match = LOGLEVEL_ALL};

	(void)state;
	check_filter(&rule, "");
	rule.pattern = "my.*";
	check_filter(&rule, "logger_name == \"my.*\"");
	rule.loglevel_match = LOGLEVEL_AT_LEAST;
	rule.loglevel = 30;
	check_filter(&rule, "(logger_name == \"my.*\") && (int_loglevel >= 30)");
	rule.pattern = "*";
	rule.loglevel_match = LOGLEVEL_EXACTLY;
	rule.loglevel = -2147483647 - 1;
	rule.filter = "lineno > 3 || lineno == 1";
	check_filter(&rule, "(lineno > 3 || lineno == 1) && (int_loglevel == -2147483648)");
	rule.pattern = "a";
	check_filter(&rule, "((lineno > 3 || lineno == 1) && (logger_name == \"a\")) && "
			    "(int_loglevel == -2147483648)");
	rule.loglevel_match = LOGLEVEL_ALL;
	rule.filter = "lineno // why";
	check_filter(&rule, "(lineno // why\n) && (logger_name == \"a\")");
	assert_false(agent_logger_is_valid("a\"b"));
	assert_false(agent_logger_is_valid("a\\b"));
	assert_false(agent_logger_is_valid("a\\"));
	assert_true(agent_logger_is_valid("a\\*"));
	assert_false(agent_logger_is_valid(""));
	assert_true(agent_logger_is_valid("my.logger-ä*"));
}

static void the_peer_is_found_in_the_kernels_table(void **state)
{
	static const char table[] =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   "
		"uid\n"
		"   0: 0100007F:14E1 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0 "
		"       0 1 1 0 100 0 0 10 0\n"
		"   1: 0100007F:9C40 0100007F:14E1 01 00000000:00000000 00:00000000 00000000  1000 "
		"       0 2 1 0 20 4 30 10 -1\n"
		"   2: 0100007F:14E1 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0 "
		"       0 3 1 0 20 4 30 10 -1\n";
	uid_t uid = 1;

	(void)state;
	assert_true(agent_peer_uid_in(table, 0x9C40, 0x14E1, &uid));
	assert_int_equal(uid, 1000);
	assert_false(agent_peer_uid_in(table, 0x9C41, 0x14E1, &uid));
	assert_false(agent_peer_uid_in("", 0x9C40, 0x14E1, &uid));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(agents_are_told_before_registration_is_done, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(only_differences_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(agents_of_log4j2_are_taken, set_up, tear_down),
		cmocka_unit_test_setup_teardown(loggers_are_listed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(agents_that_go_hold_nobody_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(strangers_are_let_go, set_up, tear_down),
		cmocka_unit_test(levels_of_log4j2_fall),
		cmocka_unit_test(rules_become_expressions),
		cmocka_unit_test(the_peer_is_found_in_the_kernels_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
