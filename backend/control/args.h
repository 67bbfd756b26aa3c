/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command's options and arguments, by table: the one place that knows popt, so the grammar is
 * lttng's own. */
#ifndef TRACON_CONTROL_ARGS_H
#define TRACON_CONTROL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

/* What Tab offers after an option or as an argument. */
enum complete_kind {
	COMPLETE_NOTHING,
	COMPLETE_FILE,
	COMPLETE_SESSION,
	COMPLETE_CHANNEL,
	COMPLETE_EVENT, /* names of instrumentation points */
	COMPLETE_RULE,	/* names of event rules in the session */
	COMPLETE_LOGLEVEL,
	COMPLETE_CONTEXT,
	COMPLETE_COMMAND,
	COMPLETE_PROGRAM,
};

enum option_kind {
	OPTION_FLAG,
	OPTION_TEXT,	      /* needs a value */
	OPTION_OPTIONAL_TEXT, /* --live, --live=5, --live 5 */
};

struct option_spec {
	const char *name; /* without dashes */
	char letter;	  /* 0: none */
	enum option_kind kind;
	const char *value_name; /* "SIZE", for help */
	const char *help;
	enum complete_kind complete;
};

struct args;

/*
 * Parses words[1…]; words[0] is the command's name. Options and arguments mix; "--" ends options;
 * with stops_at_argument the first argument ends them too (run). -h/--help and --list-options
 * belong to every table. Fails with ERROR_INVALID (unknown option: ERROR_UNKNOWN_COMMAND, exit
 * status 2, as lttng has it).
 */
struct args *args_parse(const struct option_spec *options, size_t option_count,
			bool stops_at_argument, size_t word_count, const char *const *words,
			struct error *err);
void args_destroy(struct args *args);

bool args_has(const struct args *args, const char *name);
const char *args_text(const struct args *args, const char *name);  /* last one given, or NULL */
size_t args_text_count(const struct args *args, const char *name); /* how often it was given */
const char *args_text_at(const struct args *args, const char *name, size_t index);
/* Of two contrary flags: true if `name` came last. */
bool args_is_last(const struct args *args, const char *name, const char *contrary);

size_t args_count(const struct args *args);		    /* positional arguments */
const char *args_at(const struct args *args, size_t index); /* NULL beyond the end */

#endif
