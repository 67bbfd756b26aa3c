/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread, one poll: the engine's messages, signals, and, where the engine can't write to the
 * terminal itself, the bytes for it. The engine owns the screen; here only its beginning and its
 * end are our business.
 */
#include "console/holder.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/reply.h"
#include "console/screen.h"
#include "console/terminal.h"

#define STOP_TRIES_MAX 10 /* stops that the kernel ignored: an orphaned process group */
#define LEAVE_WAIT_MS                                                                              \
	500 /* for the engine to put the terminal in order when we are told to end                 \
	     */

struct holder {
	int connection;
	int terminal; /* 0: standard input */
	int signals;
	int copied; /* bytes from the engine for the terminal, or -1 */
	struct termios saved;
	bool is_leaving; /* told to end: the engine has LEAVE_WAIT_MS to let go */
	bool is_done;
	int status;
};

/* Terminals that take UTF-8 whatever the locale says. */
static const char *const always_utf8[] = {"foot", "kitty", "alacritty", "wezterm", "ghostty"};

bool holder_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) &&
	       screen_term_is_usable(getenv("TERM"));
}

static bool takes_utf8(const struct holder_options *options, const char *term)
{
	const char *locale;

	if (options->utf8)
		return true;
	locale = setlocale(LC_CTYPE, "");
	if (!strcmp(nl_langinfo(CODESET), "UTF-8"))
		return true;
	if (locale && strcmp(locale, "C") != 0 && strcmp(locale, "POSIX") != 0)
		return false;
	for (size_t i = 0; i < COUNT_OF(always_utf8); i++) {
		if (strstr(term, always_utf8[i]))
			return true;
	}
	return false;
}

static bool wants_mono(const struct holder_options *options)
{
	const char *no_color = getenv("NO_COLOR");

	if (options->color == COLOR_AUTO)
		return no_color && *no_color;
	return options->color == COLOR_NEVER;
}

static void read_size(int terminal, uint32_t *rows, uint32_t *columns)
{
	struct winsize size = {0};

	ioctl(terminal, TIOCGWINSZ, &size);
	*rows = size.ws_row ? size.ws_row : 24;
	*columns = size.ws_col ? size.ws_col : 80;
}

void holder_describe(int terminal, const struct holder_options *options, struct terminal_here *here)
{
	const char *term = getenv("TERM");

	*here = (struct terminal_here){.kind = TERMINAL_HERE};
	snprintf(here->term, sizeof(here->term), "%s", term ? term : "");
	read_size(terminal, &here->rows, &here->columns);
	here->flags |= takes_utf8(options, here->term) ? TERMINAL_UTF8 : 0;
	here->flags |= wants_mono(options) ? TERMINAL_MONO : 0;
}

static void send_size(const struct holder *holder, enum terminal_kind kind)
{
	struct terminal_size message = {.kind = kind};

	read_size(holder->terminal, &message.rows, &message.columns);
	/* A failure shows as the end of the connection. */
	fd_send(holder->connection, &message, sizeof(message), NULL, 0);
}

int holder_open_terminal(void)
{
	/* The shell, which shares the original, must not find it non-blocking. */
	return open("/proc/self/fd/0", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
}

static bool hand_over(struct holder *holder, const struct holder_options *options)
{
	struct terminal_here message;
	int sockets[2] = {-1, -1};
	int fds[2];
	size_t fd_count = 1;
	bool is_sent;

	holder_describe(holder->terminal, options, &message);
	fds[0] = holder_open_terminal();
	if (fds[0] < 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0)
			return false;
		fd_set_nonblocking(sockets[0]);
		fd_set_nonblocking(sockets[1]);
		holder->copied = sockets[0];
		fds[0] = holder->terminal;
		fds[fd_count++] = sockets[1];
	}
	is_sent = fd_send(holder->connection, &message, sizeof(message), fds, fd_count);
	if (fds[0] != holder->terminal)
		fd_close(&fds[0]);
	fd_close(&sockets[1]);
	return is_sent;
}

/* Copies what waits; false: nothing did. */
static bool copy_output(struct holder *holder)
{
	char bytes[4096];
	ssize_t got;

	if (holder->copied < 0)
		return false;
	got = read(holder->copied, bytes, sizeof(bytes));
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		fd_close(&holder->copied);
		return false;
	}
	return fd_write_all(STDOUT_FILENO, bytes, (size_t)got);
}

/* ---- job control ---- */

