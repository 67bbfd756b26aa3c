/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See preload.h. The libraries are LTTng-UST's own, found by the dynamic linker. */
#include "backend/control/preload.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/args.h"

#define NAME_BYTES_MAX 200 /* of 255, as a number may follow */

static const struct {
	const char *option;
	const char *library;
} wrappers[] = {
	{"libc", "liblttng-ust-libc-wrapper.so.1"},
	{"pthread", "liblttng-ust-pthread-wrapper.so.1"},
	{"dl", "liblttng-ust-dl.so.1"},
	{"fd", "liblttng-ust-fd.so.1"},
	{"functions", "liblttng-ust-cyg-profile.so.1"},
};

char *preload_value(const struct args *args, const char *before)
{
	struct text list = {0};

	for (size_t i = 0; i < COUNT_OF(wrappers); i++)
		if (args_has(args, wrappers[i].option))
			text_addf(&list, "%s%s", list.length ? ":" : "", wrappers[i].library);
	if (before && *before)
		text_addf(&list, "%s%s", list.length ? ":" : "", before);
	return list.length > 0 ? text_take(&list) : NULL;
}

char *preload_session_name(const char *program)
{
	char *copy = mem_strdup(program);
	char *name = mem_strndup(basename(copy), NAME_BYTES_MAX);

	free(copy);
	if (strcmp(name, "auto") != 0 && strncmp(name, "auto-", 5) != 0)
		return name;
	copy = mem_printf("run-%s", name);
	free(name);
	return copy;
}
