/* SPDX-License-Identifier: GPL-2.0-or-later */
/* enable-channel: makes channels, or enables ones that were disabled. Values are checked and
 * rounded as lttng does. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"

static bool parse_size(const struct args *args, const char *option, uint64_t *value,
		       struct error *err)
{
	const char *text = args_text(args, option);

	if (text && (!units_parse_size(text, value) || *value == 0))
		return error_set(
			err, ERROR_INVALID,
			"--%s=%s is no size; give a number above 0, with k, M or G if you like",
			option, text);
	return true;
}

static bool parse_time(const struct args *args, const char *option, uint64_t *value,
		       struct error *err)
{
	const char *text = args_text(args, option);

	if (text && (!units_parse_time_us(text, value) || *value > UINT32_MAX))
		return error_set(
			err, ERROR_INVALID,
			"--%s=%s is no time; give a number with us, ms, s, m or h (none: us)",
			option, text);
	return true;
}

/* Sub-buffers are powers of two; what isn't is rounded up, and said. */
static bool round_up(struct reply *reply, const char *what, uint64_t *value, struct error *err)
{
	uint64_t rounded = units_round_up_power_of_2(*value);

	if (rounded == 0)
		return error_set(err, ERROR_INVALID, "the %s is too large", what);
	if (rounded != *value)
		reply_warn(reply, "the %s (%llu) is rounded to the next power of 2 (%llu)", what,
			   (unsigned long long)*value, (unsigned long long)rounded);
	*value = rounded;
	return true;
}

/* The one that was named last counts, as of two contrary options; else what the domain has. */
static bool parse_scheme(const struct call *call, enum buffer_scheme usual,
			 enum buffer_scheme *scheme, struct error *err)
{
	static const char *const options[] = {
		[BUFFERS_PER_USER] = "buffers-uid",
		[BUFFERS_PER_PROCESS] = "buffers-pid",
		[BUFFERS_GLOBAL] = "buffers-global",
	};
	const char *last = NULL;

	*scheme = usual;
	for (size_t i = 0; i < COUNT_OF(options); i++) {
		if (!args_has(call->args, options[i]) ||
		    (last && !args_is_last(call->args, options[i], last)))
			continue;
		last = options[i];
		*scheme = (enum buffer_scheme)i;
	}
	if (!last || (*scheme == BUFFERS_GLOBAL) == args_has(call->args, "kernel"))
		return true;
	return error_set(err, ERROR_UNSUPPORTED, "--%s goes with %s only", last,
			 *scheme == BUFFERS_GLOBAL ? "--kernel" : "--userspace");
}

/* As LTTng-UST takes it: 31 bits of milliseconds. */
#define BLOCKING_US_MAX (UINT64_C(2147483647) * 1000)

static bool parse_blocking(const struct args *args, struct channel_attributes *attributes,
			   struct error *err)
{
	const char *text = args_text(args, "blocking-timeout");
	uint64_t timeout_us;

	if (!text)
		return true;
	if (strcmp(text, "inf") == 0)
		attributes->blocking_timeout_us = -1;
	else if (units_parse_time_us(text, &timeout_us) && timeout_us <= BLOCKING_US_MAX)
		attributes->blocking_timeout_us = (int64_t)timeout_us;
	else
		return error_set(err, ERROR_INVALID,
				 "--blocking-timeout=%s is no time; give a number with us, ms, s, "
				 "m or h (none: us), or inf",
				 text);
	if (attributes->is_overwrite && attributes->blocking_timeout_us != 0)
		return error_set(err, ERROR_INVALID,
				 "--blocking-timeout and --overwrite exclude each other: who "
				 "overwrites never waits");
	return args_has(args, "userspace") || attributes->blocking_timeout_us == 0 ||
	       error_set(err, ERROR_UNSUPPORTED,
			 "--blocking-timeout goes with --userspace only: the kernel does not "
			 "wait");
}

