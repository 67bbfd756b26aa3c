/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source itself: one thread that listens at RUN/native.sock, talks to applications, looks at
 * their lanes while somebody records, and follows what sessions want.
 */
#include "backend/source/native/native.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/base/self_trace.h"
#include "backend/base/units.h"
#include "backend/ctf/type.h"
#include "backend/source/native/internal.h"
#include "backend/source/ust/ust.h"

#define PROCESSES_MAX 4096
#define POLL_IDLE_NS  (20 * NS_PER_MS)
#define POLL_ALERT_NS (2 * NS_PER_MS) /* a lane from nothing to full takes some 3 ms */
#define ALERT_NS      NS_PER_S	      /* since the last record: then the bell is up */
#define POLL_BUSY_NS  NS_PER_MS
#define SHARE_SHIFT   20
#define ACCEPT_COUNT  64
#define MESSAGE_COUNT 256 /* of one application, then others have a turn */

/* --- processes */

struct native_catalog *native_find_catalog(struct native_source *source, uid_t uid)
{
	struct native_catalog *catalog = source->catalogs;

	while (catalog && catalog->uid != uid)
		catalog = catalog->next;
	if (catalog)
		return catalog;
	catalog = native_catalog_create(uid);
	catalog->next = source->catalogs;
	source->catalogs = catalog;
	return catalog;
}

/* Who waits for events knows them by their ids, too, but without holding them. */
void native_forget_types(struct native_source *source)
{
	bool is_any = false;

	for (struct native_catalog *catalog = source->catalogs; catalog; catalog = catalog->next)
		is_any = native_catalog_forget(catalog) || is_any;
	if (is_any && native_watch_is_busy(source->watch))
		native_watch_follow(source->watch);
}

static void let_go(struct native_process *process)
{
	struct native_source *source = process->source;
	struct native_process **link = &source->processes;

	while (*link != process)
		link = &(*link)->next;
	loop_unwatch(source->loop, process->watch);
	loop_unwatch(source->loop, process->pid_watch);
	fd_close(&process->fd);
	fd_close(&process->pid_fd);
	native_process_left(process);
	*link = process->next;
	source->process_count--;
	if (process->is_announced)
		source->host.app_left(source->host.data, process->id);
	native_process_unref(process);
}

static void process_has_gone(void *data, unsigned int events)
{
	(void)events;
	let_go(data);
}

static void announce(struct native_process *process)
{
	const struct app_info info = {
		.id = process->id,
		.pid = process->pid,
		.uid = process->uid,
		.gid = process->gid,
		.bits = 64,
		.name = process->name,
		.version = "native",
	};

	process->is_announced = true;
	process->source->host.app_arrived(process->source->host.data, &info);
}

static void process_speaks(void *data, unsigned int events)
{
	struct native_process *process = data;
	struct error err = ERROR_INIT;
	bool is_fine = true;

	(void)events;
	errno = 0;
	for (unsigned int i = 0; i < MESSAGE_COUNT && is_fine && errno != EAGAIN; i++) {
		errno = 0;
		is_fine = native_handshake_receive(process, &err);
	}
	if (process->has_hello && is_fine && !process->is_announced && !process->is_engine)
		announce(process);
	if (is_fine)
		return;
	if (error_is_set(&err))
		log_write(LOG_LEVEL_WARNING, "native application '%s' (%d): %s", process->name,
			  (int)process->pid, err.message);
	let_go(process);
}

/* The end of its connection tells too, but a child may have inherited that. */
static void watch_pid(struct native_process *process)
{
#ifdef SYS_pidfd_open
	process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
	if (process->pid_fd >= 0)
		process->pid_watch = loop_watch(process->source->loop, process->pid_fd, WATCH_READ,
						process_has_gone, process);
#else
	(void)process;
#endif
}

static void take_in(struct native_source *source, int fd)
{
	struct native_process *process;
	struct peer peer;

	if (!fd_peer(fd, &peer) || (peer.uid != geteuid() && geteuid() != 0) ||
	    source->process_count >= PROCESSES_MAX) {
		close(fd);
		return;
	}
	process = native_process_create(source, fd);
	process->id = ++source->next_process_id;
	process->pid = peer.pid;
	process->uid = peer.uid;
	process->gid = peer.gid;
	process->is_trusted = peer.uid == geteuid();
	process->is_engine = peer.pid == getpid();
	process->catalog = native_find_catalog(source, peer.uid);
	process->next = source->processes;
	source->processes = process;
	source->process_count++;
	process->watch = loop_watch(source->loop, fd, WATCH_READ, process_speaks, process);
	watch_pid(process);
}

