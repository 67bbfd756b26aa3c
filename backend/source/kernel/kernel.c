/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source itself: a thread of its own makes and changes instances, because the kernel takes
 * milliseconds for each; what others ask for comes by its queue, one after the other.
 */
#include "backend/source/kernel/kernel.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/kernel/channel.h"
#include "backend/source/kernel/probe.h"
#include "backend/source/kernel/state.h"
#include "backend/source/kernel/watches.h"

#define TRACER_MAJOR 2
#define TRACER_MINOR 13

#define LOOK_PAUSE_NS (2 * NS_PER_S) /* the kernel tells nobody of events that modules bring */

struct kernel_session {
	struct kernel_session *next;
	uint64_t id;
	struct uuid uuid;
	struct sink_trace *trace;	 /* NULL before the first start */
	struct kernel_channel *channels; /* a reference each */
	struct kernel_catalog catalog;
	struct session_spec *spec; /* the last one; reference held */
};

struct kernel_source {
	struct source base; /* first */
	struct source_host host;
	struct tracefs tracefs;
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	struct kernel_session *sessions;
	struct kernel_watches *watches;
	struct kernel_own own;
	struct timer *look_timer; /* armed while a session records */
};

static struct kernel_session *find_session(struct kernel_source *source, uint64_t id)
{
	for (struct kernel_session *session = source->sessions; session; session = session->next)
		if (session->id == id)
			return session;
	return NULL;
}

static struct kernel_session *find_or_add_session(struct kernel_source *source, uint64_t id)
{
	struct kernel_session *session = find_session(source, id);

	if (session)
		return session;
	session = mem_zalloc(sizeof(*session));
	session->id = id;
	uuid_make_random(&session->uuid);
	session->next = source->sessions;
	source->sessions = session;
	return session;
}

static struct kernel_channel *find_channel(const struct kernel_session *session, uint32_t id)
{
	for (struct kernel_channel *channel = session->channels; channel; channel = channel->next)
		if (channel->id == id)
			return channel;
	return NULL;
}

/* --- the trace */

static void declare_trace(struct kernel_session *session, const struct session_spec *spec)
{
	char created[CLOCK_TEXT_MAX];
	struct utsname system = {0};
	const struct ctf_env env[] = {
		{"domain", "kernel", 0},
		{"sysname", system.sysname, 0},
		{"kernel_release", system.release, 0},
		{"kernel_version", system.version, 0},
		{"tracer_name", "lttng-modules", 0},
		{"tracer_major", NULL, TRACER_MAJOR},
		{"tracer_minor", NULL, TRACER_MINOR},
		{"trace_name", spec->name, 0},
		{"trace_creation_datetime", clock_text_iso_basic(created, spec->created_wall_ns),
		 0},
		{"hostname", spec->hostname, 0},
		{"session_id", spec->identity, 0},
		{"session_previous_id", spec->previous_identity, 0}, /* if there is one */
	};
	const struct ctf_trace trace = {
		.uuid = session->uuid,
		.layout = {.long_bits = 64,
			   .align16 = 8,
			   .align32 = 8,
			   .align64 = 8,
			   .align_long = 8},
		.clock = spec->clock,
		.env = env,
		.env_count = COUNT_OF(env) - !*spec->previous_identity,
	};
	struct text text = {0};

	uname(&system);
	ctf_metadata_trace(&text, &trace);
	sink_append_metadata(session->trace, text.bytes, text.length, NULL);
	text_finish(&text);
}

static bool open_trace(struct kernel_source *source, struct kernel_session *session,
		       const struct session_spec *spec, struct error *err)
{
	if (session->trace) {
		kernel_catalog_look_again(&session->catalog, &source->tracefs);
		return true;
	}
	if (!kernel_catalog_read(&session->catalog, &source->tracefs, err))
		return false;
	session->trace = sink_open_trace(spec->sink, "kernel", err);
	if (!session->trace) {
		kernel_catalog_finish(&session->catalog);
		return false;
	}
	declare_trace(session, spec);
	return true;
}

/* --- following a spec */

