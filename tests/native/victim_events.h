/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The events of victim.c. */
#ifndef TESTS_NATIVE_VICTIM_EVENTS_H
#define TESTS_NATIVE_VICTIM_EVENTS_H

#include <tracon/tracepoint.h>

#define VICTIM_EVENTS(EVENT)                                                                       \
	EVENT(victim, counted, TRACON_INFO, (int, uint32_t, number), (int, uint64_t, value),       \
	      (string, text))                                                                      \
	EVENT(victim, filled, TRACON_INFO, (int, uint32_t, number), (text, text))                  \
	EVENT(victim, handled, TRACON_INFO, (int, uint32_t, number))
TRACON_PROVIDER(victim, VICTIM_EVENTS)

#endif
