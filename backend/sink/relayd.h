/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink that streams to a relay daemon (lttng-relayd 2.11 or later). What its socket takes at
 * once is sent by who puts, the rest copied into a bounded queue and sent by a thread of the sink's
 * own: a daemon that is slow, stopped or gone keeps nobody waiting; what can't be sent fails in
 * put, or the stream's tally counts it as undelivered. A lost connection is tried again: the
 * session goes on in a new directory there.
 */
#ifndef TRACON_SINK_RELAYD_H
#define TRACON_SINK_RELAYD_H

#include <stdbool.h>

#include "backend/sink/chunk.h"
#include "backend/sink/url.h"

/* Where a session is at the daemon's; valid for the call. */
struct relayd_place {
	const char *path; /* below the daemon's output; what it said last, NULL: nothing yet */
	unsigned int connection_count; /* a new directory each time */
	const struct error *loss;      /* NULL: it is connected */
};

struct relayd_settings {
	struct relay_url url;
	const char *session_name;
	uint64_t session_id;	  /* unique in this process */
	uint64_t created_wall_ns; /* part of the directory's name */
	bool has_time_in_name;	  /* then the daemon adds none to its directory's */
	uint32_t live_period_us;  /* 0: not live; else its viewers may read along */
	/*
	 * A snapshot's folder below the session's; NULL: it is no snapshot. Packets wait until
	 * finish() then: a snapshot that is overtaken begins again.
	 */
	const char *snapshot_name;
	/* The connection was made or lost. The sink's thread; may be NULL. */
	void (*moved)(void *data, const struct relayd_place *place);
	/* As chunk_settings has it; the path is "tcp://HOST/PATH [control port P, data port Q]". */
	void (*closed)(void *data, const struct chunk_info *chunk, const struct error *err);
	void *data;
};

/* Nothing is sent before prepare. NULL with an error when the system has no more threads. */
struct sink *relayd_sink_create(const struct relayd_settings *settings, struct error *err);

#endif
