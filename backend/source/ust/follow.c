/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making one application follow one session: the difference between the session's newest spec and
 * what the application has is sent as commands. Runs on the application's strand only; while it
 * runs, the group's rings stay, for a repair first waits for a job of this strand.
 *
 * An application that can't do one thing (an old LTTng-UST, a full table) goes on without it, and
 * is asked once only; one that does not answer is dropped.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/context.h"
#include "backend/source/ust/bytecode.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/internal.h"

/* Of one channel in the application. */
struct attached_rule {
	uint32_t id;
	struct lttng_ust_abi_object_data *object; /* NULL: the application refused it */
	bool is_enabled;
	bool is_wanted; /* by the spec that is being followed */
};

struct attached_channel {
	uint32_t id;
	struct lttng_ust_abi_object_data object; /* a copy of the rings' with our handle */
	bool is_refused;			 /* the application does without it */
	bool is_enabled;
	struct attached_rule *rules;
	size_t rule_count, rule_room;
};

struct ust_attachment {
	struct ust_attachment *next;
	struct ust_group *group; /* reference held */
	unsigned int generation;
	uint64_t session_id;
	int handle;
	bool is_started;
	bool was_started; /* takes no more channels */
	uint64_t statedump_serial;
	struct attached_channel *channels;
	size_t channel_count, channel_room;
};

bool ust_app_did(struct ust_app *app, int code, const char *what, const char *name)
{
	if (code >= 0)
		return true;
	if (ust_code_is_gone(code)) {
		/* One that still runs is recorded no more: nobody would see why. */
		log_write(code == -EAGAIN || code == -ETIMEDOUT ? LOG_LEVEL_WARNING
								: LOG_LEVEL_DEBUG,
			  "application '%s' (process %d) left: %s", app->name, (int)app->pid,
			  ust_code_text(code));
		ust_app_drop(app);
		return false;
	}
	log_write(LOG_LEVEL_WARNING, "application '%s' (process %d) refused to %s%s%s%s: %s",
		  app->name, (int)app->pid, what, *name ? " '" : "", name, *name ? "'" : "",
		  ust_code_text(code));
	return false;
}

static bool is_gone(const struct ust_app *app)
{
	return atomic_load_explicit(&app->is_gone, memory_order_relaxed);
}

/* --- letting go */

static struct ust_attachment *find_attachment(struct ust_app *app, uint64_t session_id)
{
	struct ust_attachment *attachment = app->attachments;

	while (attachment && attachment->session_id != session_id)
		attachment = attachment->next;
	return attachment;
}

static void free_attachment(struct ust_app *app, struct ust_attachment *attachment)
{
	struct ust_attachment **link = &app->attachments;

	while (*link != attachment)
		link = &(*link)->next;
	*link = attachment->next;
	ust_route_remove(app, attachment->handle);
	for (size_t i = 0; i < attachment->channel_count; i++) {
		struct attached_channel *channel = &attachment->channels[i];

		for (size_t j = 0; j < channel->rule_count; j++)
			free(channel->rules[j].object);
		free(channel->rules);
	}
	free(attachment->channels);
	ust_group_unref(attachment->group);
	free(attachment);
}

static void stop(struct ust_app *app, struct ust_attachment *attachment)
{
	if (!attachment->is_started)
		return;
	attachment->is_started = false;
	/* Behind the grace period no event that began before the stop is being written. */
	if (ust_app_did(app, lttng_ust_ctl_stop_session(app->command_fd, attachment->handle),
			"stop", ""))
		ust_app_did(app, lttng_ust_ctl_wait_quiescent(app->command_fd),
			    "wait for its threads", "");
}

/*
 * In the application, rules hold their channel and channels their session: only when all are
 * released it unmaps the rings.
 */
