/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON → lttng's machine interface; see mi.h. JSON has lttng's names and some more: what is in no
 * table is left out.
 */
#include "backend/control/mi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/xml.h"

#define NAMESPACE "https://lttng.org/xml/ns/lttng-mi"
#define LOCATION  NAMESPACE " https://lttng.org/xml/schemas/lttng-mi/4/lttng-mi-4.1.xsd"

struct rule {
	const char *member;  /* of the JSON object; NULL: the end of the table */
	const char *element; /* NULL: called as the member */
	enum {
		SCALAR,	  /* <element>value</element> */
		ALWAYS,	  /* the same; `text` if there is no member */
		CONSTANT, /* `text`, if there is the member */
		OBJECT,	  /* <element> inner of the member */
		LIST,	  /* <element>, in it a <text> with inner per item */
		WORDS,	  /* <element>, in it a <text> per item, which is text */
		FIRST,	  /* <element> inner of the first item, if there is no member `text` */
		WRAP,	  /* <element>, inner of this same object, if there is the member */
		UNLESS,	  /* <element/>, if there is neither the member nor one called `text` */
		CUSTOM,	  /* see write() */
	} kind;
	const char *text;
	const struct rule *inner;
	void (*write)(struct xml_writer *writer, const struct json *member);
};

#define END                                                                                        \
	{                                                                                          \
		.member = NULL                                                                     \
	}

static void write_rules(struct xml_writer *writer, const struct json *object,
			const struct rule *rules);

/* --- by hand: what JSON has in another form */

static void write_tracked(struct xml_writer *writer, const char *element, const struct json *value)
{
	struct text text = {0};
	const char *name = json_get_text(value, "name");
	const char *given = json_get_text(value, "value");
	const char *kind = name ? "name" : "id";

	if (name)
		text_add(&text, name);
	else if (given)
		text_add(&text, given);
	else
		json_add_scalar(json_get(value, "id"), &text);
	if (given && strcmp(given, "all") == 0)
		kind = "all";
	else if (given && (*given < '0' || *given > '9'))
		kind = "name";
	xml_begin(writer, element);
	xml_begin(writer, "type");
	xml_put_text(writer, kind, strcmp(kind, "all") == 0 ? "true" : text_str(&text));
	xml_end(writer);
	if (json_get(value, "success")) {
		text_clear(&text);
		json_add_scalar(json_get(value, "success"), &text);
		xml_put_text(writer, "success", text_str(&text));
	}
	xml_end(writer);
	text_finish(&text);
}

static void write_tracker(struct xml_writer *writer, const struct json *tracker)
{
	const char *attribute = json_get_text(tracker, "attribute");
	const struct json *values = json_get(tracker, "values");
	char *element = mem_printf("%s_process_attr_tracker", attribute ? attribute : "vpid");

	xml_begin(writer, element);
	xml_begin(writer, "process_attr_values");
	for (size_t i = 0; i < json_count(values); i++)
		write_tracked(writer, attribute, json_at(values, i));
	xml_end(writer);
	xml_end(writer);
	free(element);
}

static void write_trackers(struct xml_writer *writer, const struct json *trackers)
{
	xml_begin(writer, "process_attr_trackers");
	for (size_t i = 0; i < json_count(trackers); i++)
		write_tracker(writer, json_at(trackers, i));
	xml_end(writer);
}

static const struct rule nothing_rules[] = {END};
static const struct rule periodic_rules[] = {{.member = "time_us"}, END};
static const struct rule size_rules[] = {{.member = "bytes"}, END};

static const struct rule schedule_rules[] = {
	{.member = "periodic", .kind = OBJECT, .inner = periodic_rules},
	{.member = "size_threshold", .kind = OBJECT, .inner = size_rules},
	END,
};

static const struct rule schedule_kind_rules[] = {
	{.member = "time_us", .element = "periodic", .kind = WRAP, .inner = periodic_rules},
	{.member = "bytes", .element = "size_threshold", .kind = WRAP, .inner = size_rules},
	END,
};

static const struct rule schedule_result_rules[] = {
	{.member = "kind",
	 .element = "rotation_schedule",
	 .kind = WRAP,
	 .inner = schedule_kind_rules},
	{.member = "success"},
	END,
};

