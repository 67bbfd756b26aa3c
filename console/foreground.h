/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program as our child, with our terminal and directory. Signals of the terminal reach it by
 * themselves; those sent to us alone are passed on; we outlive it.
 */
#ifndef TRACON_CONSOLE_FOREGROUND_H
#define TRACON_CONSOLE_FOREGROUND_H

#include <signal.h>

struct word_list;

/*
 * From here until foreground_release() the signals that would end us wait: for foreground_run(),
 * which passes them on or, if they come before the program, does not start it.
 */
void foreground_hold(sigset_t *before);
void foreground_release(const sigset_t *before);

/* 0, or the errno that running words[0] (looked up in PATH) would end with. */
int foreground_check(const char *program);

/*
 * Runs the program and waits for its end: its exit status, or 128 + signal. environment NULL: ours.
 * before: as foreground_hold() gave it. If it can't be started, *failure is the errno; else 0.
 */
int foreground_run(const struct word_list *words, const struct word_list *environment,
		   const sigset_t *before, int *failure);

#endif