static void somebody_comes(void *data, unsigned int events)
{
	struct native_source *source = data;

	(void)events;
	for (unsigned int i = 0; i < ACCEPT_COUNT; i++) {
		int fd = accept4(source->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		take_in(source, fd);
	}
}

/* --- looking at lanes */

/* How far the fastest lane went on since the last look, as a share of its ring; 0: none did. */
static uint64_t most_progress(struct native_source *source)
{
	uint64_t most = 0;

	for (struct native_process *process = source->processes; process; process = process->next)
		for (uint32_t i = 0; process->lanes && i < process->geometry.lanes; i++) {
			struct native_lane *lane = &process->lanes[i];
			uint64_t commit, share;

			if (!lane->is_used)
				continue;
			commit = native_lane_commit(lane);
			share = ((commit - lane->looked_at) << SHARE_SHIFT) /
				native_ring_bytes(process);
			if (commit > lane->looked_at && share + 1 > most)
				most = share + 1;
			lane->looked_at = commit;
		}
	return most;
}

/* Bursts come after a silence, too. */
static uint64_t idle_pause_ns(struct native_source *source)
{
	if (source->polled_at_ns - source->busy_at_ns < ALERT_NS)
		return POLL_ALERT_NS;
	if (!source->bell || native_bell_is_up(source->bell))
		return POLL_IDLE_NS;
	native_bell_raise(source->bell);
	return POLL_ALERT_NS;
}

/* A quarter of the time in which the fastest lane fills. */
static uint64_t poll_pause_ns(struct native_source *source, uint64_t passed_ns)
{
	uint64_t progress = most_progress(source);
	uint64_t pause_ns;

	if (progress == 0)
		return idle_pause_ns(source);
	source->busy_at_ns = source->polled_at_ns;
	if (source->bell)
		native_bell_lower(source->bell);
	pause_ns = (uint64_t)(((__int128)passed_ns << SHARE_SHIFT) / 4 / progress);
	if (pause_ns < POLL_BUSY_NS)
		return POLL_BUSY_NS;
	return pause_ns > POLL_ALERT_NS ? POLL_ALERT_NS : pause_ns;
}

static void poll_lanes(void *data, uint64_t now_ns)
{
	struct native_source *source = data;
	uint64_t passed_ns = now_ns - source->polled_at_ns;
	uint64_t ticks = timebase_ticks(source->is_counter);

	source->polled_at_ns = now_ns;
	native_sessions_poll(source);
	if (native_sessions_are_active(source))
		timer_arm(source->poll_timer, now_ns + poll_pause_ns(source, passed_ns));
	else
		ticks = 0;
	atomic_store_explicit(&source->looked_ticks, ticks, memory_order_release);
}

/* Whoever rings without end is looked at no more often than who is busy. */
static void bell_rang(void *data, unsigned int events)
{
	struct native_source *source = data;
	uint64_t soonest_ns = source->polled_at_ns + POLL_BUSY_NS;
	uint64_t now_ns = clock_monotonic_ns();

	(void)events;
	fd_drain(native_bell_event_fd(source->bell));
	if (native_sessions_are_active(source))
		timer_arm(source->poll_timer, now_ns > soonest_ns ? now_ns : soonest_ns);
}

static void take_time(void *data, uint64_t now_ns)
{
	struct native_source *source = data;

	native_clocks_tick(source);
	if (native_sessions_are_active(source))
		timer_arm(source->clock_timer, now_ns + NS_PER_S);
}

void native_source_begin_looking(struct native_source *source)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!native_sessions_are_active(source))
		return;
	if (!timer_is_armed(source->poll_timer)) {
		source->polled_at_ns = now_ns;
		source->busy_at_ns = now_ns;
		timer_arm(source->poll_timer, now_ns + POLL_BUSY_NS);
		atomic_store_explicit(&source->looked_ticks, timebase_ticks(source->is_counter),
				      memory_order_release);
	}
	if (!timer_is_armed(source->clock_timer))
		timer_arm(source->clock_timer, now_ns + NS_PER_S);
}

void native_process_is_ready(struct native_process *process)
{
	native_sessions_follow(process->source);
}

/* --- following a spec */

struct apply {
	struct message message;
	struct native_source *source;
	struct session_spec *spec; /* reference held */
	struct task *task;
};

static void run_apply(struct message *message)
{
	struct apply *apply = (struct apply *)message;

	native_forget_types(apply->source);
	if (apply->spec->is_over)
		native_session_end(apply->source, apply->spec->session_id);
	else
		native_session_apply(apply->source, apply->spec);
	session_spec_unref(apply->spec);
	if (apply->task)
		task_done(apply->task, NULL);
	free(apply);
}

/* Nothing of its own is there to trace before somebody asks. */
static bool asks_for_engine(const struct session_spec *spec)
{
	for (size_t i = 0; i < spec->channel_count; i++)
		for (size_t j = 0; j < spec->channels[i].rule_count; j++)
			if (native_rule_names_engine(&spec->channels[i].rules[j]))
				return true;
	return false;
}