static void write_schedule_results(struct xml_writer *writer, const struct json *results)
{
	for (size_t i = 0; i < json_count(results); i++) {
		xml_begin(writer, "rotation_schedule_result");
		write_rules(writer, json_at(results, i), schedule_result_rules);
		xml_end(writer);
	}
}

static void write_field_type(struct xml_writer *writer, const struct json *type)
{
	struct text text = {0};

	json_add_scalar(type, &text);
	for (size_t i = 0; i < text.length; i++)
		text.bytes[i] = (char)toupper((unsigned char)text.bytes[i]);
	xml_put_text(writer, "type",
		     strcmp(text_str(&text), "UNKNOWN") == 0 ? "OTHER" : text_str(&text));
	text_finish(&text);
}

/* A level without a name has none in the schema. */
static void write_loglevel(struct xml_writer *writer, const struct json *level)
{
	struct text text = {0};

	json_add_scalar(level, &text);
	if (text.length > 0)
		xml_put_text(writer, "loglevel", text_str(&text));
	text_finish(&text);
}

/* --- what the schema has */

static const struct rule field_rules[] = {
	{.member = "name"},
	{.member = "type", .kind = CUSTOM, .write = write_field_type},
	{.member = "name", .element = "nowrite", .kind = CONSTANT, .text = "0"},
	END,
};

static const struct rule probe_rules[] = {
	{.member = "address"},
	{.member = "offset"},
	{.member = "symbol_name"},
	END,
};

static const struct rule function_rules[] = {{.member = "symbol_name"}, END};

static const struct rule probe_attribute_rules[] = {
	{.member = "probe_attributes", .kind = OBJECT, .inner = probe_rules},
	END,
};

static const struct rule function_attribute_rules[] = {
	{.member = "function_attributes", .kind = OBJECT, .inner = function_rules},
	END,
};

static const struct rule event_rules[] = {
	{.member = "name"},
	{.member = "type"},
	{.member = "enabled"},
	{.member = "loglevel", .kind = CUSTOM, .write = write_loglevel},
	{.member = "loglevel_type"},
	{.member = "filter_expression"},
	{.member = "exclusions", .kind = WORDS, .text = "exclusion"},
	{.member = "probe_attributes",
	 .element = "attributes",
	 .kind = WRAP,
	 .inner = probe_attribute_rules},
	{.member = "function_attributes",
	 .element = "attributes",
	 .kind = WRAP,
	 .inner = function_attribute_rules},
	{.member = "success"},
	END,
};

/* What could be recorded is of no rule yet. */
static const struct rule point_rules[] = {
	{.member = "name"},
	{.member = "type"},
	{.member = "enabled", .kind = ALWAYS, .text = "true"},
	{.member = "loglevel", .kind = CUSTOM, .write = write_loglevel},
	{.member = "loglevel_type", .kind = ALWAYS, .text = "ALL"},
	{.member = "exclusions", .kind = UNLESS},
	{.member = "event_fields", .kind = LIST, .text = "event_field", .inner = field_rules},
	END,
};

static const struct rule attribute_rules[] = {
	{.member = "overwrite_mode"},	   {.member = "subbuffer_size"},
	{.member = "subbuffer_count"},	   {.member = "switch_timer_interval"},
	{.member = "read_timer_interval"}, {.member = "monitor_timer_interval"},
	{.member = "blocking_timeout"},	   {.member = "output_type"},
	{.member = "tracefile_size"},	   {.member = "tracefile_count"},
	{.member = "live_timer_interval"}, {.member = "discarded_events"},
	{.member = "lost_packets"},	   END,
};

static const struct rule channel_rules[] = {
	{.member = "name"},
	{.member = "enabled"},
	{.member = "attributes", .kind = OBJECT, .inner = attribute_rules},
	{.member = "events", .kind = LIST, .text = "event", .inner = event_rules},
	{.member = "success"},
	END,
};

static const struct rule process_rules[] = {
	{.member = "id"},
	{.member = "name"},
	{.member = "events", .kind = LIST, .text = "event", .inner = point_rules},
	END,
};

static const struct rule domain_rules[] = {
	{.member = "type"},
	{.member = "buffer_type"},
	{.member = "process_attr_trackers", .kind = CUSTOM, .write = write_trackers},
	{.member = "channels", .kind = LIST, .text = "channel", .inner = channel_rules},
	END,
};

