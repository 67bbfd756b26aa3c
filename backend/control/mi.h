/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers as lttng's machine interface gives them (--mi xml, its schema 4.1): made from the JSON
 * that each command fills, by tables of what the schema has.
 */
#ifndef TRACON_CONTROL_MI_H
#define TRACON_CONTROL_MI_H

#include <stdbool.h>

#include "backend/base/json.h"

/* One document. output: the command's, of --json. */
void mi_print(const char *command_name, const struct json *output, bool is_success,
	      struct text *out);

#endif
