/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracepoints filters:row_0000 … row_0399, all alike: each has the fields of a row. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER filters

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "tests/tools/emit_rows_provider.h"

#if !defined(TESTS_TOOLS_EMIT_ROWS_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TESTS_TOOLS_EMIT_ROWS_PROVIDER_H

#include <arpa/inet.h>
#include <lttng/tracepoint.h>
#include <string.h>

#include "tests/tools/emit_rows_table.h"
#include "tests/tools/emit_types.h"

/* The lists have no commas where clang-format looks for them. */
/* clang-format off */
#define ROWS_EACH_TYPE(X)                                                                       \
	EMIT_TENS(X, 0, 0) EMIT_TENS(X, 0, 1) EMIT_TENS(X, 0, 2) EMIT_TENS(X, 0, 3)
#define ROWS_TYPE_COUNT 400

LTTNG_UST_TRACEPOINT_ENUM(filters, colour,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("RED", 0)
		lttng_ust_field_enum_value("GREEN", 1)
		lttng_ust_field_enum_range("BLUE", 2, 3)))

LTTNG_UST_TRACEPOINT_EVENT_CLASS(filters, row,
	LTTNG_UST_TP_ARGS(unsigned int, number, const struct emit_row *, row),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(unsigned int, seq, number)
		lttng_ust_field_integer(int8_t, i8, row->i8)
		lttng_ust_field_integer(uint8_t, u8, row->u8)
		lttng_ust_field_integer(int16_t, i16, row->i16)
		lttng_ust_field_integer(uint16_t, u16, row->u16)
		lttng_ust_field_integer(int32_t, i32, row->i32)
		lttng_ust_field_integer(uint32_t, u32, row->u32)
		lttng_ust_field_integer(int64_t, i64, row->i64)
		lttng_ust_field_integer(uint64_t, u64, row->u64)
		lttng_ust_field_integer_hex(uint32_t, hex, row->u32)
		lttng_ust_field_integer_network(uint16_t, net, htons(row->u16))
		lttng_ust_field_float(float, f32, row->f32)
		lttng_ust_field_float(double, f64, row->f64)
		lttng_ust_field_string(s, row->s)
		lttng_ust_field_string(t, row->t)
		lttng_ust_field_array_text(char, text, row->text, ROWS_TEXT_BYTES)
		lttng_ust_field_sequence_text(char, stext, row->t, size_t, strlen(row->t))
		lttng_ust_field_array(int16_t, array, row->array, ROWS_ARRAY)
		lttng_ust_field_array(uint8_t, bytes, row->bytes, ROWS_ARRAY)
		lttng_ust_field_sequence(int32_t, series, row->series, size_t, row->series_count)
		lttng_ust_field_sequence(uint64_t, wide, row->wide, size_t, row->series_count)
		lttng_ust_field_enum(filters, colour, int, colour, row->colour)))

#define ROWS_TYPE(a, b, c, d)                                                                   \
	LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(filters, row, filters, row_##a##b##c##d,               \
		LTTNG_UST_TP_ARGS(unsigned int, number, const struct emit_row *, row))

ROWS_EACH_TYPE(ROWS_TYPE)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
