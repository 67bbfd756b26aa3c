/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Channels of saved sessions, with their event rules and contexts. Elements come in any order, so
 * what belongs together is gathered first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "backend/model/saved_parts.h"
#include "backend/model/saved_read.h"
#include "backend/source/context.h"
#include "backend/source/location.h"

/* --- event rules */

enum location_part {
	PART_SYMBOL,
	PART_ADDRESS,
	PART_OFFSET,
	PART_PATH,
	PART_FUNCTION,
	PART_PROVIDER,
	PART_PROBE,
	LOCATION_PART_COUNT
};

struct event_draft {
	unsigned int kind;
	char *parts[LOCATION_PART_COUNT];
	const struct channel *channel;
	char *name;
	bool is_disabled;
	unsigned int level_type;
	int64_t level;
	char *filter;
	struct word_list exclusions;
};

static bool take_event_name(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct event_draft *)object)->name, node);
	return true;
}

static bool take_event_enabled(struct saved_reader *reader, void *object,
			       const struct xml_node *node)
{
	struct event_draft *draft = object;
	bool is_enabled;

	if (!saved_read_bool(reader, node, &is_enabled))
		return false;
	draft->is_disabled = !is_enabled;
	return true;
}

static bool take_event_type(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	const char *types[RULE_KIND_COUNT];

	for (size_t i = 0; i < RULE_KIND_COUNT; i++)
		types[i] = rule_kind_names[i].symbol;
	return saved_read_word(reader, node, types, COUNT_OF(types),
			       &((struct event_draft *)object)->kind);
}

/* A probe's place comes as elements of lttng's; it is put together when all are known. */
static bool take_location_part(struct saved_reader *reader, void *object,
			       const struct xml_node *node)
{
	static const char *const parts[LOCATION_PART_COUNT] = {
		[PART_SYMBOL] = "symbol_name",	   [PART_ADDRESS] = "address",
		[PART_OFFSET] = "offset",	   [PART_PATH] = "binary_path",
		[PART_FUNCTION] = "function_name", [PART_PROVIDER] = "provider_name",
		[PART_PROBE] = "probe_name",
	};
	struct event_draft *draft = object;

	(void)reader;
	for (size_t i = 0; i < LOCATION_PART_COUNT; i++)
		if (strcmp(xml_name(node), parts[i]) == 0)
			saved_replace_text(&draft->parts[i], node);
	return true;
}

static bool take_attribute(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"symbol_name", take_location_part},
		{"address", take_location_part},
		{"offset", take_location_part},
		{"binary_path", take_location_part},
		{"function_name", take_location_part},
		{"provider_name", take_location_part},
		{"probe_name", take_location_part},
		{"lookup_method", take_location_part},
		{NULL, NULL},
	};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_attributes(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"probe_attributes", take_attribute},
		{"function_attributes", take_attribute},
		{"userspace_probe_function_attributes", take_attribute},
		{"userspace_probe_tracepoint_attributes", take_attribute},
		{NULL, NULL},
	};

	return saved_take_inner(reader, object, node, grammar);
}

/* NULL: its kind needs none, or not enough is known. */
static char *join_location(const struct event_draft *draft)
{
	const char *const *parts = (const char *const *)draft->parts;

	if (draft->kind == RULE_USERSPACE_PROBE && parts[PART_PATH] && parts[PART_PROBE])
		return mem_printf("sdt:%s:%s:%s", parts[PART_PATH],
				  parts[PART_PROVIDER] ? parts[PART_PROVIDER] : "",
				  parts[PART_PROBE]);
	if (draft->kind == RULE_USERSPACE_PROBE && parts[PART_PATH] && parts[PART_FUNCTION])
		return mem_printf("elf:%s:%s", parts[PART_PATH], parts[PART_FUNCTION]);
	if (draft->kind != RULE_PROBE && draft->kind != RULE_FUNCTION)
		return NULL;
	if (parts[PART_SYMBOL] && *parts[PART_SYMBOL])
		return mem_printf("%s+%s", parts[PART_SYMBOL],
				  parts[PART_OFFSET] ? parts[PART_OFFSET] : "0");
	return parts[PART_ADDRESS] ? mem_strdup(parts[PART_ADDRESS]) : NULL;
}

/* In a new string, as the model has it. NULL with the error. */
static char *read_location(const struct event_draft *draft, struct error *err)
{
	char *joined = join_location(draft);
	struct location location;
	struct text whole = {0};
	char *result = NULL;

	if (!joined) {
		error_set(err, ERROR_INVALID, "the probe has no place");
		return NULL;
	}
	if (location_parse(joined, (enum rule_kind)draft->kind, &location, err)) {
		location_print(&location, &whole);
		result = text_take(&whole);
	}
	location_finish(&location);
	free(joined);
	return result;
}

