/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: the source for LTTng-UST applications without model and commands. Reads commands from
 * standard input, one a line, and answers each with one line that begins with "ok" or "error":
 *
 *	session NAME PATH [root]        a new session, recording below PATH
 *	channel NAME CHANNEL BYTES COUNT [overwrite] [switch=US] [read=US]
 *	rule NAME CHANNEL PATTERN [!EXCLUSION | <=LEVEL | =LEVEL]…
 *	enable | disable NAME CHANNEL [PATTERN]
 *	start | stop | rotate | destroy NAME
 *	apps COUNT                      waits until that many applications are there
 *	counts NAME                     what was recorded, lost, mended
 *	types NAME                      number of event types that occurred
 *	points [fields]                 what applications could record
 *	home, log, quit
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/consume/consumer.h"
#include "backend/sink/chunk.h"
#include "backend/source/source.h"

#define STAND_STILL_MS 2000
#define WAIT_NS	       (20 * NS_PER_S)
#define ITEMS_MAX      64

struct rule {
	struct rule_spec spec;
	const char *exclusions[ITEMS_MAX];
};

struct channel {
	struct channel_spec spec;
	struct rule *rules;
	size_t rule_count;
};

struct session {
	struct session *next;
	struct driver *driver;
	uint64_t id;
	char *name;
	bool is_root;
	bool is_active;
	uint64_t version;
	uint64_t created_wall_ns;
	struct ctf_clock clock;
	struct sink *sink;
	bool is_open;
	struct stream_set *streams;
	struct channel channels[ITEMS_MAX];
	size_t channel_count;
	uint32_t next_rule_id;
	/* Leaf lock: told by the source's threads. */
	pthread_mutex_t lock;
	struct tally *tallies[ITEMS_MAX * 4];
	size_t tally_count;
	size_t type_count;
	atomic_uint closed_count;
};

struct driver {
	struct loop *loop;
	struct queue *queue;
	struct consumer_pool *pool;
	struct places places;
	struct source *source;
	struct source_host host;
	pthread_mutex_t lock; /* protects the list of sessions */
	struct session *sessions;
	uint64_t next_session_id;
	atomic_int app_count;
	bool is_over;
	void **kept; /* what specs may still read: freed at the end */
	size_t kept_count, kept_room;
	char input[4096];
	size_t input_length;
};

static void *keep(struct driver *driver, void *memory)
{
	driver->kept = mem_grow(driver->kept, driver->kept_count, &driver->kept_room,
				sizeof(*driver->kept));
	driver->kept[driver->kept_count++] = memory;
	return memory;
}

/* --- what the source tells */

static struct session *find_id(struct driver *driver, uint64_t id)
{
	struct session *session;

	pthread_mutex_lock(&driver->lock);
	session = driver->sessions;
	while (session && session->id != id)
		session = session->next;
	pthread_mutex_unlock(&driver->lock);
	return session;
}

static void app_arrived(void *data, const struct app_info *app)
{
	struct driver *driver = data;

	(void)app;
	atomic_fetch_add(&driver->app_count, 1);
}

static void app_left(void *data, uint64_t app_id)
{
	struct driver *driver = data;

	(void)app_id;
	atomic_fetch_sub(&driver->app_count, 1);
}

static void tally_added(void *data, uint64_t session_id, uint32_t channel_id, struct tally *tally)
{
	struct session *session = find_id(data, session_id);

	(void)channel_id;
	if (!session || session->tally_count == COUNT_OF(session->tallies)) {
		tally_unref(tally);
		return;
	}
	pthread_mutex_lock(&session->lock);
	session->tallies[session->tally_count++] = tally;
	pthread_mutex_unlock(&session->lock);
}

/* Counts of groups that are gone stay in the session's. */
static void tally_ended(void *data, uint64_t session_id, uint32_t channel_id, struct tally *tally)
{
	(void)data;
	(void)session_id;
	(void)channel_id;
	tally_unref(tally);
}

static void event_type_added(void *data, uint64_t session_id, uint32_t channel_id,
			     struct tally *tally, uint32_t type_id, const char *name, int loglevel)
{
	struct session *session = find_id(data, session_id);

	(void)channel_id;
	(void)type_id;
	(void)name;
	(void)loglevel;
	if (session) {
		pthread_mutex_lock(&session->lock);
		session->type_count++;
		pthread_mutex_unlock(&session->lock);
	}
	tally_unref(tally);
}

/* --- waiting */

struct wait {
	struct task task;
	bool is_done;
	struct error error;
};

