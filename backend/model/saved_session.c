/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML → session; see saved.h. Unknown elements are named and left out: newer versions of lttng
 * write more.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/identity/session_id.h"
#include "backend/model/hook.h"
#include "backend/model/saved_parts.h"
#include "backend/model/saved_read.h"
#include "backend/model/schedule.h"

/* --- domains */

static bool take_domain_type(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct saved_domain *)object)->type, node);
	return true;
}

static bool take_buffer_type(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_word(reader, node, saved_schemes, BUFFERS_GLOBAL + 1,
			       &((struct saved_domain *)object)->scheme);
}

static bool take_channels(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct saved_domain *)object)->channels = node;
	return true;
}

static bool take_trackers(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct saved_domain *)object)->trackers = node;
	return true;
}

/* <vpid> with an <id>, or a <name> that may be another user's number by now. */
static bool take_tracked(struct saved_reader *reader, struct tracker *tracker,
			 enum tracker_kind kind, const struct xml_node *node)
{
	const struct xml_node *inner = xml_first(node);
	const char *name;
	bool is_added;
	int64_t id;
	char *text;

	if (!inner)
		return saved_fail(reader, node, "is empty");
	text = xml_text(inner);
	is_added = tracker_parse(kind, text, &id, &name, reader->err);
	if (is_added)
		tracker_add(tracker, id, name);
	free(text);
	return is_added || saved_fail_at(reader, inner);
}

static bool take_tracker_values(struct saved_reader *reader, struct tracker *tracker,
				enum tracker_kind kind, const struct xml_node *node)
{
	tracker_clear(tracker, true);
	for (const struct xml_node *list = xml_first(node); list; list = xml_next(list))
		for (const struct xml_node *value = xml_first(list); value; value = xml_next(value))
			if (!take_tracked(reader, tracker, kind, value))
				return false;
	return true;
}

static bool take_tracker(struct saved_reader *reader, size_t source_index,
			 const struct xml_node *node)
{
	const char *name = xml_name(node);

	for (int i = 0; i < TRACKER_KIND_COUNT; i++) {
		const char *element = tracker_names[i].element;
		size_t length = strlen(element);
		enum tracker_kind kind = (enum tracker_kind)i;

		if (strncmp(name, element, length) != 0 ||
		    strcmp(name + length, "_process_attr_tracker") != 0)
			continue;
		return take_tracker_values(
			reader, session_tracker(reader->session, source_index, kind), kind, node);
	}
	saved_warn(reader, node, "is not known and was left out");
	return true;
}

static bool fill_domain(struct saved_reader *reader, struct saved_domain *draft)
{
	static const struct saved_grammar channels[] = {{"channel", saved_take_channel},
							{NULL, NULL}};
	const struct xml_node *node = draft->trackers ? xml_first(draft->trackers) : NULL;

	for (; node; node = xml_next(node))
		if (!take_tracker(reader, draft->source_index, node))
			return false;
	return !draft->channels || saved_take_inner(reader, draft, draft->channels, channels);
}

static bool take_domain(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"type", take_domain_type},
		{"buffer_type", take_buffer_type},
		{"channels", take_channels},
		{"process_attr_trackers", take_trackers},
		{NULL, NULL},
	};
	struct saved_domain draft = {.type = NULL};
	bool is_good = saved_take_inner(reader, &draft, node, grammar);

	(void)object;
	if (is_good && !draft.type)
		is_good = saved_fail(reader, node, "has no type");
	else if (is_good && model_find_source(reader->model, draft.type, &draft.source_index))
		is_good = fill_domain(reader, &draft);
	else if (is_good && draft.channels && xml_first(draft.channels))
		saved_warn(reader, node,
			   "is of a domain that can't be traced here, and was left out");
	free(draft.type);
	return is_good;
}

/* --- outputs */

struct output_draft {
	char *name;
	uint64_t bytes_max;
	bool is_disabled;
	char *path;
	char *control, *data; /* of a relay daemon */
	struct relay_url url;
	bool is_net;
};

static bool take_output_name(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct output_draft *)object)->name, node);
	return true;
}

static bool take_output_max(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_u64(reader, node, UINT64_MAX,
			      &((struct output_draft *)object)->bytes_max);
}

static bool take_output_enabled(struct saved_reader *reader, void *object,
				const struct xml_node *node)
{
	bool is_enabled;

	if (!saved_read_bool(reader, node, &is_enabled))
		return false;
	((struct output_draft *)object)->is_disabled = !is_enabled;
	return true;
}

