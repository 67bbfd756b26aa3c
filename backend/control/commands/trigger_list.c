/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What triggers are, as lttng 2.13's list-triggers prints it, and by the names of --mi xml. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/trigger_args.h"
#include "backend/model/loglevel.h"
#include "backend/source/location.h"

static const char missed_name[] = "discarded tracer messages";

static const char *domain_of(const struct trigger_condition *condition)
{
	return source_table[condition->source_index].class->domain;
}

static bool is_of(const struct trigger_condition *condition, const char *domain)
{
	return strcmp(domain_of(condition), domain) == 0;
}

static char *lower(const char *text)
{
	char *copy = mem_strdup(text);

	for (char *at = copy; *at; at++)
		*at = (char)tolower((unsigned char)*at);
	return copy;
}

/* --- text */

/* Without the scale's prefix: "WARNING". */
static const char *level_word(const struct trigger_condition *condition)
{
	const char *name = loglevel_name(loglevel_scale(domain_of(condition)), condition->loglevel);
	const char *bar = name ? strchr(name, '_') : NULL;

	return bar ? bar + 1 : name ? name : "?";
}

/* "location type: ELF, location: /bin/x:main" */
static void add_program(struct text *out, const char *place)
{
	struct location location;

	if (!location_parse(place, RULE_USERSPACE_PROBE, &location, NULL)) {
		location_finish(&location);
		return;
	}
	text_addf(out,
		  "location type: %s, location: %s:", location.kind == LOCATION_SDT ? "SDT" : "ELF",
		  location.path);
	if (location.kind == LOCATION_SDT)
		text_addf(out, "%s:", location.provider);
	text_add(out, location.symbol);
	location_finish(&location);
}

static void add_kernel_kind(struct text *out, const struct trigger_condition *condition)
{
	switch (condition->rule_kind) {
	case RULE_SYSCALL:
		text_addf(out, "kernel:syscall:%s", trigger_site_words[condition->site]);
		return;
	case RULE_PROBE:
		text_addf(out, "kernel:kprobe, location: %s", condition->location);
		return;
	case RULE_USERSPACE_PROBE:
		text_add(out, "kernel:uprobe, ");
		add_program(out, condition->location);
		return;
	case RULE_TRACEPOINT:
	case RULE_FUNCTION:
	case RULE_KIND_COUNT:
		text_add(out, "kernel tracepoint");
	}
}

static void add_rule(struct text *out, const struct trigger_condition *condition)
{
	char *domain = lower(domain_of(condition));

	text_addf(out, "%s (type: ", condition->pattern);
	if (is_of(condition, "UST"))
		text_add(out, "user tracepoint");
	else if (is_of(condition, "KERNEL"))
		add_kernel_kind(out, condition);
	else
		text_addf(out, "%s:logging", domain);
	if (condition->filter)
		text_addf(out, ", filter: %s", condition->filter);
	if (condition->loglevel_match == LOGLEVEL_EXACTLY)
		text_addf(out, ", log level is %s", level_word(condition));
	if (condition->loglevel_match == LOGLEVEL_AT_LEAST)
		text_addf(out, ", log level at least %s", level_word(condition));
	for (size_t i = 0; i < condition->exclusions.count; i++)
		text_addf(out, "%s%s", i ? "," : ", exclusions: ", condition->exclusions.words[i]);
	text_add(out, ")");
	free(domain);
}

static void print_event(struct reply *reply, const struct trigger_condition *condition)
{
	struct text rule = {0};

	add_rule(&rule, condition);
	reply_print(reply, "    rule: %s\n", text_str(&rule));
	text_finish(&rule);
	if (condition->captures.count > 0)
		reply_print(reply, "    captures:\n");
	for (size_t i = 0; i < condition->captures.count; i++)
		reply_print(reply, "      - %s\n", condition->captures.words[i]);
}

static void print_condition(struct reply *reply, const struct trigger_condition *condition)
{
	if (condition->kind == TRIGGER_EVENT) {
		print_event(reply, condition);
		return;
	}
	reply_print(reply, "    session name: %s\n", condition->session);
	if (condition->channel)
		reply_print(reply, "    channel name: %s\n    domain: %s\n", condition->channel,
			    domain_of(condition));
	if (condition->is_ratio)
		reply_print(reply, "    threshold (ratio): %.2f\n", condition->ratio);
	else if (condition->channel)
		reply_print(reply, "    threshold (bytes): %llu\n",
			    (unsigned long long)condition->bytes);
	else if (condition->kind == TRIGGER_CONSUMED_SIZE)
		reply_print(reply, "    threshold: %llu bytes\n",
			    (unsigned long long)condition->bytes);
}

