/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A command's answer, in lttng's lines or as one JSON document, at once or later: a command that
 * waits (for an archive, for applications) keeps the reply and finishes it from a later message.
 * Control thread only.
 */
#ifndef TRACON_CONTROL_REPLY_H
#define TRACON_CONTROL_REPLY_H

#include <stdbool.h>

#include "backend/base/error.h"
#include "backend/base/json.h"
#include "backend/control/request.h"

enum exit_status {
	STATUS_OK = 0,
	STATUS_ERROR = 1,
	STATUS_UNDEFINED = 2, /* unknown command, sub-command or option */
	STATUS_FATAL = 3,
	STATUS_WARNING = 4, /* done in part */
};

struct filter_problem;
struct reply;

/* Takes the request. command_name: for the JSON document. */
struct reply *reply_create(struct request *request, const char *command_name);
const struct requester *reply_requester(const struct reply *reply);
/* The command line as typed, for messages. Borrowed. */
const char *reply_command_line(const struct reply *reply);

/* Standard output; nothing with --json or --quiet. Sent at once. */
void reply_print(struct reply *reply, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* "Warning: SENTENCE." on standard error; also to the log and to JSON's warnings. */
void reply_warn(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "Error: SENTENCE." on standard error; also to the log and to JSON's errors. */
void reply_error(struct reply *reply, const struct error *err);
/*
 * The same for a mistake in an expression: its place is shown in two lines below the sentence, and
 * is "begin" and "end" (bytes) of the entry in JSON.
 */
void reply_warn_at(struct reply *reply, const char *expression,
		   const struct filter_problem *problem);
void reply_error_at(struct reply *reply, const char *expression,
		    const struct filter_problem *problem);
bool reply_has_errors(const struct reply *reply);
/* The "output" object of --json; always there, so commands fill it without asking. */
struct json *reply_json(struct reply *reply);
/* The requester has hung up: nobody waits any more. What was begun goes on all the same. */
bool reply_is_abandoned(const struct reply *reply);

/* Runs just before the last message: publishes the picture, so that whoever reads the answer sees
 * its effect. */
void reply_set_before_done(void (*publish)(void *data), void *data);

/* Ends and frees the reply. */
void reply_done(struct reply *reply, enum exit_status status);
/* reply_error, then reply_done with the status that belongs to err (UNKNOWN_COMMAND: 2; else 1). */
void reply_fail(struct reply *reply, const struct error *err);

#endif
