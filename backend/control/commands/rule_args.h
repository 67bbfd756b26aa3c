/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The options by which enable-event and disable-event tell event rules of one name apart. */
#ifndef TRACON_CONTROL_COMMANDS_RULE_ARGS_H
#define TRACON_CONTROL_COMMANDS_RULE_ARGS_H

#include "backend/base/filter/filter.h"
#include "backend/control/commands/common.h"

/* clang-format off */
#define OPTIONS_OF_RULES                                                                           \
	{"filter", 'f', OPTION_TEXT, "EXPRESSION", "only events for which EXPRESSION is true",     \
	 COMPLETE_NOTHING},                                                                        \
	{"loglevel", 0, OPTION_TEXT, "LEVEL", "only events at least as severe as LEVEL",           \
	 COMPLETE_LOGLEVEL},                                                                       \
	{"loglevel-only", 0, OPTION_TEXT, "LEVEL", "only events of exactly this level",            \
	 COMPLETE_LOGLEVEL},                                                                       \
	{"exclude", 'x', OPTION_TEXT, "NAME[,NAME]...", "but not these; stars allowed",            \
	 COMPLETE_EVENT}
/* clang-format on */

/* The option of each kind; options_of_kinds: with a place where one is needed. */
extern const char *const rule_kind_options[RULE_KIND_COUNT];

/* Zero-initialise. */
struct rule_args {
	enum loglevel_match loglevel_match;
	int loglevel;
	struct word_list exclusions;
	struct filter *filter; /* NULL: none */
	enum rule_kind kind;
	bool has_kind;	/* it was asked for */
	char *location; /* NULL: none */
};

/*
 * False: the reply was ended with the reason; what a filter can't be is shown with its place.
 * Finish it in any case.
 */
bool rule_args_parse(struct call *call, size_t source_index, struct rule_args *rule);
void rule_args_finish(struct rule_args *rule);
/* One of the options was given. */
bool rule_args_are_given(const struct args *args);
/* Borrows from both. */
struct event_rule_key rule_args_key(const struct rule_args *rule, const char *pattern);

#endif
