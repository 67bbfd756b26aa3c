/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What add-context and remove-context share: which types, which channels, and the answer. */
#ifndef TRACON_CONTROL_COMMANDS_CONTEXT_CHANGE_H
#define TRACON_CONTROL_COMMANDS_CONTEXT_CHANGE_H

#include "backend/control/commands/common.h"

struct context_change {
	struct session *session;
	size_t source_index;
	const char *verb; /* "added to", "removed from" */
	bool creates;	  /* a domain without channels gets channel0 */
	/* To one channel; ERROR_STATE if it has the context already (or has it not). */
	bool (*change)(struct channel *channel, const char *name, struct error *err);
};

/* --list, --type, --channel, --session and the domain. */
#define CONTEXT_OPTION_COUNT 10
extern const struct option_spec context_options[CONTEXT_OPTION_COUNT];

/* Parses, changes, answers; ends the reply. Statuses are lttng-add-context(1)'s: 3 unknown type, 4
 * one of them failed. */
void context_change_run(struct call *call, struct context_change *change);

#endif
