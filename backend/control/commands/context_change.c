/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Changes of the contexts of channels; see context_change.h. */
#include "backend/control/commands/context_change.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/context.h"

static void list_types(struct reply *reply)
{
	static const char *const prefixes[] = {"perf:cpu:", "perf:thread:"};
	struct json *types = json_put_array(reply_json(reply), "types");
	char name[CONTEXT_NAME_MAX];

	for (size_t i = 0; i < context_type_count; i++) {
		reply_print(reply, "%s\n", context_type_table[i].name);
		json_add_text(types, context_type_table[i].name);
	}
	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		for (size_t j = 0; context_perf_name(j); j++) {
			snprintf(name, sizeof(name), "%s%s", prefixes[i], context_perf_name(j));
			reply_print(reply, "%s\n", name);
			json_add_text(types, name);
		}
	}
	reply_done(reply, STATUS_OK);
}

static enum context_domain domain_of(const struct context_change *change)
{
	const char *domain = source_table[change->source_index].class->domain;

	return strcmp(domain, "KERNEL") == 0 ? CONTEXT_KERNEL : CONTEXT_USER;
}

/* The reply has ended with the reason when this is false. */
static bool check_types(struct call *call, const struct context_change *change)
{
	size_t count = args_text_count(call->args, "type");
	struct error err = ERROR_INIT;
	char resolved[CONTEXT_NAME_MAX];

	if (count == 0) {
		error_set(&err, ERROR_INVALID,
			  "which context? Give at least one with --type; 'add-context --list' "
			  "shows the types");
		reply_fail(call->reply, &err);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		context_resolve(args_text_at(call->args, "type", i), domain_of(change), resolved,
				&err);
		if (err.code != ERROR_NOT_FOUND)
			continue;
		reply_error(call->reply, &err);
		reply_done(call->reply, STATUS_FATAL);
		return false;
	}
	return true;
}

/* Of all channels: enough if one of them can be changed. */
static bool change_all(const struct context_change *change, const char *name, struct error *err)
{
	struct session *session = change->session;
	size_t changed_count = 0;

	for (size_t i = 0; i < session->channel_count; i++) {
		struct channel *channel = session->channels[i];
		struct error one = ERROR_INIT;

		if (channel->source_index != change->source_index)
			continue;
		if (change->change(channel, name, &one))
			changed_count++;
		else
			error_copy(err, &one);
	}
	if (changed_count == 0 && !error_is_set(err))
		error_set(err, ERROR_CHANNEL_NOT_FOUND, "the session has no channel yet");
	return changed_count > 0;
}

static bool change_channels(const struct context_change *change, const char *channel_name,
			    const char *name, struct error *err)
{
	struct channel *channel;

	if (!channel_name)
		return change_all(change, name, err);
	channel = session_find_channel(change->session, change->source_index, channel_name);
	if (!channel)
		return error_set(err, ERROR_CHANNEL_NOT_FOUND, "no channel is called '%s'",
				 channel_name);
	return change->change(channel, name, err);
}

static bool change_one(struct call *call, const struct context_change *change, const char *type)
{
	const char *channel = args_text(call->args, "channel");
	const char *word = common_domain_word(change->source_index);
	struct error err = ERROR_INIT;
	char name[CONTEXT_NAME_MAX];

	if (!context_resolve(type, domain_of(change), name, &err) ||
	    !change_channels(change, channel, name, &err)) {
		error_prefix(&err, "%s", type);
		reply_error(call->reply, &err);
		return false;
	}
	if (channel)
		reply_print(call->reply, "%s context %s %s channel %s\n", word, type, change->verb,
			    channel);
	else
		reply_print(call->reply, "%s context %s %s all channels\n", word, type,
			    change->verb);
	return true;
}

static void note_perf(struct json *object, const struct context_perf *perf)
{
	json_put_u64(object, "type", perf->type);
	json_put_u64(object, "config", perf->config);
	json_put_text(object, "name", perf->field);
}

static void note_app(struct json *object, const struct context_app *app)
{
	json_put_text(object, "provider_name", app->provider);
	json_put_text(object, "ctx_name", app->type);
}

static void note(struct json *contexts, const char *type, bool is_done)
{
	const struct context_type *known = context_type_find(type);
	struct json *context = json_add_object(contexts);
	struct context_perf perf;
	struct context_app app;

	if (known)
		json_put_text(context, "type", known->symbol);
	else if (context_parse_perf(type, &perf))
		note_perf(json_put_object(context, "perf"), &perf);
	else if (context_parse_app(type, &app))
		note_app(json_put_object(context, "app"), &app);
	json_put_text(context, "symbol", type);
	json_put_bool(context, "success", is_done);
}

static bool check_state(const struct session *session, struct error *err)
{
	return !session->was_started ||
	       error_set(err, ERROR_STATE,
			 "session '%s' was started once already; what its events carry is fixed "
			 "since then",
			 session_name(session));
}

/* As enable-event does: the first one makes the default channel. */
static bool make_channel(const struct context_change *change, struct error *err)
{
	const char *only = source_table[change->source_index].class->carried_channel;
	struct channel_attributes attributes;

	if (!change->creates || session_channels_of(change->session, change->source_index) > 0)
		return true;
	channel_attributes_for(&attributes, session_scheme(change->session, change->source_index));
	return session_add_channel(change->session, change->source_index,
				   only ? only : CHANNEL_DEFAULT_NAME, &attributes, err) != NULL;
}

void context_change_run(struct call *call, struct context_change *change)
{
	struct json *contexts;
	struct error err = ERROR_INIT;
	enum exit_status status = STATUS_OK;

	if (args_has(call->args, "list")) {
		list_types(call->reply);
		return;
	}
	if (!common_domain(call, &change->source_index))
		return;
	change->session = common_session(call, NULL);
	if (!change->session || !check_types(call, change))
		return;
	if (!check_state(change->session, &err) ||
	    (!args_has(call->args, "channel") && !make_channel(change, &err))) {
		reply_error(call->reply, &err);
		reply_done(call->reply, STATUS_WARNING);
		return;
	}
	contexts = json_put_array(reply_json(call->reply), "contexts");
	for (size_t i = 0; i < args_text_count(call->args, "type"); i++) {
		const char *type = args_text_at(call->args, "type", i);
		bool is_done = change_one(call, change, type);

		note(contexts, type, is_done);
		if (!is_done)
			status = STATUS_WARNING;
	}
	session_apply(change->session, common_reply_when_done(call->reply, status));
}

const struct option_spec context_options[CONTEXT_OPTION_COUNT] = {
	OPTION_SESSION,
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "only this channel; default: all of the domain",
	 COMPLETE_CHANNEL},
	OPTION_KERNEL,
	OPTION_USERSPACE,
	OPTIONS_OF_LOGGERS,
	{"type", 't', OPTION_TEXT, "TYPE", "what the events carry; may be given several times",
	 COMPLETE_CONTEXT},
	{"list", 0, OPTION_FLAG, NULL, "only list the types there are", COMPLETE_NOTHING},
};
