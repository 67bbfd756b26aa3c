/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source for applications with tracon's own tracepoints; they belong to the user space domain.
 */
#ifndef TRACON_SOURCE_NATIVE_NATIVE_H
#define TRACON_SOURCE_NATIVE_NATIVE_H

#include "backend/source/source.h"

extern const struct source_class native_source_class;

#endif
