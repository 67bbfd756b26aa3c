/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared parts of commands; see common.h. */
#include "backend/control/commands/common.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/rcfile.h"

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

static const struct {
	const char *option;
	const char *domain;
	const char *title;
} domains[] = {
	{"kernel", "KERNEL", "kernel"}, {"userspace", "UST", "user space"}, {"jul", "JUL", "JUL"},
	{"log4j", "LOG4J", "log4j"},	{"python", "PYTHON", "Python"},
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
	if (call->model->sources[*source_index].source)
		return true;
	error_copy(err, &call->model->sources[*source_index].missing);
	return false;
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

void common_warn_losses(struct reply *reply, const struct session *session)
{
	struct picture_counts counts;

	session_count(session, &counts);
	if (counts.discarded_ring > 0)
		reply_warn(reply,
			   "%llu events were discarded in session '%s' for want of room; larger or "
			   "more sub-buffers (enable-channel --subbuf-size, --num-subbuf) help",
			   (unsigned long long)counts.discarded_ring, session_name(session));
	if (counts.discarded_write > 0)
		reply_warn(reply,
			   "%llu events were discarded in session '%s' because they could not be "
			   "written to '%s'; is the disk full?",
			   (unsigned long long)counts.discarded_write, session_name(session),
			   shared_text_str(session->output));
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

void common_session_json(struct json *object, const struct session *session)
{
	json_put_text(object, "name", session_name(session));
	json_put_text(object, "path", shared_text_str(session->output));
	json_put_bool(object, "enabled", session->is_active);
	json_put_u64(object, "snapshot_mode", session->mode == PICTURE_MODE_SNAPSHOT);
	json_put_u64(object, "live_timer_interval", 0);
	json_put_u64(object, "creation_time_ns", session->created_wall_ns);
}

bool common_record_pattern(struct session *session, const char *pattern, struct error *err)
{
	struct word_list none = {0};
	struct event_rule_key key = {.pattern = pattern, .exclusions = &none};
	struct channel_attributes attributes;
	struct channel *channel;
	size_t source_index;

	if (!model_find_source(session->model, "UST", &source_index) ||
	    !session->model->sources[source_index].source)
		return error_set(err, ERROR_UNSUPPORTED,
				 "user space can't be traced here; 'status' says why");
	channel_attributes_default(&attributes);
	channel =
		session_add_channel(session, source_index, CHANNEL_DEFAULT_NAME, &attributes, err);
	return channel && channel_enable_rule(channel, session->next_rule_id++, &key, err);
}
