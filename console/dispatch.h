/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command from this process: answered here, by the engine, or with a part here and a part
 * there. One-shot commands, -c, -f and the line REPL all come through.
 */
#ifndef TRACON_CONSOLE_DISPATCH_H
#define TRACON_CONSOLE_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "backend/control/reply.h"
#include "console/engine.h"

struct backend;
struct json;

struct dispatch {
	struct engine_wish engine;
	struct backend *backend; /* --no-daemon: in this process; else NULL */
	bool is_interactive; /* a person types: beginnings of names will do, questions are put */
};

/* Runs it, prints its answer, returns its exit status. */
int dispatch_run(const struct dispatch *dispatch, size_t word_count, const char *const *words);

/* Prints the error as the command's answer, as text or JSON. Returns status. */
int dispatch_fail(const struct dispatch *dispatch, const char *command_name,
		  const struct error *err, enum exit_status status);

/* Whether a command that starts an engine may do so here. */
bool dispatch_may_start(const struct dispatch *dispatch);

/* --- for the parts that commands have here ---------------------------------------------------- */

/* Where a command's output goes. */
enum dispatch_output {
	DISPATCH_TO_OUTPUT,
	DISPATCH_TO_ERROR, /* our own words beside a program's output */
};

/* Sends the words as they are to the engine (started if may_start). */
int dispatch_ask(const struct dispatch *dispatch, size_t word_count, const char *const *words,
		 bool may_start, enum dispatch_output output);

/*
 * The same, for ourselves: the JSON document of a command that succeeded, which the caller owns.
 * NULL: err if the engine can't be asked; else it said what is wrong, and err stays unset.
 */
struct json *dispatch_query(const struct dispatch *dispatch, size_t word_count,
			    const char *const *words, struct error *err);

#endif