static bool take_level_type(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct event_draft *draft = object;

	return saved_read_word(reader, node, saved_level_types, LOGLEVEL_EXACTLY + 1,
			       &draft->level_type);
}

static bool take_level(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_i64(reader, node, INT32_MIN, INT32_MAX,
			      &((struct event_draft *)object)->level);
}

static bool take_filter(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct filter_problem problem;
	struct event_draft *draft = object;
	struct filter *filter;

	saved_replace_text(&draft->filter, node);
	filter = filter_parse(draft->filter, &problem);
	if (!filter) {
		error_copy(reader->err, &problem.error);
		error_prefix(reader->err, "filter '%.60s'", draft->filter);
		return saved_fail_at(reader, node);
	}
	filter_destroy(filter);
	return true;
}

static bool take_exclusion(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct event_draft *draft = object;
	char *text = xml_text(node);
	bool is_good = *text && strlen(text) <= EVENT_NAME_MAX;

	word_list_add(&draft->exclusions, text);
	free(text);
	return is_good || saved_fail(reader, node, "is no name of an event");
}

static bool take_exclusions(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {{"exclusion", take_exclusion}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

/* What lttng adds to a logger's filter when it saves: the conditions that the domain adds anyway.
 */
static void strip_added(const struct source_class *class, struct event_draft *draft)
{
	struct rule_spec rule = {
		.pattern = draft->name ? draft->name : "*",
		.loglevel_match = (enum loglevel_match)draft->level_type,
		.loglevel = (int)draft->level,
	};
	struct text alone = {0}, with_own = {0};
	size_t length = draft->filter ? strlen(draft->filter) : 0;
	size_t before, behind;

	if (!class->carry || length == 0)
		return;
	class->carry(&rule, &alone);
	rule.filter = "@"; /* stands for the rule's own; it comes first */
	class->carry(&rule, &with_own);
	before = strcspn(text_str(&with_own), "@");
	behind = with_own.length - before - 1;
	if (strcmp(draft->filter, text_str(&alone)) == 0) {
		draft->filter[0] = '\0';
	} else if (length > before + behind && behind > 0 &&
		   strncmp(draft->filter, text_str(&with_own), before) == 0 &&
		   strcmp(draft->filter + length - behind, text_str(&with_own) + before + 1) == 0) {
		memmove(draft->filter, draft->filter + before, length - before - behind);
		draft->filter[length - before - behind] = '\0';
	}
	text_finish(&alone);
	text_finish(&with_own);
}

static bool make_rule(struct saved_reader *reader, struct channel *channel,
		      struct event_draft *draft, const struct xml_node *node)
{
	const char *name = draft->name ? draft->name : "*";
	struct event_rule_key key = {
		.pattern = name,
		.loglevel_match = (enum loglevel_match)draft->level_type,
		.loglevel = (int)draft->level,
		.exclusions = &draft->exclusions,
		.kind = (enum rule_kind)draft->kind,
	};
	struct event_rule *rule;
	char *location = NULL;

	strip_added(source_table[channel->source_index].class, draft);
	key.filter = draft->filter && *draft->filter ? draft->filter : NULL;
	if (!*name || strlen(name) > EVENT_NAME_MAX)
		return saved_fail(reader, node, "has no acceptable name");
	if (draft->kind > RULE_SYSCALL) {
		location = read_location(draft, reader->err);
		if (!location)
			return saved_fail_at(reader, node);
		key.location = location;
	}
	rule = channel_enable_rule(channel, reader->session->next_rule_id, &key, reader->err);
	free(location);
	if (!rule)
		return saved_fail_at(reader, node);
	reader->session->next_rule_id++;
	rule->is_enabled = !draft->is_disabled;
	return true;
}

static bool take_event(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"name", take_event_name},
		{"enabled", take_event_enabled},
		{"type", take_event_type},
		{"loglevel_type", take_level_type},
		{"loglevel", take_level},
		{"filter", take_filter},
		{"exclusions", take_exclusions},
		{"attributes", take_attributes},
		{NULL, NULL},
	};
	struct event_draft draft = {.level = -1};
	bool is_made = saved_take_inner(reader, &draft, node, grammar) &&
		       make_rule(reader, object, &draft, node);

	word_list_finish(&draft.exclusions);
	for (size_t i = 0; i < LOCATION_PART_COUNT; i++)
		free(draft.parts[i]);
	free(draft.name);
	free(draft.filter);
	return is_made;
}

