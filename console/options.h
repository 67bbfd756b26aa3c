/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The general options: those before the command. lttng's, and our own. */
#ifndef TRACON_CONSOLE_OPTIONS_H
#define TRACON_CONSOLE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "console/holder.h"

struct args;
struct text;

/* Texts belong to args. */
struct options {
	struct args *args;
	const char *group;    /* NULL: tracing */
	const char *commands; /* -c 'COMMAND; COMMAND' */
	const char *file;     /* -f FILE */
	const char *config;   /* --config; NULL: the usual place, unless has_no_config */
	bool has_no_config;
	size_t verbosity;
	bool is_quiet;
	bool wants_json;
	bool wants_mi;
	bool says_yes;
	bool is_line;
	bool is_alone;	       /* --no-daemon: everything in this process */
	bool starts_no_engine; /* -n */
	bool keeps_going;
	struct holder_options holder;
};

/* False: ERROR_INVALID or ERROR_UNSUPPORTED; exit status 1, as lttng has it also for unknown ones.
 */
bool options_parse(int argc, char **argv, struct options *options, struct error *err);
void options_finish(struct options *options);

/* The start-up file to be read, or NULL for none. */
const char *options_config(const struct options *options, const struct places *places);

/* What --help and --list-options say. */
void options_print_help(struct text *out);
void options_print_names(struct text *out);

#endif
