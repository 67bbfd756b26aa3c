/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list: the sessions, one session, or what could be traced. Counters are brought up to date first.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"

bool listing_wants(const struct listing *listing, const struct channel *channel)
{
	unsigned int own =
		(1U << channel->source_index) | (1U << source_carrier(channel->source_index));

	if (listing->sources && !(listing->sources & own))
		return false;
	return !listing->channel || strcmp(shared_text_str(channel->name), listing->channel) == 0;
}

uint64_t listing_memory_bytes(const struct session *session, const struct listing *listing)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < session->channel_count; i++)
		if (listing_wants(listing, session->channels[i]))
			bytes += channel_buffer_bytes(session->channels[i]);
	return bytes;
}

/* The place of the option's word, from 1; 0: it was not given. */
static bool parse_word(struct call *call, const char *option, const char *const *words,
		       unsigned int *place)
{
	const char *text = args_text(call->args, option);
	struct error err = ERROR_INIT;

	*place = 0;
	if (!text)
		return true;
	for (unsigned int i = 0; words[i]; i++)
		if (strcmp(text, words[i]) == 0)
			*place = i + 1;
	if (*place > 0)
		return true;
	error_set(&err, ERROR_INVALID, "'%s' is nothing for --%s: say %s%s%s%s%s", text, option,
		  words[0], words[2] ? ", " : " or ", words[1], words[2] ? " or " : "",
		  words[2] ? words[2] : "");
	reply_fail(call->reply, &err);
	return false;
}

bool listing_parse(struct call *call, struct listing *listing)
{
	static const char *const memories[] = {"total", "compact", "full", NULL};
	static const char *const styles[] = {"compact", "breathe", NULL};
	unsigned int memory, style;

	if (!parse_word(call, "mem-usage", memories, &memory) ||
	    !parse_word(call, "style", styles, &style))
		return false;
	listing->memory = (enum listing_memory)memory;
	listing->style = (enum listing_style)style;
	listing->is_whole = args_has(call->args, "no-truncate");
	return true;
}

/* --- one session */

struct shown {
	struct reply *reply;
	struct model *model;
	uint64_t session_id;
	struct listing listing;
};

static bool has_channel(const struct session *session, const struct listing *listing)
{
	if (!listing->channel)
		return true;
	for (size_t i = 0; i < session->channel_count; i++)
		if (listing_wants(listing, session->channels[i]))
			return true;
	return false;
}

static void show(struct shown *shown, const struct session *session)
{
	struct error err = ERROR_INIT;
	struct json *sessions;

	if (!session) {
		error_set(&err, ERROR_SESSION_NOT_FOUND, "the session was destroyed meanwhile");
		reply_fail(shown->reply, &err);
		return;
	}
	if (shown->listing.style == STYLE_LINES)
		listing_session_text(shown->reply, session, &shown->listing);
	else
		listing_session_tree(shown->reply, session, &shown->listing);
	sessions = json_put_array(reply_json(shown->reply), "sessions");
	listing_session_json(json_add_object(sessions), session, &shown->listing);
	if (has_channel(session, &shown->listing)) {
		reply_done(shown->reply, STATUS_OK);
		return;
	}
	error_set(&err, ERROR_CHANNEL_NOT_FOUND, "channel %s not found in session '%s'",
		  shown->listing.channel, session_name(session));
	reply_fail(shown->reply, &err);
}

static void show_when_refreshed(void *data, const struct error *err)
{
	struct shown *shown = data;

	(void)err; /* a ring that stands still is no reason to show nothing */
	show(shown, model_find_session_id(shown->model, shown->session_id));
	free(shown->listing.channel);
	free(shown);
}

void listing_show_session(struct call *call, struct session *session, struct listing listing)
{
	struct shown *shown = mem_zalloc(sizeof(*shown));

	shown->reply = call->reply;
	shown->model = call->model;
	shown->session_id = session->id;
	shown->listing = listing;
	model_refresh(call->model, session, (struct outcome){show_when_refreshed, shown});
}

/* --- all sessions */

struct all_sessions {
	struct reply *reply;
	struct model *model;
	struct listing listing; /* of each */
};

static void print_session_line(struct reply *reply, const struct session *session, size_t number,
			       const struct listing *listing)
{
	reply_print(reply, "  %zu) %s [%s]\n", number, session_name(session),
		    listing_state(session));
	if (shared_text_str(session->output)[0] != '\0')
		reply_print(reply, "    Trace output: %s\n", shared_text_str(session->output));
	listing_live_text(reply, session);
	listing_relay_text(reply, session);
	if (listing->memory != MEMORY_UNTOLD)
		reply_print(reply, "    Memory usage: %llu bytes\n",
			    (unsigned long long)listing_memory_bytes(session, listing));
	reply_print(reply, "\n");
}

