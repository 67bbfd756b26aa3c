/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one place of tracepoints of our own. */
#include "backend/base/self_trace.h"

#include <tracon/tracepoint.h>

TRACON_ENUMERATION(phase, {"begin", ROTATION_PHASE_BEGIN, ROTATION_PHASE_BEGIN},
		   {"cut", ROTATION_PHASE_CUT, ROTATION_PHASE_CUT},
		   {"archive", ROTATION_PHASE_ARCHIVE, ROTATION_PHASE_ARCHIVE});

#define SELF_EVENTS(EVENT)                                                                         \
	EVENT(tracon, command, TRACON_INFO, (string, line), (int, int32_t, status),                \
	      (int, uint64_t, duration_ns))                                                        \
	EVENT(tracon, rotation, TRACON_INFO, (string, session), (int, uint64_t, chunk),            \
	      (enum, uint8_t, step, phase), (int, uint64_t, since_begin_ns))                       \
	EVENT(tracon, consumer_wake_up, TRACON_DEBUG, (int, uint32_t, consumer),                   \
	      (int, uint32_t, turns), (int, uint64_t, packets), (int, uint64_t, bytes),            \
	      (int, uint64_t, duration_ns))                                                        \
	EVENT(tracon, slow_frame, TRACON_WARNING, (int, uint64_t, duration_ns),                    \
	      (int, uint64_t, bytes))
TRACON_PROVIDER(tracon, SELF_EVENTS)
TRACON_PROVIDER_DEFINE_LATER(tracon, SELF_EVENTS)
TRACON_FORBID_THREAD;

void self_trace_start(void)
{
	tracon_provider_register(&tracon_provider_tracon);
}

int self_trace_fd(void)
{
	return tracon_poll_fd();
}

void self_trace_step(void)
{
	tracon_poll();
}

void self_trace_command(const char *line, int status, uint64_t duration_ns)
{
	tracon_event(tracon, command, line, status, duration_ns);
}

void self_trace_rotation(const char *session, uint64_t chunk, enum rotation_phase phase,
			 uint64_t since_begin_ns)
{
	tracon_event(tracon, rotation, session, chunk, (uint8_t)phase, since_begin_ns);
}

void self_trace_wake_up(unsigned int consumer, unsigned int turns, uint64_t packets, uint64_t bytes,
			uint64_t duration_ns)
{
	tracon_event(tracon, consumer_wake_up, consumer, turns, packets, bytes, duration_ns);
}

void self_trace_slow_frame(uint64_t duration_ns, uint64_t bytes)
{
	tracon_event(tracon, slow_frame, duration_ns, bytes);
}
