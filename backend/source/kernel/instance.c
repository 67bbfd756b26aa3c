/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See instance.h; the order of the settings is what the kernel needs. */
#include "backend/source/kernel/instance.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/kernel/catalog.h"
#include "backend/source/kernel/push.h"

#define INSTANCES      "instances"
#define NAME_FORMAT    "tracon-%d-%llu-" /* process, its start time */
#define PAGE_BYTES_MIN 4096
#define PAGE_BYTES_MAX 65536 /* larger ones are slower: the copy leaves the cache */
#define STATS_BYTES    1024

unsigned long long kernel_instance_start_time(pid_t pid)
{
	char path[64];
	char *text, *at;
	size_t length;
	unsigned long long time = 0;
	char state;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!fd_read_file(path, 4096, &text, &length, NULL))
		return 0;
	at = strrchr(text, ')'); /* the name before it may hold anything */
	if (!at ||
	    sscanf(at + 1,
		   " %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
		   "%*d %*d %llu",
		   &state, &time) != 2 ||
	    state == 'Z' || state == 'X') /* nobody has asked yet how it ended */
		time = 0;
	free(text);
	return time;
}

static char *file_of(const struct kernel_instance *instance, const char *file)
{
	return mem_printf("%s/%s", instance->path, file);
}

bool kernel_instance_write(const struct kernel_instance *instance, const char *file,
			   const char *text, struct error *err)
{
	char *path = file_of(instance, file);
	bool is_written = tracefs_write(instance->tracefs, path, text, err);

	free(path);
	return is_written;
}

static bool write_number(const struct kernel_instance *instance, const char *file, uint64_t number,
			 struct error *err)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return kernel_instance_write(instance, file, text, err);
}

static uint64_t read_number(const struct kernel_instance *instance, const char *file)
{
	char *path = file_of(instance, file);
	uint64_t number = 0;
	char *text;
	size_t length;

	if (tracefs_read(instance->tracefs, path, 256, &text, &length, NULL)) {
		number = strtoull(text, NULL, 10);
		free(text);
	}
	free(path);
	return number;
}

/* Kernels before 6.8 have pages of 4 kB only. */
static void set_page_size(struct kernel_instance *instance, uint64_t wanted_bytes)
{
	static const char file[] = "buffer_subbuf_size_kb";
	uint64_t shown;

	if (wanted_bytes > PAGE_BYTES_MAX)
		wanted_bytes = PAGE_BYTES_MAX;
	if (wanted_bytes < PAGE_BYTES_MIN)
		wanted_bytes = PAGE_BYTES_MIN;
	write_number(instance, file, wanted_bytes / 1024, NULL);
	shown = read_number(instance, file) * 1024;
	instance->page_bytes = shown ? shown : PAGE_BYTES_MIN;
}

/* The clock first: a change of it empties the buffers. */
static bool set_up(struct kernel_instance *instance, const struct channel_spec *channel,
		   struct error *err)
{
	uint64_t bytes = channel->subbuf_bytes * channel->subbuf_count;

	if (!kernel_instance_run(instance, false, err) ||
	    !kernel_instance_write(instance, "trace_clock", "mono", err))
		return false;
	set_page_size(instance, channel->subbuf_bytes);
	if (!write_number(instance, "buffer_size_kb", (bytes + 1023) / 1024, err))
		return error_prefix(err, "no memory for the buffers of channel '%s'",
				    channel->name);
	instance->buffer_bytes = read_number(instance, "buffer_size_kb") * 1024;
	if (!kernel_instance_write(instance, "options/overwrite", channel->is_overwrite ? "1" : "0",
				   err))
		return false;
	/* Which process a thread was of, for contexts of those that have ended. */
	kernel_instance_write(instance, "options/record-tgid", "1", NULL);
	/* Wakes readers when a quarter is full; older kernels wake them at once. */
	kernel_instance_write(instance, "buffer_percent", "25", NULL);
	return true;
}

static unsigned int count_cpus(const struct kernel_instance *instance)
{
	unsigned int count = 0;

	for (;; count++) {
		char *path = mem_printf("%s/per_cpu/cpu%u", instance->path, count);
		bool is_there = tracefs_has(instance->tracefs, path);

		free(path);
		if (!is_there)
			return count;
	}
}

struct kernel_instance *kernel_instance_create(const struct tracefs *tracefs, uint64_t session_id,
					       const struct channel_spec *channel,
					       struct error *err)
{
	struct kernel_instance *instance = mem_zalloc(sizeof(*instance));
	pid_t pid = getpid();

	instance->tracefs = tracefs;
	instance->path = mem_printf(INSTANCES "/" NAME_FORMAT "%" PRIu64 "-%" PRIu32, (int)pid,
				    kernel_instance_start_time(pid), session_id, channel->id);
	if (mkdirat(tracefs->fd, instance->path, 0700) < 0) {
		error_set_errno(err, errno, "cannot make '%s/%s'", tracefs->root, instance->path);
		free(instance->path);
		free(instance);
		return NULL;
	}
	if (!set_up(instance, channel, err)) {
		kernel_instance_destroy(instance);
		return NULL;
	}
	instance->cpu_count = count_cpus(instance);
	return instance;
}

static void remove_instance(const struct tracefs *tracefs, const char *path)
{
	static const char *const switches[] = {"tracing_on", "events/enable"};

	for (size_t i = 0; i < COUNT_OF(switches); i++) {
		char *file = mem_printf("%s/%s", path, switches[i]);

		tracefs_write(tracefs, file, "0", NULL);
		free(file);
	}
	if (unlinkat(tracefs->fd, path, AT_REMOVEDIR) < 0)
		log_write(LOG_LEVEL_WARNING, "'%s/%s' can't be removed: %s", tracefs->root, path,
			  strerror(errno));
}

