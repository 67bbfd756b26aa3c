/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A format file, checked word by word and written anew: what the library that reads it gets is of
 * known shape and bounded. How an event is printed is left out.
 */
#ifndef TRACON_SOURCE_KERNEL_FORMAT_TEXT_H
#define TRACON_SOURCE_KERNEL_FORMAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

/* `clean` is empty before, and the caller's to finish. False: ERROR_INVALID. */
bool kernel_format_clean(const char *bytes, size_t length, struct text *clean, struct error *err);

#endif
