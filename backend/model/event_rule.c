/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event rules; see event_rule.h. */
#include "backend/model/event_rule.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* As --exclude takes it. */
static struct shared_text *join_exclusions(const struct word_list *exclusions)
{
	struct text list = {0};
	struct shared_text *shared;

	for (size_t i = 0; i < exclusions->count; i++) {
		if (i > 0)
			text_add_char(&list, ',');
		for (const char *at = exclusions->words[i]; *at; at++) {
			if (*at == ',')
				text_add_char(&list, '\\');
			text_add_char(&list, *at);
		}
	}
	shared = shared_text_create(text_str(&list));
	text_finish(&list);
	return shared;
}

struct event_rule *event_rule_create(uint32_t id, const struct event_rule_key *key)
{
	struct event_rule *rule = mem_zalloc(sizeof(*rule));
	char *pattern = mem_strdup(key->pattern);

	text_glob_normalize(pattern);
	rule->id = id;
	rule->kind = key->kind;
	rule->location = shared_text_create(key->location ? key->location : "");
	rule->pattern = shared_text_create(pattern);
	rule->loglevel_match = key->loglevel_match;
	rule->loglevel = key->loglevel_match == LOGLEVEL_ALL ? -1 : key->loglevel;
	for (size_t i = 0; i < key->exclusions->count; i++)
		word_list_add(&rule->exclusions, key->exclusions->words[i]);
	rule->exclusions_text = join_exclusions(&rule->exclusions);
	rule->filter = shared_text_create(key->filter ? key->filter : "");
	rule->is_enabled = true;
	free(pattern);
	return rule;
}

void event_rule_destroy(struct event_rule *rule)
{
	if (!rule)
		return;
	shared_text_unref(rule->location);
	shared_text_unref(rule->pattern);
	shared_text_unref(rule->filter);
	shared_text_unref(rule->exclusions_text);
	word_list_finish(&rule->exclusions);
	free(rule);
}

static bool excludes(const struct word_list *exclusions, const char *name)
{
	for (size_t i = 0; i < exclusions->count; i++)
		if (strcmp(exclusions->words[i], name) == 0)
			return true;
	return false;
}

static bool have_same_exclusions(const struct word_list *left, const struct word_list *right)
{
	for (size_t i = 0; i < left->count; i++)
		if (!excludes(right, left->words[i]))
			return false;
	for (size_t i = 0; i < right->count; i++)
		if (!excludes(left, right->words[i]))
			return false;
	return true;
}

bool event_rule_is(const struct event_rule *rule, const struct event_rule_key *key)
{
	return rule->kind == key->kind &&
	       strcmp(shared_text_str(rule->pattern), key->pattern) == 0 &&
	       strcmp(shared_text_str(rule->location), key->location ? key->location : "") == 0 &&
	       rule->loglevel_match == key->loglevel_match &&
	       (key->loglevel_match == LOGLEVEL_ALL || rule->loglevel == key->loglevel) &&
	       strcmp(shared_text_str(rule->filter), key->filter ? key->filter : "") == 0 &&
	       have_same_exclusions(&rule->exclusions, key->exclusions);
}

/* What a rule's name stands for in the event's: system calls have two. NULL: not of this kind. */
static const char *name_for(const struct event_rule *rule, const char *name)
{
	switch (rule->kind) {
	case RULE_SYSCALL:
		return rule_syscall_of(name);
	case RULE_FUNCTION:
		return rule_function_of(shared_text_str(rule->pattern), name);
	default:
		return name;
	}
}

bool event_rule_matches(const struct event_rule *rule, const char *name, int loglevel)
{
	name = name_for(rule, name);
	if (!name)
		return false;
	if (rule->loglevel_match == LOGLEVEL_AT_LEAST && loglevel > rule->loglevel)
		return false;
	if (rule->loglevel_match == LOGLEVEL_EXACTLY && loglevel != rule->loglevel)
		return false;
	if (!text_glob_match(shared_text_str(rule->pattern), name))
		return false;
	for (size_t i = 0; i < rule->exclusions.count; i++)
		if (text_glob_match(rule->exclusions.words[i], name))
			return false;
	return true;
}