static const struct rule session_rules[] = {
	{.member = "name"},
	{.member = "path"},
	{.member = "enabled"},
	{.member = "snapshot_mode"},
	{.member = "live_timer_interval"},
	{.member = "rotation_schedules", .kind = OBJECT, .inner = schedule_rules},
	{.member = "domains", .kind = LIST, .text = "domain", .inner = domain_rules},
	END,
};

static const struct rule name_rules[] = {{.member = "name"}, END};

#define ONE_SESSION(rules)                                                                         \
	{                                                                                          \
		{.member = "session", .kind = OBJECT, .inner = (rules)}, END                       \
	}

static const struct rule one_session[] = ONE_SESSION(session_rules);
static const struct rule one_name[] = ONE_SESSION(name_rules);

/* As it is once the command has done it. */
static const struct rule started_rules[] = {
	{.member = "name"},
	{.member = "name", .element = "enabled", .kind = CONSTANT, .text = "true"},
	END};
static const struct rule stopped_rules[] = {
	{.member = "name"},
	{.member = "name", .element = "enabled", .kind = CONSTANT, .text = "false"},
	END};
static const struct rule one_started[] = ONE_SESSION(started_rules);
static const struct rule one_stopped[] = ONE_SESSION(stopped_rules);

/* --- per command */

static const struct rule version_rules[] = {
	{.member = "string"},	   {.member = "major"},
	{.member = "minor"},	   {.member = "commit", .kind = ALWAYS, .text = ""},
	{.member = "patchLevel"},  {.member = "name"},
	{.member = "description"}, {.member = "url", .kind = ALWAYS, .text = ""},
	{.member = "license"},	   END,
};
static const struct rule version_output[] = {
	{.member = "version", .kind = OBJECT, .inner = version_rules}, END};

static const struct rule points_domain_rules[] = {
	{.member = "pids", .element = "type", .kind = CONSTANT, .text = "UST"},
	{.member = "pids", .element = "buffer_type", .kind = CONSTANT, .text = "PER_PID"},
	{.member = "pids", .kind = LIST, .text = "pid", .inner = process_rules},
	END,
};
static const struct rule kernel_domain_rules[] = {
	{.member = "kernel_events", .element = "type", .kind = CONSTANT, .text = "KERNEL"},
	{.member = "kernel_events", .element = "buffer_type", .kind = CONSTANT, .text = "GLOBAL"},
	{.member = "kernel_events",
	 .element = "events",
	 .kind = LIST,
	 .text = "event",
	 .inner = point_rules},
	END,
};
static const struct rule kernel_points_rules[] = {{.member = "kernel_events",
						   .element = "domain",
						   .kind = WRAP,
						   .inner = kernel_domain_rules},
						  END};

static const struct rule points_rules[] = {
	{.member = "pids", .element = "domain", .kind = WRAP, .inner = points_domain_rules}, END};

static const struct rule list_output[] = {
	{.member = "sessions", .kind = LIST, .text = "session", .inner = session_rules},
	{.member = "pids", .element = "domains", .kind = WRAP, .inner = points_rules},
	{.member = "kernel_events",
	 .element = "domains",
	 .kind = WRAP,
	 .inner = kernel_points_rules},
	END,
};
static const struct rule create_output[] = {
	{.member = "session", .kind = OBJECT, .inner = session_rules}, END};
static const struct rule start_output[] = {
	{.member = "session", .element = "sessions", .kind = WRAP, .inner = one_started},
	{.member = "session", .element = "sessions", .kind = UNLESS},
	END};
static const struct rule stop_output[] = {
	{.member = "session", .element = "sessions", .kind = WRAP, .inner = one_stopped},
	{.member = "session", .element = "sessions", .kind = UNLESS},
	END};
static const struct rule set_session_output[] = {
	{.member = "session", .element = "sessions", .kind = WRAP, .inner = one_name},
	{.member = "session", .element = "sessions", .kind = UNLESS},
	END};
static const struct rule sessions_output[] = {
	{.member = "session", .element = "sessions", .kind = WRAP, .inner = one_session},
	{.member = "sessions", .kind = LIST, .text = "session", .inner = session_rules},
	{.member = "session", .element = "sessions", .kind = UNLESS, .text = "sessions"},
	END,
};
static const struct rule channels_output[] = {
	{.member = "channels", .kind = LIST, .text = "channel", .inner = channel_rules}, END};
