/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rules of the selected session match an event, as the tracer decides it. */
#ifndef TRACON_VIEWS_RULES_H
#define TRACON_VIEWS_RULES_H

#include "views/view.h"

enum rules_state {
	RULES_NONE,
	RULES_DISABLED, /* only disabled ones match */
	RULES_FILTERED, /* enabled; its filter decides for each event */
	RULES_ENABLED,
};

/* The best of the rules in channels of this domain; *rule may be NULL with RULES_NONE. */
enum rules_state rules_match(const struct view_input *input, const char *domain, const char *name,
			     int loglevel, const struct picture_rule **rule);
/* An enabled rule with exactly this pattern; is_whole: for all levels, nothing excluded. NULL:
 * none.
 */
const struct picture_rule *rules_find(const struct view_input *input, const char *domain,
				      const char *pattern, bool is_whole);
/* The rule of the selected session with this id; NULL: none (0 never is). */
const struct picture_rule *rules_find_id(const struct view_input *input, uint32_t rule_id);

#endif