static void stop_by(int signal_number)
{
	sigset_t just_this;
	sigset_t before;

	sigemptyset(&just_this);
	sigaddset(&just_this, signal_number);
	signal(signal_number, SIG_DFL);
	kill(getpid(), signal_number);
	/* Stops here. SIGSTOP would hang the terminal for ever in an orphaned process group. */
	sigprocmask(SIG_UNBLOCK, &just_this, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Started or continued in the background: wait for `fg`, as every full-screen program does. */
static void wait_for_foreground(int terminal)
{
	for (int i = 0; i < STOP_TRIES_MAX; i++) {
		pid_t foreground = tcgetpgrp(terminal);

		if (foreground < 0 || foreground == getpgrp())
			return;
		stop_by(SIGTTIN);
	}
}

void holder_stop(int terminal)
{
	stop_by(SIGTSTP);
	wait_for_foreground(terminal);
}

static void suspend(struct holder *holder)
{
	while (copy_output(holder))
		;
	holder_stop(holder->terminal);
	send_size(holder, TERMINAL_CONTINUE);
}

static int open_signals(void)
{
	static const int watched[] = {SIGWINCH, SIGTERM, SIGINT, SIGQUIT, SIGTSTP};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < COUNT_OF(watched); i++) {
		signal(watched[i], SIG_DFL);
		sigaddset(&set, watched[i]);
	}
	/* The others get their default actions: a hang-up ends us, and the engine sees it. */
	signal(SIGHUP, SIG_DFL);
	sigprocmask(SIG_SETMASK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void take_signals(struct holder *holder)
{
	struct signalfd_siginfo info;

	while (read(holder->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGWINCH) {
			send_size(holder, TERMINAL_SIZE);
		} else if (info.ssi_signo == SIGTSTP) {
			send_size(holder, TERMINAL_STOP);
		} else {
			holder->is_leaving = true;
			send_size(holder, TERMINAL_LEAVE);
		}
	}
}

/* ---- the end ---- */

static void restore_settings(const struct holder *holder)
{
	tcsetattr(holder->terminal, TCSANOW, &holder->saved);
}

/* Nobody said goodbye: the engine was killed, or it hangs. */
static void end_without_engine(struct holder *holder)
{
	while (copy_output(holder))
		;
	fd_write_all(STDOUT_FILENO, screen_modes_off, strlen(screen_modes_off));
	restore_settings(holder);
	fprintf(stderr, holder->is_leaving
				? "tracon: detached; the engine did not answer\n"
				: "tracon: the engine is gone; run tracon to start a new one\n");
	holder->status = STATUS_ERROR;
	holder->is_done = true;
}

static void end_as_told(struct holder *holder, const char *message, size_t length)
{
	struct terminal_quit quit;
	struct text sentence = {0};

	while (copy_output(holder))
		;
	memcpy(&quit, message, sizeof(quit));
	restore_settings(holder);
	text_add_sane(&sentence, message + sizeof(quit), length - sizeof(quit), TEXT_SANE_LINE);
	if (sentence.length > 0)
		printf("%s\n", text_str(&sentence));
	fflush(stdout);
	text_finish(&sentence);
	holder->status = quit.status;
	holder->is_done = true;
}

static void take_message(struct holder *holder)
{
	char message[sizeof(struct terminal_quit) + TERMINAL_TEXT_MAX];
	int fds[FD_PASS_MAX];
	size_t fd_count;
	uint32_t kind;
	ssize_t length = fd_receive(holder->connection, message, sizeof(message), fds, &fd_count);

	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (length < (ssize_t)sizeof(kind)) {
		end_without_engine(holder);
		return;
	}
	for (size_t i = 0; i < fd_count; i++)
		fd_close(&fds[i]);
	memcpy(&kind, message, sizeof(kind));
	if (kind == TERMINAL_SUSPEND)
		suspend(holder);
	else if (kind == TERMINAL_QUIT && (size_t)length >= sizeof(struct terminal_quit))
		end_as_told(holder, message, (size_t)length);
}

static void wait_once(struct holder *holder)
{
	struct pollfd waits[] = {
		{.fd = holder->connection, .events = POLLIN},
		{.fd = holder->signals, .events = POLLIN},
		{.fd = holder->copied, .events = POLLIN}, /* negative: ignored */
	};
	int ready = poll(waits, COUNT_OF(waits), holder->is_leaving ? LEAVE_WAIT_MS : -1);

	if (ready == 0)
		end_without_engine(holder);
	if (ready <= 0)
		return;
	if (waits[2].revents)
		copy_output(holder);
	if (waits[1].revents)
		take_signals(holder);
	if (waits[0].revents)
		take_message(holder);
}

int holder_run(int connection, const struct holder_options *options)
{
	struct holder holder = {
		.connection = connection,
		.terminal = STDIN_FILENO,
		.signals = -1,
		.copied = -1,
		.status = STATUS_ERROR,
	};

	wait_for_foreground(holder.terminal);
	if (tcgetattr(holder.terminal, &holder.saved) < 0) {
		fprintf(stderr, "Error: cannot read the terminal's settings: %s\n",
			strerror(errno));
		goto out;
	}
	holder.signals = open_signals();
	if (holder.signals < 0 || !hand_over(&holder, options)) {
		fprintf(stderr, "Error: cannot hand the terminal to the engine: %s\n",
			strerror(errno));
		goto out;
	}
	while (!holder.is_done)
		wait_once(&holder);
out:
	fd_close(&holder.signals);
	fd_close(&holder.copied);
	fd_close(&holder.connection);
	return holder.status;
}
