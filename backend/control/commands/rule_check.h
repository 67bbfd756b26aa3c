/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a filter fits what the applications that run now have: a field that no matching event
 * has, a string compared with a number. That is no error, for other applications may come; the
 * tracer itself never says why it records nothing.
 */
#ifndef TRACON_CONTROL_COMMANDS_RULE_CHECK_H
#define TRACON_CONTROL_COMMANDS_RULE_CHECK_H

#include "backend/control/commands/rule_args.h"

/*
 * When the outcome is there: asks applications for their fields, for 300 ms at most (who does not
 * answer by then is left out), warns by the reply and ends it. Takes the rule's memory and the
 * names, the patterns of the rules.
 */
struct outcome rule_check_when_done(struct call *call, size_t source_index, struct rule_args *rule,
				    struct word_list *names, enum exit_status status);

#endif