static void print_action(struct reply *reply, const struct trigger_action *action)
{
	struct text line = {0};

	text_add(&line, trigger_action_titles[action->kind]);
	if (action->session)
		text_addf(&line, " `%s`", action->session);
	if (action->path)
		text_addf(&line, ", path: %s", action->path);
	if (action->name)
		text_addf(&line, ", name: %s", action->name);
	if (action->bytes_max)
		text_addf(&line, ", max size: %llu", (unsigned long long)action->bytes_max);
	if (action->is_once || action->count > 1)
		text_addf(&line, ", rate policy: %s %llu occurrence%s",
			  action->is_once ? "once after" : "every",
			  (unsigned long long)action->count, action->count > 1 ? "s" : "");
	reply_print(reply, "    %s\n", text_str(&line));
	if (action->failure_count > 0)
		reply_print(reply, "      errors:\n        total execution failures: %llu\n",
			    (unsigned long long)action->failure_count);
	else
		reply_print(reply, "      errors: none\n");
	text_finish(&line);
}

void trigger_list_text(struct reply *reply, const struct trigger *trigger, uint64_t missed_count)
{
	reply_print(reply, "- name: %s\n  owner uid: %u\n  condition: %s\n", trigger->name,
		    (unsigned int)trigger->uid, trigger_kind_names[trigger->condition.kind].title);
	print_condition(reply, &trigger->condition);
	if (missed_count > 0)
		reply_print(reply, "    errors:\n      %s: %llu\n", missed_name,
			    (unsigned long long)missed_count);
	else
		reply_print(reply, "    errors: none\n");
	reply_print(reply, "  actions:\n");
	for (size_t i = 0; i < trigger->action_count; i++)
		print_action(reply, &trigger->actions[i]);
	reply_print(reply, "  errors: none\n");
}

/* --- JSON */

static void put_level(struct json *object, const struct trigger_condition *condition)
{
	static const char *const elements[] = {
		[LOGLEVEL_AT_LEAST] = "log_level_rule_at_least_as_severe_as",
		[LOGLEVEL_EXACTLY] = "log_level_rule_exactly",
	};

	if (condition->loglevel_match != LOGLEVEL_ALL)
		json_put_i64(json_put_object(json_put_object(object, "log_level_rule"),
					     elements[condition->loglevel_match]),
			     "level", condition->loglevel);
}

/* "f[2][3]" is the element 3 of the element 2 of f. */
static void put_capture(struct json *object, const char *text)
{
	const char *bracket = strrchr(text, '[');
	char *name = mem_strndup(text, bracket ? (size_t)(bracket - text) : strlen(text));
	const char *colon = strchr(name, ':');

	if (bracket) {
		object = json_put_object(object, "event_expr_array_field_element");
		json_put_u64(object, "index", strtoull(bracket + 1, NULL, 10));
		put_capture(json_put_object(object, "event_expr"), name);
	} else if (strncmp(name, "$app.", 5) == 0 && colon) {
		char *provider = mem_strndup(name + 5, (size_t)(colon - name - 5));

		object = json_put_object(object, "event_expr_app_specific_context_field");
		json_put_text(object, "provider_name", provider);
		json_put_text(object, "type_name", colon + 1);
		free(provider);
	} else if (strncmp(name, "$ctx.", 5) == 0) {
		json_put_text(json_put_object(object, "event_expr_channel_context_field"), "name",
			      name + 5);
	} else {
		json_put_text(json_put_object(object, "event_expr_payload_field"), "name", name);
	}
	free(name);
}

/* "0xffffffff81000000", "vfs_read+0x10" */
static void put_place(struct json *object, const char *place)
{
	struct location location;

	object = json_put_object(object, "kernel_probe_location");
	if (location_parse(place, RULE_PROBE, &location, NULL)) {
		if (location.kind == LOCATION_ADDRESS) {
			object = json_put_object(object, "kernel_probe_location_address");
			json_put_u64(object, "address", location.number);
		} else {
			object = json_put_object(object, "kernel_probe_location_symbol_offset");
			json_put_text(object, "name", location.symbol);
			json_put_u64(object, "offset", location.number);
		}
	}
	location_finish(&location);
}

static void put_program(struct json *object, const char *place)
{
	struct location location;
	bool is_sdt;

	object = json_put_object(object, "userspace_probe_location");
	if (!location_parse(place, RULE_USERSPACE_PROBE, &location, NULL)) {
		location_finish(&location);
		return;
	}
	is_sdt = location.kind == LOCATION_SDT;
	object = json_put_object(object, is_sdt ? "userspace_probe_location_tracepoint"
						: "userspace_probe_location_function");
	json_put_text(object, is_sdt ? "probe_name" : "name", location.symbol);
	if (is_sdt)
		json_put_text(object, "provider_name", location.provider);
	json_put_text(object, "binary_path", location.path);
	if (!is_sdt)
		json_put_text(object, "instrumentation_type", "ENTRY");
	object = json_put_object(object, "userspace_probe_location_lookup_method");
	json_put_object(object, is_sdt ? "userspace_probe_location_lookup_method_tracepoint_sdt"
				       : "userspace_probe_location_lookup_method_function_elf");
	location_finish(&location);
}

/* Elements by enum rule_kind. */
static const char *const kernel_elements[RULE_KIND_COUNT] = {
	[RULE_TRACEPOINT] = "event_rule_kernel_tracepoint",
	[RULE_SYSCALL] = "event_rule_kernel_syscall",
	[RULE_PROBE] = "event_rule_kernel_kprobe",
	[RULE_USERSPACE_PROBE] = "event_rule_kernel_uprobe",
};