static bool take_path(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct output_draft *)object)->path, node);
	return true;
}

static bool take_control(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct output_draft *)object)->control, node);
	return true;
}

static bool take_data(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct output_draft *)object)->data, node);
	return true;
}

static bool take_net(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"control_uri", take_control}, {"data_uri", take_data}, {NULL, NULL}};
	struct output_draft *draft = object;

	draft->is_net = true;
	return saved_take_inner(reader, object, node, grammar) &&
	       (relay_url_parse_pair(draft->control, draft->data, &draft->url, reader->err) ||
		saved_fail_at(reader, node));
}

static bool take_destination(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"path", take_path}, {"net_output", take_net}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_consumer_output(struct saved_reader *reader, void *object,
				 const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"enabled", take_output_enabled}, {"destination", take_destination}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

static bool check_output(struct saved_reader *reader, const struct output_draft *draft,
			 const struct xml_node *node)
{
	if (draft->path && *draft->path && draft->path[0] != '/' &&
	    !relay_url_is_meant(draft->path))
		return saved_fail(reader, node, "is no absolute path");
	return true;
}

static void finish_output(struct output_draft *draft)
{
	free(draft->name);
	free(draft->path);
	free(draft->control);
	free(draft->data);
}

/* --- the session */

struct session_draft {
	char *name;
	bool is_started;
	bool is_snapshot;
	uint64_t timer_us, size_bytes, live_period_us;
	const struct xml_node *domains, *snapshot_outputs, *hook;
	struct output_draft output;
	struct expiry_limits limits;
	char *identity;
	char *shm_path;
};

static bool take_expiry(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct expiry_limits *limits = &((struct session_draft *)object)->limits;
	char *text = xml_text(node);
	char *second = strchr(text, ' ');
	bool is_good;

	if (second)
		*second++ = '\0';
	is_good = second && units_parse_u64(text, &limits->idle_us) &&
		  units_parse_u64(second, &limits->lifetime_us) &&
		  limits->idle_us <= EXPIRY_MAX_US && limits->lifetime_us <= EXPIRY_MAX_US;
	free(text);
	return is_good || saved_fail(reader, node, "makes no sense");
}

static bool take_identity(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	struct session_draft *draft = object;

	saved_replace_text(&draft->identity, node);
	return session_id_is_usable(draft->identity) ||
	       saved_fail(reader, node, "is no id of a session");
}

static bool take_hook_node(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct session_draft *)object)->hook = node;
	return true;
}

static bool take_session_name(struct saved_reader *reader, void *object,
			      const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct session_draft *)object)->name, node);
	return true;
}

static bool take_shm_path(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	saved_replace_text(&((struct session_draft *)object)->shm_path, node);
	return true;
}

static bool take_domains(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	(void)reader;
	((struct session_draft *)object)->domains = node;
	return true;
}

static bool take_started(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_bool(reader, node, &((struct session_draft *)object)->is_started);
}

static bool take_snapshot_mode(struct saved_reader *reader, void *object,
			       const struct xml_node *node)
{
	return saved_read_bool(reader, node, &((struct session_draft *)object)->is_snapshot);
}

static bool take_live_timer(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	/* lttng's has 32 bits. */
	return saved_read_u64(reader, node, UINT32_MAX,
			      &((struct session_draft *)object)->live_period_us);
}

static bool take_time_us(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_u64(reader, node, UINT64_MAX,
			      &((struct session_draft *)object)->timer_us);
}

static bool take_bytes(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	return saved_read_u64(reader, node, UINT64_MAX,
			      &((struct session_draft *)object)->size_bytes);
}

static bool take_periodic(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {{"time_us", take_time_us}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_size_threshold(struct saved_reader *reader, void *object,
				const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {{"bytes", take_bytes}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_schedules(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"periodic", take_periodic}, {"size_threshold", take_size_threshold}, {NULL, NULL}};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_attributes(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"snapshot_mode", take_snapshot_mode},
		{"live_timer_interval", take_live_timer},
		{"rotation_schedules", take_schedules},
		{NULL, NULL},
	};

	return saved_take_inner(reader, object, node, grammar);
}

static bool take_session_consumer_output(struct saved_reader *reader, void *object,
					 const struct xml_node *node)
{
	struct session_draft *draft = object;

	return take_consumer_output(reader, &draft->output, node) &&
	       check_output(reader, &draft->output, node);
}

static bool take_snapshot_outputs(struct saved_reader *reader, void *object,
				  const struct xml_node *node)
{
	(void)reader;
	((struct session_draft *)object)->snapshot_outputs = node;
	return true;
}

static bool take_output(struct saved_reader *reader, void *object, const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"consumer_output", take_session_consumer_output},
		{"snapshot_outputs", take_snapshot_outputs},
		{NULL, NULL},
	};

	return saved_take_inner(reader, object, node, grammar);
}

