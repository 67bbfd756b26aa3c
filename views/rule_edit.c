/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What can be known here is checked before a command is made; the rest the command says. */
#include "views/rule_edit.h"

#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "backend/model/event_rule.h"
#include "views/request.h"
#include "views/selection.h"

/* Asks again with the same text, the cursor where it is wrong, the reason in front of it. */
static void complain(const char *action, size_t cursor, const char *problem,
		     const struct picture_rule *rule, const char *text, struct text *command)
{
	text_clear(command);
	text_addf(command, "@edit %s@%zu %s\n%s\n%s", action, cursor, problem, rule->pattern, text);
}

/* The new rule first: nothing that both take is missed between. */
static void replace(const struct view_input *input, const struct picture_rule *former,
		    const struct picture_rule *rule, struct text *command)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *channel = selection_find_channel(input, former->channel_id);

	if (!session || !channel)
		return;
	request_rule(command, "enable-event", session, channel, rule);
	if (former->is_enabled)
		request_rule_end(command, session, channel, former);
}

static void set_filter(const struct view_input *input, const struct picture_rule *former,
		       const char *text, struct text *command)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct picture_rule rule = *former;
	struct filter *filter = NULL;

	rule.filter = text + strspn(text, " ");
	if (strcmp(rule.filter, former->filter) == 0)
		return;
	if (*rule.filter && !(filter = filter_parse(rule.filter, &problem))) {
		complain("set-filter", problem.begin, problem.error.message, former, rule.filter,
			 command);
		return;
	}
	filter_destroy(filter);
	replace(input, former, &rule, command);
}

static void set_exclusions(const struct view_input *input, const struct picture_rule *former,
			   const char *text, struct text *command)
{
	struct picture_rule rule = *former;

	rule.exclusions = text + strspn(text, " ");
	if (strcmp(rule.exclusions, former->exclusions) == 0)
		return;
	if (*rule.exclusions && !text_has_glob(rule.pattern))
		complain("set-exclusions", 0, "nothing to exclude without a star", former,
			 rule.exclusions, command);
	else
		replace(input, former, &rule, command);
}

static bool check_level(const struct view_input *input, const struct picture_rule *rule,
			const char *text, struct text *command)
{
	const struct picture_channel *channel = selection_find_channel(input, rule->channel_id);
	struct text problem = {0};
	bool is_exact = *text == '=';
	bool is_good = !channel || request_check_level(channel->domain, text + is_exact, &problem);

	if (!is_good)
		complain("set-level", is_exact, text_str(&problem), rule, text, command);
	text_finish(&problem);
	return is_good;
}

/* "INFO": as severe or more; "=INFO": only; "": all. */
static void set_level(const struct view_input *input, const struct picture_rule *former,
		      const char *text, struct text *command)
{
	struct picture_rule rule = *former;

	text += strspn(text, " ");
	rule.loglevel_match = LOGLEVEL_AT_LEAST;
	if (*text == '=')
		rule.loglevel_match = LOGLEVEL_EXACTLY;
	rule.loglevel_text = text + (*text == '=');
	if (!*rule.loglevel_text)
		rule.loglevel_match = LOGLEVEL_ALL;
	if (rule.loglevel_match == former->loglevel_match &&
	    strcmp(rule.loglevel_text, former->loglevel_text) == 0)
		return;
	if (check_level(input, former, text, command))
		replace(input, former, &rule, command);
}

static void edit_filter(const struct picture_rule *rule, struct text *command)
{
	text_addf(command, "@edit set-filter\nfilter of %s\n%s", rule->pattern, rule->filter);
}

static void edit_exclusions(const struct picture_rule *rule, struct text *command)
{
	text_addf(command, "@edit set-exclusions\n%s but not\n%s", rule->pattern, rule->exclusions);
}

static void edit_level(const struct picture_rule *rule, struct text *command)
{
	text_addf(command, "@edit set-level\nleast level of %s (= only)\n%s%s", rule->pattern,
		  rule->loglevel_match == LOGLEVEL_EXACTLY ? "=" : "", rule->loglevel_text);
}

static const struct {
	const char *edit, *set;
	void (*begin)(const struct picture_rule *rule, struct text *command);
	void (*end)(const struct view_input *input, const struct picture_rule *former,
		    const char *text, struct text *command);
} parts[] = {
	{"edit-filter", "set-filter", edit_filter, set_filter},
	{"edit-exclusions", "set-exclusions", edit_exclusions, set_exclusions},
	{"edit-level", "set-level", edit_level, set_level},
};

bool rule_edit_act(const struct view_input *input, const struct picture_rule *rule,
		   const char *action, const char *argument, struct text *command)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		bool is_begin = strcmp(action, parts[i].edit) == 0;

		if (!is_begin && strcmp(action, parts[i].set) != 0)
			continue;
		if (!rule)
			text_add(command, "@say there is no rule for it: c enables one");
		else if (is_begin)
			parts[i].begin(rule, command);
		else
			parts[i].end(input, rule, argument, command);
		return true;
	}
	return false;
}
