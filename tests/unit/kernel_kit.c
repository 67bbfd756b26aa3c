/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded pages of a kernel's ring, and the format files of their events in one file. */
#include "tests/unit/kernel_kit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define FIXTURE_BYTES_MAX (64U << 20)

static _Noreturn void stop(const struct error *err)
{
	fprintf(stderr, "the recorded kernel can't be read: %s\n", err->message);
	exit(1);
}

char *kernel_kit_read(const char *name, size_t *length)
{
	const char *source = getenv("abs_top_srcdir");
	char *path = mem_printf("%s/tests/fixtures/kernel/%s", source ? source : ".", name);
	struct error err = ERROR_INIT;
	char *bytes;

	if (!fd_read_file(path, FIXTURE_BYTES_MAX, &bytes, length, &err))
		stop(&err);
	free(path);
	return bytes;
}

/* "=== SYSTEM" before each format file. */
void kernel_kit_read_formats(kernel_kit_format *each, void *data)
{
	static const char mark[] = "=== ";
	size_t length;
	char *all = kernel_kit_read("formats.txt", &length);
	char *at = all;

	while (*at) {
		char *system = at + strlen(mark);
		char *text = strchr(system, '\n') + 1;
		char *end = strstr(text, mark);
		struct error err = ERROR_INIT;
		struct kernel_format *format;

		text[-1] = '\0';
		if (!end)
			end = text + strlen(text);
		format = kernel_format_read(system, text, (size_t)(end - text), &err);
		if (!format)
			stop(&err);
		each(data, system, text, (size_t)(end - text), format);
		at = end;
	}
	free(all);
}
