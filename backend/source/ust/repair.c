/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mending what a killed application leaves: between reserving room in a shared ring and committing
 * it there is a moment; who dies in it leaves a hole that is never filled, and the ring stands
 * still behind it, for all applications and for ever.
 *
 * When an application has gone, the positions its rings had then are noted. As soon as everything
 * up to them is committed, all is well. If instead one stays short of it, the application died
 * there: all applications of the group let go of the rings, what is whole in them is salvaged, and
 * fresh rings take their place, with the same files, counters and event types.
 *
 * A stopped process looks the same, but fills its hole when it goes on; so it gets more time, and
 * without anybody dead nothing is done at all. All state here belongs to ust-register.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/ust/internal.h"

#define TICK_NS		    (50 * NS_PER_MS)
#define PATIENCE_NS	    (100 * NS_PER_MS) /* a writer that lives may be slow */
#define PATIENCE_STOPPED_NS (1 * NS_PER_S)    /* or be continued */
#define DETACH_NS_MAX	    (500 * NS_PER_MS) /* who takes longer is dropped */

/* One ring of the group when an application left. */
struct doubt {
	struct ust_channel *channel; /* the group's */
	struct ust_rings *rings;     /* reference held */
	unsigned int cpu;
	uint64_t until;	   /* produced then */
	uint64_t stuck_at; /* committed up to here */
	uint64_t since_ns;
	bool is_over; /* committed up to `until` */
};

struct suspect {
	struct suspect *next;
	struct ust_repair *repair;
	struct ust_group *group; /* reference held */
	unsigned int generation;
	struct doubt *doubts;
	size_t doubt_count, doubt_room;
	bool has_dead;
	pid_t *hung_up; /* processes that left us but were there still */
	size_t hung_up_count, hung_up_room;
	/* The mending. */
	bool is_in_repair;
	uint64_t begun_at_ns;
	uint64_t detach_until_ns; /* 0: all have let go */
	struct task task;
	struct ust_job job;
};

struct ust_repair {
	struct ust_source *source;
	struct loop *loop;
	struct queue *queue;
	struct timer *timer;
	struct suspect *suspects;
};

/* --- processes */

enum process_state { PROCESS_GONE, PROCESS_STOPPED, PROCESS_RUNNING };

/* The third word of /proc/PID/stat, behind a name in brackets: proc(5). */
static enum process_state process_state(pid_t pid)
{
	enum process_state state = PROCESS_GONE;
	char path[64];
	char *text;
	char *end;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!fd_read_file(path, 4096, &text, &length, NULL))
		return PROCESS_GONE;
	end = strrchr(text, ')');
	if (end && end[1] == ' ' && end[2] && !strchr("ZXx", end[2]))
		state = strchr("Tt", end[2]) ? PROCESS_STOPPED : PROCESS_RUNNING;
	free(text);
	return state;
}

static bool could_write(const struct ust_app *app, const void *data)
{
	const struct ust_group *group = data;

	return app->uid == group->uid && app->is_native;
}

static bool is_anybody_stopped(const struct suspect *suspect)
{
	bool is_stopped = false;
	size_t count;
	struct ust_app **apps =
		ust_app_list(suspect->repair->source, could_write, suspect->group, &count);

	for (size_t i = 0; i < count; i++) {
		is_stopped = is_stopped || process_state(apps[i]->pid) == PROCESS_STOPPED;
		ust_app_unref(apps[i]);
	}
	free(apps);
	for (size_t i = 0; i < suspect->hung_up_count; i++)
		is_stopped = is_stopped || process_state(suspect->hung_up[i]) == PROCESS_STOPPED;
	return is_stopped;
}

/* One that hung up but runs has another program in it now, or will soon be done with us. */
static bool is_anybody_dead(struct suspect *suspect)
{
	for (size_t i = 0; i < suspect->hung_up_count && !suspect->has_dead; i++)
		suspect->has_dead = process_state(suspect->hung_up[i]) != PROCESS_STOPPED;
	return suspect->has_dead;
}