void native_trace_engine(struct native_source *source)
{
	if (source->traces_engine)
		return;
	source->traces_engine = true;
	self_trace_start();
}

static void native_apply(struct source *base, struct session_spec *spec, struct task *task)
{
	struct native_source *source = (struct native_source *)base;
	struct apply *apply = mem_zalloc(sizeof(*apply));

	if (asks_for_engine(spec))
		native_trace_engine(source);
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
	struct native_source *source;
	bool with_fields;
	bool is_root;
	uid_t uid;
	uint64_t app_id; /* 0: all */
	struct point_list *list;
	struct task *task;
};

static const char *keep(struct point_list *list, const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(point_list_alloc(list, bytes), text, bytes);
}

static const char *type_word(const struct native_field *field)
{
	switch (field->kind) {
	case HANDSHAKE_INTEGER:
		return "integer";
	case HANDSHAKE_FLOAT:
		return "float";
	case HANDSHAKE_ENUMERATION:
		return "enum";
	case HANDSHAKE_STRING:
	case HANDSHAKE_TEXT:
		return "string";
	default:
		return "unknown";
	}
}

static void add_fields(struct point_list *list, struct point *point,
		       const struct native_shape *shape)
{
	struct point_field *fields =
		point_list_alloc(list, (shape->field_count + 1) * sizeof(*fields));

	for (uint32_t i = 0; i < shape->field_count; i++)
		fields[i] = (struct point_field){keep(list, shape->fields[i].name),
						 type_word(&shape->fields[i])};
	point->fields = fields;
	point->field_count = shape->field_count;
}

static size_t count_points(const struct native_process *process)
{
	size_t count = 0;

	for (const struct native_provider *provider = process->providers; provider;
	     provider = provider->next)
		if (provider->is_ready)
			count += provider->definition->event_count;
	return count;
}

static void add_group(const struct list_call *call, const struct native_process *process,
		      struct point_group *group)
{
	struct point_list *list = call->list;
	struct point *points =
		point_list_alloc(list, (count_points(process) + 1) * sizeof(*points));
	size_t count = 0;

	for (const struct native_provider *provider = process->providers; provider;
	     provider = provider->next) {
		for (uint32_t i = 0; provider->is_ready && i < provider->definition->event_count;
		     i++) {
			const struct native_event *event = &provider->definition->events[i];

			if (!event->payload)
				continue;
			points[count] = (struct point){.name = keep(list, event->name),
						       .kind = RULE_TRACEPOINT,
						       .loglevel = event->level};
			if (call->with_fields)
				add_fields(list, &points[count], event->shape);
			count++;
		}
	}
	*group = (struct point_group){
		.app_id = process->id,
		.pid = process->pid,
		.uid = process->uid,
		.name = keep(list, process->name),
		.points = points,
		.point_count = count,
	};
}

static bool is_asked_for(const struct list_call *call, const struct native_process *process)
{
	if (!process->is_announced || (call->app_id && call->app_id != process->id))
		return false;
	return call->is_root || call->uid == process->uid;
}

static void run_list(struct message *message)
{
	struct list_call *call = (struct list_call *)message;
	struct native_source *source = call->source;

	call->list->groups = point_list_alloc(call->list, (source->process_count + 1) *
								  sizeof(struct point_group));
	for (struct native_process *process = source->processes; process; process = process->next)
		if (is_asked_for(call, process))
			add_group(call, process, &call->list->groups[call->list->group_count++]);
	task_done(call->task, NULL);
	free(call);
}

static void send_list(struct source *base, struct list_call wanted)
{
	struct list_call *call = mem_zalloc(sizeof(*call));

	*call = wanted;
	call->message.run = run_list;
	call->source = (struct native_source *)base;
	queue_send(call->source->queue, &call->message);
}

static void native_list(struct source *base, bool with_fields, uid_t uid, bool is_root,
			struct point_list *list, struct task *task)
{
	send_list(base, (struct list_call){.with_fields = with_fields,
					   .uid = uid,
					   .is_root = is_root,
					   .list = list,
					   .task = task});
}

static void native_list_of(struct source *base, uint64_t app_id, struct point_list *list,
			   struct task *task)
{
	send_list(base, (struct list_call){.with_fields = true,
					   .is_root = true,
					   .app_id = app_id,
					   .list = list,
					   .task = task});
}

/* --- a chunk ends: any thread */

static void native_chunk_ends(struct source *base, uint64_t session_id)
{
	native_clock_settle_session((struct native_source *)base, session_id);
}

/* --- settings: any thread */

