/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The exporter against a receiver that answers as a list says: what is sent again, what is given
 * up, what is counted; and that one signal does not wait for the other.
 */
#include "backend/identity/exporter.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/identity/export_verdict.h"

#define WAIT_NS	     (20 * NS_PER_S)
#define REQUESTS_MAX 64
#define LINE(name)                                                                                 \
	"{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{\"eventName\":\"" name "\"}]}]}]}\n"

/* Answers: a status and what follows the first line; status 0 hangs up, -1 never answers. */
struct answer {
	int status;
	const char *head, *body;
};

struct receiver {
	int listener;
	struct thread *thread;
	pthread_mutex_t lock; /* protects the rest */
	const struct answer *logs;
	size_t logs_count;
	struct text bodies; /* of logs, one behind the other */
	struct text heads;
	size_t logs_seen, metrics_seen;
	int held[REQUESTS_MAX]; /* connections that are never answered */
	size_t held_count;
};

static struct receiver receiver;

static size_t number_behind(const char *text, const char *name)
{
	const char *at = strcasestr(text, name);

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

static bool read_request(int fd, struct text *head, struct text *body)
{
	size_t wanted = 0;
	char block[4096];
	ssize_t got;

	while ((got = recv(fd, block, sizeof(block), 0)) > 0) {
		const char *end;

		text_add_bytes(head->length && wanted ? body : head, block, (size_t)got);
		end = wanted ? NULL : strstr(text_str(head), "\r\n\r\n");
		if (end) {
			size_t length = (size_t)(end - head->bytes) + 4;

			text_add_bytes(body, head->bytes + length, head->length - length);
			wanted = number_behind(text_str(head), "Content-Length:");
		}
		if (wanted && body->length >= wanted)
			return true;
	}
	return false;
}

/* What to say to this request, which is noted. */
static struct answer take(const struct text *head, const struct text *body)
{
	struct answer answer = {200, "", "{}"};

	pthread_mutex_lock(&receiver.lock);
	text_add(&receiver.heads, text_str(head));
	if (strstr(text_str(head), "/v1/metrics")) {
		receiver.metrics_seen++;
	} else {
		if (receiver.logs_seen < receiver.logs_count)
			answer = receiver.logs[receiver.logs_seen];
		receiver.logs_seen++;
		if (answer.status >= 200 && answer.status < 300)
			text_add_bytes(&receiver.bodies, text_str(body), body->length);
	}
	pthread_mutex_unlock(&receiver.lock);
	return answer;
}

static void reply(int fd, const struct answer *answer)
{
	char *text =
		mem_printf("HTTP/1.1 %d X\r\nConnection: close\r\nContent-Length: %zu\r\n%s\r\n%s",
			   answer->status, strlen(answer->body), answer->head, answer->body);

	fd_write_all(fd, text, strlen(text));
	free(text);
}

static void serve(int fd)
{
	struct text head = {0};
	struct text body = {0};
	struct answer answer;

	if (read_request(fd, &head, &body)) {
		answer = take(&head, &body);
		if (answer.status > 0)
			reply(fd, &answer);
		if (answer.status < 0 && receiver.held_count < REQUESTS_MAX) {
			receiver.held[receiver.held_count++] = fd;
			fd = -1;
		}
	}
	text_finish(&head);
	text_finish(&body);
	fd_close(&fd);
}

static void run_receiver(void *data)
{
	(void)data;
	while (true) {
		int fd = accept(receiver.listener, NULL, NULL);

		if (fd < 0)
			return;
		serve(fd);
	}
}

static uint16_t open_receiver(const struct answer *logs, size_t count)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);

	receiver = (struct receiver){.logs = logs, .logs_count = count};
	pthread_mutex_init(&receiver.lock, NULL);
	receiver.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(receiver.listener, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(receiver.listener, 16), 0);
	getsockname(receiver.listener, (struct sockaddr *)&address, &length);
	receiver.thread = thread_start("receiver", run_receiver, NULL, NULL);
	return ntohs(address.sin_port);
}

