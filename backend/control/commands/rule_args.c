/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See rule_args.h. */
#include "backend/control/commands/rule_args.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/model/loglevel.h"
#include "backend/source/location.h"

const char *const rule_kind_options[RULE_KIND_COUNT] = {
	[RULE_TRACEPOINT] = "tracepoint",
	[RULE_SYSCALL] = "syscall",
	[RULE_PROBE] = "probe",
	[RULE_FUNCTION] = "function",
	[RULE_USERSPACE_PROBE] = "userspace-probe",
};

/* --- kind and place */

/* By the requester's folder, else where programs are; the shell's PATH does not come along. */
static char *find_program(const struct requester *who, const char *path)
{
	static const char *const folders[] = {"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					      "/usr/bin",	 "/sbin",	   "/bin"};
	char *absolute = common_absolute_path(who, path);
	char *found = realpath(absolute, NULL);

	free(absolute);
	for (size_t i = 0; !found && !strchr(path, '/') && i < COUNT_OF(folders); i++) {
		absolute = mem_printf("%s/%s", folders[i], path);
		found = realpath(absolute, NULL);
		free(absolute);
	}
	return found;
}

static bool take_location(const struct requester *who, const char *text, struct rule_args *rule,
			  struct error *err)
{
	struct location location;
	struct text whole = {0};
	char *found = NULL;
	bool is_good = location_parse(text, rule->kind, &location, err);

	if (is_good && location.path) {
		found = find_program(who, location.path);
		is_good = found || error_set(err, ERROR_NOT_FOUND, "there is no program '%.120s'",
					     location.path);
		free(location.path);
		location.path = found;
	}
	if (is_good) {
		location_print(&location, &whole);
		free(rule->location);
		rule->location = text_take(&whole);
	}
	location_finish(&location);
	return is_good;
}

static bool check_kind(const struct args *args, size_t source_index, const struct rule_args *rule,
		       struct error *err)
{
	const char *domain = source_table[source_index].class->domain;

	if (rule->kind != RULE_TRACEPOINT && strcmp(domain, "KERNEL") != 0)
		return error_set(err, ERROR_UNSUPPORTED, "--%s is for --kernel only",
				 rule_kind_options[rule->kind]);
	if (args_has(args, "filter") && rule->kind > RULE_SYSCALL)
		return error_set(err, ERROR_UNSUPPORTED,
				 "--filter goes with tracepoints and system calls only");
	return true;
}

static bool parse_kind(const struct call *call, size_t source_index, struct rule_args *rule,
		       struct error *err)
{
	const char *text = NULL;

	for (int i = 0; i < RULE_KIND_COUNT; i++) {
		if (!args_has(call->args, rule_kind_options[i]))
			continue;
		if (rule->has_kind)
			return error_set(err, ERROR_INVALID, "--%s and --%s exclude each other",
					 rule_kind_options[rule->kind], rule_kind_options[i]);
		rule->kind = (enum rule_kind)i;
		rule->has_kind = true;
	}
	if (!check_kind(call->args, source_index, rule, err))
		return false;
	if (rule->kind > RULE_SYSCALL)
		text = args_text(call->args, rule_kind_options[rule->kind]);
	if (!text)
		text = args_text(call->args, "location");
	if (text && rule->kind <= RULE_SYSCALL)
		return error_set(err, ERROR_INVALID,
				 "--location goes with --probe, --function and --userspace-probe");
	return !text || take_location(reply_requester(call->reply), text, rule, err);
}

/* --- the others */

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
	const struct source_class *class = source_table[source_index].class;

	if (args_has(args, "exclude") && (class->carrier || strcmp(class->domain, "KERNEL") == 0))
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

	if (!parse_kind(call, source_index, rule, &err) ||
	    !parse_loglevel(call->args, source_index, rule, &err) ||
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
	free(rule->location);
}

bool rule_args_are_given(const struct args *args)
{
	return args_has(args, "filter") || args_has(args, "loglevel") ||
	       args_has(args, "loglevel-only") || args_has(args, "exclude") ||
	       args_has(args, "location");
}

struct event_rule_key rule_args_key(const struct rule_args *rule, const char *pattern)
{
	return (struct event_rule_key){
		.pattern = pattern,
		.loglevel_match = rule->loglevel_match,
		.loglevel = rule->loglevel,
		.exclusions = &rule->exclusions,
		.filter = rule->filter ? filter_text(rule->filter) : NULL,
		.kind = rule->kind,
		.location = rule->location,
	};
}
