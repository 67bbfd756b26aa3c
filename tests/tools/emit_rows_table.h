/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What emit_rows emits and filters_decide decides about: rows of fields of each kind, with the
 * values where signs, widths, patterns and lengths make a difference.
 */
#ifndef TRACON_TESTS_TOOLS_EMIT_ROWS_TABLE_H
#define TRACON_TESTS_TOOLS_EMIT_ROWS_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define ROWS_TEXT_BYTES 4
#define ROWS_ARRAY	3
#define ROWS_SERIES_MAX 4

struct emit_row {
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
	uint64_t u64;
	float f32;
	double f64;
	const char *s;
	const char *t;
	char text[ROWS_TEXT_BYTES + 1]; /* array of text, not always terminated in it */
	int16_t array[ROWS_ARRAY];
	uint8_t bytes[ROWS_ARRAY];
	int32_t series[ROWS_SERIES_MAX]; /* sequences: series_count of them */
	uint64_t wide[ROWS_SERIES_MAX];
	size_t series_count;
	int colour;
};

extern const struct emit_row emit_rows_table[];
extern const size_t emit_row_count;

#endif