static const struct rule events_output[] = {
	{.member = "events", .kind = LIST, .text = "event", .inner = event_rules}, END};
static const struct rule channel_output[] = {
	{.member = "channel", .kind = OBJECT, .inner = channel_rules}, END};

static const struct rule perf_rules[] = {
	{.member = "type"}, {.member = "config"}, {.member = "name"}, END};
static const struct rule app_rules[] = {{.member = "provider_name"}, {.member = "ctx_name"}, END};
static const struct rule context_rules[] = {
	{.member = "type"},
	{.member = "perf", .kind = OBJECT, .inner = perf_rules},
	{.member = "app", .kind = OBJECT, .inner = app_rules},
	{.member = "symbol"},
	END,
};
static const struct rule contexts_output[] = {
	{.member = "contexts", .kind = LIST, .text = "context", .inner = context_rules}, END};
static const struct rule track_output[] = {
	{.member = "process_attr_trackers", .kind = CUSTOM, .write = write_trackers}, END};

static const struct rule local_rules[] = {{.member = "absolute_path"}, END};
static const struct rule relay_rules[] = {{.member = "host"},	       {.member = "control_port"},
					  {.member = "data_port"},     {.member = "protocol"},
					  {.member = "relative_path"}, END};
static const struct rule location_rules[] = {
	{.member = "local", .kind = OBJECT, .inner = local_rules},
	{.member = "relay", .kind = OBJECT, .inner = relay_rules},
	END,
};
static const struct rule rotation_rules[] = {
	{.member = "session_name"},
	{.member = "state"},
	{.member = "location", .kind = OBJECT, .inner = location_rules},
	END,
};
static const struct rule rotate_output[] = {
	{.member = "rotation", .kind = OBJECT, .inner = rotation_rules}, END};

static const struct rule results_rules[] = {
	{.member = "session_name"},
	{.member = "rotation_schedules", .kind = CUSTOM, .write = write_schedule_results},
	END,
};
static const struct rule schedule_output[] = {{.member = "rotation_schedules",
					       .element = "rotation_schedule_results",
					       .kind = WRAP,
					       .inner = results_rules},
					      END};
static const struct rule regenerate_output[] = {
	{.member = "name", .element = "regenerate_action", .kind = WRAP, .inner = name_rules}, END};

static const struct rule snapshot_rules[] = {{.member = "id"},
					     {.member = "name"},
					     {.member = "ctrl_url"},
					     {.member = "data_url"},
					     {.member = "session_name"},
					     {.member = "max_size"},
					     END};
static const struct rule snapshots_session_rules[] = {
	{.member = "session_name", .element = "name"},
	{.member = "snapshots", .kind = LIST, .text = "snapshot", .inner = snapshot_rules},
	END,
};
static const struct rule snapshots_rules[] = {
	{.member = "session_name",
	 .element = "session",
	 .kind = WRAP,
	 .inner = snapshots_session_rules},
	{.member = "snapshots",
	 .element = "snapshot",
	 .kind = FIRST,
	 .text = "session_name",
	 .inner = snapshot_rules},
	END,
};
static const struct rule snapshot_action_rules[] = {
	{.member = "action", .element = "name"},
	{.member = "action", .element = "output", .kind = WRAP, .inner = snapshots_rules},
	END,
};
static const struct rule snapshot_output[] = {{.member = "action",
					       .element = "snapshot_action",
					       .kind = WRAP,
					       .inner = snapshot_action_rules},
					      END};

static const struct rule overrides_rules[] = {{.member = "name"}, {.member = "url"}, END};
static const struct rule file_rules[] = {
	{.member = "session", .kind = OBJECT, .inner = name_rules},
	{.member = "path", .kind = ALWAYS, .text = ""},
	{.member = "overrides", .kind = OBJECT, .inner = overrides_rules},
	END,
};
static const struct rule save_output[] = {{.member = "save", .kind = OBJECT, .inner = file_rules},
					  END};
static const struct rule load_output[] = {{.member = "load", .kind = OBJECT, .inner = file_rules},
					  END};

