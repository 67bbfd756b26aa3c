/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Levelled log into a memory ring, a file, and whoever listens (the Messages pane): never the
 * terminal. error: a command failed or data was lost; warning: we went on, but someone should know;
 * info: rare life events; debug: for us, never per packet. Any thread.
 */
#ifndef TRACON_BASE_LOG_H
#define TRACON_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

#define LOG_RING_COUNT	2000
#define LOG_DETAIL_MAX	16384
#define LOG_DETAILS_MAX 262144 /* bytes of all details together: the oldest go first */

struct log_entry {
	uint64_t serial; /* from 1, no gaps */
	uint64_t wall_ns;
	enum log_level level;
	char text[ERROR_MESSAGE_MAX];	 /* sanitised */
	char command[ERROR_MESSAGE_MAX]; /* the command it belongs to, or "" */
};

/* path NULL: no file. Rotated to PATH.1 at 1 MB. What can't be written is dropped silently: nothing
 * depends on it. */
void log_open(const char *path);
void log_close(void);
void log_set_level(enum log_level level); /* below it nothing is kept; default LOG_LEVEL_INFO */
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));
void log_command(enum log_level level, const char *command, const char *text);
/*
 * The same with all that was said, lines and all, for whoever asks for it: kept in memory only, as
 * long as the entry is and newer ones leave room, at most LOG_DETAIL_MAX bytes of it.
 */
void log_command_detail(enum log_level level, const char *command, const char *text,
			const char *detail);
/*
 * All that was said, for the entries after that serial that belong to the command (as log_command()
 * was told it) and have none yet. Returns how many there are.
 */
size_t log_explain(uint64_t after, const char *command, const char *detail);
/* The caller frees it; NULL: there is none (any more). */
char *log_detail(uint64_t serial);
/* Copies entries with serial > after, oldest first, at most count_max. Returns how many. */
size_t log_read(uint64_t after, struct log_entry *entries, size_t count_max);
uint64_t log_last_serial(void);
/*
 * Called from any thread after each entry, under no lock. Must be short. NULL to stop; a call that
 * has begun on another thread may still end, so `data` must outlive the threads that log.
 */
void log_listen(void (*wake)(void *data), void *data);

#endif
