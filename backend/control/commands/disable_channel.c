/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disable-channel: its events are not recorded until it is enabled again. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"

static bool disable_one(struct call *call, const struct session *session, size_t source_index,
			const char *name)
{
	struct channel *channel = session_find_channel(session, source_index, name);
	struct json *object = json_add_object(json_get(reply_json(call->reply), "channels"));
	struct error err = ERROR_INIT;

	json_put_text(object, "name", name);
	json_put_bool(object, "enabled", false);
	json_put_bool(object, "success", channel != NULL);
	if (!channel) {
		error_set(&err, ERROR_CHANNEL_NOT_FOUND, "channel %s not found (session %s)", name,
			  session_name(session));
		reply_error(call->reply, &err);
		return false;
	}
	channel->is_enabled = false;
	reply_print(call->reply, "%s channel %s disabled for session %s\n",
		    common_domain_word(source_index), name, session_name(session));
	return true;
}

static void disable_channel_run(struct call *call)
{
	struct word_list names = {0};
	struct session *session;
	size_t source_index;
	size_t done_count = 0;
	enum exit_status status = STATUS_OK;

	if (!common_domain(call, &source_index))
		return;
	session = common_session(call, NULL);
	if (!session)
		return;
	json_put_array(reply_json(call->reply), "channels");
	text_split_commas(args_at(call->args, 0), &names);
	for (size_t i = 0; i < names.count; i++)
		done_count += disable_one(call, session, source_index, names.words[i]);
	/* Also when it was the only one: lttng-disable-channel's status. */
	if (done_count < names.count)
		status = STATUS_WARNING;
	word_list_finish(&names);
	session_apply(session, common_reply_when_done(call->reply, status));
}

static const struct option_spec disable_channel_options[] = {
	OPTION_SESSION,
	OPTION_KERNEL,
	OPTION_USERSPACE,
};

const struct command disable_channel_command = {
	.name = "disable-channel",
	.usage = "(--kernel | --userspace) [--session=SESSION] CHANNEL[,CHANNEL]...",
	.help = "Disable channels.",
	.options = disable_channel_options,
	.option_count = COUNT_OF(disable_channel_options),
	.argument_min = 1,
	.argument_max = 1,
	.complete = COMPLETE_CHANNEL,
	.run = disable_channel_run,
};
