/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a trigger does when its condition is met. Control thread. */
#ifndef TRACON_MODEL_TRIGGER_ACT_H
#define TRACON_MODEL_TRIGGER_ACT_H

#include "backend/model/trigger.h"

/* If the rate policy lets it. Nobody waits: what fails is said in the log, and counted. A session
 * that is not there is passed over. */
void trigger_act(struct model *model, struct trigger *trigger, struct trigger_action *action);
/* Whether a further match can do anything. */
bool trigger_has_more(const struct trigger *trigger);

#endif