static void release(struct ust_app *app, struct ust_attachment *attachment)
{
	for (size_t i = 0; i < attachment->channel_count && !is_gone(app); i++) {
		struct attached_channel *channel = &attachment->channels[i];

		for (size_t j = 0; j < channel->rule_count && !is_gone(app); j++)
			if (channel->rules[j].object)
				ust_app_did(
					app,
					lttng_ust_ctl_release_handle(
						app->command_fd, channel->rules[j].object->handle),
					"let go of an event rule", "");
		if (channel->object.handle >= 0 && !is_gone(app))
			ust_app_did(app,
				    lttng_ust_ctl_release_handle(app->command_fd,
								 channel->object.handle),
				    "let go of a channel", "");
	}
	if (!is_gone(app))
		ust_app_did(app, lttng_ust_ctl_release_handle(app->command_fd, attachment->handle),
			    "let go of a session", "");
}

static void detach(struct ust_app *app, struct ust_attachment *attachment)
{
	if (!is_gone(app))
		stop(app, attachment);
	if (!is_gone(app))
		release(app, attachment);
	/* It may have died on the way, half-way through an event; in buffers of its own nobody
	 * else waits behind that. */
	if (is_gone(app) && !attachment->group->app_id)
		ust_repair_suspect(app->source, attachment->group, app->pid);
	free_attachment(app, attachment);
}

void ust_follow_detach(struct ust_app *app, const struct ust_group *group)
{
	struct ust_attachment *attachment = app->attachments;

	while (attachment && attachment->group != group)
		attachment = attachment->next;
	if (attachment)
		detach(app, attachment);
}

void ust_follow_finish(struct ust_app *app)
{
	while (app->attachments)
		detach(app, app->attachments);
	ust_group_end_of_app(app);
}

/* --- event rules */

static int loglevel_type(enum loglevel_match match)
{
	switch (match) {
	case LOGLEVEL_AT_LEAST:
		return LTTNG_UST_ABI_LOGLEVEL_RANGE;
	case LOGLEVEL_EXACTLY:
		return LTTNG_UST_ABI_LOGLEVEL_SINGLE;
	case LOGLEVEL_ALL:
		break;
	}
	return LTTNG_UST_ABI_LOGLEVEL_ALL;
}

static bool set_exclusions(struct ust_app *app, const struct rule_spec *rule,
			   struct lttng_ust_abi_object_data *object)
{
	struct lttng_ust_abi_event_exclusion *exclusion;
	size_t names_bytes = rule->exclusion_count * LTTNG_UST_ABI_SYM_NAME_LEN;
	char *names;
	int code;

	if (!rule->exclusion_count)
		return true;
	exclusion = mem_zalloc(sizeof(*exclusion) + names_bytes);
	exclusion->count = (uint32_t)rule->exclusion_count;
	names = (char *)exclusion + sizeof(*exclusion);
	for (size_t i = 0; i < rule->exclusion_count; i++)
		strncpy(names + i * LTTNG_UST_ABI_SYM_NAME_LEN, rule->exclusions[i],
			LTTNG_UST_ABI_SYM_NAME_LEN - 1);
	code = lttng_ust_ctl_set_exclusion(app->command_fd, exclusion, object);
	free(exclusion);
	return ust_app_did(app, code, "exclude from event rule", rule->pattern);
}

/* The commands refuse what can't be compiled; a spec that came another way is named here. */
static struct lttng_ust_abi_filter_bytecode *compile_filter(const struct rule_spec *rule)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct lttng_ust_abi_filter_bytecode *bytecode = NULL;
	struct filter *filter = filter_parse(rule->filter, &problem);

	if (filter)
		bytecode = ust_bytecode_compile(filter, &problem);
	filter_destroy(filter);
	if (!bytecode)
		log_write(LOG_LEVEL_WARNING, "event rule '%s' stays off: its filter: %s",
			  rule->pattern, problem.error.message);
	return bytecode;
}

/* Before the rule is enabled. */
static bool set_filter(struct ust_app *app, const struct rule_spec *rule,
		       struct lttng_ust_abi_object_data *object)
{
	struct lttng_ust_abi_filter_bytecode *bytecode;
	int code;

	if (!rule->filter)
		return true;
	bytecode = compile_filter(rule);
	if (!bytecode)
		return false;
	code = lttng_ust_ctl_set_filter(app->command_fd, bytecode, object);
	free(bytecode);
	return ust_app_did(app, code, "take the filter of event rule", rule->pattern);
}

