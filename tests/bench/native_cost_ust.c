/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The probes of native_cost_ust.h. */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE

#include "tests/bench/native_cost_ust.h"
