/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Native tracepoints of the test application `native_emit`. */
#ifndef TESTS_TOOLS_NATIVE_EMIT_H
#define TESTS_TOOLS_NATIVE_EMIT_H

#include <tracon/tracepoint.h>

TRACON_ENUMERATION(colour, {"RED", 0, 0}, {"GREEN", 1, 1}, {"BLUE", 2, 3});

#define NATIVE_EVENTS(EVENT)                                                                       \
	EVENT(native, number, TRACON_INFO, (int, uint32_t, id), (int, uint64_t, number),           \
	      (string, text))                                                                      \
	EVENT(native, small, TRACON_DEBUG, (int, uint32_t, id), (int, uint64_t, number))           \
	EVENT(native, alarm, TRACON_ALERT, (int, int32_t, number))                                 \
	EVENT(native, fields, TRACON_WARNING, (int, int8_t, i8), (int, uint8_t, u8),               \
	      (int, int16_t, i16), (int, int64_t, i64), (hex, uint64_t, hex),                      \
	      (network, uint16_t, port), (float, float, single), (float, double, twofold),         \
	      (array, int16_t, triple, 3), (sequence, int16_t, series), (text, words),             \
	      (enum, uint8_t, hue, colour))                                                        \
	EVENT(native, end, TRACON_NOTICE, (none))
TRACON_PROVIDER(native, NATIVE_EVENTS)

#endif