/* Names travel in arrays; one that does not fit would be another name. */
static bool fits(const struct rule_spec *rule)
{
	bool is_fitting = strlen(rule->pattern) < LTTNG_UST_ABI_SYM_NAME_LEN;

	for (size_t i = 0; i < rule->exclusion_count; i++)
		is_fitting = is_fitting && strlen(rule->exclusions[i]) < LTTNG_UST_ABI_SYM_NAME_LEN;
	return is_fitting;
}

bool ust_rule_describe(const struct rule_spec *rule, struct lttng_ust_abi_event *event)
{
	if (!fits(rule)) {
		log_write(LOG_LEVEL_WARNING,
			  "event rule '%.40s...' stays off: names have at most %d bytes",
			  rule->pattern, LTTNG_UST_ABI_SYM_NAME_LEN - 1);
		return false;
	}
	memset(event, 0, sizeof(*event));
	event->instrumentation = LTTNG_UST_ABI_TRACEPOINT;
	strncpy(event->name, rule->pattern, sizeof(event->name) - 1);
	event->loglevel_type = loglevel_type(rule->loglevel_match);
	event->loglevel = rule->loglevel_match == LOGLEVEL_ALL ? -1 : rule->loglevel;
	return true;
}

bool ust_rule_complete(struct ust_app *app, const struct rule_spec *rule,
		       struct lttng_ust_abi_object_data *object)
{
	return set_filter(app, rule, object) && set_exclusions(app, rule, object);
}

/* The object of a rule that is made but not enabled; NULL when refused. */
static struct lttng_ust_abi_object_data *make_rule(struct ust_app *app,
						   struct attached_channel *channel,
						   const struct rule_spec *rule)
{
	struct lttng_ust_abi_object_data *object = NULL;
	struct lttng_ust_abi_event event;
	int code;

	if (!ust_rule_describe(rule, &event))
		return NULL;
	code = lttng_ust_ctl_create_event(app->command_fd, &event, &channel->object, &object);
	if (!ust_app_did(app, code, "make event rule", rule->pattern))
		return NULL;
	if (ust_rule_complete(app, rule, object))
		return object;
	if (!is_gone(app))
		lttng_ust_ctl_release_handle(app->command_fd, object->handle);
	free(object);
	return NULL;
}

static struct attached_rule *attach_rule(struct ust_app *app, struct attached_channel *channel,
					 const struct rule_spec *rule)
{
	struct attached_rule *attached;

	for (size_t i = 0; i < channel->rule_count; i++)
		if (channel->rules[i].id == rule->id)
			return &channel->rules[i];
	channel->rules = mem_grow(channel->rules, channel->rule_count, &channel->rule_room,
				  sizeof(*attached));
	attached = &channel->rules[channel->rule_count++];
	*attached = (struct attached_rule){.id = rule->id};
	attached->object = make_rule(app, channel, rule);
	return attached;
}

static void enable_rule(struct ust_app *app, struct attached_rule *attached, bool is_enabled,
			const char *pattern)
{
	int code;

	if (!attached->object || attached->is_enabled == is_enabled || is_gone(app))
		return;
	code = is_enabled ? lttng_ust_ctl_enable(app->command_fd, attached->object)
			  : lttng_ust_ctl_disable(app->command_fd, attached->object);
	if (ust_app_did(app, code, is_enabled ? "enable event rule" : "disable event rule",
			pattern))
		attached->is_enabled = is_enabled;
}

static void follow_rules(struct ust_app *app, struct attached_channel *channel,
			 const struct channel_spec *wanted)
{
	for (size_t i = 0; i < channel->rule_count; i++)
		channel->rules[i].is_wanted = false;
	for (size_t i = 0; i < wanted->rule_count && !is_gone(app); i++) {
		const struct rule_spec *rule = &wanted->rules[i];
		struct attached_rule *attached = attach_rule(app, channel, rule);

		attached->is_wanted = true;
		enable_rule(app, attached, rule->is_enabled, rule->pattern);
	}
	/* The application can't forget a rule before the session's end. */
	for (size_t i = 0; i < channel->rule_count; i++)
		if (!channel->rules[i].is_wanted)
			enable_rule(app, &channel->rules[i], false, "removed");
}

