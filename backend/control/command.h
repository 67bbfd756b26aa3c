/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command table: keys, REPL, one-shot commands, files and the control socket all run its
 * entries, and help, completion and the man page are made from it. A command is one file in
 * commands/ and one line in the table.
 */
#ifndef TRACON_CONTROL_COMMAND_H
#define TRACON_CONTROL_COMMAND_H

#include "backend/control/args.h"
#include "backend/control/reply.h"

struct model;
struct text;

struct call {
	struct model *model; /* NULL for COMMAND_LOCAL ones run without an engine */
	const struct args *args;
	struct reply
		*reply; /* run() ends it, at once or later; the args are gone after run() returns */
};

enum command_flags {
	COMMAND_LOCAL = 1,	   /* runs without an engine: help, version */
	COMMAND_STARTS_ENGINE = 2, /* create, load, run, demo */
	COMMAND_CLIENT =
		4, /* has a part in the client (run, demo, engine, view): looked up there first */
	COMMAND_HIDDEN = 8, /* our own helpers: not listed, not completed */
	COMMAND_STOPS_AT_ARGUMENT = 16,
	COMMAND_READS_WORDS = 64, /* args are its words as they come, options too: order counts */
	COMMAND_ASKS = 32,	  /* destroys something: the console asks first unless --yes */
};

struct command {
	const char *name;
	const char *usage;	 /* "[--no-wait] [SESSION]" */
	const char *help;	 /* one line */
	const char *description; /* man page paragraph(s), plain text; NULL: help */
	const struct option_spec *options;
	size_t option_count;
	size_t argument_min;
	size_t argument_max;
	enum complete_kind complete; /* of arguments */
	unsigned int flags;
	void (*run)(struct call *call);
};

extern const struct command *const command_table[];
extern const size_t command_count;

/* By its whole name, hidden ones too; NULL if there is none. */
const struct command *command_find(const char *name);
/*
 * The same for people: with takes_prefix the beginning of a name will do if only one listed command
 * has it. NULL with ERROR_UNKNOWN_COMMAND, the nearest names in the sentence.
 */
const struct command *command_resolve(const char *name, bool takes_prefix, struct error *err);

/*
 * Runs one request: finds the command, parses, checks the number of arguments, runs. Takes the
 * request; the answer comes by its sink, possibly later. Control thread (or, model NULL, the client
 * itself for COMMAND_LOCAL).
 */
void command_run(struct model *model, struct request *request);

/*
 * False when command_run() has the answer without a model: help, version, a name that does not
 * exist, wrong options or number of arguments. Any thread.
 */
bool command_needs_engine(const struct request *request);

/* The parts that are made from the table. */
void command_print_help(const struct command *command,
			struct text *out); /* one command, or NULL: all */
/* Lines for a table of options, also those that are no command's. */
void command_print_options(const struct option_spec *options, size_t count, struct text *out);
/* As --list-options answers: each name on a line, then its letter. */
void command_print_option_names(const struct option_spec *options, size_t count, struct text *out);
void command_print_man(struct text *out); /* roff, for the man page */
/* Plain text as roff shows it unchanged; paragraphs are divided by empty lines. */
void command_print_roff(const char *plain, struct text *out);

#endif