static const struct rule level_rules[] = {{.member = "level"}, END};
static const struct rule level_kind_rules[] = {
	{.member = "log_level_rule_exactly", .kind = OBJECT, .inner = level_rules},
	{.member = "log_level_rule_at_least_as_severe_as", .kind = OBJECT, .inner = level_rules},
	END,
};
static const struct rule pattern_rules[] = {
	{.member = "name_pattern"},
	{.member = "filter_expression"},
	{.member = "log_level_rule", .kind = OBJECT, .inner = level_kind_rules},
	{.member = "name_pattern_exclusions", .kind = WORDS, .text = "name_pattern_exclusion"},
	END,
};
static const struct rule address_rules[] = {{.member = "address"}, END};
static const struct rule symbol_rules[] = {{.member = "name"}, {.member = "offset"}, END};
static const struct rule place_rules[] = {
	{.member = "kernel_probe_location_address", .kind = OBJECT, .inner = address_rules},
	{.member = "kernel_probe_location_symbol_offset", .kind = OBJECT, .inner = symbol_rules},
	END,
};
static const struct rule lookup_rules[] = {
	{.member = "userspace_probe_location_lookup_method_function_elf",
	 .kind = OBJECT,
	 .inner = nothing_rules},
	{.member = "userspace_probe_location_lookup_method_tracepoint_sdt",
	 .kind = OBJECT,
	 .inner = nothing_rules},
	END,
};
static const struct rule program_place_rules[] = {
	{.member = "name"},
	{.member = "probe_name"},
	{.member = "provider_name"},
	{.member = "binary_path"},
	{.member = "instrumentation_type"},
	{.member = "userspace_probe_location_lookup_method", .kind = OBJECT, .inner = lookup_rules},
	END,
};
static const struct rule program_rules[] = {
	{.member = "userspace_probe_location_function",
	 .kind = OBJECT,
	 .inner = program_place_rules},
	{.member = "userspace_probe_location_tracepoint",
	 .kind = OBJECT,
	 .inner = program_place_rules},
	END,
};
static const struct rule kernel_rules[] = {
	{.member = "emission_site"},
	{.member = "name_pattern"},
	{.member = "event_name"},
	{.member = "kernel_probe_location", .kind = OBJECT, .inner = place_rules},
	{.member = "userspace_probe_location", .kind = OBJECT, .inner = program_rules},
	{.member = "filter_expression"},
	END,
};
static const struct rule event_rule_rules[] = {
	{.member = "event_rule_kernel_tracepoint", .kind = OBJECT, .inner = kernel_rules},
	{.member = "event_rule_kernel_syscall", .kind = OBJECT, .inner = kernel_rules},
	{.member = "event_rule_kernel_kprobe", .kind = OBJECT, .inner = kernel_rules},
	{.member = "event_rule_kernel_uprobe", .kind = OBJECT, .inner = kernel_rules},
	{.member = "event_rule_user_tracepoint", .kind = OBJECT, .inner = pattern_rules},
	{.member = "event_rule_jul_logging", .kind = OBJECT, .inner = pattern_rules},
	{.member = "event_rule_log4j_logging", .kind = OBJECT, .inner = pattern_rules},
	{.member = "event_rule_python_logging", .kind = OBJECT, .inner = pattern_rules},
	END,
};
static const struct rule app_field_rules[] = {
	{.member = "provider_name"}, {.member = "type_name"}, END};
static const struct rule event_expr_rules[5];
static const struct rule element_rules[] = {
	{.member = "index"},
	{.member = "event_expr", .kind = OBJECT, .inner = event_expr_rules},
	END,
};
static const struct rule event_expr_rules[5] = {
	{.member = "event_expr_payload_field", .kind = OBJECT, .inner = name_rules},
	{.member = "event_expr_channel_context_field", .kind = OBJECT, .inner = name_rules},
	{.member = "event_expr_app_specific_context_field",
	 .kind = OBJECT,
	 .inner = app_field_rules},
	{.member = "event_expr_array_field_element", .kind = OBJECT, .inner = element_rules},
	END,
};
static const struct rule matches_rules[] = {
	{.member = "event_rule", .kind = OBJECT, .inner = event_rule_rules},
	{.member = "capture_descriptors",
	 .kind = LIST,
	 .text = "event_expr",
	 .inner = event_expr_rules},
	END,
};
static const struct rule threshold_rules[] = {
	{.member = "session_name"},    {.member = "channel_name"},    {.member = "domain"},
	{.member = "threshold_bytes"}, {.member = "threshold_ratio"}, END,
};
static const struct rule error_value_rules[] = {{.member = "value"}, END};
static const struct rule error_rules[] = {
	{.member = "name"},
	{.member = "description"},
	{.member = "error_query_result_counter", .kind = OBJECT, .inner = error_value_rules},
	END,
};
#define ERROR_RESULTS                                                                              \
	{                                                                                          \
		.member = "error_query_results", .kind = LIST, .text = "error_query_result",       \
		.inner = error_rules                                                               \
	}
