/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What native_cost records with LTTng-UST: the same payloads as its own tracepoints. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER costust

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/bench/native_cost_ust.h"

#if !defined(TESTS_BENCH_NATIVE_COST_UST_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TESTS_BENCH_NATIVE_COST_UST_H

#include <lttng/tracepoint.h>
#include <stdint.h>

/* The lists have no commas where clang-format looks for them. */
/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT(costust, numbers,
	LTTNG_UST_TP_ARGS(uint32_t, event_number, uint64_t, event_value),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, number, event_number)
		lttng_ust_field_integer(uint64_t, value, event_value)))

LTTNG_UST_TRACEPOINT_EVENT(costust, line,
	LTTNG_UST_TP_ARGS(uint32_t, event_number, const char *, words),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, number, event_number)
		lttng_ust_field_string(text, words)))

LTTNG_UST_TRACEPOINT_EVENT(costust, block,
	LTTNG_UST_TP_ARGS(const uint8_t *, block_bytes),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_array(uint8_t, bytes, block_bytes, 64)))
/* clang-format on */

#endif
#include <lttng/tracepoint-event.h>
