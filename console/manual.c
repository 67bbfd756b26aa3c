/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables as roff: keys, the pane's own first, then those of all panes; and the console's verbs. */
#include "console/manual.h"

#include <string.h>

#include "backend/base/text.h"
#include "backend/control/command.h"
#include "console/keymap.h"
#include "console/verb.h"

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* All keys of this pane that do the same; the one with the help is the first. */
static void add_keys(struct text *keys, const struct binding *binding)
{
	text_add(keys, binding->key);
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *other = keymap_default_at(i);

		if (other != binding && is_same(other->pane, binding->pane) &&
		    is_same(other->action, binding->action) && !other->help)
			text_addf(keys, ", %s", other->key);
	}
}

static void add_binding(struct text *out, const struct binding *binding)
{
	struct text keys = {0};

	add_keys(&keys, binding);
	text_add(out, ".TP\n\\fB");
	command_print_roff(text_str(&keys), out);
	text_add(out, "\\fR\n");
	command_print_roff(binding->help, out);
	text_add_char(out, '\n');
	text_finish(&keys);
}

void manual_print_keys(struct text *out)
{
	const struct binding *previous = NULL;

	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *binding = keymap_default_at(i);

		if (!binding->help)
			continue;
		if (!previous || !is_same(previous->pane, binding->pane))
			text_addf(out, ".SS %s\n", binding->pane ? binding->pane : "everywhere");
		add_binding(out, binding);
		previous = binding;
	}
}

void manual_print_verbs(struct text *out)
{
	for (size_t i = 0; i < verb_count(); i++) {
		const struct verb *verb = verb_at(i);

		text_add(out, ".TP\n\\fB");
		command_print_roff(verb->name, out);
		text_add(out, "\\fR ");
		command_print_roff(verb->usage, out);
		text_add_char(out, '\n');
		command_print_roff(verb->help, out);
		text_add_char(out, '\n');
	}
}