static const struct rule condition_rules[] = {
	{.member = "condition_event_rule_matches", .kind = OBJECT, .inner = matches_rules},
	{.member = "condition_session_consumed_size", .kind = OBJECT, .inner = threshold_rules},
	{.member = "condition_buffer_usage_high", .kind = OBJECT, .inner = threshold_rules},
	{.member = "condition_buffer_usage_low", .kind = OBJECT, .inner = threshold_rules},
	{.member = "condition_session_rotation_ongoing", .kind = OBJECT, .inner = threshold_rules},
	{.member = "condition_session_rotation_completed",
	 .kind = OBJECT,
	 .inner = threshold_rules},
	ERROR_RESULTS,
	END,
};
static const struct rule every_rules[] = {{.member = "interval"}, END};
static const struct rule once_rules[] = {{.member = "threshold"}, END};
static const struct rule rate_rules[] = {
	{.member = "rate_policy_every_n", .kind = OBJECT, .inner = every_rules},
	{.member = "rate_policy_once_after_n", .kind = OBJECT, .inner = once_rules},
	END,
};
static const struct rule action_output_rules[] = {
	{.member = "name"}, {.member = "ctrl_url"}, {.member = "max_size"}, END};
static const struct rule action_rules[] = {
	{.member = "session_name"},
	{.member = "output", .kind = OBJECT, .inner = action_output_rules},
	{.member = "rate_policy", .kind = OBJECT, .inner = rate_rules},
	END,
};
static const struct rule action_kind_rules[] = {
	{.member = "action_notify", .kind = OBJECT, .inner = action_rules},
	{.member = "action_start_session", .kind = OBJECT, .inner = action_rules},
	{.member = "action_stop_session", .kind = OBJECT, .inner = action_rules},
	{.member = "action_rotate_session", .kind = OBJECT, .inner = action_rules},
	{.member = "action_snapshot_session", .kind = OBJECT, .inner = action_rules},
	ERROR_RESULTS,
	END,
};
static const struct rule actions_rules[] = {
	{.member = "action_list", .kind = LIST, .text = "action", .inner = action_kind_rules}, END};
static const struct rule trigger_rules[] = {
	{.member = "name"},
	{.member = "owner_uid"},
	{.member = "condition", .kind = OBJECT, .inner = condition_rules},
	{.member = "action", .kind = OBJECT, .inner = actions_rules},
	ERROR_RESULTS,
	END,
};
static const struct rule trigger_output[] = {
	{.member = "trigger", .kind = OBJECT, .inner = trigger_rules}, END};
static const struct rule triggers_output[] = {
	{.member = "triggers", .kind = LIST, .text = "trigger", .inner = trigger_rules}, END};

static const struct answer {
	const char *command;
	const char *name; /* in the document; NULL: the command's */
	bool has_no_success;
	const struct rule *rules;
} answers[] = {
	{.command = "add-context", .rules = contexts_output},
	{.command = "add-trigger", .rules = trigger_output},
	{.command = "clear", .rules = sessions_output},
	{.command = "create", .rules = create_output},
	{.command = "destroy", .rules = sessions_output},
	{.command = "disable-channel", .rules = channels_output},
	{.command = "disable-event", .rules = channel_output},
	{.command = "disable-rotation", .rules = schedule_output},
	{.command = "enable-channel", .rules = channels_output},
	{.command = "enable-event", .rules = events_output},
	{.command = "enable-rotation", .rules = schedule_output},
	{.command = "list", .has_no_success = true, .rules = list_output},
	{.command = "list-triggers",
	 .name = "list-trigger",
	 .has_no_success = true,
	 .rules = triggers_output},
	{.command = "load", .rules = load_output},
	{.command = "regenerate", .rules = regenerate_output},
	{.command = "remove-context", .rules = contexts_output},
	{.command = "remove-trigger", .rules = trigger_output},
	{.command = "rotate", .rules = rotate_output},
	{.command = "save", .rules = save_output},
	{.command = "set-session", .rules = set_session_output},
	{.command = "snapshot", .rules = snapshot_output},
	{.command = "start", .rules = start_output},
	{.command = "status", .name = "list", .has_no_success = true, .rules = list_output},
	{.command = "stop", .rules = stop_output},
	{.command = "track", .rules = track_output},
	{.command = "untrack", .rules = track_output},
	{.command = "version", .has_no_success = true, .rules = version_output},
};

