/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared parts of commands; see common.h. */
#include "backend/control/commands/common.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/rcfile.h"
#include "backend/model/lifespan.h"
#include "backend/model/live.h"
#include "backend/model/running.h"
#include "backend/model/schedule.h"

static struct session *find_or_fail(struct call *call, const char *name)
{
	const struct requester *who = reply_requester(call->reply);
	struct session *session = model_find_session(call->model, who->uid, name);
	struct error err = ERROR_INIT;

	if (session)
		return session;
	error_set(&err, ERROR_SESSION_NOT_FOUND,
		  "session '%s' not found; 'list' shows the sessions there are", name);
	reply_fail(call->reply, &err);
	return NULL;
}

struct session *common_session(struct call *call, const char *name)
{
	const struct requester *who = reply_requester(call->reply);
	struct error err = ERROR_INIT;
	struct session *session;
	char *current;

	if (!name)
		name = args_text(call->args, "session");
	if (!name && who->is_console)
		name = who->selected_session;
	if (name)
		return find_or_fail(call, name);
	if (!rcfile_read(who->lttng_home, &current, &err)) {
		reply_fail(call->reply, &err);
		return NULL;
	}
	session = find_or_fail(call, current);
	free(current);
	return session;
}

/* --- several sessions */

static size_t find_all(struct call *call, const char *pattern, struct session **found)
{
	const struct requester *who = reply_requester(call->reply);
	struct model *model = call->model;
	size_t count = 0;

	for (size_t i = model->session_count; i > 0; i--) {
		struct session *session = model->sessions[i - 1];

		if (session->is_ending || !model_may_see(who->uid, session))
			continue;
		if (!pattern || text_glob_match(pattern, session_name(session)))
			found[count++] = session;
	}
	return count;
}

bool common_sessions(struct call *call, struct session ***sessions, size_t *count)
{
	const char *name = args_at(call->args, 0);
	const char *pattern = args_text(call->args, "glob");
	bool is_glob = args_has(call->args, "glob");
	bool is_all = args_has(call->args, "all");
	struct error err = ERROR_INIT;

	if ((is_all && (is_glob || name)) || (pattern && name))
		error_set(&err, ERROR_INVALID,
			  "--all, --glob and the name of a session exclude each other");
	else if (is_glob && !pattern && !name)
		error_set(&err, ERROR_INVALID, "--glob needs a pattern, for example 'web*'");
	if (error_is_set(&err)) {
		reply_fail(call->reply, &err);
		return false;
	}
	*sessions = mem_alloc((call->model->session_count + 1) * sizeof(struct session *));
	if (is_all || is_glob) {
		*count = find_all(call, is_all ? NULL : pattern ? pattern : name, *sessions);
		if (*count == 0)
			reply_print(call->reply, "No session found, nothing to do.\n");
		return true;
	}
	*count = 1;
	(*sessions)[0] = common_session(call, name);
	if ((*sessions)[0])
		return true;
	free(*sessions);
	return false;
}

struct several *several_begin(struct reply *reply)
{
	struct several *several = mem_zalloc(sizeof(*several));

	several->reply = reply;
	several->end = &several->parts;
	return several;
}

static void tell_in_order(struct several *several)
{
	while (several->parts && several->parts->is_done) {
		struct several_part *part = several->parts;
		const struct error err = part->err;
		enum exit_status status;

		several->parts = part->next;
		if (!several->parts)
			several->end = &several->parts;
		status = part->tell(part, part->has_failed ? &err : NULL);
		if (several->status == STATUS_OK)
			several->status = status;
	}
	if (several->parts || !several->is_handed_out)
		return;
	if (several->reply)
		reply_done(several->reply, several->status);
	free(several);
}

static void part_done(void *data, const struct error *err)
{
	struct several_part *part = data;

	part->is_done = true;
	part->has_failed = err != NULL;
	if (err)
		part->err = *err;
	tell_in_order(part->several);
}

struct outcome several_add(struct several *several, struct several_part *part,
			   enum exit_status (*tell)(struct several_part *part,
						    const struct error *err))
{
	part->several = several;
	part->tell = tell;
	*several->end = part;
	several->end = &part->next;
	return (struct outcome){part_done, part};
}