static void wait_done(struct message *message)
{
	struct wait *wait = (struct wait *)message;

	wait->is_done = true;
	wait->error = wait->task.error;
}

static void wait_begin(struct driver *driver, struct wait *wait)
{
	memset(wait, 0, sizeof(*wait));
	task_init(&wait->task, driver->queue, wait_done);
}

static void wait_end(struct driver *driver, struct wait *wait)
{
	task_done(&wait->task, NULL);
	while (!wait->is_done)
		loop_wait(driver->loop, -1);
}

/* --- sessions */

static void closed(void *data, const struct chunk_info *chunk, const struct error *err)
{
	struct session *session = data;

	(void)chunk;
	if (err)
		log_write(LOG_LEVEL_ERROR, "chunk: %s", err->message);
	atomic_fetch_add(&session->closed_count, 1);
}

static struct session_spec *make_spec(struct session *session, bool is_over)
{
	struct session_spec *spec = mem_zalloc(sizeof(*spec));
	struct channel_spec *channels;
	struct rule_spec *rules;
	size_t rule_count = 0;

	for (size_t i = 0; i < session->channel_count; i++)
		rule_count += session->channels[i].rule_count;
	channels = mem_zalloc((session->channel_count + 1) * sizeof(*channels) +
			      rule_count * sizeof(*rules));
	rules = (struct rule_spec *)(channels + session->channel_count + 1);
	for (size_t i = 0; i < session->channel_count; i++) {
		struct channel *channel = &session->channels[i];

		channels[i] = channel->spec;
		channels[i].rules = rules;
		channels[i].rule_count = channel->rule_count;
		for (size_t j = 0; j < channel->rule_count; j++) {
			*rules = channel->rules[j].spec;
			rules->exclusions = channel->rules[j].exclusions;
			rules++;
		}
	}
	atomic_init(&spec->references, 1);
	spec->session_id = session->id;
	spec->version = ++session->version;
	spec->name = session->name;
	spec->uid = geteuid();
	spec->is_root = session->is_root;
	spec->is_active = session->is_active;
	spec->is_over = is_over;
	spec->created_wall_ns = session->created_wall_ns;
	spec->hostname = "driver";
	spec->clock = session->clock;
	spec->sink = session->is_open ? session->sink : NULL;
	spec->streams = session->streams;
	spec->channels = channels;
	spec->channel_count = session->channel_count;
	for (int i = 0; i < TRACKER_KIND_COUNT; i++)
		spec->trackers[i].is_all = true;
	spec->memory = channels;
	return spec;
}

static bool apply(struct session *session, bool is_over, struct error *err)
{
	struct driver *driver = session->driver;
	struct session_spec *spec = make_spec(session, is_over);
	struct wait wait;

	wait_begin(driver, &wait);
	task_add(&wait.task);
	driver->source->class->apply(driver->source, spec, &wait.task);
	wait_end(driver, &wait);
	session_spec_unref(spec);
	error_copy(err, &wait.error);
	return !error_is_set(err);
}

static struct session *find(struct driver *driver, const char *name, struct error *err)
{
	struct session *session = driver->sessions;

	while (session && (!name || strcmp(session->name, name)))
		session = session->next;
	if (!session)
		error_set(err, ERROR_SESSION_NOT_FOUND, "no such session");
	return session;
}

static struct channel *find_channel(struct session *session, const char *name, struct error *err)
{
	for (size_t i = 0; session && name && i < session->channel_count; i++)
		if (!strcmp(session->channels[i].spec.name, name))
			return &session->channels[i];
	if (session)
		error_set(err, ERROR_CHANNEL_NOT_FOUND, "no such channel");
	return NULL;
}

static bool do_session(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session;
	struct chunk_settings settings;

	if (count < 3)
		return error_set(err, ERROR_INVALID, "session NAME PATH [root]");
	session = keep(driver, mem_zalloc(sizeof(*session)));
	session->driver = driver;
	session->id = ++driver->next_session_id;
	session->name = keep(driver, mem_strdup(words[1]));
	session->is_root = count > 3;
	session->created_wall_ns = clock_wall_ns();
	session->clock.has_uuid = uuid_read_boot_id(&session->clock.uuid);
	session->clock.frequency_hz = NS_PER_S;
	session->clock.offset_ns = clock_wall_offset_ns();
	pthread_mutex_init(&session->lock, NULL);
	memset(&settings, 0, sizeof(settings));
	settings.path = words[2];
	settings.closed = closed;
	settings.data = session;
	session->sink = chunk_sink_create(&settings);
	pthread_mutex_lock(&driver->lock);
	session->next = driver->sessions;
	driver->sessions = session;
	pthread_mutex_unlock(&driver->lock);
	return apply(session, false, err);
}