static bool create(struct saved_reader *reader, const struct session_draft *draft,
		   const struct xml_node *node)
{
	const struct saved_wish *asked = reader->wish;
	const char *path = asked->output ? asked->output : draft->output.path;
	struct relay_url url;
	struct session_wish wish = {
		.name = asked->name ? asked->name : draft->name,
		.output = path && *path ? path : NULL,
		.traces = asked->traces,
		.shm_path = draft->shm_path && draft->shm_path[0] == '/' ? draft->shm_path : NULL,
		.is_snapshot = draft->is_snapshot,
		.is_saved = true,
		.has_no_output = draft->is_snapshot || draft->output.is_disabled,
		.uid = asked->uid,
		.gid = asked->gid,
		.limits = draft->limits,
	};

	if (!wish.name || !*wish.name)
		return saved_fail(reader, node, "has no name");
	if (wish.has_no_output)
		wish.output = NULL;
	else
		wish.live_period_us = draft->live_period_us;
	if (draft->output.is_net && !asked->output && !wish.has_no_output)
		wish.url = &draft->output.url;
	if (wish.output && relay_url_is_meant(wish.output)) {
		if (!relay_url_parse(wish.output, &url, reader->err))
			return saved_fail_at(reader, node);
		wish.url = &url;
		wish.output = NULL;
	}
	reader->session = session_create(reader->model, &wish, reader->err);
	if (reader->session && draft->identity)
		reader->session->saved_identity = shared_text_create(draft->identity);
	return reader->session != NULL;
}

/* An override replaces the first one. */
static bool add_snapshot_output(struct saved_reader *reader, const struct output_draft *draft,
				const struct xml_node *node)
{
	const char *asked = reader->wish->output;
	bool is_first = reader->session->snapshot_output_count == 0;
	const char *path = asked && is_first ? asked : draft->path;
	struct text place = {0};
	bool is_added;

	if (draft->is_net && !(asked && is_first))
		relay_url_text(&draft->url, &place);
	else
		text_add(&place, path ? path : "");
	if (place.length == 0) {
		text_finish(&place);
		return saved_fail(reader, node, "has no path");
	}
	is_added = session_add_snapshot_output(reader->session, draft->name, text_str(&place),
					       draft->bytes_max, reader->err) ||
		   saved_fail_at(reader, node);
	text_finish(&place);
	return is_added;
}

static bool take_snapshot_output(struct saved_reader *reader, void *object,
				 const struct xml_node *node)
{
	static const struct saved_grammar grammar[] = {
		{"name", take_output_name},
		{"max_size", take_output_max},
		{"consumer_output", take_consumer_output},
		{NULL, NULL},
	};
	struct output_draft draft = {.name = NULL};
	bool is_added = saved_take_inner(reader, &draft, node, grammar) &&
			check_output(reader, &draft, node) &&
			add_snapshot_output(reader, &draft, node);

	(void)object;
	finish_output(&draft);
	return is_added;
}

