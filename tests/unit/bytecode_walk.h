/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What LTTng-UST asks of a filter's bytecode, whatever it means: known instructions, never more
 * than eight values, one at the end, jumps that go forward and meet with as many values, names
 * where they belong.
 */
#ifndef TRACON_TESTS_UNIT_BYTECODE_WALK_H
#define TRACON_TESTS_UNIT_BYTECODE_WALK_H

#include <stddef.h>

struct lttng_ust_abi_filter_bytecode;

/* NULL: nothing to complain of; else what is wrong. */
const char *bytecode_walk(const struct lttng_ust_abi_filter_bytecode *bytecode);
/* How often the instruction occurs. */
size_t bytecode_count_op(const struct lttng_ust_abi_filter_bytecode *bytecode, unsigned int op);

#endif
