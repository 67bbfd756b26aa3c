/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native_emit [OPTION…] COUNT: waits until somebody records native:end, emits COUNT times
 * native:number in each of its threads, then native:end, and prints how many native:number there
 * were.
 *
 *	--threads N	that many
 *	--id N		the number of its first thread
 *	--small		native:small instead
 *	--pause US	between two events
 *	--burst N	… but only after each N of them
 *	--until FILE	until FILE exists, instead of COUNT times
 *	--progress FILE	counts up in FILE what was emitted: a 64-bit number for each thread
 *	--fields	emits native:fields once, and native:alarm
 *	--log		logs two lines as soon as somebody records tracon_log:warning
 *	--fork		emits in a child, too, with the next id
 *	--plugin FILE	loads that library and unloads it for each number: its plugin:number instead
 *	--mixed		every second number is LTTng-UST's emit:event_0000 (if that was there)
 *	--calls FD	and every third a system call lseek(FD, NUMBER)
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/native_emit.h"
#ifdef NATIVE_MIXED
#include "tests/tools/emit_provider.h"
#endif

TRACON_PROVIDER_DEFINE(native, NATIVE_EVENTS)

enum { THREADS_MAX = 256, WAIT_MS = 60000 };

struct options {
	uint64_t count, burst;
	uint32_t threads, id;
	unsigned int pause_us;
	const char *until, *plugin;
	volatile uint64_t *progress;
	bool is_small, has_fields, is_mixed, is_forking, is_logging;
	int call_fd; /* 0: none */
};

static struct options options = {.threads = 1, .burst = 1};

struct worker {
	pthread_t thread;
	uint32_t number;
	uint64_t emitted;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Two microseconds lie between events whose order is to be seen on two clocks. */
static void let_time_pass(void)
{
	uint64_t end = now_ns() + 2000;

	while (now_ns() < end)
		;
}

static void emit_mixed(uint32_t id, uint64_t number)
{
	let_time_pass();
	if (options.call_fd && number % 3 == 2) {
		lseek(options.call_fd, (off_t)number, SEEK_SET);
		return;
	}
#ifdef NATIVE_MIXED
	if (number % 3 == 1 || (!options.call_fd && number % 2 == 1)) {
		lttng_ust_tracepoint(emit, event_0000, id, number, "mixed");
		return;
	}
#endif
	tracon_event(native, number, id, number, "mixed");
}

static void emit_from_plugin(uint32_t id, uint64_t number)
{
	void *plugin = dlopen(options.plugin, RTLD_NOW);
	void (*plugin_emit)(uint32_t id, uint64_t number);

	if (!plugin) {
		fprintf(stderr, "%s\n", dlerror());
		exit(2);
	}
	*(void **)&plugin_emit = dlsym(plugin, "plugin_emit");
	plugin_emit(id, number);
	dlclose(plugin);
}

static void emit(uint32_t id, uint64_t number)
{
	if (options.plugin)
		emit_from_plugin(id, number);
	else if (options.is_mixed)
		emit_mixed(id, number);
	else if (options.is_small)
		tracon_event(native, small, id, number);
	else
		tracon_event(native, number, id, number, number % 7 ? "some words" : "");
}

static bool is_enough(uint64_t number)
{
	if (!options.until)
		return number == options.count;
	return number % 16 == 0 && access(options.until, F_OK) == 0;
}

static void *work(void *data)
{
	struct worker *worker = data;
	uint64_t number = 0;

	for (; !is_enough(number); number++) {
		emit(options.id + worker->number, number);
		if (options.progress)
			options.progress[worker->number] = number + 1;
		if (options.pause_us && (number + 1) % options.burst == 0)
			usleep(options.pause_us);
	}
	worker->emitted = number;
	return NULL;
}

static uint64_t emit_all(void)
{
	struct worker workers[THREADS_MAX] = {0};
	uint64_t total = 0;

	for (uint32_t i = 0; i < options.threads; i++) {
		workers[i].number = i;
		if (i > 0 && pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			abort();
	}
	work(&workers[0]);
	for (uint32_t i = 0; i < options.threads; i++) {
		if (i > 0)
			pthread_join(workers[i].thread, NULL);
		total += workers[i].emitted;
	}
	return total;
}

static void emit_fields(void)
{
	static const int16_t series[] = {-1, 2, -3, 4};

	tracon_event(native, fields, -8, 200, -1600, -64000000000, 0xabcdef, htons(8080), 1.5F,
		     -2.25, series, series, 4, "text of words", 4, 2);
	tracon_event(native, alarm, -7);
}

static void wait_for_flag(const volatile unsigned char *flag)
{
	for (int i = 0; !*flag; i++) {
		if (i == WAIT_MS)
			exit(3);
		usleep(1000);
	}
}

static void wait_for_console(void)
{
	wait_for_flag(&tracon_flags_native[tracon_id_native_end]);
}

static void log_lines(void)
{
	wait_for_flag(&tracon_log_flags[TRACON_WARNING]);
	tracon_log(TRACON_WARNING, "%d of %s", 3, "four");
	tracon_log(TRACON_WARNING, "%2000d", 7);
	tracon_log(TRACON_INFO, "nobody records this");
}

static void run_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		options.id += options.threads;
		wait_for_console();
		emit_all();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void open_progress(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	void *at;

	if (fd < 0 || ftruncate(fd, THREADS_MAX * sizeof(uint64_t)) != 0)
		exit(2);
	at = mmap(NULL, THREADS_MAX * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		exit(2);
	options.progress = at;
	close(fd);
}

static bool take_flag(const char *word)
{
	bool *flag = NULL;

	if (strcmp(word, "--small") == 0)
		flag = &options.is_small;
	else if (strcmp(word, "--fields") == 0)
		flag = &options.has_fields;
	else if (strcmp(word, "--mixed") == 0)
		flag = &options.is_mixed;
	else if (strcmp(word, "--log") == 0)
		flag = &options.is_logging;
	else if (strcmp(word, "--fork") == 0)
		flag = &options.is_forking;
	if (flag)
		*flag = true;
	return flag;
}

static bool take_option(const char *word, const char *value)
{
	unsigned long number = value ? strtoul(value, NULL, 10) : 0;

	if (!value)
		return false;
	if (strcmp(word, "--threads") == 0 && number >= 1 && number <= THREADS_MAX)
		options.threads = (uint32_t)number;
	else if (strcmp(word, "--id") == 0)
		options.id = (uint32_t)number;
	else if (strcmp(word, "--pause") == 0)
		options.pause_us = (unsigned int)number;
	else if (strcmp(word, "--burst") == 0 && number >= 1)
		options.burst = number;
	else if (strcmp(word, "--calls") == 0)
		options.call_fd = (int)number;
	else if (strcmp(word, "--until") == 0)
		options.until = value;
	else if (strcmp(word, "--plugin") == 0)
		options.plugin = value;
	else if (strcmp(word, "--progress") == 0)
		open_progress(value);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-'; i++) {
		if (take_flag(argv[i]))
			continue;
		if (!take_option(argv[i], argv[i + 1]))
			return 2;
		i++;
	}
	if (i < argc)
		options.count = strtoull(argv[i], NULL, 10);
	else if (!options.until)
		return 2;
	wait_for_console();
	if (options.has_fields)
		emit_fields();
	if (options.is_logging)
		log_lines();
	printf("%llu\n", (unsigned long long)emit_all());
	if (options.is_forking)
		run_child();
	tracon_event(native, end);
	return 0;
}