/* --- writing */

static void write_list(struct xml_writer *writer, const char *element, const struct json *list,
		       const struct rule *rule)
{
	xml_begin(writer, element);
	for (size_t i = 0; i < json_count(list); i++) {
		struct text text = {0};

		if (rule->kind == WORDS) {
			json_add_scalar(json_at(list, i), &text);
			xml_put_text(writer, rule->text, text_str(&text));
		} else {
			xml_begin(writer, rule->text);
			write_rules(writer, json_at(list, i), rule->inner);
			xml_end(writer);
		}
		text_finish(&text);
	}
	xml_end(writer);
}

static void write_scalar(struct xml_writer *writer, const char *element, const struct json *member)
{
	struct text text = {0};

	json_add_scalar(member, &text);
	xml_put_text(writer, element, text_str(&text));
	text_finish(&text);
}

static void write_inner(struct xml_writer *writer, const char *element, const struct json *object,
			const struct rule *rules)
{
	xml_begin(writer, element);
	write_rules(writer, object, rules);
	xml_end(writer);
}

static void write_rule(struct xml_writer *writer, const struct json *object,
		       const struct rule *rule)
{
	const struct json *member = json_get(object, rule->member);
	const char *element = rule->element ? rule->element : rule->member;

	if (!member && rule->kind != ALWAYS && rule->kind != UNLESS)
		return;
	switch (rule->kind) {
	case SCALAR:
		write_scalar(writer, element, member);
		break;
	case ALWAYS:
		if (member)
			write_scalar(writer, element, member);
		else
			xml_put_text(writer, element, rule->text);
		break;
	case CONSTANT:
		xml_put_text(writer, element, rule->text);
		break;
	case OBJECT:
		write_inner(writer, element, member, rule->inner);
		break;
	case LIST:
	case WORDS:
		write_list(writer, element, member, rule);
		break;
	case FIRST:
		if (!json_get(object, rule->text))
			write_inner(writer, element, json_at(member, 0), rule->inner);
		break;
	case WRAP:
		write_inner(writer, element, object, rule->inner);
		break;
	case UNLESS:
		if (!member && (!rule->text || !json_get(object, rule->text)))
			xml_put_text(writer, element, "");
		break;
	case CUSTOM:
		rule->write(writer, member);
		break;
	}
}

static void write_rules(struct xml_writer *writer, const struct json *object,
			const struct rule *rules)
{
	for (; rules->member; rules++)
		write_rule(writer, object, rules);
}

void mi_print(const char *command_name, const struct json *output, bool is_success,
	      struct text *out)
{
	struct answer answer = {.command = command_name, .rules = nothing_rules};
	struct xml_writer writer;

	for (size_t i = 0; i < COUNT_OF(answers); i++)
		if (strcmp(answers[i].command, command_name) == 0)
			answer = answers[i];
	xml_write_begin(&writer, out, false);
	xml_begin(&writer, "command");
	xml_put_attribute(&writer, "xmlns", NAMESPACE);
	xml_put_attribute(&writer, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
	xml_put_attribute(&writer, "xsi:schemaLocation", LOCATION);
	xml_put_attribute(&writer, "schemaVersion", "4.1");
	xml_put_text(&writer, "name", answer.name ? answer.name : command_name);
	write_inner(&writer, "output", output, answer.rules);
	if (!answer.has_no_success)
		xml_put_bool(&writer, "success", is_success);
	xml_end(&writer);
}