/* Whose numbers are the engine's own; both sets count. The values are in the spec. */
static struct tracker_spec tracked_processes(const struct session_spec *spec, int64_t *values)
{
	const struct tracker_spec *real = &spec->trackers[TRACKER_PID];
	const struct tracker_spec *virtual = &spec->trackers[TRACKER_VPID];
	size_t count = 0;

	if (real->is_all || virtual->is_all)
		return real->is_all ? *virtual : *real;
	for (size_t i = 0; i < real->value_count; i++)
		for (size_t j = 0; j < virtual->value_count; j++)
			if (real->values[i] == virtual->values[j])
				values[count++] = real->values[i];
	return (struct tracker_spec){.values = values, .value_count = count};
}

/* *is_any: false if nobody is to be recorded. */
static bool track(struct kernel_channel *channel, const struct session_spec *spec, bool *is_any,
		  struct error *err)
{
	size_t room = spec->trackers[TRACKER_PID].value_count + 1;
	int64_t *values = mem_zalloc(room * sizeof(*values));
	const struct tracker_spec processes = tracked_processes(spec, values);
	bool is_done = true;

	*is_any = processes.is_all || processes.value_count > 0;
	if (*is_any)
		is_done = kernel_channel_track(channel, &processes, err);
	free(values);
	return is_done;
}

static bool follow_channel(struct kernel_source *source, struct kernel_session *session,
			   const struct session_spec *spec, const struct channel_spec *wanted,
			   struct error *err)
{
	struct kernel_channel *channel = find_channel(session, wanted->id);
	bool is_any, is_fine;

	if (!channel) {
		channel = kernel_channel_create(&source->tracefs, &source->host, source->queue,
						&source->own, spec, wanted, session->trace,
						&session->uuid, err);
		if (!channel)
			return false;
		channel->next = session->channels;
		session->channels = channel;
	}
	is_fine = kernel_channel_follow(channel, &session->catalog, &source->tracefs, wanted,
					session->trace, err);
	is_fine = track(channel, spec, &is_any, err) && is_fine;
	return kernel_instance_run(channel->instance,
				   spec->is_active && wanted->is_enabled && is_any, err) &&
	       is_fine;
}

static void keep_spec(struct kernel_session *session, struct session_spec *spec)
{
	session_spec_unref(session->spec);
	session->spec = session_spec_ref(spec);
}

static void follow_channels(struct kernel_source *source, struct kernel_session *session,
			    struct error *err)
{
	const struct session_spec *spec = session->spec;

	for (size_t i = 0; i < spec->channel_count; i++) {
		struct error one = ERROR_INIT;

		if (!follow_channel(source, session, spec, &spec->channels[i], &one) &&
		    !error_is_set(err))
			error_copy(err, &one);
	}
}

static void arm_look(struct kernel_source *source)
{
	for (const struct kernel_session *session = source->sessions; session;
	     session = session->next)
		if (session->spec && session->spec->is_active &&
		    !timer_is_armed(source->look_timer))
			timer_arm(source->look_timer, loop_now_ns(source->loop) + LOOK_PAUSE_NS);
}

/*
 * Threads of the engine come with sessions and views. Of events rules may mean what has come since;
 * what they can't have is in the log.
 */
static void look_around(void *data, uint64_t now_ns)
{
	struct kernel_source *source = data;

	(void)now_ns;
	kernel_own_look(&source->own);
	for (struct kernel_session *session = source->sessions; session; session = session->next) {
		struct error err = ERROR_INIT;

		if (session->spec && session->spec->is_active &&
		    kernel_catalog_look_again(&session->catalog, &source->tracefs))
			follow_channels(source, session, &err);
	}
	arm_look(source);
}

static void follow(struct kernel_source *source, struct session_spec *spec, struct error *err)
{
	struct kernel_session *session;

	if (!spec->sink || !spec->streams || spec->channel_count == 0)
		return;
	session = find_or_add_session(source, spec->session_id);
	if (!open_trace(source, session, spec, err))
		return;
	keep_spec(session, spec);
	kernel_own_look(&source->own); /* before anything is on */
	follow_channels(source, session, err);
	kernel_own_look(&source->own); /* its streams may have brought threads */
	arm_look(source);
}