void kernel_instance_destroy(struct kernel_instance *instance)
{
	if (!instance)
		return;
	remove_instance(instance->tracefs, instance->path);
	free(instance->tracked);
	free(instance->path);
	free(instance);
}

bool kernel_instance_run(const struct kernel_instance *instance, bool is_on, struct error *err)
{
	return kernel_instance_write(instance, "tracing_on", is_on ? "1" : "0", err);
}

bool kernel_instance_switch(const struct kernel_instance *instance,
			    const struct kernel_event *event, bool is_on, struct error *err)
{
	char *file = mem_printf("events/%s/%s/enable", event->system, event->kernel_name);
	bool is_done = kernel_instance_write(instance, file, is_on ? "1" : "0", err);

	free(file);
	return is_done;
}

/* What the kernel takes for wrong, it does not get. */
bool kernel_instance_filter(const struct kernel_instance *instance,
			    const struct kernel_event *event, const char *const *texts,
			    size_t count)
{
	char *file = mem_printf("events/%s/%s/filter", event->system, event->kernel_name);
	bool is_whole;
	char *filter = kernel_push_filter(event->format, texts, count, &is_whole);
	struct error err = ERROR_INIT;
	bool is_written = filter && kernel_instance_write(instance, file, filter, &err);

	if (!is_written)
		kernel_instance_write(instance, file, "0", NULL);
	if (error_is_set(&err))
		log_write(LOG_LEVEL_DEBUG, "%s", err.message);
	free(filter);
	free(file);
	return is_written && is_whole;
}

/* The kernel knows threads only. A process that is gone stands for itself, so that the list is not
 * empty, which would mean all. */
static void add_threads(int64_t pid, struct text *list)
{
	char *path = mem_printf("/proc/%" PRId64 "/task", pid);
	DIR *threads = opendir(path);
	const struct dirent *entry;
	size_t before = list->length;

	while (threads && (entry = readdir(threads)))
		if (entry->d_name[0] != '.')
			text_addf(list, "%s ", entry->d_name);
	if (threads)
		closedir(threads);
	if (list->length == before)
		text_addf(list, "%" PRId64 " ", pid);
	free(path);
}

static char *name_processes(const struct tracker_spec *processes)
{
	struct text names = {0};

	if (processes->is_all)
		return NULL;
	for (size_t i = 0; i < processes->value_count; i++)
		text_addf(&names, "%" PRId64 " ", processes->values[i]);
	return text_take(&names);
}

bool kernel_instance_track(struct kernel_instance *instance, const struct tracker_spec *processes,
			   struct error *err)
{
	char *wanted = name_processes(processes);
	struct text threads = {0};
	bool is_done;

	if ((!wanted && !instance->tracked) ||
	    (wanted && instance->tracked && strcmp(wanted, instance->tracked) == 0)) {
		free(wanted);
		return true;
	}
	free(instance->tracked);
	instance->tracked = wanted;
	for (size_t i = 0; wanted && i < processes->value_count; i++)
		add_threads(processes->values[i], &threads);
	kernel_instance_write(instance, "options/event-fork", wanted ? "1" : "0", NULL);
	is_done = kernel_instance_write(instance, "set_event_pid", text_str(&threads), err);
	text_finish(&threads);
	return is_done;
}

static int open_of_cpu(const struct kernel_instance *instance, unsigned int cpu, const char *file,
		       struct error *err)
{
	char *path = mem_printf("%s/per_cpu/cpu%u/%s", instance->path, cpu, file);
	int fd = tracefs_open_file(instance->tracefs, path, err);

	free(path);
	return fd;
}

int kernel_instance_open_ring(const struct kernel_instance *instance, unsigned int cpu,
			      struct error *err)
{
	return open_of_cpu(instance, cpu, "trace_pipe_raw", err);
}

int kernel_instance_open_stats(const struct kernel_instance *instance, unsigned int cpu,
			       struct error *err)
{
	return open_of_cpu(instance, cpu, "stats", err);
}

void kernel_instance_count(int stats_fd, struct kernel_ring_counts *counts)
{
	const struct {
		const char *key;
		uint64_t *counter;
	} lines[] = {
		{"\nread events: ", &counts->read},
		{"\noverrun: ", &counts->overwritten},
		{"\ncommit overrun: ", &counts->refused},
		{"\ndropped events: ", &counts->refused},
	};
	char text[STATS_BYTES];
	ssize_t got = pread(stats_fd, text, sizeof(text) - 1, 0);

	*counts = (struct kernel_ring_counts){0};
	text[got > 0 ? got : 0] = '\0';
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		const char *found = strstr(text, lines[i].key);

		if (found)
			*lines[i].counter += strtoull(found + strlen(lines[i].key), NULL, 10);
	}
}

unsigned int kernel_instance_clean_up(const struct tracefs *tracefs)
{
	int fd = openat(tracefs->fd, INSTANCES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned int count = 0;

	while (folder && (entry = readdir(folder))) {
		unsigned long long time;
		char *path;
		int pid;

		if (sscanf(entry->d_name, NAME_FORMAT, &pid, &time) != 2 ||
		    kernel_instance_start_time((pid_t)pid) == time)
			continue;
		path = mem_printf(INSTANCES "/%s", entry->d_name);
		remove_instance(tracefs, path);
		free(path);
		count++;
	}
	if (folder)
		closedir(folder);
	else
		fd_close(&fd);
	return count;
}
