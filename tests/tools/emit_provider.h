/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints of the test application `emit`: emit:event_0000, emit:event_0001, … with three fields
 * and a log level by the last digit, and emit:fields with one field of each kind.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER emit

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/tools/emit_provider.h"

#if !defined(TESTS_TOOLS_EMIT_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TESTS_TOOLS_EMIT_PROVIDER_H

#include <arpa/inet.h>
#include <lttng/tracepoint.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/tools/emit_types.h"

#define EMIT_LEVEL_0 LTTNG_UST_TRACEPOINT_LOGLEVEL_EMERG
#define EMIT_LEVEL_1 LTTNG_UST_TRACEPOINT_LOGLEVEL_ALERT
#define EMIT_LEVEL_2 LTTNG_UST_TRACEPOINT_LOGLEVEL_CRIT
#define EMIT_LEVEL_3 LTTNG_UST_TRACEPOINT_LOGLEVEL_ERR
#define EMIT_LEVEL_4 LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING
#define EMIT_LEVEL_5 LTTNG_UST_TRACEPOINT_LOGLEVEL_NOTICE
#define EMIT_LEVEL_6 LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO
#define EMIT_LEVEL_7 LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_SYSTEM
#define EMIT_LEVEL_8 LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_LINE
#define EMIT_LEVEL_9 LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG

/* The lists have no commas where clang-format looks for them. */
/* clang-format off */
LTTNG_UST_TRACEPOINT_EVENT_CLASS(emit, numbered,
	LTTNG_UST_TP_ARGS(uint32_t, emitter, uint64_t, event_number, const char *, words),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, id, emitter)
		lttng_ust_field_integer(uint64_t, number, event_number)
		lttng_ust_field_string(text, words)))

#define EMIT_TYPE(a, b, c, d)                                                                      \
	LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(emit, numbered, emit, event_##a##b##c##d,              \
		LTTNG_UST_TP_ARGS(uint32_t, emitter, uint64_t, event_number, const char *, words)) \
	LTTNG_UST_TRACEPOINT_LOGLEVEL(emit, event_##a##b##c##d, EMIT_LEVEL_##d)

EMIT_EACH_TYPE(EMIT_TYPE)

LTTNG_UST_TRACEPOINT_ENUM(emit, colour,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("RED", 0)
		lttng_ust_field_enum_value("GREEN", 1)
		lttng_ust_field_enum_range("BLUE", 2, 3)))

LTTNG_UST_TRACEPOINT_EVENT(emit, fields,
	LTTNG_UST_TP_ARGS(uint32_t, emitter, uint64_t, event_number,
			  const char *, words, size_t, words_bytes,
			  const int16_t *, series, size_t, series_count),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, id, emitter)
		lttng_ust_field_integer(uint64_t, number, event_number)
		lttng_ust_field_integer(int8_t, i8, (int8_t)event_number)
		lttng_ust_field_integer(uint8_t, u8, (uint8_t)event_number)
		lttng_ust_field_integer(int16_t, i16, (int16_t)event_number)
		lttng_ust_field_integer(int32_t, i32, -(int32_t)event_number)
		lttng_ust_field_integer(int64_t, i64, -(int64_t)event_number)
		lttng_ust_field_integer_hex(uint64_t, hex, event_number)
		lttng_ust_field_integer_network(uint16_t, network, htons((uint16_t)event_number))
		lttng_ust_field_float(float, single, (float)event_number / 2)
		lttng_ust_field_float(double, twofold, (double)event_number / 4)
		lttng_ust_field_array(int16_t, array, series, 3)
		lttng_ust_field_array_text(char, array_text, words, 4)
		lttng_ust_field_sequence(int16_t, sequence, series, size_t, series_count)
		lttng_ust_field_sequence_text(char, sequence_text, words, size_t, words_bytes)
		lttng_ust_field_string(text, words)
		lttng_ust_field_enum(emit, colour, int, colour, (int)(event_number % 4))))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
