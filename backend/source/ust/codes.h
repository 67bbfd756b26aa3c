/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What liblttng-ust-ctl's negative results mean: errno values, and LTTng-UST's own from 1024 on. */
#ifndef TRACON_SOURCE_UST_CODES_H
#define TRACON_SOURCE_UST_CODES_H

#include <stdbool.h>

/* Words for a negative result: constant, never NULL. */
const char *ust_code_text(int code);
/* The application has gone, or talking to it makes no sense any more. */
bool ust_code_is_gone(int code);

#endif