static bool do_channel(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 4 ? words[1] : NULL, err);
	struct channel *channel;

	if (!session || session->channel_count == ITEMS_MAX)
		return false;
	channel = &session->channels[session->channel_count];
	*channel = (struct channel){.spec = {
					    .id = (uint32_t)session->channel_count,
					    .name = keep(driver, mem_strdup(words[2])),
					    .is_enabled = true,
					    .subbuf_bytes = strtoull(words[3], NULL, 0),
					    .subbuf_count = strtoull(words[4], NULL, 0),
				    }};
	for (size_t i = 5; i < count; i++) {
		if (!strcmp(words[i], "overwrite"))
			channel->spec.is_overwrite = true;
		else if (!strncmp(words[i], "switch=", 7))
			channel->spec.switch_timer_us = strtoull(words[i] + 7, NULL, 10);
		else if (!strncmp(words[i], "read=", 5))
			channel->spec.read_timer_us = strtoull(words[i] + 5, NULL, 10);
	}
	session->channel_count++;
	return apply(session, false, err);
}

static bool do_rule(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 3 ? words[1] : NULL, err);
	struct channel *channel = find_channel(session, words[2], err);
	struct rule *rules;
	struct rule *rule;

	if (!channel)
		return false;
	rules = keep(driver, mem_zalloc((channel->rule_count + 1) * sizeof(*rules)));
	if (channel->rule_count)
		memcpy(rules, channel->rules, channel->rule_count * sizeof(*rules));
	channel->rules = rules; /* specs may still read the old ones */
	rule = &rules[channel->rule_count++];
	rule->spec.id = session->next_rule_id++;
	rule->spec.pattern = keep(driver, mem_strdup(words[3]));
	rule->spec.is_enabled = true;
	for (size_t i = 4; i < count; i++) {
		if (*words[i] == '!')
			rule->exclusions[rule->spec.exclusion_count++] =
				keep(driver, mem_strdup(words[i] + 1));
		else if (!strncmp(words[i], "<=", 2))
			rule->spec.loglevel_match = LOGLEVEL_AT_LEAST;
		else
			rule->spec.loglevel_match = LOGLEVEL_EXACTLY;
		if (*words[i] != '!')
			rule->spec.loglevel = atoi(strchr(words[i], '=') + 1);
	}
	return apply(session, false, err);
}

static bool do_enable(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 2 ? words[1] : NULL, err);
	struct channel *channel = find_channel(session, words[2], err);
	bool is_enabled = !strcmp(words[0], "enable");

	if (!channel)
		return false;
	if (count < 4)
		channel->spec.is_enabled = is_enabled;
	for (size_t i = 0; count > 3 && i < channel->rule_count; i++)
		if (!strcmp(channel->rules[i].spec.pattern, words[3]))
			channel->rules[i].spec.is_enabled = is_enabled;
	return apply(session, false, err);
}

static bool do_start(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);

	if (!session || !chunk_sink_open(session->sink, clock_wall_ns(), err))
		return false;
	session->is_open = true;
	if (!session->streams)
		session->streams = stream_set_create(driver->pool);
	session->is_active = true;
	return apply(session, false, err);
}

static void drain(struct session *session, enum flush_kind kind)
{
	struct wait wait;

	wait_begin(session->driver, &wait);
	task_add(&wait.task);
	stream_set_drain(session->streams, kind, STAND_STILL_MS, &wait.task);
	wait_end(session->driver, &wait);
}

static bool do_stop(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);

	if (!session || !session->streams)
		return error_set(err, ERROR_STATE, "not started");
	session->is_active = false;
	if (!apply(session, false, err))
		return false;
	drain(session, FLUSH_FINAL);
	return true;
}

static bool do_rotate(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);
	unsigned int before;
	uint64_t chunk_id;
	struct wait wait;
	uint64_t end_ns = clock_monotonic_ns() + WAIT_NS;

	if (!session)
		return false;
	before = atomic_load(&session->closed_count);
	if (!chunk_sink_rotate(session->sink, false, clock_wall_ns(), &chunk_id, err))
		return false;
	wait_begin(driver, &wait);
	task_add(&wait.task);
	stream_set_cut(session->streams, FLUSH_FINAL, STAND_STILL_MS, &wait.task);
	wait_end(driver, &wait);
	while (atomic_load(&session->closed_count) == before && clock_monotonic_ns() < end_ns)
		loop_wait(driver->loop, 1);
	return atomic_load(&session->closed_count) != before ||
	       error_set(err, ERROR_TIMEOUT, "the old chunk stays open");
}