/* --- suspects */

static struct suspect *find_suspect(struct ust_repair *repair, const struct ust_group *group)
{
	struct suspect *suspect = repair->suspects;

	while (suspect && suspect->group != group)
		suspect = suspect->next;
	return suspect;
}

static void clear_doubts(struct suspect *suspect)
{
	for (size_t i = 0; i < suspect->doubt_count; i++)
		ust_rings_unref(suspect->doubts[i].rings);
	suspect->doubt_count = 0;
}

static void forget(struct suspect *suspect)
{
	struct suspect **link = &suspect->repair->suspects;

	while (*link != suspect)
		link = &(*link)->next;
	*link = suspect->next;
	clear_doubts(suspect);
	ust_group_unref(suspect->group);
	free(suspect->doubts);
	free(suspect->hung_up);
	free(suspect);
}

void ust_repair_forget(struct ust_repair *repair, const struct ust_group *group)
{
	struct suspect *suspect = find_suspect(repair, group);

	if (suspect)
		forget(suspect);
}

static void add_doubt(struct suspect *suspect, struct ust_channel *channel, unsigned int cpu,
		      uint64_t now_ns)
{
	struct doubt *doubt;

	suspect->doubts = mem_grow(suspect->doubts, suspect->doubt_count, &suspect->doubt_room,
				   sizeof(*doubt));
	doubt = &suspect->doubts[suspect->doubt_count++];
	*doubt = (struct doubt){
		.channel = channel,
		.rings = ust_rings_ref(channel->rings),
		.cpu = cpu,
		.until = ust_ring_produced(&channel->rings->rings[cpu].map),
		.since_ns = now_ns,
	};
}

/* Notes the present positions of all rings: nothing the dead wrote lies behind them. */
static void note_positions(struct suspect *suspect, uint64_t now_ns)
{
	struct ust_group *group = suspect->group;

	clear_doubts(suspect);
	pthread_mutex_lock(&group->lock);
	suspect->generation = group->generation;
	for (struct ust_channel *channel = group->channels; channel; channel = channel->next)
		for (unsigned int i = 0; channel->rings && i < channel->rings->count; i++)
			add_doubt(suspect, channel, i, now_ns);
	pthread_mutex_unlock(&group->lock);
}

static void note_process(struct suspect *suspect, pid_t pid)
{
	if (process_state(pid) == PROCESS_GONE) {
		suspect->has_dead = true;
		return;
	}
	suspect->hung_up = mem_grow(suspect->hung_up, suspect->hung_up_count,
				    &suspect->hung_up_room, sizeof(*suspect->hung_up));
	suspect->hung_up[suspect->hung_up_count++] = pid;
}

struct departure {
	struct message message;
	struct ust_repair *repair;
	struct ust_group *group; /* reference held */
	pid_t pid;
};

static void note_departure(struct message *message)
{
	struct departure *departure = (struct departure *)message;
	struct ust_repair *repair = departure->repair;
	struct suspect *suspect = find_suspect(repair, departure->group);
	uint64_t now_ns = loop_now_ns(repair->loop);

	if (!suspect) {
		suspect = mem_zalloc(sizeof(*suspect));
		suspect->repair = repair;
		suspect->group = ust_group_ref(departure->group);
		suspect->next = repair->suspects;
		repair->suspects = suspect;
	}
	/* Nobody writes into a group that is being mended. */
	if (!suspect->is_in_repair) {
		note_process(suspect, departure->pid);
		note_positions(suspect, now_ns);
		if (!timer_is_armed(repair->timer))
			timer_arm(repair->timer, now_ns + TICK_NS);
	}
	ust_group_unref(departure->group);
	free(departure);
}

void ust_repair_suspect(struct ust_source *source, struct ust_group *group, pid_t pid)
{
	struct departure *departure = mem_zalloc(sizeof(*departure));

	departure->message.run = note_departure;
	departure->repair = ust_register_repair(source->registration);
	departure->group = ust_group_ref(group);
	departure->pid = pid;
	queue_send(ust_register_queue(source->registration), &departure->message);
}

