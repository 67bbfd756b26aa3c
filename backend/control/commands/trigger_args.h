/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of add-trigger: what follows --condition and --action belongs to them, in order, as
 * lttng has it. So they are read here, not by the options' table.
 */
#ifndef TRACON_CONTROL_COMMANDS_TRIGGER_ARGS_H
#define TRACON_CONTROL_COMMANDS_TRIGGER_ARGS_H

#include "backend/control/commands/common.h"
#include "backend/model/trigger.h"

/* The trigger, whose uid is the requester's or the one that --owner-uid says; NULL with an error.
 */
struct trigger *trigger_args_parse(const struct call *call, struct error *err);

/* Names by enum trigger_kind: as they are typed, as they are listed, as elements of --mi xml. */
struct trigger_kind_names {
	const char *option, *title, *element;
};
extern const struct trigger_kind_names trigger_kind_names[];
extern const char *const trigger_action_titles[]; /* "start session": by enum */
extern const char *const trigger_site_words[];	  /* "entry+exit": by enum */

/* --- trigger_list.c */

/* lttng 2.13's text. */
void trigger_list_text(struct reply *reply, const struct trigger *trigger, uint64_t missed_count);
/* with_errors: as list-triggers has it. */
void trigger_list_json(struct json *object, const struct trigger *trigger, bool with_errors,
		       uint64_t missed_count);

#endif
