/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One command on its way: who asks, from where, and where the answer goes. Keys, REPL, one-shot,
 * files and the control socket all make one of these and hand it to backend_submit().
 */
#ifndef TRACON_CONTROL_REQUEST_H
#define TRACON_CONTROL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct requester {
	pid_t pid;
	uid_t uid; /* by the socket's credentials, never by word of mouth */
	gid_t gid;
	mode_t umask;
	char *directory;      /* relative paths mean this */
	char *home;	      /* "" if unset */
	char *lttng_home;     /* .lttngrc is in here; default home */
	unsigned int columns; /* width for lists; 0: no terminal */
	bool wants_json;
	bool wants_mi; /* --mi xml */
	bool is_quiet;
	bool says_yes;		/* -y: no questions */
	bool is_console;	/* from the full screen or its REPL */
	bool is_terminal;	/* the answer goes to a person's terminal */
	char *selected_session; /* console: the one commands mean; NULL: .lttngrc decides */
};

enum answer_kind {
	ANSWER_OUTPUT, /* standard output */
	ANSWER_ERROR,  /* standard error */
};

/* Called on the control thread; done exactly once and last. Must not block. */
struct answer_sink {
	void (*write)(void *data, enum answer_kind kind, const char *bytes, size_t length);
	void (*done)(void *data, int status);
	/* Whether nobody reads any more; NULL: always somebody does. */
	bool (*is_gone)(void *data);
	void *data;
};

struct request {
	struct requester who;
	char **words; /* NULL terminated; words[0] is the command */
	size_t word_count;
	struct answer_sink answer;
};

struct request *request_create(size_t word_count, const char *const *words);
/* Fills who from this process: uid, directory, umask (umask is read from /proc, not changed), HOME,
 * LTTNG_HOME. */
void requester_of_this_process(struct requester *who);
void requester_finish(struct requester *who);
void request_destroy(struct request *request); /* NULL passes */

#endif