static void close_receiver(void)
{
	shutdown(receiver.listener, SHUT_RDWR);
	thread_join(receiver.thread);
	fd_close(&receiver.listener);
	for (size_t i = 0; i < receiver.held_count; i++)
		fd_close(&receiver.held[i]);
	text_finish(&receiver.bodies);
	text_finish(&receiver.heads);
	pthread_mutex_destroy(&receiver.lock);
}

/* --- an exporter of a journal with these lines */

static struct {
	struct export_settings settings;
	char journal[64];
	struct exporter *exporter;
} ours;

static char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static void write_journal(const char *lines)
{
	int fd = open(ours.journal, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0 && fd_write_all(fd, lines, strlen(lines)));
	fd_close(&fd);
}

static void begin(const struct answer *logs, size_t count, const char *lines)
{
	struct text warnings = {0};
	uint16_t port = open_receiver(logs, count);
	int fd;

	export_settings_read(&ours.settings, no_variable, &warnings);
	text_finish(&warnings);
	ours.settings.logs.url = mem_printf("http://127.0.0.1:%u/v1/logs", port);
	ours.settings.metrics.url = mem_printf("http://127.0.0.1:%u/v1/metrics", port);
	ours.settings.log_delay_ms = 1;
	ours.settings.retry_first_ms = 5;
	strcpy(ours.journal, "/tmp/test-exporter-XXXXXX");
	fd = mkstemp(ours.journal);
	fd_close(&fd);
	write_journal(lines);
}

static void go(void)
{
	ours.exporter = exporter_create(&ours.settings, ours.journal, NULL);
	assert_non_null(ours.exporter);
}

static void end(void)
{
	char *mark = mem_printf("%s.sent", ours.journal);

	exporter_destroy(ours.exporter, 1);
	close_receiver();
	export_settings_finish(&ours.settings);
	unlink(ours.journal);
	unlink(mark);
	free(mark);
}

static void wait_until(bool (*is_so)(const struct exporter_state *state, uint64_t value),
		       uint64_t value)
{
	uint64_t end_ns = clock_monotonic_ns() + WAIT_NS;
	struct exporter_state state = exporter_state(ours.exporter);

	while (!is_so(&state, value) && clock_monotonic_ns() < end_ns) {
		usleep(1000);
		state = exporter_state(ours.exporter);
	}
	assert_true(is_so(&state, value));
}

static bool logs_are_done(const struct exporter_state *state, uint64_t count)
{
	return state->sent_logs + state->dropped_logs >= count;
}

static bool metrics_are_sent(const struct exporter_state *state, uint64_t count)
{
	return state->sent_metrics >= count;
}

static bool was_retried(const struct exporter_state *state, uint64_t count)
{
	return state->retries >= count;
}

static void assert_state(uint64_t sent, uint64_t dropped, uint64_t retries)
{
	struct exporter_state state = exporter_state(ours.exporter);

	assert_int_equal(state.sent_logs, sent);
	assert_int_equal(state.dropped_logs, dropped);
	assert_int_equal(state.retries, retries);
}

/* --- */

static void lines_become_one_request(void **state)
{
	(void)state;
	begin(NULL, 0, LINE("a") LINE("b") "torn");
	go();
	wait_until(logs_are_done, 2);
	assert_state(2, 0, 0);
	write_journal("\n" LINE("c")); /* what was torn is a line now, of nothing */
	exporter_wake(ours.exporter);
	wait_until(logs_are_done, 4);
	assert_state(3, 1, 0);
	exporter_destroy(ours.exporter, 1);
	go(); /* another engine */
	write_journal(LINE("d"));
	exporter_wake(ours.exporter);
	wait_until(logs_are_done, 1);
	pthread_mutex_lock(&receiver.lock);
	assert_non_null(
		strstr(text_str(&receiver.bodies), "{\"eventName\":\"a\"}]}]},{\"scopeLogs\""));
	assert_non_null(strstr(text_str(&receiver.bodies), "\"eventName\":\"d\""));
	assert_null(strstr(strstr(text_str(&receiver.bodies), "\"a\"") + 1, "\"a\"")); /* once */
	pthread_mutex_unlock(&receiver.lock);
	end();
}

