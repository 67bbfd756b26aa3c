/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filter expressions as the bytecode that LTTng-UST's applications run. They accept any bytecode
 * and validate it when it meets an event type; then it is too late to say something. So what is
 * made here must pass, whatever the fields are, if the fields are there.
 */
#ifndef TRACON_SOURCE_UST_BYTECODE_H
#define TRACON_SOURCE_UST_BYTECODE_H

#include "backend/base/filter/filter.h"

struct lttng_ust_abi_filter_bytecode;

/* NULL with the problem set (NULL passes): too long or too complex for the machine. free(). */
struct lttng_ust_abi_filter_bytecode *ust_bytecode_compile(const struct filter *filter,
							   struct filter_problem *problem);
struct lttng_ust_abi_capture_bytecode;
/* Makes an event notifier take along a field: "size", "list[2]", "$ctx.vpid". NULL: it names none.
 * free(). */
struct lttng_ust_abi_capture_bytecode *ust_bytecode_capture(const char *field);
/* Whether it can be compiled: source_class's check_filter. */
bool ust_bytecode_check(const struct filter *filter, struct filter_problem *problem);

#endif