static bool do_destroy(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);
	struct session **link = &driver->sessions;
	struct wait wait;

	if (!session)
		return false;
	if (session->streams && !do_stop(driver, words, count, err))
		return false;
	if (!apply(session, true, err))
		return false;
	if (session->streams) {
		wait_begin(driver, &wait);
		task_add(&wait.task);
		stream_set_destroy(session->streams, &wait.task);
		wait_end(driver, &wait);
	}
	chunk_sink_finish(session->sink, clock_wall_ns());
	sink_destroy(session->sink);
	pthread_mutex_lock(&driver->lock);
	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	pthread_mutex_unlock(&driver->lock);
	for (size_t i = 0; i < session->tally_count; i++)
		tally_unref(session->tallies[i]);
	return true;
}

/* --- questions */

static bool do_apps(struct driver *driver, char **words, size_t count, struct error *err)
{
	int wanted = count > 1 ? atoi(words[1]) : 0;
	uint64_t end_ns = clock_monotonic_ns() + WAIT_NS;

	while (atomic_load(&driver->app_count) != wanted && clock_monotonic_ns() < end_ns)
		loop_wait(driver->loop, 1);
	if (atomic_load(&driver->app_count) == wanted)
		return true;
	return error_set(err, ERROR_TIMEOUT, "%d applications", atomic_load(&driver->app_count));
}

static bool do_counts(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);
	uint64_t sums[7] = {0};

	if (!session)
		return false;
	if (session->streams)
		drain(session, session->is_active ? FLUSH_DATA : FLUSH_NONE);
	pthread_mutex_lock(&session->lock);
	for (size_t i = 0; i < session->tally_count; i++) {
		const struct tally *tally = session->tallies[i];

		sums[0] += tally_read(&tally->recorded_events);
		sums[1] += tally_read(&tally->discarded_ring);
		sums[2] += tally_read(&tally->discarded_write);
		sums[3] += tally_read(&tally->lost_packets);
		sums[4] += tally_read(&tally->unreadable_bytes);
		sums[5] += tally_read(&tally->repairs);
		sums[6] += tally_read(&tally->inconsistent);
	}
	pthread_mutex_unlock(&session->lock);
	printf("ok recorded=%llu discarded=%llu unwritten=%llu lost=%llu unreadable=%llu "
	       "repairs=%llu inconsistent=%llu\n",
	       (unsigned long long)sums[0], (unsigned long long)sums[1],
	       (unsigned long long)sums[2], (unsigned long long)sums[3],
	       (unsigned long long)sums[4], (unsigned long long)sums[5],
	       (unsigned long long)sums[6]);
	return true;
}

static bool do_types(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct session *session = find(driver, count > 1 ? words[1] : NULL, err);

	if (!session)
		return false;
	pthread_mutex_lock(&session->lock);
	printf("ok %zu\n", session->type_count);
	pthread_mutex_unlock(&session->lock);
	return true;
}

static bool do_points(struct driver *driver, char **words, size_t count, struct error *err)
{
	struct point_list list = {0};
	size_t points = 0, fields = 0;
	struct wait wait;

	(void)words;
	(void)err;
	wait_begin(driver, &wait);
	task_add(&wait.task);
	driver->source->class->list_points(driver->source, count > 1, geteuid(), geteuid() == 0,
					   &list, &wait.task);
	wait_end(driver, &wait);
	for (size_t i = 0; i < list.group_count; i++) {
		points += list.groups[i].point_count;
		for (size_t j = 0; j < list.groups[i].point_count; j++)
			fields += list.groups[i].points[j].field_count;
	}
	printf("ok applications=%zu points=%zu fields=%zu unanswered=%u\n", list.group_count,
	       points, fields, list.unanswered_count);
	point_list_finish(&list);
	return true;
}

static bool do_home(struct driver *driver, char **words, size_t count, struct error *err)
{
	const char *home = source_apps_home(driver->source);

	(void)words;
	(void)count;
	(void)err;
	printf("ok %s\n", home ? home : "-");
	return true;
}

static bool do_log(struct driver *driver, char **words, size_t count, struct error *err)
{
	static struct log_entry entries[LOG_RING_COUNT];
	size_t entry_count = log_read(0, entries, COUNT_OF(entries));

	(void)driver;
	(void)words;
	(void)count;
	(void)err;
	for (size_t i = 0; i < entry_count; i++)
		printf("log %s\n", entries[i].text);
	return true;
}

