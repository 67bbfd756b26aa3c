/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Children of the engine; see child.h. A pidfd tells of the end, so no other code's children are
 * touched. */
#include "backend/model/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
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

#define LINE_MAX_BYTES	 200 /* fits a log entry */
#define READS_AT_END_MAX 256 /* of 4 kB */

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
	unsigned int line_count, lines_max;
	bool takes_interrupts;
	void (*ended)(void *data, int status);
	void *data;
};

static void log_line(struct child *child)
{
	child->line[child->line_length] = '\0';
	if (child->line_length > 0 && (!child->lines_max || child->line_count++ < child->lines_max))
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
	/* What it started may hold the pipe and print on. */
	for (int i = 0; i < READS_AT_END_MAX && read_output(child); i++)
		;
	log_line(child);
	if (child->lines_max && child->line_count > child->lines_max)
		log_write(LOG_LEVEL_INFO, "%s: … and %u lines more", child->name,
			  child->line_count - child->lines_max);
	child->ended(child->data,
		     WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	child_free(child);
}

/* `variables` before the inherited ones: the first of a name counts. */
static char **merge_environment(const char *const *variables, char **inherited)
{
	size_t count = 0;
	size_t at = 0;
	char **merged;

	for (char **entry = inherited; entry && *entry; entry++)
		count++;
	for (const char *const *entry = variables; entry && *entry; entry++)
		count++;
	merged = mem_alloc((count + 1) * sizeof(char *));
	for (const char *const *entry = variables; entry && *entry; entry++)
		merged[at++] = (char *)(uintptr_t)*entry;
	for (char **entry = inherited; entry && *entry; entry++)
		merged[at++] = *entry;
	merged[at] = NULL;
	return merged;
}

static int spawn(struct child *child, const struct child_settings *settings, int output_end)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = merge_environment(settings->variables, environ);
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

/* --- with another user's rights: posix_spawn has no action for that */

static bool is_harmless(const char *variable)
{
	static const char *const names[] = {"PATH=", "LANG=", "LC_", "TZ="};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strncmp(variable, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

static void add_variable(struct word_list *list, const char *name, const char *value)
{
	char *variable = mem_printf("%s=%s", name, value);

	word_list_add(list, variable);
	free(variable);
}

static void make_users_environment(uid_t uid, struct word_list *out)
{
	char buffer[4096];
	struct passwd entry;
	struct passwd *found = NULL;

	for (char **variable = environ; *variable; variable++)
		if (is_harmless(*variable))
			word_list_add(out, *variable);
	if (getpwuid_r(uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return;
	add_variable(out, "HOME", entry.pw_dir);
	add_variable(out, "USER", entry.pw_name);
	add_variable(out, "LOGNAME", entry.pw_name);
	add_variable(out, "SHELL", entry.pw_shell);
}

/* By the calls themselves: libc's would change all threads of the engine's copy, of which it has
 * one. */
static bool take_rights(const struct user_rights *owner)
{
	return syscall(SYS_setgroups, owner->group_count, owner->groups) == 0 &&
	       syscall(SYS_setresgid, owner->gid, owner->gid, owner->gid) == 0 &&
	       syscall(SYS_setresuid, owner->uid, owner->uid, owner->uid) == 0;
}

static void reset_signals(void)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &usual, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child of a process with threads: nothing that could wait for one of them. */
static void become(const struct child_settings *settings, char **environment, int output_end,
		   int failure_end)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int failure;

	setpgid(0, 0);
	if (take_rights(settings->owner) && null >= 0 && dup2(null, 0) == 0 &&
	    dup2(output_end, 1) == 1 && dup2(output_end, 2) == 2 &&
	    (!settings->directory || chdir(settings->directory) == 0)) {
		reset_signals();
		execvpe(settings->words[0], (char *const *)(uintptr_t)settings->words, environment);
	}
	failure = errno;
	(void)!write(failure_end, &failure, sizeof(failure));
	_exit(127);
}

static int spawn_as_user(struct child *child, const struct child_settings *settings, int output_end)
{
	struct word_list own = {0};
	char **environment;
	int failure = 0;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	make_users_environment(settings->owner->uid, &own);
	environment = merge_environment(settings->variables, own.words);
	child->pid = fork();
	if (child->pid == 0)
		become(settings, environment, output_end, ends[1]);
	if (child->pid < 0)
		failure = errno;
	fd_close(&ends[1]);
	/* Nothing to read: it became the program. */
	if (child->pid > 0 && read(ends[0], &failure, sizeof(failure)) > 0)
		waitpid(child->pid, NULL, 0);
	fd_close(&ends[0]);
	free(environment);
	word_list_finish(&own);
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
	child->takes_interrupts = settings->takes_interrupts;
	child->next = children->first;
	children->first = child;
	child->pid_fd = -1;
	child->output_fd = -1;
	child->name = mem_strdup(settings->words[0]);
	child->ended = settings->ended;
	child->data = settings->data;
	child->lines_max = settings->lines_max;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		error_set_errno(err, errno, "cannot start '%s': no pipe", settings->words[0]);
		goto fail;
	}
	child->output_fd = ends[0];
	fd_set_nonblocking(child->output_fd);
	failure = settings->owner && settings->owner->is_needed
			  ? spawn_as_user(child, settings, ends[1])
			  : spawn(child, settings, ends[1]);
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

void child_signal_all(struct child *child, int signal_number)
{
	if (kill(-child->pid, signal_number) < 0)
		kill(child->pid, signal_number);
}

size_t children_count_interruptible(const struct children *children)
{
	size_t count = 0;

	for (const struct child *child = children->first; child; child = child->next)
		count += child->takes_interrupts;
	return count;
}

void children_interrupt(struct children *children)
{
	for (struct child *child = children->first; child; child = child->next) {
		if (child->takes_interrupts)
			child_signal_all(child, SIGINT);
	}
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
