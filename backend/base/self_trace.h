/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine traces itself: provider `tracon` of native events, recorded like any application's
 * (`enable-event -u 'tracon:*'`). Not recorded, each call costs a test of a byte. Any thread.
 */
#ifndef TRACON_BASE_SELF_TRACE_H
#define TRACON_BASE_SELF_TRACE_H

#include <stdint.h>

enum rotation_phase {
	ROTATION_PHASE_BEGIN,	/* the next chunk is current */
	ROTATION_PHASE_CUT,	/* every stream has left the old one */
	ROTATION_PHASE_ARCHIVE, /* its folder has its last name */
};

/* Announces the provider to the engine that listens; until then, and in clients, nothing happens.
 */
void self_trace_start(void);
/* What to wait for (readable), -1: nothing; and what to call then, from one thread. */
int self_trace_fd(void);
void self_trace_step(void);

void self_trace_command(const char *line, int status, uint64_t duration_ns);
void self_trace_rotation(const char *session, uint64_t chunk, enum rotation_phase phase,
			 uint64_t since_begin_ns);
/*
 * A consumer thread has had its turns. Only for what it took from others: else tracing the
 * consumer would give it work for ever.
 */
void self_trace_wake_up(unsigned int consumer, unsigned int turns, uint64_t packets, uint64_t bytes,
			uint64_t duration_ns);
void self_trace_slow_frame(uint64_t duration_ns, uint64_t bytes);

#endif