static void some_failures_are_tried_again(void **state)
{
	static const struct answer answers[] = {
		{429, "", ""}, {502, "", ""}, {503, "", "no JSON"}, {504, "", "{}"}, {0, "", ""},
	};

	(void)state;
	begin(answers, COUNT_OF(answers), LINE("a"));
	go();
	wait_until(logs_are_done, 1);
	assert_state(1, 0, COUNT_OF(answers));
	assert_false(exporter_state(ours.exporter).is_failing);
	end();
}

static void others_are_for_good(void **state)
{
	static const struct answer answers[] = {
		{400, "", "{\"code\":3,\"message\":\"nonsense\"}"},
		{401, "", ""},
		{404, "", ""},
		{413, "", ""},
		{500, "", ""},
		{501, "", ""},
	};

	(void)state;
	begin(answers, COUNT_OF(answers),
	      LINE("1") LINE("2") LINE("3") LINE("4") LINE("5") LINE("6"));
	ours.settings.log_batch_max = 1;
	go();
	wait_until(logs_are_done, 6);
	assert_state(0, 6, 0);
	assert_true(exporter_state(ours.exporter).is_failing);
	end();
}

static void a_part_that_is_refused_is_counted(void **state)
{
	static const struct answer answers[] = {
		{200, "",
		 "{\"partialSuccess\":{\"rejectedLogRecords\":\"1\",\"errorMessage\":\"x\"}}"},
		{200, "", "{\"partialSuccess\":{\"rejectedLogRecords\":2}}"},
		{200, "", "{\"partialSuccess\":{\"rejectedLogRecords\":\"99\"}}"},
		{200, "", "{\"partialSuccess\":{\"errorMessage\":\"only a remark\"}}"},
		{202, "", "who can read this?"},
	};

	(void)state;
	begin(answers, COUNT_OF(answers),
	      LINE("1") LINE("2") LINE("3") LINE("4") LINE("5") LINE("6") LINE("7") LINE("8")
		      LINE("9") LINE("10"));
	ours.settings.log_batch_max = 2;
	go();
	wait_until(logs_are_done, 10);
	assert_state(1 + 0 + 0 + 2 + 2, 1 + 2 + 2, 0);
	end();
}

static void the_receiver_may_ask_for_patience(void **state)
{
	static const struct answer answers[] = {{503, "Retry-After: 1\r\n", ""}};
	uint64_t begin_ns;

	(void)state;
	begin(answers, 1, LINE("a"));
	begin_ns = clock_monotonic_ns();
	go();
	wait_until(logs_are_done, 1);
	assert_true(clock_monotonic_ns() - begin_ns >= NS_PER_S);
	assert_state(1, 0, 1);
	end();
}

static void metrics_do_not_wait_for_logs(void **state)
{
	static const struct answer answers[] = {{503, "Retry-After: 9999999999999\r\n", ""}};

	(void)state;
	begin(answers, 1, LINE("a"));
	go();
	wait_until(was_retried, 1);
	exporter_send_metrics(ours.exporter, mem_strdup("{\"resourceMetrics\":[]}"));
	wait_until(metrics_are_sent, 1);
	exporter_send_metrics(ours.exporter, mem_strdup("{\"resourceMetrics\":[]}"));
	wait_until(metrics_are_sent, 2);
	assert_state(0, 0, 1);
	assert_true(exporter_state(ours.exporter).is_failing);
	end();
}