/* --- contexts */

static const struct {
	const char *name;
	enum lttng_ust_abi_context_type code;
} context_codes[] = {
	{"vtid", LTTNG_UST_ABI_CONTEXT_VTID},
	{"vpid", LTTNG_UST_ABI_CONTEXT_VPID},
	{"pthread_id", LTTNG_UST_ABI_CONTEXT_PTHREAD_ID},
	{"procname", LTTNG_UST_ABI_CONTEXT_PROCNAME},
	{"ip", LTTNG_UST_ABI_CONTEXT_IP},
	{"cpu_id", LTTNG_UST_ABI_CONTEXT_CPU_ID},
	{"cgroup_ns", LTTNG_UST_ABI_CONTEXT_CGROUP_NS},
	{"ipc_ns", LTTNG_UST_ABI_CONTEXT_IPC_NS},
	{"mnt_ns", LTTNG_UST_ABI_CONTEXT_MNT_NS},
	{"net_ns", LTTNG_UST_ABI_CONTEXT_NET_NS},
	{"pid_ns", LTTNG_UST_ABI_CONTEXT_PID_NS},
	{"time_ns", LTTNG_UST_ABI_CONTEXT_TIME_NS},
	{"user_ns", LTTNG_UST_ABI_CONTEXT_USER_NS},
	{"uts_ns", LTTNG_UST_ABI_CONTEXT_UTS_NS},
	{"vuid", LTTNG_UST_ABI_CONTEXT_VUID},
	{"veuid", LTTNG_UST_ABI_CONTEXT_VEUID},
	{"vsuid", LTTNG_UST_ABI_CONTEXT_VSUID},
	{"vgid", LTTNG_UST_ABI_CONTEXT_VGID},
	{"vegid", LTTNG_UST_ABI_CONTEXT_VEGID},
	{"vsgid", LTTNG_UST_ABI_CONTEXT_VSGID},
};

/* --- channels */

static struct attached_channel *find_channel(struct ust_attachment *attachment, uint32_t id)
{
	for (size_t i = 0; i < attachment->channel_count; i++)
		if (attachment->channels[i].id == id)
			return &attachment->channels[i];
	return NULL;
}

/* Sends the rings to the application. False when it refused a part of them. */
static bool send_rings(struct ust_app *app, struct ust_attachment *attachment,
		       const struct ust_channel *source, struct lttng_ust_abi_object_data *object)
{
	struct ust_rings *rings = source->rings;

	/* Data and descriptors stay the rings' own; only the handle is this application's. */
	*object = *rings->object;
	object->handle = -1;
	if (!ust_app_did(
		    app,
		    lttng_ust_ctl_send_channel_to_ust(app->command_fd, attachment->handle, object),
		    "take channel", source->name))
		return false;
	for (unsigned int i = 0; i < rings->count; i++)
		if (!ust_app_did(app,
				 lttng_ust_ctl_send_stream_to_ust(app->command_fd, object,
								  rings->rings[i].object),
				 "take a buffer of channel", source->name))
			return false;
	return true;
}

/* What the application is asked for; text lies in *app. */
static bool describe_context(const char *name, struct lttng_ust_context_attr *attr,
			     struct context_app *app)
{
	struct context_perf perf;

	memset(attr, 0, sizeof(*attr));
	for (size_t i = 0; i < COUNT_OF(context_codes); i++) {
		if (strcmp(context_codes[i].name, name) != 0)
			continue;
		attr->ctx = context_codes[i].code;
		return true;
	}
	if (context_parse_perf(name, &perf)) {
		attr->ctx = LTTNG_UST_ABI_CONTEXT_PERF_THREAD_COUNTER;
		attr->u.perf_counter.type = perf.type;
		attr->u.perf_counter.config = perf.config;
		snprintf(attr->u.perf_counter.name, sizeof(attr->u.perf_counter.name), "%s",
			 perf.field);
		return true;
	}
	if (!context_parse_app(name, app))
		return false;
	attr->ctx = LTTNG_UST_ABI_CONTEXT_APP_CONTEXT;
	attr->u.app_ctx.provider_name = app->provider;
	attr->u.app_ctx.ctx_name = app->type;
	return true;
}