void several_end(struct several *several)
{
	several->is_handed_out = true;
	tell_in_order(several);
}

static const struct {
	const char *option;
	const char *domain;
	const char *title;
} domains[] = {
	{"kernel", "KERNEL", "kernel"}, {"userspace", "UST", "user space"},
	{"jul", "JUL", "JUL"},		{"log4j", "LOG4J", "log4j"},
	{"log4j2", "LOG4J2", "log4j2"}, {"python", "PYTHON", "Python"},
};

static bool find_domain(struct call *call, size_t *source_index, struct error *err)
{
	size_t count = 0;
	size_t domain = 0;

	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		if (!args_has(call->args, domains[i].option))
			continue;
		domain = i;
		count++;
	}
	if (count > 1)
		return error_set(err, ERROR_INVALID,
				 "only one domain at a time: --kernel, --userspace ...");
	if (count == 0)
		return error_set(err, ERROR_INVALID, "which domain? Add --kernel or --userspace");
	if (!model_find_source(call->model, domains[domain].domain, source_index))
		return error_set(err, ERROR_UNSUPPORTED,
				 "the %s domain can't be traced by this version of tracon",
				 domains[domain].title);
	return model_can_trace(call->model, *source_index, err);
}

unsigned int common_domains(const struct args *args)
{
	unsigned int bits = 0;

	for (size_t i = 0; i < COUNT_OF(domains); i++)
		for (size_t j = 0; j < source_count && args_has(args, domains[i].option); j++)
			if (strcmp(source_table[j].class->domain, domains[i].domain) == 0)
				bits |= 1U << j;
	return bits;
}

bool common_domain(struct call *call, size_t *source_index)
{
	struct error err = ERROR_INIT;

	if (find_domain(call, source_index, &err))
		return true;
	reply_fail(call->reply, &err);
	return false;
}

const char *common_domain_word(size_t source_index)
{
	return source_table[source_index].class->name;
}

char *common_absolute_path(const struct requester *who, const char *path)
{
	if (path[0] == '/')
		return mem_strdup(path);
	return mem_printf("%s/%s", who->directory, path);
}

char *common_output_path(const char *url, struct error *err)
{
	static const char file_scheme[] = "file://";
	const char *path = url;

	if (strncmp(url, file_scheme, strlen(file_scheme)) == 0)
		path = url + strlen(file_scheme);
	else if (strstr(url, "://")) {
		error_set(err, ERROR_UNSUPPORTED,
			  "'%s' can't be an output; give a path, file://PATH or net://HOST", url);
		return NULL;
	}
	if (path[0] == '/')
		return mem_strdup(path);
	error_set(err, ERROR_INVALID, "'%s' is no absolute path", path);
	return NULL;
}

static char *relay_place(const struct relay_url *url)
{
	struct text place = {0};

	relay_url_text(url, &place);
	return text_take(&place);
}

char *common_snapshot_place(const char *url, const char *control, const char *data,
			    struct error *err)
{
	struct relay_url relay;

	if (url && (control || data)) {
		error_set(err, ERROR_INVALID,
			  "give a path or URL, or --ctrl-url with --data-url, not both");
		return NULL;
	}
	if (control || data)
		return relay_url_parse_pair(control, data, &relay, err) ? relay_place(&relay)
									: NULL;
	if (!url) {
		error_set(err, ERROR_INVALID, "no place is given: a path or a URL");
		return NULL;
	}
	if (!relay_url_is_meant(url))
		return common_output_path(url, err);
	return relay_url_parse(url, &relay, err) ? relay_place(&relay) : NULL;
}

const char *common_archive_place(const char *path)
{
	return path[0] == '/' ? "at" : "on relay";
}

