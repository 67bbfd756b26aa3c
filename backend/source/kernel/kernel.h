/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The source for the Linux kernel: through tracefs, with no module. */
#ifndef TRACON_SOURCE_KERNEL_KERNEL_H
#define TRACON_SOURCE_KERNEL_KERNEL_H

#include "backend/source/source.h"

extern const struct source_class kernel_source_class;

#endif
