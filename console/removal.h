/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deleting the files of archived chunks: asked for with the word "yes", done by a thread of its
 * own, with the rights of the session's user.
 */
#ifndef TRACON_CONSOLE_REMOVAL_H
#define TRACON_CONSOLE_REMOVAL_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

struct console;

/*
 * Opens the question. Only folders that the picture lists as archived chunks. ERROR_INVALID: it
 * doesn't; ERROR_BUSY: others are being deleted.
 */
bool removal_ask(struct console *console, size_t count, char **paths, struct error *err);
/* Waits for the thread, if there is one. */
void removal_end(struct console *console);

#endif