static void show_sessions(void *data, const struct error *err)
{
	struct all_sessions *all = data;
	const struct requester *who = reply_requester(all->reply);
	struct json *sessions = json_put_array(reply_json(all->reply), "sessions");
	size_t number = 0;

	(void)err;
	for (size_t i = all->model->session_count; i > 0; i--) {
		const struct session *session = all->model->sessions[i - 1];

		if (session->is_ending || !model_may_see(who->uid, session))
			continue;
		number++;
		listing_session_json(json_add_object(sessions), session, &all->listing);
		if (all->listing.style != STYLE_LINES) {
			listing_session_tree(all->reply, session, &all->listing);
			continue;
		}
		if (number == 1)
			reply_print(all->reply, "Available recording sessions:\n");
		print_session_line(all->reply, session, number, &all->listing);
	}
	if (number > 0 && all->listing.style == STYLE_LINES)
		reply_print(all->reply, "\nUse tracon list <session_name> for more details\n");
	if (number == 0)
		reply_print(all->reply, "Currently no available recording session\n");
	reply_done(all->reply, STATUS_OK);
	free(all);
}

static void list_sessions(struct call *call, struct listing listing)
{
	struct all_sessions *all = mem_zalloc(sizeof(*all));

	all->reply = call->reply;
	all->model = call->model;
	all->listing = listing;
	all->listing.is_list = true;
	model_refresh(call->model, NULL, (struct outcome){show_sessions, all});
}

/* --- instrumentation points */

struct asked_points {
	struct task task; /* first */
	struct reply *reply;
	struct point_list points;
	size_t source_index;
	enum rule_kind kind;
	bool with_fields;
	/* Of sources that share the domain; source_count of them, most empty. */
	struct point_list *more;
};

static void join_points(struct asked_points *asked)
{
	for (size_t i = 0; i < source_count; i++) {
		if (asked->more[i].group_count > 0)
			point_list_join(&asked->points, &asked->more[i]);
		point_list_finish(&asked->more[i]);
	}
	free(asked->more);
}

static void show_points(struct message *message)
{
	struct asked_points *asked = (struct asked_points *)message;

	join_points(asked);
	listing_points_text(asked->reply, asked->source_index, &asked->points, asked->kind,
			    asked->with_fields);
	listing_points_json(reply_json(asked->reply), asked->source_index, &asked->points,
			    asked->kind, asked->with_fields);
	if (asked->points.unanswered_count > 0)
		reply_warn(asked->reply,
			   "%u applications did not answer and are missing in the list",
			   asked->points.unanswered_count);
	reply_done(asked->reply, STATUS_OK);
	point_list_finish(&asked->points);
	free(asked);
}

/* Every source of the domain is asked. */
static void ask_sources(struct call *call, struct asked_points *asked)
{
	const struct requester *who = reply_requester(call->reply);

	for (size_t i = 0; i < source_count; i++) {
		struct source *source = call->model->sources[i].source;

		if (!source || source_main(i) != asked->source_index)
			continue;
		task_add(&asked->task);
		source->class->list_points(
			source, asked->with_fields, who->uid, who->uid == 0,
			i == asked->source_index ? &asked->points : &asked->more[i], &asked->task);
	}
}

static void list_points(struct call *call)
{
	struct asked_points *asked;
	size_t source_index;

	struct error err = ERROR_INIT;

	if (!common_domain(call, &source_index))
		return;
	if (args_has(call->args, "syscall") && !args_has(call->args, "kernel")) {
		error_set(&err, ERROR_INVALID, "--syscall is for --kernel only");
		reply_fail(call->reply, &err);
		return;
	}
	asked = mem_zalloc(sizeof(*asked));
	asked->reply = call->reply;
	asked->source_index = source_index;
	asked->kind = args_has(call->args, "syscall") ? RULE_SYSCALL : RULE_TRACEPOINT;
	asked->with_fields = args_has(call->args, "fields");
	asked->more = mem_zalloc(source_count * sizeof(*asked->more));
	task_init(&asked->task, call->model->queue, show_points);
	ask_sources(call, asked);
	task_done(&asked->task, NULL);
}

static void list_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	const char *channel = args_text(call->args, "channel");
	struct listing listing = {
		.only_domains = args_has(call->args, "domain"),
		.sources = common_domains(call->args),
	};
	struct session *session;

	if (!listing_parse(call, &listing))
		return;
	/* Domains that this build does not have: common_domain() says so. */
	if (!name && (listing.sources || args_has(call->args, "kernel") ||
		      args_has(call->args, "syscall"))) {
		list_points(call);
		return;
	}
	common_warn_left(call);
	if (!name) {
		list_sessions(call, listing);
		return;
	}
	session = common_session(call, name);
	if (!session)
		return;
	listing.channel = channel ? mem_strdup(channel) : NULL;
	listing_show_session(call, session, listing);
}

static const struct option_spec list_options[] = {
	OPTION_KERNEL,
	OPTION_USERSPACE,
	OPTIONS_OF_LOGGERS,
	{"fields", 'f', OPTION_FLAG, NULL, "with --userspace, --kernel: the fields of each event",
	 COMPLETE_NOTHING},
	{"syscall", 'S', OPTION_FLAG, NULL, "with --kernel: the system calls", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "only this channel of the session",
	 COMPLETE_CHANNEL},
	{"domain", 'd', OPTION_FLAG, NULL, "only the names of the session's domains",
	 COMPLETE_NOTHING},
	LISTING_OPTIONS,
};

const struct command list_command = {
	.name = "list",
	.usage = "[--domain] [--channel=CHANNEL] [--mem-usage=WHAT] [--style=STYLE] [SESSION] | "
		 "DOMAIN [--fields]",
	.help = "List sessions, one session, or what can be traced.",
	.options = list_options,
	.option_count = COUNT_OF(list_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = list_run,
};
