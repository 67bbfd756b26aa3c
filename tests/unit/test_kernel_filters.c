/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters both ways, on the kernel that runs: of the same calls one instance records all, another
 * what its kernel lets pass. Of the first our matcher picks, and both sets must be the same; where
 * the kernel has only a part of the expression, nothing may be missing. Skips without root or
 * tracefs.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/source/kernel/instance.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/page.h"
#include "backend/source/kernel/push.h"
#include "backend/source/kernel/state.h"

#define NAME	     "filter-worker" /* of the process that is traced */
#define RECORDS_MAX  4096
#define PAYLOAD_MAX  256
#define COMMON_BYTES 4 /* type, flags, preemption: not the same twice */

/* --- what is traced: a process that makes all calls once for each byte it gets */

static void rename_often(void)
{
	static const char *const names[] = {
		"plain",  "plain2", "plai",   "a[b]c",	  "abc",     "a?c",
		"star*x", "back\\", "a\\*c",  "a c",	  "UPPER",   "fifteen-bytes-x",
		"",	  "-1",	    "tail a", "middle-x", "x-middle"};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		prctl(PR_SET_NAME, names[i]);
	prctl(PR_SET_NAME, NAME);
}

static void call_with_numbers(void)
{
	static const int64_t numbers[] = {0,	       1,	   -1,	      2,
					  3,	       127,	   128,	      255,
					  256,	       -128,	   INT32_MAX, INT32_MIN,
					  UINT32_MAX,  INT64_MAX,  INT64_MIN, (int64_t)1 << 32,
					  -5000000000, 5000000000, 10,	      12};

	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		syscall(SYS_lseek, 1000 + (int)i, numbers[i], (int)i % 5);
		/* Flags of no kind: refused at once. */
		syscall(SYS_mmap, numbers[i], (uint64_t)i * 4096, i, 0, -1, numbers[i]);
	}
}

static void run_programs(void)
{
	static const char *const paths[] = {"/bin/true", "/usr/bin/env", "/bin/../bin/true"};

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		pid_t pid = fork();

		if (pid == 0) {
			execl(paths[i], paths[i], "--version", NULL);
			_exit(1);
		}
		waitpid(pid, NULL, 0);
	}
}

static void work_for(int in, int out)
{
	char byte;

	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	while (read(in, &byte, 1) == 1) {
		rename_often();
		call_with_numbers();
		run_programs();
		if (write(out, &byte, 1) != 1)
			break;
	}
	_exit(0);
}

/* --- instances */

enum which { ALL, FILTERED, INSTANCE_COUNT };

struct fixture {
	struct tracefs tracefs;
	struct kernel_instance *instances[INSTANCE_COUNT];
	struct kernel_state *state;
	pid_t worker;
	int to_worker, from_worker;
	unsigned char *page;
};

struct records {
	size_t count;
	unsigned char bytes[RECORDS_MAX][PAYLOAD_MAX];
};

static const struct channel_spec channel = {
	.name = "filters", .subbuf_bytes = 65536, .subbuf_count = 8, .is_enabled = true};

