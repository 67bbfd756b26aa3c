/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HOME/.lttngrc: which session commands mean that name none. People may edit it by hand. */
#ifndef TRACON_CONTROL_RCFILE_H
#define TRACON_CONTROL_RCFILE_H

#include <stdbool.h>

#include "backend/base/error.h"

/*
 * The first non-empty "session=NAME" line. ERROR_NO_SESSION: no file or no such line, the sentence
 * says what to do. Caller frees *name.
 */
bool rcfile_read(const char *lttng_home, char **name, struct error *err);
bool rcfile_write(const char *lttng_home, const char *name, struct error *err);
/* Removes the file if it names this session. */
void rcfile_forget(const char *lttng_home, const char *name);

#endif
