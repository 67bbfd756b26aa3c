/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Own names for command lines. */
#ifndef TRACON_CONSOLE_ALIAS_H
#define TRACON_CONSOLE_ALIAS_H

#include <stddef.h>

#include "backend/base/text.h"

struct alias {
	char *name;
	char *text;
};

struct aliases {
	struct alias *all;
	size_t count, room;
};

/* text "": the name is none any more. */
void alias_set(struct aliases *aliases, const char *name, const char *text);
const char *alias_find(const struct aliases *aliases, const char *name); /* NULL if unknown */
/* As commands, a line each. */
void alias_show(const struct aliases *aliases, struct text *out);
void alias_finish(struct aliases *aliases);

#endif