/* A stream's files; a file holds a sub-buffer at least. */
static bool parse_files(struct call *call, struct channel_attributes *attributes, struct error *err)
{
	const char *size = args_text(call->args, "tracefile-size");
	const char *count = args_text(call->args, "tracefile-count");
	uint64_t file_count = 0;

	if (size && !units_parse_size(size, &attributes->file_bytes))
		return error_set(err, ERROR_INVALID,
				 "--tracefile-size=%s is no size; give a number, with k, M or G if "
				 "you like",
				 size);
	if (count && (!units_parse_u64(count, &file_count) || file_count > UINT32_MAX))
		return error_set(err, ERROR_INVALID, "--tracefile-count=%s is no number", count);
	if (file_count > 0 && attributes->file_bytes == 0)
		return error_set(err, ERROR_INVALID,
				 "--tracefile-count does nothing without --tracefile-size: say how "
				 "large a file may become");
	attributes->file_count = (unsigned int)file_count;
	if (attributes->file_bytes == 0 || attributes->file_bytes >= attributes->subbuf_bytes)
		return true;
	reply_warn(call->reply, "tracefile size rounded up from (%llu) to subbuffer size (%llu)",
		   (unsigned long long)attributes->file_bytes,
		   (unsigned long long)attributes->subbuf_bytes);
	attributes->file_bytes = attributes->subbuf_bytes;
	return true;
}

static bool parse_output(const struct args *args, struct error *err)
{
	const char *output = args_text(args, "output");

	if (!output || strcmp(output, "mmap") == 0)
		return true;
	if (strcmp(output, "splice") == 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "--output=splice is not supported; mmap is the only way here");
	return error_set(err, ERROR_INVALID, "--output=%s: only mmap is known", output);
}

static bool parse_attributes(struct call *call, const struct session *session, size_t source_index,
			     struct channel_attributes *attributes, struct error *err)
{
	enum buffer_scheme usual = session_scheme(session, source_index);
	enum buffer_scheme scheme;
	const struct args *args = call->args;

	if (!parse_scheme(call, usual, &scheme, err))
		return false;
	session_channel_defaults(session, source_index, attributes);
	if (scheme != usual) {
		channel_attributes_for(attributes, scheme);
		attributes->is_overwrite = session->mode == PICTURE_MODE_SNAPSHOT;
	}
	if (args_has(args, "overwrite") || args_has(args, "discard"))
		attributes->is_overwrite = args_is_last(args, "overwrite", "discard");
	return parse_output(args, err) &&
	       parse_size(args, "subbuf-size", &attributes->subbuf_bytes, err) &&
	       parse_size(args, "num-subbuf", &attributes->subbuf_count, err) &&
	       parse_time(args, "switch-timer", &attributes->switch_timer_us, err) &&
	       parse_time(args, "read-timer", &attributes->read_timer_us, err) &&
	       parse_time(args, "monitor-timer", &attributes->monitor_timer_us, err) &&
	       parse_blocking(args, attributes, err) &&
	       round_up(call->reply, "subbuf size", &attributes->subbuf_bytes, err) &&
	       round_up(call->reply, "number of subbuffers", &attributes->subbuf_count, err) &&
	       channel_attributes_check(attributes, err) && parse_files(call, attributes, err);
}

/* An existing channel is only switched on again: its attributes are fixed. */
static bool enable_one(struct call *call, struct session *session, size_t source_index,
		       const char *name, const struct channel_attributes *attributes,
		       bool *is_partial)
{
	const char *word = common_domain_word(source_index);
	struct channel *channel = session_find_channel(session, source_index, name);
	struct error err = ERROR_INIT;

	if (channel && channel->is_enabled) {
		reply_warn(call->reply,
			   "channel %s: a %s channel of this name exists already (session %s)",
			   name, word, session_name(session));
		*is_partial = true;
		return true;
	}
	if (channel) {
		channel->is_enabled = true;
	} else if (!session_add_channel(session, source_index, name, attributes, &err)) {
		error_prefix(&err, "channel %s (session %s)", name, session_name(session));
		reply_error(call->reply, &err);
		return false;
	}
	reply_print(call->reply, "%s channel %s enabled for session %s\n", word, name,
		    session_name(session));
	json_put_bool(listing_channel_json(json_get(reply_json(call->reply), "channels"),
					   session_find_channel(session, source_index, name)),
		      "success", true);
	return true;
}