static void end_session(struct kernel_source *source, uint64_t id)
{
	struct kernel_session **link = &source->sessions;
	struct kernel_session *session;

	while (*link && (*link)->id != id)
		link = &(*link)->next;
	session = *link;
	if (!session)
		return;
	*link = session->next;
	while (session->channels) {
		struct kernel_channel *channel = session->channels;

		session->channels = channel->next;
		kernel_instance_run(channel->instance, false, NULL);
		kernel_channel_unref(channel); /* its streams hold it until they are drained */
	}
	if (session->trace)
		sink_close_trace(session->trace);
	kernel_catalog_finish(&session->catalog);
	session_spec_unref(session->spec);
	free(session);
}

struct apply {
	struct message message;
	struct kernel_source *source;
	struct session_spec *spec; /* reference held */
	struct task *task;
};

static void run_apply(struct message *message)
{
	struct apply *apply = (struct apply *)message;
	struct error err = ERROR_INIT;

	if (apply->spec->is_over)
		end_session(apply->source, apply->spec->session_id);
	else
		follow(apply->source, apply->spec, &err);
	session_spec_unref(apply->spec);
	if (apply->task)
		task_done(apply->task, error_is_set(&err) ? &err : NULL);
	free(apply);
}

static void kernel_apply(struct source *base, struct session_spec *spec, struct task *task)
{
	struct kernel_source *source = (struct kernel_source *)base;
	struct apply *apply = mem_zalloc(sizeof(*apply));

	*apply = (struct apply){
		.message = {.run = run_apply},
		.source = source,
		.spec = session_spec_ref(spec),
		.task = task,
	};
	queue_send(source->queue, &apply->message);
}

/* --- what can be traced */

struct list_call {
	struct message message;
	struct kernel_source *source;
	bool with_fields;
	bool is_allowed;
	struct point_list *list;
	struct task *task;
};

static const char *keep(struct point_list *list, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(point_list_alloc(list, bytes), text, bytes);
}

static const char *type_word(const struct kernel_field *field, const struct tracefs *tracefs)
{
	if (field->is_string_address)
		return tracefs->has_event_probes ? "string" : "integer, address of a string";
	return field->kind == KERNEL_TEXT || field->kind == KERNEL_STRING ? "string" : "integer";
}

static void add_fields(struct point_list *list, struct point *point,
		       const struct kernel_format *format, const struct tracefs *tracefs)
{
	struct point_field *fields =
		point_list_alloc(list, (format->field_count + 1) * sizeof(*fields));

	for (size_t i = 0; i < format->field_count; i++)
		fields[i] = (struct point_field){keep(list, format->fields[i].name),
						 type_word(&format->fields[i], tracefs)};
	point->fields = fields;
	point->field_count = format->field_count;
}

static void add_points(struct list_call *call, struct kernel_catalog *catalog)
{
	struct point_list *list = call->list;
	struct point_group *group = point_list_alloc(list, sizeof(*group));
	struct point *points = point_list_alloc(list, (catalog->count + 1) * sizeof(*points));

	for (size_t i = 0; i < catalog->count; i++) {
		struct kernel_event *event = &catalog->events[i];
		const struct kernel_format *format =
			call->with_fields ? kernel_event_format(event, &call->source->tracefs, NULL)
					  : NULL;

		points[i] = (struct point){.name = keep(list, event->name), .loglevel = -1};
		points[i].provider = keep(list, event->system);
		points[i].kind = event->is_syscall ? RULE_SYSCALL : RULE_TRACEPOINT;
		if (format)
			add_fields(list, &points[i], format, &call->source->tracefs);
	}
	*group = (struct point_group){
		.name = "Linux kernel",
		.points = points,
		.point_count = catalog->count,
	};
	list->groups = group;
	list->group_count = 1;
}

static void run_list(struct message *message)
{
	struct list_call *call = (struct list_call *)message;
	struct kernel_catalog catalog;
	struct error err = ERROR_INIT;
	bool is_read = false;

	if (call->is_allowed)
		is_read = kernel_catalog_read(&catalog, &call->source->tracefs, &err);
	if (is_read) {
		add_points(call, &catalog);
		kernel_catalog_finish(&catalog);
	}
	task_done(call->task, error_is_set(&err) ? &err : NULL);
	free(call);
}