/* --- contexts */

struct context_draft {
	char name[CONTEXT_NAME_MAX];
	uint64_t perf_type, perf_config;
	char *first; /* provider, or name of a perf counter's field */
	char *second;
};

static bool take_context_type(struct saved_reader *reader, void *object,
			      const struct xml_node *node)
{
	struct context_draft *draft = object;
	char *symbol = xml_text(node);
	const struct context_type *type = context_type_find_symbol(symbol);

	free(symbol);
	if (!type)
		return saved_fail(reader, node, "is no context");
	snprintf(draft->name, sizeof(draft->name), "%s", type->name);
	return true;
}

static bool take_perf_type(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_u64(reader, node, UINT32_MAX,
			      &((struct context_draft *)object)->perf_type);
}

static bool take_perf_config(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_u64(reader, node, UINT64_MAX,
			      &((struct context_draft *)object)->perf_config);
}

static bool take_first(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct context_draft *)object)->first, node);
	return true;
}

static bool take_second(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct context_draft *)object)->second, node);
	return true;
}

/* The field's name is the counter's with other signs: a known one, or a raw number's. */
static bool name_perf(struct context_draft *draft)
{
	static const char *const places[] = {"thread", "cpu"};
	struct context_perf perf;

	for (size_t i = 0; i < COUNT_OF(places); i++) {
		for (size_t j = 0; context_perf_name(j); j++) {
			snprintf(draft->name, sizeof(draft->name), "perf:%s:%s", places[i],
				 context_perf_name(j));
			if (context_parse_perf(draft->name, &perf) &&
			    strcmp(perf.field, draft->first) == 0)
				return true;
		}
	}
	return false;
}

/* perf_thread_raw_r1b2_NAME */
static bool name_raw(struct context_draft *draft)
{
	const char *place = strncmp(draft->first, "perf_cpu_raw_", 13) == 0 ? "cpu" : "thread";
	const char *name = strstr(draft->first, "_raw_");
	struct context_perf perf;

	name = name ? strchr(name + 5, '_') : NULL;
	if (!name)
		return false;
	snprintf(draft->name, sizeof(draft->name), "perf:%s:raw:r%llx:%s", place,
		 (unsigned long long)draft->perf_config, name + 1);
	return context_parse_perf(draft->name, &perf);
}

static bool take_perf(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"type", take_perf_type},
		{"config", take_perf_config},
		{"name", take_first},
		{NULL, NULL},
	};
	struct context_draft *draft = object;

	if (!saved_take_inner(reader, draft, node, grammar))
		return false;
	if (draft->first && (name_perf(draft) || name_raw(draft)))
		return true;
	return saved_fail(reader, node, "is no counter that is known");
}

static bool take_app(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"provider_name", take_first}, {"ctx_name", take_second}, {NULL, NULL}};
	struct context_draft *draft = object;

	if (!saved_take_inner(reader, draft, node, grammar))
		return false;
	if (!draft->first || !draft->second)
		return saved_fail(reader, node, "has no name");
	snprintf(draft->name, sizeof(draft->name), "$app.%s:%s",
		 strncmp(draft->first, "$app.", 5) == 0 ? draft->first + 5 : draft->first,
		 draft->second);
	return true;
}

static enum context_domain domain_of(const struct channel *channel)
{
	const char *domain = source_table[channel->source_index].class->domain;

	return strcmp(domain, "KERNEL") == 0 ? CONTEXT_KERNEL : CONTEXT_USER;
}

static bool add_context(struct saved_reader *reader, struct channel *channel, const char *name,
			const struct xml_node *node)
{
	char resolved[CONTEXT_NAME_MAX];

	if (!context_resolve(name, domain_of(channel), resolved, reader->err))
		return saved_fail_at(reader, node);
	if (!channel_add_context(channel, resolved))
		return saved_fail(reader, node, "is there twice");
	return true;
}

static bool take_context(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"type", take_context_type}, {"perf", take_perf}, {"app", take_app}, {NULL, NULL}};
	struct context_draft draft = {.perf_type = 0};
	bool is_added = saved_take_inner(reader, &draft, node, grammar) &&
			add_context(reader, object, draft.name, node);

	free(draft.first);
	free(draft.second);
	return is_added;
}

static bool take_own_context(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct context_draft draft = {.perf_type = 0};

	return take_context_type(reader, &draft, node) &&
	       add_context(reader, object, draft.name, node);
}

/* --- channels */

struct channel_draft {
	char *name;
	bool is_disabled;
	struct channel_attributes attributes;
	const struct xml_node *events, *contexts;
};