static bool do_quit(struct driver *driver, char **words, size_t count, struct error *err)
{
	(void)words;
	(void)count;
	(void)err;
	driver->is_over = true;
	return true;
}

static const struct {
	const char *name;
	bool has_answer; /* prints its own line */
	bool (*run)(struct driver *driver, char **words, size_t count, struct error *err);
} commands[] = {
	{"session", false, do_session}, {"channel", false, do_channel},
	{"rule", false, do_rule},	{"enable", false, do_enable},
	{"disable", false, do_enable},	{"start", false, do_start},
	{"stop", false, do_stop},	{"rotate", false, do_rotate},
	{"destroy", false, do_destroy}, {"apps", false, do_apps},
	{"counts", true, do_counts},	{"types", true, do_types},
	{"points", true, do_points},	{"home", true, do_home},
	{"log", false, do_log},		{"quit", false, do_quit},
};

static void run_line(struct driver *driver, char *line)
{
	struct error err = ERROR_INIT;
	char *words[ITEMS_MAX] = {NULL};
	size_t count = 0;
	char *rest = line;
	char *word;

	while (count < ITEMS_MAX - 1 && (word = strsep(&rest, " ")))
		if (*word)
			words[count++] = word;
	for (size_t i = 0; count && i < COUNT_OF(commands); i++) {
		if (strcmp(words[0], commands[i].name))
			continue;
		if (!commands[i].run(driver, words, count, &err))
			printf("error %s\n", err.message);
		else if (!commands[i].has_answer)
			printf("ok\n");
		fflush(stdout);
		return;
	}
	printf("error unknown command\n");
	fflush(stdout);
}

static void input_ready(void *data, unsigned int events)
{
	struct driver *driver = data;
	ssize_t length = read(STDIN_FILENO, driver->input + driver->input_length,
			      sizeof(driver->input) - driver->input_length);
	char *end;

	(void)events;
	if (length <= 0) {
		driver->is_over = true;
		return;
	}
	driver->input_length += (size_t)length;
	while (!driver->is_over && (end = memchr(driver->input, '\n', driver->input_length))) {
		char *line = mem_strndup(driver->input, (size_t)(end - driver->input));

		driver->input_length -= (size_t)(end - driver->input) + 1;
		memmove(driver->input, end + 1, driver->input_length);
		run_line(driver, line);
		free(line);
	}
}

static bool begin(struct driver *driver)
{
	struct error warning = ERROR_INIT, err = ERROR_INIT;

	pthread_mutex_init(&driver->lock, NULL);
	driver->loop = loop_create();
	driver->queue = queue_create();
	loop_watch_queue(driver->loop, driver->queue);
	loop_watch(driver->loop, STDIN_FILENO, WATCH_READ, input_ready, driver);
	places_find(&driver->places);
	driver->host = (struct source_host){
		.data = driver,
		.app_arrived = app_arrived,
		.app_left = app_left,
		.tally_added = tally_added,
		.tally_ended = tally_ended,
		.event_type_added = event_type_added,
	};
	driver->pool = consumer_pool_create(0, &err);
	if (driver->pool)
		driver->source = source_table[0].class->create(&driver->places, &driver->host,
							       &warning, &err);
	if (!driver->source) {
		printf("error %s\n", err.message);
		return false;
	}
	printf("ok %s\n", warning.message);
	fflush(stdout);
	return true;
}

static void end(struct driver *driver)
{
	struct error err = ERROR_INIT;

	while (driver->sessions) {
		char *words[2] = {NULL, driver->sessions->name};

		if (!do_destroy(driver, words, 2, &err)) {
			fprintf(stderr, "cannot destroy: %s\n", err.message);
			exit(1);
		}
	}
	driver->source->class->destroy(driver->source);
	consumer_pool_destroy(driver->pool);
	places_finish(&driver->places);
	loop_destroy(driver->loop);
	queue_destroy(driver->queue);
	for (size_t i = 0; i < driver->kept_count; i++)
		free(driver->kept[i]);
	free(driver->kept);
	free(driver);
}

int main(void)
{
	struct driver *driver = mem_zalloc(sizeof(*driver));

	thread_block_signals();
	rcu_thread_begin();
	log_set_level(getenv("DRIVER_DEBUG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (!begin(driver))
		return 1;
	while (!driver->is_over)
		loop_wait(driver->loop, -1);
	end(driver);
	rcu_thread_end();
	return 0;
}
