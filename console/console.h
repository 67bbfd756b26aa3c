/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console: panes, command line and keys on one terminal at a time, on the loop of the engine's
 * main thread. It lives without a terminal too. Who brings terminals is its host: attach.c for
 * those of holders, here.c for the process's own.
 */
#ifndef TRACON_CONSOLE_CONSOLE_H
#define TRACON_CONSOLE_CONSOLE_H

#include <stdbool.h>

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "console/holder.h"

struct backend;
struct console;
struct loop;

struct console_host {
	/* The terminal is in order: stop the process in it until it is continued. */
	void (*suspend)(void *data);
	/* Let the terminal go: console_close(), then `text` for its user. */
	void (*release)(void *data, const char *text);
	/* Reading or writing failed: console_close(), nobody is there. */
	void (*lost)(void *data);
	bool can_detach; /* the engine can go on without this terminal */
	void *data;
};

struct console_terminal {
	int input; /* both pass to the console; may be the same descriptor */
	int output;
	int rows;
	int columns;
	bool is_mono;
	bool is_utf8;
	const char *term;
	const char *directory; /* of its user's shell: relative paths mean this; "" unknown */
};

/* Before the first thread: the locale and the line editor are set up here. */
struct console *console_create(struct loop *loop, const struct places *places,
			       const struct console_host *host);
/* Commands may be given from here on. config: start-up file, or NULL for none. */
void console_begin(struct console *console, struct backend *backend, const char *config);
/* In place of console_begin: no backend, only the browser on that path. */
void console_begin_viewer(struct console *console, const char *path, const char *config);
/* The backend is used no more; the terminal must have been closed. */
void console_end(struct console *console);
/* After the backend has stopped: no answer can come any more. NULL passes. */
void console_destroy(struct console *console);

/* Shows the screen. Fails with ERROR_UNSUPPORTED or ERROR_IO; the descriptors are closed then. */
bool console_open(struct console *console, const struct console_terminal *terminal,
		  struct error *err);
/* The terminal as it was before; without one nothing happens. */
void console_close(struct console *console, bool is_lost);
bool console_is_open(const struct console *console);
void console_resize(struct console *console, int rows, int columns);
/* Ctrl-Z, or the holder was told to stop. */
void console_suspend(struct console *console);
void console_continue(struct console *console, int rows, int columns);
/* There is a new picture. */
void console_note_picture(struct console *console);
/* A line for the message log, and for the message line if somebody looks. */
void console_notice(struct console *console, const char *text);
bool console_wants_quit_on_hangup(const struct console *console);
/* As `quit --force`. */
void console_quit(struct console *console);

struct engine_options {
	const struct places *places; /* must outlive the call */
	const char *config;	     /* start-up file; NULL: read none (--no-config) */
	const char *group;	     /* unused without a socket; NULL: tracing */
};

/*
 * --no-daemon: backend and console on this process's own terminal, without a socket, until `quit`,
 * SIGTERM or SIGINT. The caller has blocked the signals (thread_block_signals) and runs no other
 * thread. Returns the exit status; 1 with err set if the backend or the screen can't start.
 */
int console_run_here(const struct engine_options *options, const struct holder_options *terminal,
		     struct error *err);

/* The same with the event browser alone, without a backend: until it is left. */
int console_run_viewer(const struct engine_options *options, const struct holder_options *terminal,
		       const char *path, struct error *err);

#endif
