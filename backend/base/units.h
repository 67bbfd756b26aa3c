/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes, times and counts: LTTng's grammars for input, short forms for the screen. No locale. */
#ifndef TRACON_BASE_UNITS_H
#define TRACON_BASE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* lttng(1): base 0 number, then nothing, k, K, M or G. False on anything else, and on overflow. */
bool units_parse_size(const char *text, uint64_t *size_bytes);
/* lttng(1): decimal number, then nothing or us, ms, s, m, h. Result in microseconds. */
bool units_parse_time_us(const char *text, uint64_t *time_us);
/* A whole decimal number and nothing else. */
bool units_parse_u64(const char *text, uint64_t *value);

#define UNITS_TEXT_MAX 32
/* Each writes at most UNITS_TEXT_MAX bytes with NUL and returns `out`. */
char *units_short_count(char out[UNITS_TEXT_MAX], uint64_t count); /* 999, 18.4k, 1.20M: 3 digits */
char *units_grouped_count(char out[UNITS_TEXT_MAX], uint64_t count); /* 1 204 331 */
char *units_short_bytes(char out[UNITS_TEXT_MAX],
			uint64_t bytes); /* 512 B, 4.00 kB, 12.1 MB (2^10) */
char *units_duration(char out[UNITS_TEXT_MAX],
		     uint64_t duration_ns); /* 312 ms, 4.2 s, 3 m 10 s, 2 h 5 m */
char *units_rate(char out[UNITS_TEXT_MAX], uint64_t per_1000_s); /* events in 1000 s: 0.2, 9.1k */

uint64_t units_round_up_power_of_2(uint64_t value); /* 0 on overflow; 0 and 1 give 1 */

#endif
