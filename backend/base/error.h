/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One error object: a code that programs compare and one sentence that people read. It lives on the
 * caller's stack; each layer on the way up prefixes what it was doing, in the user's words.
 */
#ifndef TRACON_BASE_ERROR_H
#define TRACON_BASE_ERROR_H

#include <stdbool.h>

#define ERROR_MESSAGE_MAX 240

/* The names of --json's "code" are made from these: error_code_name(). */
enum error_code {
	ERROR_NONE,
	ERROR_INVALID,	       /* an argument, option or value is not acceptable */
	ERROR_UNKNOWN_COMMAND, /* exit status 2 */
	ERROR_SESSION_NOT_FOUND,
	ERROR_SESSION_EXISTS,
	ERROR_CHANNEL_NOT_FOUND,
	ERROR_CHANNEL_EXISTS,
	ERROR_EVENT_NOT_FOUND,
	ERROR_EVENT_EXISTS,
	ERROR_NO_ENGINE,   /* nobody answers at the control socket */
	ERROR_NO_SESSION,  /* no current session */
	ERROR_STATE,	   /* not possible in the present state */
	ERROR_UNSUPPORTED, /* this build, machine or version can't */
	ERROR_DENIED,	   /* permission */
	ERROR_IO,	   /* a system call on a file or socket failed */
	ERROR_NO_SPACE,	   /* disk or shared memory full */
	ERROR_PROTOCOL,	   /* the other side sent what it must not */
	ERROR_TIMEOUT,
	ERROR_BUSY,
	ERROR_GONE,	 /* application, terminal or peer went away */
	ERROR_NOT_FOUND, /* what was looked for is not there */
	ERROR_CANCELED,	 /* given up on somebody's wish */
	ERROR_COUNT
};

struct error {
	enum error_code code;
	char message[ERROR_MESSAGE_MAX]; /* no newline, no final full stop; cut with "…" if too long
					  */
};

#define ERROR_INIT                                                                                 \
	{                                                                                          \
		ERROR_NONE,                                                                        \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

/* Sets code and sentence. Always returns false, so that `return error_set(…)` reads well. err may
 * be NULL. */
bool error_set(struct error *err, enum error_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * As error_set, the code chosen from errno_value (ENOSPC and EDQUOT: NO_SPACE; EACCES and EPERM:
 * DENIED; others: IO) and ": " plus the system's words for it appended. Always false.
 */
bool error_set_errno(struct error *err, int errno_value, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "FORMAT: " before the sentence; keeps the code. Always false. */
bool error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Copies; source may be NULL (then target becomes "no error"). */
void error_copy(struct error *target, const struct error *source);

static inline bool error_is_set(const struct error *err)
{
	return err->code != ERROR_NONE;
}

/* "session-not-found" for ERROR_SESSION_NOT_FOUND; never NULL. */
const char *error_code_name(enum error_code code);

#endif
