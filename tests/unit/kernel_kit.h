/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests and benches: what a real kernel wrote, in tests/fixtures/kernel. Without these files
 * the program ends with a sentence.
 */
#ifndef TRACON_TESTS_KERNEL_KIT_H
#define TRACON_TESTS_KERNEL_KIT_H

#include "backend/source/kernel/format.h"

#define KERNEL_KIT_PAGE_BYTES 4096

/* One of the files; the caller frees it. */
char *kernel_kit_read(const char *name, size_t *length);

/* The text of the format file of one event, as `format` was read from it; the callee owns that. */
typedef void kernel_kit_format(void *data, const char *system, const char *text, size_t length,
			       struct kernel_format *format);
void kernel_kit_read_formats(kernel_kit_format *each, void *data);

#endif
