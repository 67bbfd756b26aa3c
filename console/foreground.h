/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program as our child, with our terminal and directory. Signals of the terminal reach it by
 * themselves; those sent to us alone are passed on; we outlive it.
 */
#ifndef TRACON_CONSOLE_FOREGROUND_H
#define TRACON_CONSOLE_FOREGROUND_H

struct word_list;

/* 0, or the errno that running words[0] (looked up in PATH) would end with. */
int foreground_check(const char *program);

/*
 * Runs the program and waits for its end: its exit status, or 128 + signal. environment NULL: ours.
 * If it can't be started, *failure is the errno; else untouched.
 */
int foreground_run(const struct word_list *words, const struct word_list *environment,
		   int *failure);

#endif