static void kernel_list(struct source *base, bool with_fields, uid_t uid, bool is_root,
			struct point_list *list, struct task *task)
{
	struct kernel_source *source = (struct kernel_source *)base;
	struct list_call *call = mem_zalloc(sizeof(*call));

	(void)uid;
	(void)is_root; /* who may talk to root's engine may trace the kernel with it */
	*call = (struct list_call){
		.message = {.run = run_list},
		.source = source,
		.with_fields = with_fields,
		.is_allowed = true,
		.list = list,
		.task = task,
	};
	queue_send(source->queue, &call->message);
}

/* Before the rule is made: a start that fails later is hard to understand. */
static bool kernel_check_rule(const struct source *base, const struct rule_spec *rule,
			      struct error *err)
{
	const struct kernel_source *source = (const struct kernel_source *)base;

	return rule->kind <= RULE_SYSCALL || kernel_probe_check(&source->tracefs, rule, err);
}

/* --- what is waited for */

static void kernel_watch(struct source *base, const struct watched_rule *rule, struct task *task)
{
	kernel_watches_begin(((struct kernel_source *)base)->watches, rule, task);
}

static void kernel_unwatch(struct source *base, uint64_t token)
{
	kernel_watches_end(((struct kernel_source *)base)->watches, token);
}

static int kernel_notice_fd(const struct source *base)
{
	return kernel_watches_fd(((const struct kernel_source *)base)->watches);
}

static void kernel_take_notices(struct source *base,
				void (*noticed)(void *data, uint64_t token, uint64_t count,
						const struct word_list *captured),
				void *data)
{
	kernel_watches_take(((struct kernel_source *)base)->watches, noticed, data);
}

static uint64_t kernel_missed(struct source *base, uint64_t token)
{
	return kernel_watches_missed(((struct kernel_source *)base)->watches, token);
}

/* --- life */

static void kernel_destroy(struct source *base)
{
	struct kernel_source *source = (struct kernel_source *)base;

	loop_thread_end(source->thread, source->loop, source->queue);
	queue_drain(source->queue); /* instances that the last streams let go of */
	kernel_watches_destroy(source->watches);
	loop_remove_timer(source->loop, source->look_timer);
	loop_unwatch_queue(source->loop, source->queue);
	loop_destroy(source->loop);
	queue_destroy(source->queue);
	tracefs_close(&source->tracefs);
	free(source);
}

static struct source *kernel_create(const struct places *places, const struct source_host *host,
				    struct error *warning, struct error *err)
{
	struct kernel_source *source;
	struct tracefs tracefs;
	unsigned int count;

	(void)places;
	(void)warning;
	if (!tracefs_find(&tracefs, err))
		return NULL;
	source = mem_zalloc(sizeof(*source));
	source->base.class = &kernel_source_class;
	source->host = *host;
	source->tracefs = tracefs;
	source->loop = loop_create();
	source->queue = queue_create();
	loop_watch_queue(source->loop, source->queue);
	source->look_timer = loop_add_timer(source->loop, look_around, source);
	source->watches = kernel_watches_create(&source->tracefs, source->loop, source->queue);
	count = kernel_instance_clean_up(&source->tracefs) +
		kernel_probe_clean_up(&source->tracefs);
	if (count > 0)
		log_write(LOG_LEVEL_INFO,
			  "%u kernel buffers and probes that a killed engine had left were removed",
			  count);
	kernel_probe_look(&source->tracefs);
	source->thread = loop_thread_start("kernel", source->loop, err);
	if (source->thread)
		return &source->base;
	kernel_destroy(&source->base);
	return NULL;
}

const struct source_class kernel_source_class = {
	.name = "kernel",
	.domain = "KERNEL",
	.title = "Linux kernel",
	.is_optional = true,
	.create = kernel_create,
	.destroy = kernel_destroy,
	.apply = kernel_apply,
	.list_points = kernel_list,
	.check_rule = kernel_check_rule,
	.check_context = kernel_context_check,
	.watch = kernel_watch,
	.unwatch = kernel_unwatch,
	.notice_fd = kernel_notice_fd,
	.take_notices = kernel_take_notices,
	.missed = kernel_missed,
	.trace_directory = "kernel",
};