/* --- mending: detach all, let the streams take what is left, renew, attach all */

static void repair_done(void *data)
{
	struct suspect *suspect = data;
	struct ust_session *session = ust_session_ref(suspect->group->session);
	char duration[UNITS_TEXT_MAX];

	log_write(LOG_LEVEL_WARNING,
		  "an application of user %u was killed while it wrote an event: the stalled "
		  "buffers were replaced after %s; what can't be read is counted as unreadable",
		  (unsigned int)suspect->group->uid,
		  units_duration(duration, clock_monotonic_ns() - suspect->begun_at_ns));
	forget(suspect);
	ust_session_repair_ended(session);
	ust_session_unref(session);
}

static void renew(struct ust_job *job)
{
	struct suspect *suspect = CONTAINER_OF(job, struct suspect, job);
	struct ust_session *session = suspect->group->session;
	struct session_spec *spec = ust_session_spec(session);
	struct error err = ERROR_INIT;

	if (!spec->is_over && !ust_group_renew(suspect->group, spec, &err))
		log_write(LOG_LEVEL_ERROR,
			  "stalled buffers could not be replaced: %s; tried again with the next "
			  "change of session '%s'",
			  err.message, spec->name);
	session_spec_unref(spec);
	ust_group_unpark(suspect->group);
	ust_session_post_follow(session);
	ust_send_call(suspect->repair->queue, repair_done, suspect);
}

static void all_retired(struct message *message)
{
	struct task *task = CONTAINER_OF(message, struct task, message);
	struct suspect *suspect = CONTAINER_OF(task, struct suspect, task);

	suspect->job.run = renew;
	ust_strand_post(suspect->group->session->strand, &suspect->job);
}

static void retire(struct ust_job *job)
{
	struct suspect *suspect = CONTAINER_OF(job, struct suspect, job);

	task_init(&suspect->task, suspect->repair->queue, all_retired);
	ust_group_retire(suspect->group, &suspect->task);
}

static void all_detached(struct message *message)
{
	struct task *task = CONTAINER_OF(message, struct task, message);
	struct suspect *suspect = CONTAINER_OF(task, struct suspect, task);

	suspect->detach_until_ns = 0;
	suspect->job.run = retire;
	ust_strand_post(suspect->group->session->strand, &suspect->job);
}

static void begin_repair(struct suspect *suspect, uint64_t now_ns)
{
	struct ust_group *group = suspect->group;
	struct ust_app **apps;
	size_t count;

	suspect->is_in_repair = true;
	suspect->begun_at_ns = now_ns;
	suspect->detach_until_ns = now_ns + DETACH_NS_MAX;
	clear_doubts(suspect);
	ust_session_repair_begins(group->session);
	pthread_mutex_lock(&group->lock);
	group->state = UST_GROUP_IN_REPAIR;
	pthread_mutex_unlock(&group->lock);
	task_init(&suspect->task, suspect->repair->queue, all_detached);
	apps = ust_app_list(suspect->repair->source, could_write, group, &count);
	for (size_t i = 0; i < count; i++) {
		/* It can't answer; it comes back when it goes on. */
		if (process_state(apps[i]->pid) == PROCESS_STOPPED)
			ust_app_drop(apps[i]);
		task_add(&suspect->task);
		ust_app_post_detach(apps[i], group, &suspect->task);
		ust_app_unref(apps[i]);
	}
	free(apps);
	task_done(&suspect->task, NULL);
}

static bool is_detaching(const struct ust_app *app, const void *data)
{
	return could_write(app, data) && atomic_load(&app->detach_count) > 0;
}

static void drop_slow(struct suspect *suspect)
{
	size_t count;
	struct ust_app **apps =
		ust_app_list(suspect->repair->source, is_detaching, suspect->group, &count);

	for (size_t i = 0; i < count; i++) {
		log_write(LOG_LEVEL_WARNING,
			  "application '%s' (process %d) is dropped: it does not answer while "
			  "its buffers must be replaced",
			  apps[i]->name, (int)apps[i]->pid);
		ust_app_drop(apps[i]);
		ust_app_unref(apps[i]);
	}
	free(apps);
}

