/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip: zlib's place. */
#ifndef TRACON_IDENTITY_GZIP_H
#define TRACON_IDENTITY_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"

/* False: built without zlib, or it refuses; nothing was added. */
bool gzip_pack(const char *bytes, size_t length, struct text *out);

#endif