static void enable_channel_run(struct call *call)
{
	struct channel_attributes attributes;
	struct error err = ERROR_INIT;
	struct word_list names = {0};
	struct session *session;
	enum exit_status status = STATUS_OK;
	bool is_partial = false;
	size_t source_index;

	if (!common_domain(call, &source_index))
		return;
	session = common_session(call, NULL);
	if (!session)
		return;
	if (!parse_attributes(call, session, source_index, &attributes, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	json_put_array(reply_json(call->reply), "channels");
	text_split_commas(args_at(call->args, 0), &names);
	for (size_t i = 0; i < names.count; i++)
		if (!enable_one(call, session, source_index, names.words[i], &attributes,
				&is_partial))
			status = STATUS_ERROR;
	if (is_partial && status == STATUS_OK)
		status = STATUS_WARNING;
	word_list_finish(&names);
	session_apply(session, common_reply_when_done(call->reply, status));
}

static const struct option_spec enable_channel_options[] = {
	OPTION_SESSION,
	OPTION_KERNEL,
	OPTION_USERSPACE,
	{"discard", 0, OPTION_FLAG, NULL,
	 "refuse new events when the buffers are full (default but in snapshot sessions)",
	 COMPLETE_NOTHING},
	{"overwrite", 0, OPTION_FLAG, NULL,
	 "overwrite the oldest events when the buffers are full (default in snapshot sessions)",
	 COMPLETE_NOTHING},
	{"subbuf-size", 0, OPTION_TEXT, "SIZE",
	 "bytes of a sub-buffer; default 512k, per process 16k", COMPLETE_NOTHING},
	{"num-subbuf", 0, OPTION_TEXT, "COUNT", "sub-buffers per CPU; default 4", COMPLETE_NOTHING},
	{"switch-timer", 0, OPTION_TEXT, "TIME",
	 "pass on partly filled sub-buffers this often; 0: off", COMPLETE_NOTHING},
	{"read-timer", 0, OPTION_TEXT, "TIME", "look for full sub-buffers this often; 0: be woken",
	 COMPLETE_NOTHING},
	{"monitor-timer", 0, OPTION_TEXT, "TIME", "sample the statistics this often; default 1 s",
	 COMPLETE_NOTHING},
	{"output", 0, OPTION_TEXT, "TYPE", "mmap", COMPLETE_NOTHING},
	{"tracefile-size", 'C', OPTION_TEXT, "SIZE",
	 "begin another file CHANNEL_CPU_N when one has this size; 0: never", COMPLETE_NOTHING},
	{"tracefile-count", 'W', OPTION_TEXT, "COUNT",
	 "overwrite the oldest of a stream's files when there are so many; 0: never",
	 COMPLETE_NOTHING},
	{"buffers-uid", 0, OPTION_FLAG, NULL, "one set of buffers per user (default)",
	 COMPLETE_NOTHING},
	{"buffers-pid", 0, OPTION_FLAG, NULL,
	 "each process its own buffers and trace; native applications have their own "
	 "buffers in any case, and a trace per user",
	 COMPLETE_NOTHING},
	{"buffers-global", 0, OPTION_FLAG, NULL, "one set for the system: the kernel's only way",
	 COMPLETE_NOTHING},
	{"blocking-timeout", 0, OPTION_TEXT, "TIME",
	 "applications started with LTTNG_UST_ALLOW_BLOCKING wait this long for room; inf: for "
	 "ever",
	 COMPLETE_NOTHING},
};

const struct command enable_channel_command = {
	.name = "enable-channel",
	.usage = "(--kernel | --userspace) [OPTIONS] CHANNEL[,CHANNEL]...",
	.help = "Create channels or enable them again.",
	.description =
		"A channel is one set of ring buffers with its event rules. Its attributes are "
		"fixed once it is made; sizes and counts are rounded up to powers of 2.",
	.options = enable_channel_options,
	.option_count = COUNT_OF(enable_channel_options),
	.argument_min = 1,
	.argument_max = 1,
	.complete = COMPLETE_CHANNEL,
	.run = enable_channel_run,
};
