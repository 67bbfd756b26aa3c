/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rule_args.h. */
#include "backend/control/commands/rule_args.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/model/loglevel.h"

static bool fail_level(const struct loglevel_scale *scale, const char *text, struct error *err)
{
	struct text names = {0};
	const char *name;

	for (size_t i = 0; (name = loglevel_at(scale, i)); i++)
		text_addf(&names, "%s%s", i > 0 ? ", " : "", name);
	if (scale)
		error_set(err, ERROR_INVALID, "unknown log level '%s'; one of %s", text,
			  text_str(&names));
	else
		error_set(err, ERROR_INVALID, "the events of this domain have no log levels");
	text_finish(&names);
	return false;
}

static bool parse_loglevel(const struct args *args, size_t source_index, struct rule_args *rule,
			   struct error *err)
{
	const struct loglevel_scale *scale =
		loglevel_scale(source_table[source_index].class->domain);
	const char *at_least = args_text(args, "loglevel");
	const char *exactly = args_text(args, "loglevel-only");
	const char *text = at_least ? at_least : exactly;

	rule->loglevel_match = LOGLEVEL_ALL;
	if (at_least && exactly)
		return error_set(err, ERROR_INVALID,
				 "--loglevel and --loglevel-only exclude each other");
	if (!text)
		return true;
	rule->loglevel_match = at_least ? LOGLEVEL_AT_LEAST : LOGLEVEL_EXACTLY;
	return loglevel_parse(scale, text, &rule->loglevel) || fail_level(scale, text, err);
}

static bool parse_exclusions(const struct args *args, size_t source_index, struct rule_args *rule,
			     struct error *err)
{
	if (args_has(args, "exclude") && source_table[source_index].class->carrier)
		return error_set(err, ERROR_INVALID, "--exclude is for --userspace only");
	for (size_t i = 0; i < args_text_count(args, "exclude"); i++)
		text_split_commas(args_text_at(args, "exclude", i), &rule->exclusions);
	for (size_t i = 0; i < rule->exclusions.count; i++) {
		const char *exclusion = rule->exclusions.words[i];

		if (exclusion[0] == '\0' || strlen(exclusion) > EVENT_NAME_MAX)
			return error_set(err, ERROR_INVALID, "an excluded name has 1 to %d bytes",
					 EVENT_NAME_MAX);
	}
	return true;
}

static bool parse_filter(const struct args *args, size_t source_index, struct rule_args *rule,
			 struct filter_problem *problem)
{
	const struct source_class *class = source_table[source_index].class;
	const char *text = args_text(args, "filter");

	if (!text)
		return true;
	rule->filter = filter_parse(text, problem);
	if (rule->filter && (!class->check_filter || class->check_filter(rule->filter, problem)))
		return true;
	return error_prefix(&problem->error, "in the filter");
}

bool rule_args_parse(struct call *call, size_t source_index, struct rule_args *rule)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct error err = ERROR_INIT;

	if (!parse_loglevel(call->args, source_index, rule, &err) ||
	    !parse_exclusions(call->args, source_index, rule, &err)) {
		reply_fail(call->reply, &err);
		return false;
	}
	if (parse_filter(call->args, source_index, rule, &problem))
		return true;
	reply_error_at(call->reply, args_text(call->args, "filter"), &problem);
	reply_done(call->reply, STATUS_ERROR);
	return false;
}

void rule_args_finish(struct rule_args *rule)
{
	word_list_finish(&rule->exclusions);
	filter_destroy(rule->filter);
}

bool rule_args_are_given(const struct args *args)
{
	return args_has(args, "filter") || args_has(args, "loglevel") ||
	       args_has(args, "loglevel-only") || args_has(args, "exclude");
}

struct event_rule_key rule_args_key(const struct rule_args *rule, const char *pattern)
{
	return (struct event_rule_key){
		.pattern = pattern,
		.loglevel_match = rule->loglevel_match,
		.loglevel = rule->loglevel,
		.exclusions = &rule->exclusions,
		.filter = rule->filter ? filter_text(rule->filter) : NULL,
	};
}