void common_warn_losses(struct reply *reply, const struct session *session)
{
	bool is_streamed = session->mode == PICTURE_MODE_STREAMING;
	struct picture_counts counts;

	if (session->mode == PICTURE_MODE_SNAPSHOT)
		return; /* to forget is what its buffers are for */
	session_count(session, &counts);
	if (counts.discarded_ring > 0)
		reply_warn(reply,
			   "%llu events were discarded in session '%s' for want of room; larger or "
			   "more sub-buffers (enable-channel --subbuf-size, --num-subbuf) help",
			   (unsigned long long)counts.discarded_ring, session_name(session));
	if (counts.discarded_write > 0)
		reply_warn(reply,
			   "%llu events were discarded in session '%s' because they could not be "
			   "%s '%s'; is %s?",
			   (unsigned long long)counts.discarded_write, session_name(session),
			   is_streamed ? "sent to" : "written to", shared_text_str(session->output),
			   is_streamed ? "the relay daemon gone or too slow" : "the disk full");
	if (counts.lost_packets > 0)
		reply_warn(reply, "%llu packets were lost in session '%s'",
			   (unsigned long long)counts.lost_packets, session_name(session));
	if (counts.unreadable_bytes > 0)
		reply_warn(
			reply,
			"%llu bytes that killed applications left in the buffers of session '%s' "
			"could not be read (%llu repairs)",
			(unsigned long long)counts.unreadable_bytes, session_name(session),
			(unsigned long long)counts.repairs);
}

void common_warn_left(struct call *call)
{
	uid_t uid = reply_requester(call->reply)->uid;
	struct left_session *left = NULL;

	while ((left = running_left(call->model, left, uid, NULL)) != NULL)
		reply_warn(call->reply,
			   "session '%s' was left over by an engine that was killed; 'recover' "
			   "brings it back",
			   left->record.name);
}

static void end_pending(void *data, const struct error *err)
{
	struct pending *pending = data;

	if (err)
		reply_fail(pending->reply, err);
	else
		reply_done(pending->reply, pending->status);
	free(pending);
}

struct outcome common_reply_when_done(struct reply *reply, enum exit_status status)
{
	struct pending *pending = mem_zalloc(sizeof(*pending));

	pending->reply = reply;
	pending->status = status;
	return (struct outcome){end_pending, pending};
}

static void put_live(struct json *object, const struct session *session)
{
	struct text url = {0};

	live_url(session, &url);
	if (url.length > 0) {
		json_put_text(object, "live_url", text_str(&url));
		json_put_u64(object, "live_viewers", live_viewer_count(session));
	}
	text_finish(&url);
}

static void put_schedules(struct json *object, const struct schedule *schedule)
{
	uint64_t timer_us = schedule_value(schedule, SCHEDULE_TIMER);
	uint64_t size_bytes = schedule_value(schedule, SCHEDULE_SIZE);
	struct json *schedules;

	if (!timer_us && !size_bytes)
		return;
	schedules = json_put_object(object, "rotation_schedules");
	if (timer_us)
		json_put_u64(json_put_object(schedules, "periodic"), "time_us", timer_us);
	if (size_bytes)
		json_put_u64(json_put_object(schedules, "size_threshold"), "bytes", size_bytes);
}

/* Where a streaming session is. */
static void put_relay(struct json *object, const struct session *session)
{
	const struct relay_state *relay = &session->relay;

	json_put_text(object, "path", relay->path ? shared_text_str(relay->path) : "");
	json_put_u64(object, "connections", relay->connection_count);
	json_put_u64(object, "missing_events", relay_missing_events(session));
	json_put_bool(object, "lost", relay->lost_wall_ns != 0);
	if (relay->lost_wall_ns) {
		json_put_u64(object, "lost_ns", relay->lost_wall_ns);
		json_put_text(object, "reason", relay->loss.message);
	}
}

bool common_time(const struct args *args, const char *option, uint64_t *time_us, struct error *err)
{
	const char *text = args_text(args, option);

	if (!text ||
	    (units_parse_time_us(text, time_us) && *time_us > 0 && *time_us <= EXPIRY_MAX_US))
		return true;
	return error_set(err, ERROR_INVALID,
			 "--%s=%s is no time above 0; give a number with us, ms, s, m or h (none: "
			 "us)",
			 option, text);
}

bool common_hook(const struct args *args, struct hook_wish *wish, struct error *err)
{
	*wish = (struct hook_wish){args_text(args, "exec"), 0};
	if (!common_time(args, "exec-timeout", &wish->limit_us, err))
		return false;
	if (wish->limit_us && !wish->command)
		return error_set(err, ERROR_INVALID, "--exec-timeout needs --exec");
	return !wish->command || hook_check(wish, err);
}

