/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks, and the time formats of lttng: YYYYmmdd-HHMMSS and YYYYmmddTHHMMSS+HHMM. */
#ifndef TRACON_BASE_CLOCK_H
#define TRACON_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

uint64_t clock_monotonic_ns(void); /* CLOCK_MONOTONIC: also the trace clock of LTTng-UST */
uint64_t clock_wall_ns(void);	   /* since the Epoch */

/*
 * Wall minus monotonic time: ten samples of monotonic, wall, monotonic; the one with the smallest
 * gap counts. Taken once per session.
 */
int64_t clock_wall_offset_ns(void);

/*
 * The local time, as TZ has it now. False for a time that the calendar can't hold; `local` is zero
 * then. Any thread.
 */
bool clock_local(uint64_t wall_ns, struct tm *local);

#define CLOCK_TEXT_MAX 32
/* Local time "20261122-041906". */
char *clock_text_date_time(char out[CLOCK_TEXT_MAX], uint64_t wall_ns);
/* Local time with numeric offset "20261122T041906+0000": names of trace chunks. */
char *clock_text_iso_basic(char out[CLOCK_TEXT_MAX], uint64_t wall_ns);
/* Local time "14:02:07". */
char *clock_text_time(char out[CLOCK_TEXT_MAX], uint64_t wall_ns);

#endif
