/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EMIT_EACH_TYPE(X) calls X(thousands, hundreds, tens, ones) for every event type of this build:
 * 32 of them, or 3000 with -DEMIT_MANY. One list makes the tracepoints, and the table to call them.
 */
#ifndef TESTS_TOOLS_EMIT_TYPES_H
#define TESTS_TOOLS_EMIT_TYPES_H

#define EMIT_ONES(X, a, b, c)                                                                      \
	X(a, b, c, 0)                                                                              \
	X(a, b, c, 1)                                                                              \
	X(a, b, c, 2)                                                                              \
	X(a, b, c, 3)                                                                              \
	X(a, b, c, 4)                                                                              \
	X(a, b, c, 5)                                                                              \
	X(a, b, c, 6)                                                                              \
	X(a, b, c, 7)                                                                              \
	X(a, b, c, 8)                                                                              \
	X(a, b, c, 9)

#define EMIT_TENS(X, a, b)                                                                         \
	EMIT_ONES(X, a, b, 0)                                                                      \
	EMIT_ONES(X, a, b, 1)                                                                      \
	EMIT_ONES(X, a, b, 2)                                                                      \
	EMIT_ONES(X, a, b, 3)                                                                      \
	EMIT_ONES(X, a, b, 4)                                                                      \
	EMIT_ONES(X, a, b, 5)                                                                      \
	EMIT_ONES(X, a, b, 6)                                                                      \
	EMIT_ONES(X, a, b, 7)                                                                      \
	EMIT_ONES(X, a, b, 8)                                                                      \
	EMIT_ONES(X, a, b, 9)

#define EMIT_HUNDREDS(X, a)                                                                        \
	EMIT_TENS(X, a, 0)                                                                         \
	EMIT_TENS(X, a, 1)                                                                         \
	EMIT_TENS(X, a, 2)                                                                         \
	EMIT_TENS(X, a, 3)                                                                         \
	EMIT_TENS(X, a, 4)                                                                         \
	EMIT_TENS(X, a, 5)                                                                         \
	EMIT_TENS(X, a, 6)                                                                         \
	EMIT_TENS(X, a, 7)                                                                         \
	EMIT_TENS(X, a, 8)                                                                         \
	EMIT_TENS(X, a, 9)

#ifdef EMIT_MANY
#define EMIT_TYPE_COUNT 3000
#define EMIT_EACH_TYPE(X)                                                                          \
	EMIT_HUNDREDS(X, 0)                                                                        \
	EMIT_HUNDREDS(X, 1)                                                                        \
	EMIT_HUNDREDS(X, 2)
#else
#define EMIT_TYPE_COUNT 32
#define EMIT_EACH_TYPE(X)                                                                          \
	EMIT_ONES(X, 0, 0, 0)                                                                      \
	EMIT_ONES(X, 0, 0, 1)                                                                      \
	EMIT_ONES(X, 0, 0, 2)                                                                      \
	X(0, 0, 3, 0)                                                                              \
	X(0, 0, 3, 1)
#endif

#endif