/* In place. */
static void decode(char *word)
{
	char *to = word;

	for (const char *from = word; *from; from++) {
		char digits[3] = {0};

		if (*from == '%' && from[1] && from[2]) {
			memcpy(digits, from + 1, 2);
			*to++ = (char)strtoul(digits, NULL, 16);
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
}

static bool take_further_output(struct saved_reader *reader, void *object,
				const struct xml_node *node)
{
	char *text = xml_text(node);
	char *name = strchr(text, ' ');
	char *path = name ? strchr(name + 1, ' ') : NULL;
	struct output_draft draft = {.name = NULL};
	bool is_added;

	(void)object;
	if (!path) {
		free(text);
		return saved_fail(reader, node, "makes no sense");
	}
	*name++ = '\0';
	*path++ = '\0';
	decode(name);
	decode(path);
	draft = (struct output_draft){
		.name = name, .bytes_max = strtoull(text, NULL, 10), .path = path};
	is_added = check_output(reader, &draft, node) && add_snapshot_output(reader, &draft, node);
	free(text);
	return is_added;
}

static bool take_hook(struct saved_reader *reader, struct session *session,
		      const struct xml_node *node)
{
	char *text = xml_text(node);
	char *command = strchr(text, ' ');
	struct hook_wish wish = {NULL, 0};
	bool is_good = false;

	if (command) {
		*command++ = '\0';
		decode(command);
		wish.command = command;
		is_good = units_parse_u64(text, &wish.limit_us) && wish.limit_us <= EXPIRY_MAX_US &&
			  hooks_enable(session, &wish, reader->err);
	}
	free(text);
	if (is_good)
		return true;
	return error_is_set(reader->err) ? saved_fail_at(reader, node)
					 : saved_fail(reader, node, "makes no sense");
}

static bool fill_session(struct saved_reader *reader, const struct session_draft *draft,
			 const struct xml_node *node)
{
	static const struct saved_grammar domains[] = {{"domain", take_domain}, {NULL, NULL}};
	static const struct saved_grammar outputs[] = {
		{"output", take_snapshot_output},
		{SAVED_OUTPUT_TARGET, take_further_output},
		{NULL, NULL},
	};
	struct session *session = reader->session;

	if (draft->domains && !saved_take_inner(reader, NULL, draft->domains, domains))
		return false;
	if (draft->snapshot_outputs && session->mode == PICTURE_MODE_SNAPSHOT &&
	    !saved_take_inner(reader, NULL, draft->snapshot_outputs, outputs))
		return false;
	if (draft->hook && !take_hook(reader, session, draft->hook))
		return false;
	if (draft->timer_us &&
	    !schedule_enable(session, SCHEDULE_TIMER, draft->timer_us, reader->err))
		return saved_fail_at(reader, node);
	return !draft->size_bytes ||
	       schedule_enable(session, SCHEDULE_SIZE, draft->size_bytes, reader->err) ||
	       saved_fail_at(reader, node);
}

static bool restore(struct saved_reader *reader, const struct xml_node *node, bool *was_started)
{
	static const struct saved_grammar grammar[] = {
		{"name", take_session_name},	     {"shared_memory_path", take_shm_path},
		{"domains", take_domains},	     {"started", take_started},
		{"attributes", take_attributes},     {"output", take_output},
		{SAVED_EXPIRY_TARGET, take_expiry},  {SAVED_IDENTITY_TARGET, take_identity},
		{SAVED_HOOK_TARGET, take_hook_node}, {NULL, NULL},
	};
	struct session_draft draft = {.name = NULL};
	bool is_good = saved_take_inner(reader, &draft, node, grammar) &&
		       create(reader, &draft, node) && fill_session(reader, &draft, node);

	*was_started = draft.is_started;
	free(draft.name);
	free(draft.identity);
	free(draft.shm_path);
	finish_output(&draft.output);
	return is_good;
}

struct session *saved_restore(struct model *model, const struct xml_node *saved,
			      const struct saved_wish *wish, bool *was_started,
			      struct word_list *warnings, struct error *err)
{
	struct saved_reader reader = {
		.model = model,
		.wish = wish,
		.warnings = warnings,
		.err = err,
	};

	if (restore(&reader, saved, was_started))
		return reader.session;
	if (reader.session) {
		model_remove_session(model, reader.session);
		session_destroy(reader.session);
	}
	return NULL;
}

/* --- the document */

static const struct xml_node *next_session(const struct xml_node *node)
{
	while (node && (xml_is_instruction(node) || strcmp(xml_name(node), "session") != 0))
		node = xml_next(node);
	return node;
}

const struct xml_node *saved_first(const struct xml *document, struct error *err)
{
	const struct xml_node *root = xml_root(document);
	const struct xml_node *first = NULL;

	if (root && strcmp(xml_name(root), "sessions") == 0)
		first = next_session(xml_first(root));
	if (!first)
		error_set(err, ERROR_INVALID, "it has no <sessions> with a <session> in it");
	return first;
}

const struct xml_node *saved_next(const struct xml_node *session)
{
	return next_session(xml_next(session));
}

char *saved_name(const struct xml_node *session)
{
	const struct xml_node *node = xml_first(session);

	while (node && strcmp(xml_name(node), "name") != 0)
		node = xml_next(node);
	return node ? xml_text(node) : mem_strdup("");
}