/* Before the first start: then the layout of events is fixed. */
static bool add_context(struct ust_app *app, struct lttng_ust_abi_object_data *channel,
			const char *name)
{
	struct lttng_ust_abi_object_data *object = NULL;
	struct lttng_ust_context_attr attr;
	struct context_app app_context;
	bool is_added;

	if (!describe_context(name, &attr, &app_context))
		return true; /* not of this domain: nobody has it */
	is_added = ust_app_did(app,
			       lttng_ust_ctl_add_context(app->command_fd, &attr, channel, &object),
			       "record context", name);
	free(object); /* the application knows it by its channel */
	return is_added;
}

/*
 * All events of a channel have the same contexts: an application that can't give one must do
 * without the channel.
 */
static bool add_contexts(struct ust_app *app, struct lttng_ust_abi_object_data *channel,
			 const struct channel_spec *wanted)
{
	bool is_added = true;

	for (size_t i = 0; i < wanted->context_count && is_added; i++)
		is_added = add_context(app, channel, wanted->contexts[i].name);
	if (!is_added && !is_gone(app))
		log_write(LOG_LEVEL_WARNING,
			  "application '%s' (process %d) does without channel '%s', whose events "
			  "all have this context",
			  app->name, (int)app->pid, wanted->name);
	return is_added;
}

static struct attached_channel *attach_channel(struct ust_app *app,
					       struct ust_attachment *attachment,
					       const struct ust_channel *source,
					       const struct channel_spec *wanted)
{
	struct attached_channel *channel;

	attachment->channels = mem_grow(attachment->channels, attachment->channel_count,
					&attachment->channel_room, sizeof(*channel));
	channel = &attachment->channels[attachment->channel_count++];
	/* Born enabled. */
	*channel = (struct attached_channel){.id = source->id, .is_enabled = true};
	channel->is_refused = !send_rings(app, attachment, source, &channel->object) ||
			      !add_contexts(app, &channel->object, wanted);
	if (!channel->is_refused)
		ust_route_add(app, &(struct ust_route){
					   .session_handle = attachment->handle,
					   .channel_handle = channel->object.handle,
					   .channel_id = source->id,
					   .group = attachment->group,
				   });
	return channel;
}

static void enable_channel(struct ust_app *app, struct attached_channel *channel,
			   const struct channel_spec *wanted)
{
	int code;

	if (channel->is_enabled == wanted->is_enabled || is_gone(app))
		return;
	code = wanted->is_enabled ? lttng_ust_ctl_enable(app->command_fd, &channel->object)
				  : lttng_ust_ctl_disable(app->command_fd, &channel->object);
	if (ust_app_did(app, code, wanted->is_enabled ? "enable channel" : "disable channel",
			wanted->name))
		channel->is_enabled = wanted->is_enabled;
}

static void follow_channel(struct ust_app *app, struct ust_attachment *attachment,
			   const struct channel_spec *wanted)
{
	struct attached_channel *channel = find_channel(attachment, wanted->id);

	if (!channel) {
		const struct ust_channel *source = ust_group_channel(attachment->group, wanted->id);

		channel = source && source->rings ? attach_channel(app, attachment, source, wanted)
						  : NULL;
	}
	if (!channel || channel->is_refused)
		return;
	enable_channel(app, channel, wanted);
	follow_rules(app, channel, wanted);
}

/* --- the session */

static struct ust_attachment *attach(struct ust_app *app, struct ust_session *session,
				     struct ust_group *group, unsigned int generation)
{
	int handle = lttng_ust_ctl_create_session(app->command_fd);
	struct ust_attachment *attachment;

	if (!ust_app_did(app, handle, "make a session", ""))
		return NULL;
	attachment = mem_zalloc(sizeof(*attachment));
	attachment->group = ust_group_ref(group);
	attachment->generation = generation;
	attachment->session_id = session->id;
	attachment->handle = handle;
	attachment->next = app->attachments;
	app->attachments = attachment;
	ust_route_add(app, &(struct ust_route){
				   .session_handle = handle, .channel_handle = -1, .group = group});
	return attachment;
}