static bool take_channel_name(struct saved_reader *reader, void *object,
			      const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct channel_draft *)object)->name, node);
	return true;
}

static bool take_channel_enabled(struct saved_reader *reader, void *object,
				 const struct xml_node *node)
{
	bool is_enabled;

	if (!saved_read_bool(reader, node, &is_enabled))
		return false;
	((struct channel_draft *)object)->is_disabled = !is_enabled;
	return true;
}

static bool take_events(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct channel_draft *)object)->events = node;
	return true;
}

static bool take_contexts(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct channel_draft *)object)->contexts = node;
	return true;
}

static bool read_loss_mode(struct saved_reader *reader, const struct xml_node *node,
			   bool *is_overwrite)
{
	static const char *const modes[] = {"DISCARD", "OVERWRITE"};
	unsigned int mode;

	if (!saved_read_word(reader, node, modes, COUNT_OF(modes), &mode))
		return false;
	*is_overwrite = mode == 1;
	return true;
}

static bool read_field(struct saved_reader *reader, const struct saved_field *field,
		       void *attributes, const struct xml_node *node)
{
	static const char *const outputs[] = {"MMAP", "SPLICE"};
	void *place = (char *)attributes + field->offset;
	unsigned int output;
	uint64_t value;

	switch (field->kind) {
	case SAVED_U64:
		return saved_read_u64(reader, node, field->max, place);
	case SAVED_UINT:
		if (!saved_read_u64(reader, node, field->max, &value))
			return false;
		*(unsigned int *)place = (unsigned int)value;
		return true;
	case SAVED_I64:
		return saved_read_i64(reader, node, -1, (int64_t)field->max, place);
	case SAVED_LOSS_MODE:
		return read_loss_mode(reader, node, place);
	case SAVED_OUTPUT:
		return saved_read_word(reader, node, outputs, COUNT_OF(outputs), &output);
	case SAVED_ZERO:
		return saved_read_u64(reader, node, UINT64_MAX, &value);
	}
	return true;
}

static bool take_field(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct channel_draft *draft = object;

	for (size_t i = 0; i < saved_channel_field_count; i++)
		if (strcmp(saved_channel_fields[i].element, xml_name(node)) == 0)
			return read_field(reader, &saved_channel_fields[i], &draft->attributes,
					  node);
	return true;
}

static bool make_channel(struct saved_reader *reader, size_t source_index,
			 struct channel_draft *draft, const struct xml_node *node)
{
	static const struct saved_grammar events[] = {{"event", take_event}, {NULL, NULL}};
	static const struct saved_grammar contexts[] = {
		{"context", take_context}, {SAVED_CONTEXT_TARGET, take_own_context}, {NULL, NULL}};
	struct channel *channel;

	if (!draft->name)
		return saved_fail(reader, node, "has no name");
	channel = channel_attributes_check(&draft->attributes, reader->err)
			  ? session_add_channel(reader->session, source_index, draft->name,
						&draft->attributes, reader->err)
			  : NULL;
	if (!channel)
		return saved_fail_at(reader, node);
	channel->is_enabled = !draft->is_disabled;
	return (!draft->events || saved_take_inner(reader, channel, draft->events, events)) &&
	       (!draft->contexts || saved_take_inner(reader, channel, draft->contexts, contexts));
}

/* Fields have the session's defaults until they are named. */
bool saved_take_channel(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	/* A line per field of the table, and what is no field. */
	static const struct saved_grammar grammar[] = {
		{"name", take_channel_name},	     {"enabled", take_channel_enabled},
		{"overwrite_mode", take_field},	     {"subbuffer_size", take_field},
		{"subbuffer_count", take_field},     {"switch_timer_interval", take_field},
		{"read_timer_interval", take_field}, {"output_type", take_field},
		{"blocking_timeout", take_field},    {"monitor_timer_interval", take_field},
		{"tracefile_size", take_field},	     {"tracefile_count", take_field},
		{"live_timer_interval", take_field}, {"events", take_events},
		{"contexts", take_contexts},	     {NULL, NULL},
	};
	struct saved_domain *domain = object;
	struct channel_draft draft = {.name = NULL};
	bool is_made;

	session_channel_defaults(reader->session, domain->source_index, &draft.attributes);
	if (domain->scheme == BUFFERS_PER_PROCESS)
		channel_attributes_for(&draft.attributes, BUFFERS_PER_PROCESS);
	draft.attributes.scheme = (enum buffer_scheme)domain->scheme;
	is_made = saved_take_inner(reader, &draft, node, grammar) &&
		  make_channel(reader, domain->source_index, &draft, node);
	free(draft.name);
	return is_made;
}
