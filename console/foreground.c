/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts a program with the signals it would have without us, and waits for its end. */
#include "console/foreground.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

#define STATUS_LOST	 1   /* its end can't be learnt */
#define STATUS_OF_SIGNAL 128 /* as shells have it */

/* 0, or the errno of trying to run this file. */
static int check_file(const char *path)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno;
	return S_ISREG(status.st_mode) && access(path, X_OK) == 0 ? 0 : EACCES;
}

int foreground_check(const char *program)
{
	const char *path = getenv("PATH");
	int failure = ENOENT;

	if (strchr(program, '/') || !*program)
		return check_file(program);
	for (path = path ? path : "/bin:/usr/bin"; path; path = strchr(path, ':')) {
		int length;
		char *file;
		int result;

		path += *path == ':';
		length = (int)strcspn(path, ":");
		file = mem_printf("%.*s/%s", length ? length : 1, length ? path : ".", program);
		result = check_file(file);
		free(file);
		if (result == 0)
			return 0;
		if (result == EACCES)
			failure = EACCES;
	}
	return failure;
}

/* The program gets the mask we were started with; liblttng-ust-ctl has blocked its signals since.
 */
static void init_attributes(posix_spawnattr_t *attributes, const sigset_t *before)
{
	sigset_t mask = *before;

	for (int i = 0; i < 3; i++)
		sigdelset(&mask, SIGRTMIN + i);
	posix_spawnattr_init(attributes);
	posix_spawnattr_setsigmask(attributes, &mask);
	posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGMASK);
}

/* The terminal's own signals went to the program too; what was sent to us alone is passed on. */
static void pass_on(pid_t child, const siginfo_t *signal)
{
	bool is_from_terminal = signal->si_code > 0; /* SI_KERNEL; SI_USER and SI_QUEUE are not */

	if (signal->si_signo != SIGCHLD && !is_from_terminal)
		kill(child, signal->si_signo);
}

static int wait_for(pid_t child, const sigset_t *signals)
{
	siginfo_t signal;
	int status;
	pid_t ended;

	while ((ended = waitpid(child, &status, WNOHANG)) != child) {
		if (ended < 0 && errno != EINTR)
			return STATUS_LOST;
		if (sigwaitinfo(signals, &signal) > 0)
			pass_on(child, &signal);
	}
	return WIFSIGNALED(status) ? STATUS_OF_SIGNAL + WTERMSIG(status) : WEXITSTATUS(status);
}

static void fill_signals(sigset_t *signals)
{
	static const int numbers[] = {SIGCHLD, SIGHUP, SIGINT, SIGQUIT, SIGTERM};

	sigemptyset(signals);
	for (size_t i = 0; i < COUNT_OF(numbers); i++)
		sigaddset(signals, numbers[i]);
}

void foreground_hold(sigset_t *before)
{
	sigset_t signals;

	signal(SIGCHLD, SIG_DFL); /* ignored (some starters do), it would never come */
	fill_signals(&signals);
	pthread_sigmask(SIG_BLOCK, &signals, before);
}

void foreground_release(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* A signal that came before there was a program to end: 0 if none did. */
static int take_early_signal(const sigset_t *signals)
{
	static const struct timespec no_time = {0, 0};
	int number;

	do
		number = sigtimedwait(signals, NULL, &no_time);
	while (number == SIGCHLD);
	return number > 0 ? number : 0;
}

int foreground_run(const struct word_list *words, const struct word_list *environment,
		   const sigset_t *before, int *failure)
{
	posix_spawnattr_t attributes;
	sigset_t signals;
	pid_t child;
	int early;

	fill_signals(&signals);
	early = take_early_signal(&signals);
	if (early)
		return STATUS_OF_SIGNAL + early;
	init_attributes(&attributes, before);
	*failure = posix_spawnp(&child, words->words[0], NULL, &attributes, words->words,
				environment ? environment->words : environ);
	posix_spawnattr_destroy(&attributes);
	if (*failure != 0)
		return STATUS_LOST;
	/* The terminal may have sent it before there was a child to get it, too. */
	early = take_early_signal(&signals);
	if (early)
		kill(child, early);
	return wait_for(child, &signals);
}
