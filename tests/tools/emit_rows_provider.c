/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes of emit_rows_provider.h. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE

#include "tests/tools/emit_rows_provider.h"