/* What is loaded where is dumped at each start by itself. */
static void follow_statedump(struct ust_app *app, struct ust_attachment *attachment,
			     uint64_t serial)
{
	if (attachment->is_started && attachment->statedump_serial != serial && !is_gone(app))
		ust_app_did(app,
			    lttng_ust_ctl_regenerate_statedump(app->command_fd, attachment->handle),
			    "dump its state again", "");
	attachment->statedump_serial = serial;
}

static void follow_state(struct ust_app *app, struct ust_attachment *attachment, bool is_active)
{
	if (attachment->is_started == is_active || is_gone(app))
		return;
	if (!is_active) {
		stop(app, attachment);
		return;
	}
	/* Events are announced on the other socket meanwhile. */
	attachment->was_started = true;
	attachment->is_started = ust_app_did(
		app, lttng_ust_ctl_start_session(app->command_fd, attachment->handle), "start", "");
}

static bool has_all_channels(struct ust_attachment *attachment, const struct session_spec *spec)
{
	for (size_t i = 0; i < spec->channel_count; i++)
		if (!find_channel(attachment, spec->channels[i].id))
			return false;
	return true;
}

/* An application takes no channel into a session that was started, and no other rings. */
static bool is_outdated(struct ust_attachment *attachment, const struct session_spec *spec,
			unsigned int generation)
{
	return attachment->generation != generation ||
	       (attachment->was_started && !has_all_channels(attachment, spec));
}

static void follow_group(struct ust_app *app, struct ust_session *session,
			 const struct session_spec *spec, struct ust_group *group)
{
	struct ust_attachment *attachment = find_attachment(app, session->id);
	unsigned int generation;

	pthread_mutex_lock(&group->lock);
	generation = group->generation;
	pthread_mutex_unlock(&group->lock);
	if (attachment && is_outdated(attachment, spec, generation)) {
		detach(app, attachment);
		attachment = NULL;
	}
	if (!attachment && !is_gone(app))
		attachment = attach(app, session, group, generation);
	if (!attachment)
		return;
	for (size_t i = 0; i < spec->channel_count && !is_gone(app); i++)
		follow_channel(app, attachment, &spec->channels[i]);
	follow_statedump(app, attachment, spec->statedump_serial);
	follow_state(app, attachment, spec->is_active);
}

static enum ust_follow_result follow_spec(struct ust_app *app, struct ust_session *session,
					  const struct session_spec *spec, struct ust_job *job,
					  struct error *err)
{
	enum ust_follow_result result = UST_FOLLOW_DONE;
	struct ust_group *group;

	group = ust_group_get(session, spec, app, err);
	if (!group)
		return UST_FOLLOW_FAILED;
	if (ust_group_park(group, job))
		result = UST_FOLLOW_PARKED;
	else
		follow_group(app, session, spec, group);
	ust_group_unref(group);
	return result;
}

static bool tracks(const struct session_spec *spec, enum tracker_kind kind, int64_t value)
{
	const struct tracker_spec *tracker = &spec->trackers[kind];

	for (size_t i = 0; !tracker->is_all && i < tracker->value_count; i++)
		if (tracker->values[i] == value)
			return true;
	return tracker->is_all;
}

static bool is_tracked(const struct ust_app *app, const struct session_spec *spec)
{
	return tracks(spec, TRACKER_VPID, app->pid) && tracks(spec, TRACKER_VUID, app->uid) &&
	       tracks(spec, TRACKER_VGID, app->gid);
}

enum ust_follow_result ust_follow(struct ust_app *app, struct ust_session *session,
				  struct ust_job *job, struct error *err)
{
	struct session_spec *spec = ust_session_spec(session);
	enum ust_follow_result result = UST_FOLLOW_DONE;
	bool is_concerned = !spec->is_over && app->is_native &&
			    (spec->is_root || spec->uid == app->uid) && is_tracked(app, spec);

	if (!is_concerned) {
		struct ust_attachment *attachment = find_attachment(app, session->id);

		if (attachment)
			detach(app, attachment);
	} else if (spec->sink && spec->streams && !is_gone(app)) {
		result = follow_spec(app, session, spec, job, err);
	}
	session_spec_unref(spec);
	return result;
}
