/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children of the engine; see child.h. A pidfd tells of the end, so no other code's children are
 * touched. */
#include "backend/model/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

#define LINE_MAX_BYTES 200 /* fits a log entry */

extern char **environ;

struct child {
	struct child *next; /* of the children */
	struct children *children;
	struct loop *loop;
	pid_t pid;
	int pid_fd;
	int output_fd;
	struct watch *pid_watch;
	struct watch *output_watch;
	char *name;
	char line[LINE_MAX_BYTES + 1];
	size_t line_length;
	void (*ended)(void *data, int status);
	void *data;
};

static void log_line(struct child *child)
{
	child->line[child->line_length] = '\0';
	if (child->line_length > 0)
		log_write(LOG_LEVEL_INFO, "%s: %s", child->name, child->line);
	child->line_length = 0;
}

static bool read_output(struct child *child)
{
	char bytes[4096];
	ssize_t length = read(child->output_fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < length; i++) {
		if (bytes[i] == '\n' || child->line_length == LINE_MAX_BYTES)
			log_line(child);
		if (bytes[i] != '\n')
			child->line[child->line_length++] = bytes[i];
	}
	return length > 0;
}

static void output_ready(void *data, unsigned int events)
{
	struct child *child = data;

	(void)events;
	if (read_output(child) || errno == EAGAIN)
		return;
	loop_unwatch(child->loop, child->output_watch);
	child->output_watch = NULL;
}

static void child_free(struct child *child)
{
	for (struct child **link = &child->children->first; *link; link = &(*link)->next) {
		if (*link == child) {
			*link = child->next;
			break;
		}
	}
	loop_unwatch(child->loop, child->pid_watch);
	loop_unwatch(child->loop, child->output_watch);
	fd_close(&child->pid_fd);
	fd_close(&child->output_fd);
	free(child->name);
	free(child);
}

static void pid_ready(void *data, unsigned int events)
{
	struct child *child = data;
	int status = 0;

	(void)events;
	if (waitpid(child->pid, &status, WNOHANG) == 0)
		return;
	while (read_output(child))
		;
	log_line(child);
	child->ended(child->data,
		     WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	child_free(child);
}

/* The engine's own environment, with `variables` put before: the first of a name counts. */
static char **merge_environment(const char *const *variables)
{
	size_t count = 0;
	size_t at = 0;
	char **merged;

	for (char **entry = environ; *entry; entry++)
		count++;
	for (const char *const *entry = variables; entry && *entry; entry++)
		count++;
	merged = mem_alloc((count + 1) * sizeof(char *));
	for (const char *const *entry = variables; entry && *entry; entry++)
		merged[at++] = (char *)(uintptr_t)*entry;
	for (char **entry = environ; *entry; entry++)
		merged[at++] = *entry;
	merged[at] = NULL;
	return merged;
}

static int spawn(struct child *child, const struct child_settings *settings, int output_end)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = merge_environment(settings->variables);
	sigset_t none;
	sigset_t all;
	int failure;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output_end, 1);
	posix_spawn_file_actions_adddup2(&actions, output_end, 2);
	if (settings->directory)
		posix_spawn_file_actions_addchdir_np(&actions, settings->directory);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETPGROUP);
	failure = posix_spawnp(&child->pid, settings->words[0], &actions, &attributes,
			       (char *const *)(uintptr_t)settings->words, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	return failure;
}

struct child *child_start(struct children *children, const struct child_settings *settings,
			  struct error *err)
{
	struct child *child = mem_zalloc(sizeof(*child));
	int ends[2] = {-1, -1};
	int failure;

	child->children = children;
	child->loop = children->loop;
	child->next = children->first;
	children->first = child;
	child->pid_fd = -1;
	child->output_fd = -1;
	child->name = mem_strdup(settings->words[0]);
	child->ended = settings->ended;
	child->data = settings->data;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_set_errno(err, errno, "cannot start '%s': no pipe", settings->words[0]);
		goto fail;
	}
	child->output_fd = ends[0];
	fd_set_nonblocking(child->output_fd);
	failure = spawn(child, settings, ends[1]);
	fd_close(&ends[1]);
	if (failure != 0) {
		error_set_errno(err, failure, "cannot start '%s'", settings->words[0]);
		goto fail;
	}
	child->pid_fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
	if (child->pid_fd < 0) {
		error_set_errno(err, errno, "cannot watch '%s'", settings->words[0]);
		kill(child->pid, SIGKILL);
		goto fail;
	}
	child->pid_watch = loop_watch(child->loop, child->pid_fd, WATCH_READ, pid_ready, child);
	child->output_watch =
		loop_watch(child->loop, child->output_fd, WATCH_READ, output_ready, child);
	return child;

fail:
	child_free(child);
	return NULL;
}

pid_t child_pid(const struct child *child)
{
	return child->pid;
}

void child_terminate(struct child *child)
{
	kill(child->pid, SIGTERM);
}

void child_abandon(struct child *child)
{
	if (!child)
		return;
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
	child_free(child);
}

void children_let_go(struct children *children)
{
	struct child *child;

	while ((child = children->first) != NULL) {
		children->first = child->next;
		child_free(child);
	}
}
