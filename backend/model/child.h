/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that the engine starts (the demo, `run` in the console): with an empty signal mask,
 * default actions, no terminal; what they print goes to the message log. Control thread.
 */
#ifndef TRACON_MODEL_CHILD_H
#define TRACON_MODEL_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "backend/base/as_user.h"
#include "backend/base/error.h"
#include "backend/base/loop.h"

struct child;

/* The engine's children; zero but for the loop to begin. */
struct children {
	struct loop *loop;
	struct child *first;
};

struct child_settings {
	const char *const *words;     /* NULL terminated; words[0] is looked up in PATH */
	const char *const *variables; /* "NAME=VALUE", NULL terminated: on top of the engine's own;
					 may be NULL */
	const char *directory;	      /* where it runs */
	const struct user_rights *owner; /* whose rights it has; NULL: the engine's. Another user's
					    program gets none of the engine's environment but PATH,
					    language and time zone */
	unsigned int lines_max; /* of output; the rest is counted and dropped. 0: no limit */
	bool takes_interrupts;	/* a person's Ctrl-C is meant for it: children_interrupt() */
	/* It ended: exit status, or 128 + signal. The child is freed afterwards. */
	void (*ended)(void *data, int status);
	void *data;
};

/* NULL with ERROR_IO, ERROR_DENIED: the sentence names the program. */
struct child *child_start(struct children *children, const struct child_settings *settings,
			  struct error *err);
pid_t child_pid(const struct child *child);
/* To it and what it has started, if that has not left its process group. */
void child_signal_all(struct child *child, int signal_number);
/* SIGTERM; `ended` follows. */
void child_terminate(struct child *child);
/* SIGKILL and no call of `ended`: the engine ends. NULL passes. */
void child_abandon(struct child *child);

/* Those that take interrupts. */
size_t children_count_interruptible(const struct children *children);
/* SIGINT for them, and for what they have started. */
void children_interrupt(struct children *children);

/* The engine ends: those that still run go on by themselves, nobody hears of their end. */
void children_let_go(struct children *children);

#endif
