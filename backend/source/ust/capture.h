/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event notifier captures: bytecode that makes an application take values along, and the
 * message pack that they come in.
 */
#ifndef TRACON_SOURCE_UST_CAPTURE_H
#define TRACON_SOURCE_UST_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"

/* More than an application sends (its buffer has 512 bytes); messages of less than a page come
 * whole. */
#define CAPTURED_BYTES_MAX 1024

/*
 * The values as people read them, in order: 5, 1.5, "text", [1, 2], or "unavailable". Anything may
 * be in the bytes. False: they are no values; the list is as it was then, or holds what was read.
 */
bool capture_read(const unsigned char *bytes, size_t length, struct word_list *values);

#endif