static char *element_of(const struct trigger_condition *condition)
{
	char *domain, *element;

	if (is_of(condition, "UST"))
		return mem_strdup("event_rule_user_tracepoint");
	if (is_of(condition, "KERNEL"))
		return mem_strdup(kernel_elements[condition->rule_kind]);
	domain = lower(domain_of(condition));
	element = mem_printf("event_rule_%s_logging", domain);
	free(domain);
	return element;
}

static void put_event(struct json *object, const struct trigger_condition *condition)
{
	char *element = element_of(condition);
	struct json *rule = json_put_object(json_put_object(object, "event_rule"), element);
	struct json *list;

	if (condition->rule_kind == RULE_SYSCALL)
		json_put_text(rule, "emission_site", trigger_site_words[condition->site]);
	json_put_text(rule, condition->location ? "event_name" : "name_pattern",
		      condition->pattern);
	if (condition->rule_kind == RULE_PROBE)
		put_place(rule, condition->location);
	if (condition->rule_kind == RULE_USERSPACE_PROBE)
		put_program(rule, condition->location);
	if (condition->filter)
		json_put_text(rule, "filter_expression", condition->filter);
	put_level(rule, condition);
	if (condition->exclusions.count > 0) {
		list = json_put_array(rule, "name_pattern_exclusions");
		for (size_t i = 0; i < condition->exclusions.count; i++)
			json_add_text(list, condition->exclusions.words[i]);
	}
	list = json_put_array(object, "capture_descriptors");
	for (size_t i = 0; i < condition->captures.count; i++)
		put_capture(json_add_object(list), condition->captures.words[i]);
	free(element);
}

static void put_condition(struct json *object, const struct trigger_condition *condition)
{
	object = json_put_object(object, trigger_kind_names[condition->kind].element);
	if (condition->kind == TRIGGER_EVENT) {
		put_event(object, condition);
		return;
	}
	json_put_text(object, "session_name", condition->session);
	if (condition->channel) {
		json_put_text(object, "channel_name", condition->channel);
		json_put_text(object, "domain", domain_of(condition));
	}
	if (condition->is_ratio)
		json_put_real(object, "threshold_ratio", condition->ratio);
	else if (condition->channel || condition->kind == TRIGGER_CONSUMED_SIZE)
		json_put_u64(object, "threshold_bytes", condition->bytes);
}

static void put_rate(struct json *object, const struct trigger_action *action)
{
	struct json *policy = json_put_object(object, "rate_policy");

	if (action->is_once)
		json_put_u64(json_put_object(policy, "rate_policy_once_after_n"), "threshold",
			     action->count);
	else
		json_put_u64(json_put_object(policy, "rate_policy_every_n"), "interval",
			     action->count);
}

static void put_action(struct json *object, const struct trigger_action *action)
{
	static const char *const elements[] = {
		[TRIGGER_NOTIFY] = "action_notify",
		[TRIGGER_START] = "action_start_session",
		[TRIGGER_STOP] = "action_stop_session",
		[TRIGGER_ROTATE] = "action_rotate_session",
		[TRIGGER_SNAPSHOT] = "action_snapshot_session",
	};
	struct json *output;

	object = json_put_object(object, elements[action->kind]);
	if (action->session)
		json_put_text(object, "session_name", action->session);
	if (action->path || action->name || action->bytes_max) {
		output = json_put_object(object, "output");
		if (action->name)
			json_put_text(output, "name", action->name);
		if (action->path)
			json_put_text(output, "ctrl_url", action->path);
		if (action->bytes_max)
			json_put_u64(output, "max_size", action->bytes_max);
	}
	put_rate(object, action);
}

static void put_errors(struct json *object, const char *name, const char *description,
		       uint64_t count)
{
	struct json *results = json_put_array(object, "error_query_results");
	struct json *result;

	if (!name)
		return;
	result = json_add_object(results);
	json_put_text(result, "name", name);
	json_put_text(result, "description", description);
	json_put_u64(json_put_object(result, "error_query_result_counter"), "value", count);
}

void trigger_list_json(struct json *object, const struct trigger *trigger, bool with_errors,
		       uint64_t missed_count)
{
	struct json *condition;
	struct json *actions;

	json_put_text(object, "name", trigger->name);
	json_put_u64(object, "owner_uid", trigger->uid);
	condition = json_put_object(object, "condition");
	put_condition(condition, &trigger->condition);
	if (with_errors && trigger->condition.kind == TRIGGER_EVENT)
		put_errors(condition, missed_name,
			   "Count of messages discarded by the tracer due to a communication "
			   "error with the session daemon",
			   missed_count);
	actions = json_put_array(json_put_object(object, "action"), "action_list");
	for (size_t i = 0; i < trigger->action_count; i++) {
		struct json *action = json_add_object(actions);

		put_action(action, &trigger->actions[i]);
		if (with_errors)
			put_errors(action, "total execution failures",
				   "Aggregated count of errors encountered when executing the "
				   "action",
				   trigger->actions[i].failure_count);
	}
	if (with_errors)
		put_errors(object, NULL, NULL, 0);
}
