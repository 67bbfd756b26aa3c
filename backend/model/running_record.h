/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is on disk of each session that was started, so that an engine that comes after a killed one
 * finds it: whose it is, where it records, and its configuration as `save` writes it. A file in
 * running/ of the state directory, there from the first start until the session is destroyed.
 */
#ifndef TRACON_MODEL_RUNNING_RECORD_H
#define TRACON_MODEL_RUNNING_RECORD_H

#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/sink/leftover.h"

/* Behind the name of one that is being written. */
#define RUNNING_RECORD_FRESH ".new"

struct running_record {
	char *name;
	uid_t uid;
	gid_t gid;
	pid_t pid;	    /* the engine that keeps it … */
	uint64_t pid_start; /* … told from others of the same number: see /proc/PID/stat */
	uint64_t created_wall_ns;
	bool is_active;
	char *output;	/* "": nothing is written as it goes */
	char *shm_path; /* where its buffers are files; "": nowhere */
	struct leftover_mark current, previous;
	char *configuration; /* XML */
	/* An id that the journal has not heard of, for it waits for its first event; "": none. */
	char *waiting_identity, *waiting_previous;
};

void running_record_finish(struct running_record *record);
/* Replaces the file. No fsync: it outlives this process, not the machine. ERROR_IO … */
bool running_record_write(const struct running_record *record, const char *path, struct error *err);
/* ERROR_IO, ERROR_INVALID; *record needs no finish then. */
bool running_record_read(struct running_record *record, const char *path, struct error *err);
/* Of a process; 0: there is none, or it has ended. */
uint64_t running_process_start(pid_t pid);

#endif
