/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules are tens, and only rows in sight are looked up: linear. */
#include "views/rules.h"

#include <string.h>

#include "backend/model/event_rule.h"
#include "views/selection.h"

/* Rules of one channel lie together. */
struct cursor {
	const struct view_input *input;
	const struct picture_session *session;
	size_t channel, rule;
};

static const struct picture_rule *next_rule(struct cursor *cursor, const char *domain)
{
	const struct picture *picture = cursor->input->picture;

	for (; cursor->session && cursor->channel < cursor->session->channel_count;
	     cursor->channel++, cursor->rule = 0) {
		const struct picture_channel *channel =
			&picture->channels[cursor->session->first_channel + cursor->channel];

		if (!cursor->session->is_detailed || (domain && strcmp(channel->domain, domain)))
			continue;
		if (cursor->rule < channel->rule_count &&
		    channel->first_rule + cursor->rule < picture->rule_count)
			return &picture->rules[channel->first_rule + cursor->rule++];
	}
	return NULL;
}

static struct cursor begin(const struct view_input *input)
{
	return (struct cursor){.input = input, .session = selection_session(input)};
}

static bool is_excluded(const char *exclusions, const char *name)
{
	struct word_list list = {0};
	bool is_there = false;

	if (!*exclusions)
		return false;
	text_split_commas(exclusions, &list);
	for (size_t i = 0; i < list.count && !is_there; i++)
		is_there = text_glob_match(list.words[i], name);
	word_list_finish(&list);
	return is_there;
}

static bool matches(const struct picture_rule *rule, const char *name, int loglevel)
{
	if (rule->loglevel_match == LOGLEVEL_AT_LEAST && loglevel > rule->loglevel)
		return false;
	if (rule->loglevel_match == LOGLEVEL_EXACTLY && loglevel != rule->loglevel)
		return false;
	return text_glob_match(rule->pattern, name) && !is_excluded(rule->exclusions, name);
}

static enum rules_state state_of(const struct picture_rule *rule)
{
	if (!rule->is_enabled)
		return RULES_DISABLED;
	return *rule->filter ? RULES_FILTERED : RULES_ENABLED;
}

enum rules_state rules_match(const struct view_input *input, const char *domain, const char *name,
			     int loglevel, const struct picture_rule **rule)
{
	struct cursor cursor = begin(input);
	enum rules_state best = RULES_NONE;
	const struct picture_rule *one;

	*rule = NULL;
	while (best != RULES_ENABLED && (one = next_rule(&cursor, domain))) {
		if (state_of(one) <= best || !matches(one, name, loglevel))
			continue;
		best = state_of(one);
		*rule = one;
	}
	return best;
}

static bool is_whole_rule(const struct picture_rule *rule)
{
	return rule->loglevel_match == LOGLEVEL_ALL && !*rule->exclusions;
}

const struct picture_rule *rules_find(const struct view_input *input, const char *domain,
				      const char *pattern, bool is_whole)
{
	struct cursor cursor = begin(input);
	const struct picture_rule *rule;

	while ((rule = next_rule(&cursor, domain)))
		if (rule->is_enabled && (!is_whole || is_whole_rule(rule)) &&
		    strcmp(rule->pattern, pattern) == 0)
			return rule;
	return NULL;
}

const struct picture_rule *rules_find_id(const struct view_input *input, uint32_t rule_id)
{
	struct cursor cursor = begin(input);
	const struct picture_rule *rule;

	while ((rule = next_rule(&cursor, NULL)))
		if (rule_id && rule->id == rule_id)
			return rule;
	return NULL;
}