static void points_that_are_refused_are_counted(void **state)
{
	static const char metrics[] =
		"{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"gauge\":{"
		"\"dataPoints\":[{\"timeUnixNano\":\"1\",\"asInt\":\"1\"},"
		"{\"timeUnixNano\":\"2\",\"asInt\":\"2\"},"
		"{\"timeUnixNano\":\"3\",\"asInt\":\"3\"}]}}]}]}]}";
	static const struct answer answers[] = {
		{200, "",
		 "{\"partialSuccess\":{\"rejectedDataPoints\":\"2\",\"errorMessage\":\"x\"}}"},
		{200, "", "{\"partialSuccess\":{\"rejectedDataPoints\":99}}"},
		{200, "", "{\"partialSuccess\":{\"errorMessage\":\"only a remark\"}}"},
	};

	(void)state;
	begin(answers, COUNT_OF(answers), "");
	free(ours.settings.metrics.url); /* to where the list is answered */
	ours.settings.metrics.url = mem_strdup(ours.settings.logs.url);
	go();
	for (size_t i = 1; i <= COUNT_OF(answers); i++) {
		exporter_send_metrics(ours.exporter, mem_strdup(metrics));
		wait_until(metrics_are_sent, i);
	}
	assert_int_equal(exporter_state(ours.exporter).dropped_points, 2 + 3 + 0);
	assert_int_equal(exporter_state(ours.exporter).dropped_metrics, 0);
	end();
}

static void one_that_never_answers_is_given_up(void **state)
{
	static const struct answer answers[] = {{-1, "", ""}};

	(void)state;
	begin(answers, 1, LINE("a"));
	ours.settings.logs.timeout_ms = 200;
	go();
	wait_until(was_retried, 1); /* again where the machine is too slow for that time */
	wait_until(logs_are_done, 1);
	assert_int_equal(exporter_state(ours.exporter).sent_logs, 1);
	end();
}

static void requests_are_as_asked_for(void **state)
{
	(void)state;
	begin(NULL, 0, LINE("a"));
	ours.settings.logs.is_gzip = true;
	word_list_add(&ours.settings.logs.headers, "x-key: a b");
	go();
	wait_until(logs_are_done, 1);
	pthread_mutex_lock(&receiver.lock);
	assert_non_null(strstr(text_str(&receiver.heads), "POST /v1/logs HTTP/1.1\r\n"));
	assert_non_null(
		strcasestr(text_str(&receiver.heads), "Content-Type: application/json\r\n"));
	assert_non_null(strcasestr(text_str(&receiver.heads), "Content-Encoding: gzip\r\n"));
	assert_non_null(strcasestr(text_str(&receiver.heads), "x-key: a b\r\n"));
	assert_memory_equal(receiver.bodies.bytes, "\x1f\x8b", 2); /* RFC 1952 */
	pthread_mutex_unlock(&receiver.lock);
	end();
}

static void old_metrics_are_given_up(void **state)
{
	(void)state;
	begin(NULL, 0, "");
	free(ours.settings.metrics.url);
	ours.settings.metrics.url = mem_strdup("http://127.0.0.1:1/"); /* nobody listens */
	go();
	exporter_send_metrics(ours.exporter, mem_strdup("{}"));
	wait_until(was_retried, 1);
	for (int i = 0; i < EXPORTER_METRICS_MAX + 3; i++)
		exporter_send_metrics(ours.exporter, mem_strdup("{}"));
	assert_in_range(exporter_state(ours.exporter).dropped_metrics, 3, 4);
	end();
}

static void nobody_is_left_alone_for_years(void **state)
{
	struct export_answer answer = {.status = 429, .retry_after_s = UINT64_MAX / 2};
	struct export_verdict verdict;

	(void)state;
	export_judge(&answer, &verdict);
	assert_int_equal(verdict.outcome, EXPORT_TRY_LATER);
	assert_int_equal(verdict.wait_s, EXPORT_WAIT_MAX_S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_become_one_request),
		cmocka_unit_test(some_failures_are_tried_again),
		cmocka_unit_test(others_are_for_good),
		cmocka_unit_test(a_part_that_is_refused_is_counted),
		cmocka_unit_test(the_receiver_may_ask_for_patience),
		cmocka_unit_test(metrics_do_not_wait_for_logs),
		cmocka_unit_test(points_that_are_refused_are_counted),
		cmocka_unit_test(one_that_never_answers_is_given_up),
		cmocka_unit_test(requests_are_as_asked_for),
		cmocka_unit_test(old_metrics_are_given_up),
		cmocka_unit_test(nobody_is_left_alone_for_years),
	};
	struct error err = ERROR_INIT;
	struct export *export = export_create(&err);

	if (!export)
		return 77; /* there is no libcurl */
	export_destroy(export);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