struct source_rings native_rings(const struct source *base)
{
	struct native_source *source = (struct native_source *)(uintptr_t)base;
	struct source_rings rings;

	pthread_mutex_lock(&source->rings_lock);
	rings = source->rings;
	pthread_mutex_unlock(&source->rings_lock);
	return rings.count ? rings : native_rings_here();
}

static bool native_set_rings(struct source *base, const struct source_rings *rings,
			     struct error *err)
{
	struct native_source *source = (struct native_source *)base;

	if (!native_rings_check(rings, err))
		return false;
	pthread_mutex_lock(&source->rings_lock);
	source->rings = *rings;
	pthread_mutex_unlock(&source->rings_lock);
	return true;
}

/* --- life */

static void native_destroy(struct source *base)
{
	struct native_source *source = (struct native_source *)base;

	loop_thread_end(source->thread, source->loop, source->queue);
	queue_drain(source->queue);
	while (source->processes)
		let_go(source->processes);
	while (source->catalogs) {
		struct native_catalog *catalog = source->catalogs;

		source->catalogs = catalog->next;
		native_catalog_destroy(catalog);
	}
	loop_unwatch(source->loop, source->listen_watch);
	if (source->listen_fd >= 0)
		unlink(source->path);
	fd_close(&source->listen_fd);
	loop_remove_timer(source->loop, source->poll_timer);
	loop_remove_timer(source->loop, source->clock_timer);
	loop_unwatch(source->loop, source->bell_watch);
	native_bell_destroy(source->bell);
	loop_unwatch_queue(source->loop, source->queue);
	loop_destroy(source->loop);
	queue_destroy(source->queue);
	native_watch_destroy(source->watch);
	pthread_mutex_destroy(&source->clock_lock);
	pthread_mutex_destroy(&source->rings_lock);
	free(source->path);
	free(source);
}

/* What an engine that was killed has left is in the way. */
static void remove_left_socket(const char *path)
{
	struct error err = ERROR_INIT;
	int fd = fd_connect_unix(path, SOCK_SEQPACKET, &err);

	if (fd < 0 && err.code == ERROR_NO_ENGINE)
		unlink(path);
	fd_close(&fd);
}

static bool listen_here(struct native_source *source, const struct places *places,
			struct error *err)
{
	if (!places_make_runtime(places, err))
		return false;
	remove_left_socket(places->native_socket);
	source->listen_fd = fd_listen_unix(places->native_socket, SOCK_SEQPACKET,
					   places->is_root_instance ? 0666 : 0600, err);
	if (source->listen_fd < 0)
		return false;
	if (!fd_set_nonblocking(source->listen_fd))
		return error_set_errno(err, errno, "its socket can't be made");
	source->path = mem_strdup(places->native_socket);
	source->listen_watch =
		loop_watch(source->loop, source->listen_fd, WATCH_READ, somebody_comes, source);
	return true;
}

static struct source *native_create(const struct places *places, const struct source_host *host,
				    struct error *warning, struct error *err)
{
	struct native_source *source = mem_zalloc(sizeof(*source));

	(void)warning;
	source->base.class = &native_source_class;
	source->host = *host;
	source->is_counter = timebase_has_counter();
	source->listen_fd = -1;
	source->loop = loop_create();
	source->queue = queue_create();
	pthread_mutex_init(&source->clock_lock, NULL);
	pthread_mutex_init(&source->rings_lock, NULL);
	source->watch = native_watch_create(source);
	source->bell = native_bell_create();
	if (source->bell)
		source->bell_watch = loop_watch(source->loop, native_bell_event_fd(source->bell),
						WATCH_READ, bell_rang, source);
	loop_watch_queue(source->loop, source->queue);
	source->poll_timer = loop_add_timer(source->loop, poll_lanes, source);
	source->clock_timer = loop_add_timer(source->loop, take_time, source);
	native_clocks_tick(source);
	if (listen_here(source, places, err)) {
		source->thread = loop_thread_start("native", source->loop, err);
		if (source->thread)
			return &source->base;
	}
	native_destroy(&source->base);
	error_prefix(err, "native applications can't be traced");
	return NULL;
}

const struct source_class native_source_class = {
	.name = "native",
	.domain = "UST",
	.title = "Native applications",
	.shares = &ust_source_class,
	.is_optional = true,
	.create = native_create,
	.destroy = native_destroy,
	.apply = native_apply,
	.list_points = native_list,
	.list_points_of = native_list_of,
	.watch = native_watch_add,
	.unwatch = native_watch_remove,
	.notice_fd = native_watch_fd,
	.take_notices = native_watch_take,
	.missed = native_watch_missed,
	.chunk_ends = native_chunk_ends,
	.rings = native_rings,
	.set_rings = native_set_rings,
	.trace_directory = "native",
};