static bool start_worker(struct fixture *fixture)
{
	int in[2], out[2];

	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
		return false;
	fixture->worker = fork();
	if (fixture->worker == 0) {
		close(in[1]);
		close(out[0]);
		work_for(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	fixture->to_worker = in[1];
	fixture->from_worker = out[0];
	return fixture->worker > 0;
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	struct error err = ERROR_INIT;

	if (!tracefs_find(&fixture->tracefs, &err)) {
		print_message("# skipped: %s\n", err.message);
		free(fixture);
		*state = NULL;
		return 0;
	}
	assert_true(start_worker(fixture));
	for (uint64_t i = 0; i < INSTANCE_COUNT; i++) {
		const int64_t worker = fixture->worker;
		const struct tracker_spec only = {.values = &worker, .value_count = 1};

		fixture->instances[i] =
			kernel_instance_create(&fixture->tracefs, i, &channel, &err);
		assert_non_null(fixture->instances[i]);
		assert_true(kernel_instance_track(fixture->instances[i], &only, &err));
	}
	fixture->state = kernel_state_create(&fixture->tracefs, &channel, 0);
	fixture->page = mem_alloc(fixture->instances[ALL]->page_bytes);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	if (!fixture)
		return 0;
	close(fixture->to_worker);
	waitpid(fixture->worker, NULL, 0);
	close(fixture->from_worker);
	for (size_t i = 0; i < INSTANCE_COUNT; i++)
		kernel_instance_destroy(fixture->instances[i]);
	kernel_state_destroy(fixture->state);
	tracefs_close(&fixture->tracefs);
	free(fixture->page);
	free(fixture);
	return 0;
}

/* What is pending is left as it is, too. */
static void make_calls(const struct fixture *fixture)
{
	struct error err = ERROR_INIT;
	char byte = 'x';

	for (size_t i = 0; i < INSTANCE_COUNT; i++)
		assert_true(kernel_instance_run(fixture->instances[i], true, &err));
	assert_int_equal(write(fixture->to_worker, &byte, 1), 1);
	assert_int_equal(read(fixture->from_worker, &byte, 1), 1);
	for (size_t i = 0; i < INSTANCE_COUNT; i++)
		assert_true(kernel_instance_run(fixture->instances[i], false, &err));
}

/* Of one kind, those that the matcher wants (NULL: all). */
static void take_records(const struct fixture *fixture, enum which which, uint16_t id,
			 const struct kernel_matcher *matcher, struct records *records)
{
	const struct kernel_instance *instance = fixture->instances[which];
	uint64_t page_bytes = instance->page_bytes;

	for (unsigned int cpu = 0; cpu < instance->cpu_count; cpu++) {
		struct error err = ERROR_INIT;
		int fd = kernel_instance_open_ring(instance, cpu, &err);

		assert_true(fd >= 0);
		while (read(fd, fixture->page, page_bytes) == (ssize_t)page_bytes) {
			struct kernel_cursor cursor;
			struct kernel_record record;

			assert_true(kernel_page_begin(&cursor, fixture->page, page_bytes));
			while (kernel_page_next(&cursor, &record)) {
				size_t length = record.length - COMMON_BYTES;

				if (kernel_u16(record.bytes) != id ||
				    (matcher &&
				     !kernel_matcher_wants(matcher, &record, fixture->state)))
					continue;
				assert_true(records->count < RECORDS_MAX && length <= PAYLOAD_MAX);
				memset(records->bytes[records->count], 0, PAYLOAD_MAX);
				memcpy(records->bytes[records->count++],
				       record.bytes + COMMON_BYTES, length);
			}
		}
		close(fd);
	}
}

static int compare_records(const void *left, const void *right)
{
	return memcmp(left, right, PAYLOAD_MAX);
}

/*
 * The bytes of fields only: what is between them, and behind a string's end, is whatever was there.
 */
static void keep_fields(const struct kernel_format *format, struct records *records)
{
	for (size_t i = 0; i < records->count; i++) {
		unsigned char kept[PAYLOAD_MAX] = {0};
		unsigned char *bytes = records->bytes[i];

		memcpy(kept, bytes, 4); /* the thread */
		for (size_t j = 0; j < format->field_count; j++) {
			const struct kernel_field *field = &format->fields[j];
			size_t at = field->offset - COMMON_BYTES;
			const char *text = (const char *)bytes + at;
			uint32_t place = kernel_u32(bytes + at);

			if (field->kind == KERNEL_TEXT)
				memcpy(kept + at, text, strnlen(text, field->size_bytes));
			else
				memcpy(kept + at, text, field->size_bytes);
			if (field->kind == KERNEL_STRING)
				memcpy(kept + (place & 0xffff) - COMMON_BYTES,
				       bytes + (place & 0xffff) - COMMON_BYTES, place >> 16);
		}
		memcpy(bytes, kept, PAYLOAD_MAX);
	}
	qsort(records->bytes, records->count, PAYLOAD_MAX, compare_records);
}

static struct kernel_format *read_format(const struct fixture *fixture, const char *system,
					 const char *event)
{
	char *path = mem_printf("events/%s/%s/format", system, event);
	struct error err = ERROR_INIT;
	struct kernel_format *format;
	char *text;
	size_t length;

	assert_true(tracefs_read(&fixture->tracefs, path, KERNEL_FORMAT_MAX, &text, &length, &err));
	format = kernel_format_read(system, text, length, &err);
	assert_non_null(format);
	free(text);
	free(path);
	return format;
}

static void write_event_file(const struct fixture *fixture, enum which which, const char *system,
			     const char *event, const char *file, const char *text)
{
	char *path = mem_printf("events/%s/%s/%s", system, event, file);
	struct error err = ERROR_INIT;

	if (!kernel_instance_write(fixture->instances[which], path, text, &err))
		fail_msg("%s", err.message);
	free(path);
}

struct expression {
	const char *text;
	bool is_whole; /* the kernel decides all of it */
};

/* How many of them are true: a table whose expressions are all true or all false shows nothing. */
static size_t check_expression(const struct fixture *fixture, const char *system, const char *event,
			       const struct kernel_format *format,
			       const struct expression *expression)
{
	struct kernel_matcher *matcher = kernel_matcher_create(format, &expression->text, 1);
	struct records *ours = mem_zalloc(sizeof(*ours));
	struct records *theirs = mem_zalloc(sizeof(*theirs));
	bool is_whole;
	char *pushed = kernel_push_filter(format, &expression->text, 1, &is_whole);
	size_t count;

	if (is_whole != expression->is_whole)
		fail_msg("'%s': the kernel gets '%s'", expression->text, pushed ? pushed : "");
	write_event_file(fixture, FILTERED, system, event, "filter", pushed ? pushed : "0");
	make_calls(fixture);
	take_records(fixture, ALL, format->id, matcher, ours);
	take_records(fixture, FILTERED, format->id, is_whole ? NULL : matcher, theirs);
	keep_fields(format, ours);
	keep_fields(format, theirs);
	if (ours->count != theirs->count ||
	    memcmp(ours->bytes, theirs->bytes, ours->count * PAYLOAD_MAX) != 0)
		fail_msg("'%s' (as '%s'): %zu here, %zu of the kernel's", expression->text,
			 pushed ? pushed : "", ours->count, theirs->count);
	count = ours->count;
	kernel_matcher_destroy(matcher);
	free(pushed);
	free(ours);
	free(theirs);
	return count;
}

static void check_table(void **state, const char *system, const char *event,
			const struct expression *expressions, size_t count)
{
	const struct fixture *fixture = *state;
	struct kernel_format *format;
	size_t matching = 0;

	if (!fixture)
		skip();
	format = read_format(fixture, system, event);
	for (int i = 0; i < INSTANCE_COUNT; i++)
		write_event_file(fixture, (enum which)i, system, event, "enable", "1");
	for (size_t i = 0; i < count; i++)
		matching += check_expression(fixture, system, event, format, &expressions[i]) > 0;
	assert_true(matching > count / 2);
	for (int i = 0; i < INSTANCE_COUNT; i++)
		write_event_file(fixture, (enum which)i, system, event, "enable", "0");
	kernel_format_destroy(format);
}

static void texts_in_place(void **state)
{
	static const struct expression expressions[] = {
		{"newcomm == \"plain\"", true},
		{"newcomm != \"plain\"", true},
		{"newcomm == \"plain*\"", true},
		{"newcomm == \"*x\"", true},
		{"newcomm == \"*middle*\"", true},
		{"newcomm == \"a*c\"", true},
		{"newcomm != \"a*c\"", true},
		{"newcomm == \"*\"", true},
		{"newcomm == \"a[b]c\"", false},
		{"newcomm == \"a?c\"", false},
		{"newcomm == \"star\\\\*x\"", false},
		{"newcomm == \"\"", false},
		{"newcomm == \"upper\"", true},
		{"newcomm == \"fifteen-bytes-x\"", true},
		{"newcomm == \"fifteen-bytes-xyz\"", true},
		{"newcomm == \"-1\"", true},
		{"oldcomm == \"plain\" || newcomm == \"plain\"", true},
		{"!(newcomm == \"plain*\") && oldcomm != \"abc\"", true},
		{"newcomm == \"plain*\" && newcomm == oldcomm", false},
		{"newcomm == \"plain*\" && $ctx.tid > 1", true},
		{"pid == $ctx.tid", false},
		{"oom_score_adj == 0 && pid > 1", true},
	};

	check_table(state, "task", "task_rename", expressions, COUNT_OF(expressions));
}

/* Of 8 bytes, which a system call's argument has whatever its type; the kernel knows no sign. */
static void arguments_of_system_calls(void **state)
{
	static const struct expression expressions[] = {
		{"offset == 0", true},
		{"offset", true},
		{"!offset", true},
		{"offset == -1", false},
		{"offset < 0", false},
		{"offset >= -128 && offset <= 127", false},
		{"0 > offset", false},
		{"-1 == offset", false},
		{"offset == 9223372036854775807", true},
		{"offset > 2147483647 || offset < -2147483648", false},
		{"offset & 1", true},
		{"(offset & 3) == 2", false},
		{"offset == 0xff || offset == 0400", true},
		{"fd > 1005", false},
		{"whence == 2", false},
		{"offset == 1 && whence < 3", false},
		{"(offset > 5) == 1", false},
		{"offset << 1 == 4", false},
		{"~offset == 0", false},
		{"offset + 1 == 2", false},
		{"offset == 1.0", false},
		{"nothing == 1 || offset == 1", false},
		{"nothing != 1 && offset == 1", false},
		{"offset == 1 && $ctx.tid > 0 && $ctx.cpu_id >= 0", true},
		{"$ctx.cpu_id < 0 || offset == 3", true},
		{"$ctx.procname == \"" NAME "\" && offset == 2", true},
		{"$ctx.procname == \"*-worker\" && offset == 2", true},
		{"$ctx.procname != \"filter*\" || offset == 2", true},
	};

	check_table(state, "syscalls", "sys_enter_lseek", expressions, COUNT_OF(expressions));
}

static void signed_numbers(void **state)
{
	static const struct expression expressions[] = {
		{"ret < 0", true},
		{"ret == -9", true},
		{"-9 != ret", true},
		{"ret >= -22 && ret <= -1", true},
		{"ret > 0 || ret == -22", true},
		{"0 > ret && -10 < ret", true},
		{"ret & 1", false},
		{"!(ret < 0)", true},
	};

	check_table(state, "syscalls", "sys_exit_mmap", expressions, COUNT_OF(expressions));
}

static void numbers_without_a_sign(void **state)
{
	static const struct expression expressions[] = {
		{"addr == 0", true},
		{"addr == 128", true},
		{"addr != 128", true},
		{"addr == -1", false},
		{"addr < 100", false},
		{"addr > 2147483647", false},
		{"addr & 1", true},
		{"len & 4096", true},
		{"(len & 4096) == 0", true},
		{"!(len & 4096) && prot != 4", true},
		{"(len & 4096) == 4096", false},
		{"4096 & len", true},
		{"prot == 3 || prot == 5 || len == 0", true},
		{"addr == 5000000000", true},
		{"off == addr", false},
	};

	check_table(state, "syscalls", "sys_enter_mmap", expressions, COUNT_OF(expressions));
}

static void texts_elsewhere_in_the_record(void **state)
{
	static const struct expression expressions[] = {
		{"filename == \"/bin/true\"", true},
		{"filename != \"/bin/true\"", true},
		{"filename == \"/usr/*\"", true},
		{"filename == \"*/true\"", true},
		{"filename == \"*bin*true\" && pid == old_pid", false},
		{"filename == \"/nowhere\"", true},
		{"pid == old_pid", false},
	};

	check_table(state, "sched", "sched_process_exec", expressions, COUNT_OF(expressions));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_in_place),
		cmocka_unit_test(arguments_of_system_calls),
		cmocka_unit_test(signed_numbers),
		cmocka_unit_test(numbers_without_a_sign),
		cmocka_unit_test(texts_elsewhere_in_the_record),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
