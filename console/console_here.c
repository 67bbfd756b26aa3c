/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * --no-daemon: the console's host is this process itself. Ctrl-Z stops the tracer too, so it asks
 * first while sessions record; a hang-up leaves it running without a screen.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/rcu.h"
#include "backend/control/reply.h"
#include "console/console.h"
#include "console/screen.h"
#include "console/stray.h"
#include "console/terminal.h"

struct here {
	struct loop *loop;
	struct console *console;
	struct queue *queue; /* from the control thread */
	struct message end;
	struct message published;
	const char *path; /* of the trace, when there is no backend */
	atomic_bool is_end_sent;
	atomic_bool is_published_sent; /* cleared by the loop before it looks */
	int signals;
	struct watch *signal_watch;
};

/* ---- a crash must not leave the terminal raw ---- */

/* A handler has no other way to know them; written once, before it is installed. */
static struct termios crash_settings;

static void restore_and_die(int signal_number)
{
	static const char sentence[] = "tracon crashed\r\n";
	ssize_t ignored = write(STDOUT_FILENO, screen_modes_off, strlen(screen_modes_off));

	ignored += write(STDOUT_FILENO, sentence, sizeof(sentence) - 1);
	(void)ignored;
	tcsetattr(STDIN_FILENO, TCSANOW, &crash_settings);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* A handler that is there already (a sanitizer's) knows better. */
static void install_crash_handlers(void)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
	struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND};
	struct sigaction before;

	for (size_t i = 0; i < COUNT_OF(faults); i++) {
		if (sigaction(faults[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
			sigaction(faults[i], &action, NULL);
	}
}

/* ---- the console's wishes ---- */

static void read_size(int *rows, int *columns)
{
	struct winsize size = {0};

	ioctl(STDIN_FILENO, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

static void stop_here(void *data)
{
	struct here *here = data;
	int rows;
	int columns;

	holder_stop(STDIN_FILENO);
	read_size(&rows, &columns);
	console_continue(here->console, rows, columns);
}

static void release_here(void *data, const char *text)
{
	struct here *here = data;

	(void)text; /* only who can detach is released */
	loop_stop(here->loop);
}

static void lose_here(void *data)
{
	struct here *here = data;

	console_close(here->console, true);
	log_write(LOG_LEVEL_INFO, "the terminal was lost; SIGTERM ends tracing");
	if (console_wants_quit_on_hangup(here->console))
		console_quit(here->console);
}

/* ---- from outside the loop ---- */

static void take_end(struct message *message)
{
	loop_stop(CONTAINER_OF(message, struct here, end)->loop);
}

static void here_wants_end(void *data)
{
	struct here *here = data;

	if (!atomic_exchange(&here->is_end_sent, true))
		queue_send(here->queue, &here->end);
}

static void take_published(struct message *message)
{
	struct here *here = CONTAINER_OF(message, struct here, published);

	atomic_store(&here->is_published_sent, false);
	console_note_picture(here->console);
}

static void here_published(void *data)
{
	struct here *here = data;

	if (!atomic_exchange(&here->is_published_sent, true))
		queue_send(here->queue, &here->published);
}

static void take_signal(void *data, unsigned int events)
{
	struct here *here = data;
	struct signalfd_siginfo info;
	int rows;
	int columns;

	(void)events;
	while (read(here->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGWINCH:
			read_size(&rows, &columns);
			console_resize(here->console, rows, columns);
			break;
		case SIGTSTP:
			console_suspend(here->console);
			break;
		case SIGHUP:
			lose_here(here);
			break;
		default:
			loop_stop(here->loop);
		}
	}
}

static void watch_signals(struct here *here)
{
	static const int watched[] = {SIGTERM, SIGINT, SIGHUP, SIGTSTP, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(watched); i++)
		sigaddset(&set, watched[i]);
	here->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (here->signals >= 0)
		here->signal_watch =
			loop_watch(here->loop, here->signals, WATCH_READ, take_signal, here);
}

/* ---- life ---- */

static bool open_terminal(struct here *here, const struct terminal_here *description,
			  struct error *err)
{
	char *directory = getcwd(NULL, 0);
	struct console_terminal terminal = {
		.input = holder_open_terminal(),
		.rows = (int)description->rows,
		.columns = (int)description->columns,
		.is_mono = description->flags & TERMINAL_MONO,
		.is_utf8 = description->flags & TERMINAL_UTF8,
		.term = description->term,
		.directory = directory ? directory : "",
	};
	bool is_open;

	if (terminal.input < 0)
		terminal.input = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	terminal.output = terminal.input;
	is_open = console_open(here->console, &terminal, err);
	free(directory);
	return is_open;
}

static bool run_viewer(struct here *here, const struct engine_options *options,
		       const struct terminal_here *description, struct error *err)
{
	bool is_open;

	console_begin_viewer(here->console, here->path, options->config);
	is_open = open_terminal(here, description, err);
	if (is_open)
		loop_run(here->loop);
	console_close(here->console, false);
	console_end(here->console);
	return is_open;
}

static bool run_backend(struct here *here, const struct engine_options *options,
			const struct terminal_here *description, struct error *err)
{
	const struct backend_settings settings = {
		.places = options->places,
		.group = options->group,
		.published = here_published,
		.wants_end = here_wants_end,
		.data = here,
	};
	struct backend *backend = backend_start(&settings, err);
	bool is_open;

	if (!backend)
		return false;
	console_begin(here->console, backend, options->config);
	is_open = open_terminal(here, description, err);
	if (is_open)
		loop_run(here->loop);
	console_close(here->console, false);
	console_end(here->console);
	backend_stop(backend);
	return is_open;
}

static int run(const struct engine_options *options, const struct holder_options *terminal,
	       const char *path, struct error *err)
{
	struct here here = {
		.path = path, .signals = -1, .end.run = take_end, .published.run = take_published};
	struct terminal_here description;
	const struct console_host host = {
		.suspend = stop_here,
		.release = release_here,
		.lost = lose_here,
		.data = &here,
	};
	struct stray *stray;
	bool has_run;

	if (tcgetattr(STDIN_FILENO, &crash_settings) == 0)
		install_crash_handlers();
	rcu_thread_begin();
	holder_describe(STDIN_FILENO, terminal, &description);
	here.loop = loop_create();
	here.queue = queue_create();
	loop_watch_queue(here.loop, here.queue);
	watch_signals(&here);
	here.console = console_create(here.loop, options->places, &host);
	stray = stray_catch(here.loop);
	has_run = path ? run_viewer(&here, options, &description, err)
		       : run_backend(&here, options, &description, err);
	stray_release(stray);
	queue_drain(here.queue);
	console_destroy(here.console);
	queue_destroy(here.queue);
	loop_destroy(here.loop);
	fd_close(&here.signals);
	rcu_thread_end();
	return has_run ? STATUS_OK : STATUS_ERROR;
}

int console_run_here(const struct engine_options *options, const struct holder_options *terminal,
		     struct error *err)
{
	return run(options, terminal, NULL, err);
}

int console_run_viewer(const struct engine_options *options, const struct holder_options *terminal,
		       const char *path, struct error *err)
{
	return run(options, terminal, path, err);
}
