/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field types as TSDL prints them; identifiers and strings that any reader's grammar takes. */
#ifndef TRACON_CTF_TSDL_H
#define TRACON_CTF_TSDL_H

#include "backend/base/text.h"
#include "backend/ctf/type.h"

/* A string literal, quotes included; controls and bytes above 126 as octal escapes. */
void tsdl_add_quoted(struct text *out, const char *string);

/*
 * "struct { … } align(N)" without what follows, inside a block. path: what it is the type of, such
 * as "event.fields".
 */
void tsdl_add_struct(struct text *out, const struct ctf_type *structure, const char *path);

#endif