bool common_limits(const struct args *args, struct expiry_limits *limits, struct error *err)
{
	return common_time(args, "idle-timeout", &limits->idle_us, err) &&
	       common_time(args, "max-lifetime", &limits->lifetime_us, err);
}

static void put_hook(struct json *object, const struct session *session)
{
	const struct hook_state state = hooks_state(session);
	struct json *hook;

	if (!session->hooks)
		return;
	hook = json_put_object(object, "rotation_hook");
	if (state.command) {
		json_put_text(hook, "command", state.command);
		json_put_u64(hook, "timeout_us", state.limit_us);
	}
	json_put_u64(hook, "runs", state.run_count);
	json_put_u64(hook, "failed", state.failed_count);
	json_put_u64(hook, "left_out", state.dropped_count);
	json_put_u64(hook, "waiting", state.waiting_count);
}

void common_session_json(struct json *object, const struct session *session)
{
	const struct expiry_limits limits = expiry_limits_of(session->expiry);

	json_put_text(object, "name", session_name(session));
	json_put_text(object, "session_id", session_identity(session));
	json_put_text(object, "session_previous_id", session_previous_identity(session));
	json_put_text(object, "path", shared_text_str(session->output));
	json_put_bool(object, "enabled", session->is_active);
	json_put_bool(object, "waits_for_event", session->waits_for_event);
	if (limits.idle_us)
		json_put_u64(object, "idle_timeout_us", limits.idle_us);
	if (limits.lifetime_us)
		json_put_u64(object, "max_lifetime_us", limits.lifetime_us);
	if (session->mode == PICTURE_MODE_STREAMING)
		put_relay(json_put_object(object, "relay"), session);
	json_put_u64(object, "snapshot_mode", session->mode == PICTURE_MODE_SNAPSHOT);
	json_put_u64(object, "live_timer_interval", session->live_period_us);
	put_live(object, session);
	put_schedules(object, session->schedule);
	put_hook(object, session);
	json_put_u64(object, "creation_time_ns", session->created_wall_ns);
}

void common_export_json(struct json *object, const struct exporter_state *state)
{
	if (!state->sends_logs && !state->sends_metrics)
		return;
	object = json_put_object(object, "export");
	json_put_u64(object, "sent_logs", state->sent_logs);
	json_put_u64(object, "sent_metrics", state->sent_metrics);
	json_put_u64(object, "dropped_logs", state->dropped_logs);
	json_put_u64(object, "dropped_metrics", state->dropped_metrics);
	json_put_u64(object, "dropped_points", state->dropped_points);
	json_put_u64(object, "retries", state->retries);
	json_put_bool(object, "failing", state->is_failing);
	json_put_text(object, "last_failure", state->last_failure);
}

void common_sessions_json(struct call *call, struct session *const *sessions, size_t count)
{
	struct json *json = reply_json(call->reply);

	if (!args_has(call->args, "all") && !args_has(call->args, "glob")) {
		common_session_json(json_put_object(json, "session"), sessions[0]);
		return;
	}
	json = json_put_array(json, "sessions");
	for (size_t i = 0; i < count; i++)
		common_session_json(json_add_object(json), sessions[i]);
}

void common_each_session(struct call *call,
			 void (*one)(struct several *several, struct session *session))
{
	struct several *several;
	struct session **sessions;
	size_t count;

	if (!common_sessions(call, &sessions, &count))
		return;
	common_sessions_json(call, sessions, count);
	several = several_begin(call->reply);
	for (size_t i = 0; i < count; i++)
		one(several, sessions[i]);
	several_end(several);
	free(sessions);
}

bool common_record_pattern(struct session *session, const char *pattern, struct error *err)
{
	struct word_list none = {0};
	struct event_rule_key key = {.pattern = pattern, .exclusions = &none};
	struct channel_attributes attributes;
	struct channel *channel;
	size_t source_index;

	if (!model_find_source(session->model, "UST", &source_index) ||
	    !model_can_trace(session->model, source_index, err))
		return error_set(err, ERROR_UNSUPPORTED,
				 "user space can't be traced here; 'status' says why");
	session_channel_defaults(session, source_index, &attributes);
	channel =
		session_add_channel(session, source_index, CHANNEL_DEFAULT_NAME, &attributes, err);
	return channel && channel_enable_rule(channel, session->next_rule_id++, &key, err);
}