/* --- looking */

/*
 * True when the ring certainly has a hole. Only a closed sub-buffer tells: commits out of order may
 * leave the counter of an open one behind without any harm. So an open one is closed first.
 */
static bool has_hole(struct doubt *doubt, uint64_t patience_ns, uint64_t now_ns)
{
	const struct ust_ring *ring = &doubt->rings->rings[doubt->cpu];
	const struct ust_ring_map *map = &ring->map;
	uint64_t begin = ust_ring_consumed(map) / map->subbuf_bytes * map->subbuf_bytes;
	uint64_t committed;

	if (doubt->is_over)
		return false;
	committed = ust_ring_written_until(map, begin, doubt->until);
	if (begin >= doubt->until || committed >= doubt->until) {
		doubt->is_over = true;
		return false;
	}
	if (committed != doubt->stuck_at) {
		doubt->stuck_at = committed;
		doubt->since_ns = now_ns;
		return false;
	}
	if (now_ns - doubt->since_ns < patience_ns)
		return false;
	if (ust_ring_produced(map) / map->subbuf_bytes > committed / map->subbuf_bytes)
		return true;
	lttng_ust_ctl_flush_buffer(ring->handle, 1);
	return false;
}

static bool find_holes(struct suspect *suspect, uint64_t patience_ns, uint64_t now_ns)
{
	bool is_found = false;

	for (size_t i = 0; i < suspect->doubt_count; i++) {
		struct doubt *doubt = &suspect->doubts[i];

		if (!has_hole(doubt, patience_ns, now_ns))
			continue;
		doubt->channel->has_hole = true;
		is_found = true;
	}
	return is_found;
}

static bool has_doubts(const struct suspect *suspect)
{
	for (size_t i = 0; i < suspect->doubt_count; i++)
		if (!suspect->doubts[i].is_over)
			return true;
	return false;
}

static bool is_replaced(struct suspect *suspect)
{
	bool is_so;

	pthread_mutex_lock(&suspect->group->lock);
	is_so = suspect->group->generation != suspect->generation;
	pthread_mutex_unlock(&suspect->group->lock);
	return is_so;
}

static void look_at(struct suspect *suspect, uint64_t now_ns)
{
	if (suspect->is_in_repair) {
		if (suspect->detach_until_ns && now_ns > suspect->detach_until_ns) {
			suspect->detach_until_ns = 0;
			drop_slow(suspect);
		}
		return;
	}
	if (is_replaced(suspect)) {
		forget(suspect);
		return;
	}
	if (find_holes(suspect, PATIENCE_NS, now_ns) && is_anybody_dead(suspect) &&
	    (!is_anybody_stopped(suspect) || find_holes(suspect, PATIENCE_STOPPED_NS, now_ns)))
		begin_repair(suspect, now_ns);
	else if (!has_doubts(suspect))
		forget(suspect);
}

static void tick(void *data, uint64_t now_ns)
{
	struct ust_repair *repair = data;
	struct suspect *suspect = repair->suspects;

	while (suspect) {
		struct suspect *next = suspect->next;

		look_at(suspect, now_ns);
		suspect = next;
	}
	if (repair->suspects)
		timer_arm(repair->timer, now_ns + TICK_NS);
}

/* --- */

struct ust_repair *ust_repair_create(struct ust_source *source, struct loop *loop,
				     struct queue *queue)
{
	struct ust_repair *repair = mem_zalloc(sizeof(*repair));

	repair->source = source;
	repair->loop = loop;
	repair->queue = queue;
	repair->timer = loop_add_timer(loop, tick, repair);
	return repair;
}

void ust_repair_destroy(struct ust_repair *repair)
{
	if (!repair)
		return;
	while (repair->suspects)
		forget(repair->suspects);
	free(repair);
}
