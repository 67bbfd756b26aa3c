/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing a rule in place: its filter, exclusions or log level, in a field that holds what it has
 * now. A rule itself never changes: the new one is enabled, then the former is disabled.
 */
#ifndef TRACON_VIEWS_RULE_EDIT_H
#define TRACON_VIEWS_RULE_EDIT_H

#include "views/view.h"

/*
 * edit-filter, edit-exclusions, edit-level open the field; set-… take its text. rule NULL: the row
 * has none any more. False: none of those actions.
 */
bool rule_edit_act(const struct view_input *input, const struct picture_rule *rule,
		   const char *action, const char *argument, struct text *command);

#endif
