/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short list; the order is that of definition. */
#include "console/alias.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

static struct alias *find(const struct aliases *aliases, const char *name)
{
	for (size_t i = 0; i < aliases->count; i++) {
		if (!strcmp(aliases->all[i].name, name))
			return &aliases->all[i];
	}
	return NULL;
}

static void forget(struct aliases *aliases, struct alias *alias)
{
	size_t after = aliases->count - (size_t)(alias - aliases->all) - 1;

	free(alias->name);
	free(alias->text);
	memmove(alias, alias + 1, after * sizeof(*alias));
	aliases->count--;
}

void alias_set(struct aliases *aliases, const char *name, const char *text)
{
	struct alias *known = find(aliases, name);

	if (known)
		forget(aliases, known);
	if (!*text)
		return;
	aliases->all =
		mem_grow(aliases->all, aliases->count, &aliases->room, sizeof(*aliases->all));
	aliases->all[aliases->count++] =
		(struct alias){.name = mem_strdup(name), .text = mem_strdup(text)};
}

const char *alias_find(const struct aliases *aliases, const char *name)
{
	const struct alias *alias = find(aliases, name);

	return alias ? alias->text : NULL;
}

void alias_show(const struct aliases *aliases, struct text *out)
{
	for (size_t i = 0; i < aliases->count; i++) {
		text_add(out, "alias ");
		text_add_quoted(out, aliases->all[i].name);
		text_add(out, " ");
		text_add_quoted(out, aliases->all[i].text);
		text_add(out, "\n");
	}
}

void alias_finish(struct aliases *aliases)
{
	while (aliases->count > 0)
		forget(aliases, &aliases->all[aliases->count - 1]);
	free(aliases->all);
	*aliases = (struct aliases){0};
}
