/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread, a loop: commands by message, terminals from a socket, a tick while somebody watches.
 * Commands: create, start, stop, rotate (takes a moment), destroy, set-session, list, quit, detach,
 * and for tests: lines N, wait SECONDS, fail, crash, lose, app-comes, apps-go. Others only repeat
 * their words.
 */
#include "tests/console/fake_backend.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/rcu.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/control/command.h"
#include "tests/console/fake_points.h"

#define SESSIONS_MAX  8
#define CHUNKS_MAX    32
#define EVENTS	      20
#define ROTATION_NS   (300 * NS_PER_MS)
#define HOSTILE_COUNT 6

struct fake_session {
	uint64_t id;
	char name[64];
	bool is_active;
	bool is_losing;
	bool is_snapshot;
	unsigned int chunk_count;
	unsigned int forgotten_chunks; /* a bit each */
	uint64_t ticks;		       /* while active */
};

struct delayed {
	struct request *request;
	uint64_t at_ns;
	struct delayed *next;
};

struct backend {
	struct backend_settings settings;
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	struct timer *tick;
	struct timer *later;
	struct delayed *delayed;
	int listener;
	struct fake_session sessions[SESSIONS_MAX];
	size_t session_count;
	uint64_t next_id;
	uint64_t serial;
	uint64_t log_serial;  /* of the last picture */
	uint64_t interval_ns; /* the backend's thread only */
	unsigned int sample_seconds;
	uint64_t detailed_id;
	void *picture; /* struct fake_picture */
};

struct fake_picture {
	struct picture picture;
	struct rcu_garbage garbage;
	atomic_uint references;
	struct picture_session sessions[SESSIONS_MAX];
	struct picture_channel channels[2 * SESSIONS_MAX];
	struct picture_rule rules[SESSIONS_MAX];
	struct picture_event events[SESSIONS_MAX * EVENTS];
	struct picture_chunk chunks[CHUNKS_MAX];
	char names[SESSIONS_MAX][64];
	char outputs[SESSIONS_MAX][96];
	char event_names[EVENTS][64];
	char chunk_paths[CHUNKS_MAX][128];
};

static enum fake_scene scene;

/* What may come from applications and files: every way to take a terminal over. */
static const char *const hostile[HOSTILE_COUNT] = {
	"\033]52;c;ZXZpbA==\a\033]0;owned\a",
	"\033[2J\033[H\033c\033P1;1|\033\\",
	("\x9b"
	 "2J\x9d"
	 "0;x\x9c\xff\xfe"),
	"line\nbreak\ttab\r\b\x7f",
	("\xe2\x80\xae"
	 "gnp.exe \xe2\x80\x8b\xef\xbb\xbf\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"),
	"\033[?2026l\033[6n\033]8;;http://x\a wide \xe6\xbc\xa2\xe5\xad\x97 \xf0\x9f\x91\xa9",
};

void fake_choose_scene(enum fake_scene chosen)
{
	scene = chosen;
}

enum fake_scene fake_scene(void)
{
	return scene;
}

bool fake_scene_of(const char *name, enum fake_scene *found)
{
	static const char *const names[] = {"empty", "idle", "busy", "hostile"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!strcmp(names[i], name)) {
			*found = (enum fake_scene)i;
			return true;
		}
	}
	return false;
}

/* In the hostile scene something hostile, else the text itself. */
static const char *text_of(size_t index, const char *text)
{
	return scene == FAKE_HOSTILE ? hostile[index % HOSTILE_COUNT] : text;
}

/* ---- pictures ---- */

const struct picture_session *picture_session(const struct picture *picture, uint64_t session_id)
{
	for (size_t i = 0; i < picture->session_count; i++) {
		if (picture->sessions[i].id == session_id)
			return &picture->sessions[i];
	}
	return NULL;
}

static void fill_history(uint32_t *history, uint64_t ticks, uint32_t rate)
{
	for (size_t i = 0; i < PICTURE_HISTORY; i++) {
		uint64_t at = ticks + i;

		history[i] = rate == 0 ? 0 : rate / 2 + (uint32_t)(at * 7919 % 97) * rate / 97;
	}
}

static void fill_event(struct fake_picture *all, const struct fake_session *session, size_t index,
		       struct picture_event *event)
{
	/* A third of them idle, the others from 9000 down to 60 per second. */
	uint32_t rate = index % 3 == 2 || scene != FAKE_BUSY || !session->is_active
				? 0
				: (uint32_t)(9000 / (index + 1));
	char *name = all->event_names[index];

	if (scene == FAKE_HOSTILE)
		snprintf(name, 64, "%s", hostile[index % HOSTILE_COUNT]);
	else
		snprintf(name, 64, "my_app:request_%02zu", index);
	*event = (struct picture_event){
		.id = session->id * 1000 + index,
		.session_id = session->id,
		.channel_id = 1,
		.name = name,
		.rule = text_of(4, "my_app:*"),
		.rule_id = 1,
		.is_enabled = true,
		.loglevel = 6,
		.loglevel_text = text_of(index + 1, "TRACE_INFO"),
		.recorded_events = 9000000 / (index + 1) + rate * session->ticks,
		.rate_per_1000_s = rate ? ((uint64_t)rate + session->ticks * 31 % 97) * 1000 : 0,
	};
	fill_history(event->history, session->ticks, rate);
}

static void fill_channel(const struct fake_session *session, struct picture_channel *channel,
			 size_t first_event, size_t event_count)
{
	*channel = (struct picture_channel){
		.session_id = session->id,
		.id = 1,
		.name = text_of(5, "channel0"),
		.domain = text_of(2, "User space"),
		.contexts = text_of(3, ""),
		.is_enabled = true,
		.subbuf_bytes = 524288,
		.subbuf_count = 4,
		.fill_permille = session->is_active ? 120 : 0,
		.rule_count = 1,
		.first_event = first_event,
		.event_count = event_count,
	};
	if (session->is_losing) {
		channel->counts.discarded_events = 7;
		channel->counts.discarded_ring = 7;
		channel->counts.last_loss_wall_ns = UINT64_C(1795321150) * NS_PER_S;
	}
	fill_history(channel->history, session->ticks, scene == FAKE_BUSY ? 400 : 0);
}

static void add_rule(struct fake_picture *all, const struct fake_session *from,
		     struct picture_channel *channel)
{
	channel->first_rule = all->picture.rule_count++;
	all->rules[channel->first_rule] = (struct picture_rule){
		.session_id = from->id,
		.channel_id = channel->id,
		.id = 1,
		.pattern = text_of(4, "my_app:*"),
		.loglevel_text = text_of(0, "TRACE_INFO"),
		.exclusions = text_of(5, ""),
		.location = "",
		.filter = text_of(1, "size > 3"),
		.is_enabled = true,
	};
}

static void add_chunks(struct fake_picture *all, const struct fake_session *session)
{
	for (unsigned int i = 0; i < session->chunk_count; i++) {
		size_t at = all->picture.chunk_count;

		if (session->forgotten_chunks & 1u << i)
			continue;
		if (at == CHUNKS_MAX)
			return;
		snprintf(all->chunk_paths[at], sizeof(all->chunk_paths[at]),
			 "%s/%s/archives/20261122T0419%02u+0000-%u",
			 getenv("FAKE_TRACES") ? getenv("FAKE_TRACES") : "/traces", all->names[0],
			 i, i);
		all->chunks[at] = (struct picture_chunk){
			.session_id = session->id,
			.id = i,
			.state = PICTURE_CHUNK_ARCHIVED,
			.path = all->chunk_paths[at],
			.begin_wall_ns = UINT64_C(1795321146) * NS_PER_S,
			.end_wall_ns = UINT64_C(1795321156) * NS_PER_S,
			.event_count = 1000,
			.bytes = 12 << 20,
		};
		all->picture.chunk_count++;
	}
}

static void add_session(struct fake_picture *all, const struct backend *backend, size_t index)
{
	const struct fake_session *from = &backend->sessions[index];
	struct picture *picture = &all->picture;
	size_t first_event = picture->event_count;
	size_t event_count = from->id == backend->detailed_id ? EVENTS : 0;

	snprintf(all->names[index], sizeof(all->names[index]), "%s", from->name);
	snprintf(all->outputs[index], sizeof(all->outputs[index]), "/traces/%s", from->name);
	for (size_t i = 0; i < event_count; i++)
		fill_event(all, from, i, &all->events[picture->event_count++]);
	all->sessions[index] = (struct picture_session){
		.id = from->id,
		.name = all->names[index],
		.output = all->outputs[index],
		.identity = text_of(3, "fake"),
		.previous_identity = text_of(4, ""),
		.schedule = text_of(2, ""),
		.user = text_of(1, "root"),
		.tracked = "",
		.mode = from->is_snapshot ? PICTURE_MODE_SNAPSHOT : PICTURE_MODE_LOCAL,
		.is_active = from->is_active,
		.was_started = from->is_active,
		.is_detailed = event_count > 0,
		.has_unseen_loss = from->is_losing,
		.created_wall_ns = UINT64_C(1795321146) * NS_PER_S,
		.fill_permille = from->is_active ? 120 : 0,
		.first_channel = picture->channel_count,
		.channel_count = 1,
		.first_chunk = picture->chunk_count,
	};
	if (from->is_losing) {
		all->sessions[index].counts.discarded_events = 7;
		all->sessions[index].counts.discarded_ring = 7;
		all->sessions[index].counts.last_loss_wall_ns = UINT64_C(1795321150) * NS_PER_S;
	}
	fill_channel(from, &all->channels[picture->channel_count], first_event, event_count);
	add_rule(all, from, &all->channels[picture->channel_count++]);
	add_chunks(all, from);
	all->sessions[index].chunk_count = picture->chunk_count - all->sessions[index].first_chunk;
	picture->active_count += from->is_active;
	picture->total_discarded += all->sessions[index].counts.discarded_events;
	if (all->sessions[index].fill_permille > picture->fill_permille)
		picture->fill_permille = all->sessions[index].fill_permille;
	picture->session_count++;
}

static void let_go(struct fake_picture *all)
{
	if (atomic_fetch_sub(&all->references, 1) == 1)
		free(all);
}

static void end_publication(struct rcu_garbage *garbage)
{
	let_go(CONTAINER_OF(garbage, struct fake_picture, garbage));
}

static void publish(struct backend *backend)
{
	struct fake_picture *all = mem_zalloc(sizeof(*all));
	struct fake_picture *stale;

	backend->log_serial = log_last_serial();
	all->picture = (struct picture){
		.serial = ++backend->serial,
		.sample_seconds = backend->sample_seconds,
		.sample_count = clock_wall_ns() / NS_PER_S,
		.wall_ns = clock_wall_ns(),
		.host_name = text_of(0, "testhost"),
		.log_serial = backend->log_serial,
		.warning = text_of(5, ""),
		.sessions = all->sessions,
		.channels = all->channels,
		.rules = all->rules,
		.events = all->events,
		.chunks = all->chunks,
	};
	for (size_t i = 0; i < backend->session_count; i++)
		add_session(all, backend, i);
	atomic_init(&all->references, 1);
	stale = rcu_publish_pointer(&backend->picture, all);
	if (stale)
		rcu_retire(&stale->garbage, end_publication);
	if (backend->settings.published)
		backend->settings.published(backend->settings.data);
}

const struct picture *backend_picture_acquire(struct backend *backend)
{
	struct fake_picture *all;

	rcu_read_begin();
	all = rcu_read_pointer(&backend->picture);
	return &all->picture;
}

void backend_picture_release(struct backend *backend)
{
	(void)backend;
	rcu_read_end();
}

const struct picture *backend_picture_hold(struct backend *backend)
{
	struct fake_picture *all;

	rcu_read_begin();
	all = rcu_read_pointer(&backend->picture);
	atomic_fetch_add(&all->references, 1);
	rcu_read_end();
	return &all->picture;
}

void backend_picture_let_go(struct backend *backend, const struct picture *picture)
{
	(void)backend;
	let_go(CONTAINER_OF(picture, struct fake_picture, picture));
}

/* ---- commands ---- */

static void say(struct request *request, enum answer_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(struct request *request, enum answer_kind kind, const char *format, ...)
{
	char bytes[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(bytes, sizeof(bytes), format, arguments);
	va_end(arguments);
	request->answer.write(request->answer.data, kind, bytes, strlen(bytes));
}

static void finish(struct request *request, int status)
{
	request->answer.done(request->answer.data, status);
	request_destroy(request);
}

static struct fake_session *find_session(struct backend *backend, const struct request *request)
{
	const char *name = request->word_count > 1 ? request->words[request->word_count - 1]
						   : request->who.selected_session;

	for (size_t i = 0; name && i < backend->session_count; i++) {
		if (!strcmp(backend->sessions[i].name, name))
			return &backend->sessions[i];
	}
	return NULL;
}

static struct fake_session *add_fake_session(struct backend *backend, const char *name,
					     bool is_active)
{
	struct fake_session *session = &backend->sessions[backend->session_count++];

	*session = (struct fake_session){.id = ++backend->next_id, .is_active = is_active};
	snprintf(session->name, sizeof(session->name), "%s", name);
	return session;
}

static void run_create(struct backend *backend, struct request *request)
{
	bool is_snapshot = request->word_count > 1 && !strcmp(request->words[1], "--snapshot");
	size_t at = is_snapshot ? 2 : 1;
	const char *name = request->word_count > at ? request->words[at] : "auto";

	if (backend->session_count == SESSIONS_MAX) {
		say(request, ANSWER_ERROR, "Error: too many sessions.\n");
		finish(request, 1);
		return;
	}
	add_fake_session(backend, name, false)->is_snapshot = is_snapshot;
	publish(backend);
	say(request, ANSWER_OUTPUT, "Session %s created.\n", name);
	say(request, ANSWER_OUTPUT, "Traces will be output to /traces/%s\n", name);
	finish(request, 0);
}

static void run_start(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);
	bool is_start = !strcmp(request->words[0], "start");

	if (!session) {
		say(request, ANSWER_ERROR, "Error: no such session.\n");
		finish(request, 1);
		return;
	}
	session->is_active = is_start;
	publish(backend);
	say(request, ANSWER_OUTPUT, "Tracing %s for session %s\n", is_start ? "started" : "stopped",
	    session->name);
	finish(request, 0);
}

static void run_destroy(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);
	size_t index;

	if (!session) {
		say(request, ANSWER_ERROR, "Error: no such session.\n");
		finish(request, 1);
		return;
	}
	say(request, ANSWER_OUTPUT, "Session %s destroyed\n", session->name);
	index = (size_t)(session - backend->sessions);
	memmove(session, session + 1, (--backend->session_count - index) * sizeof(*session));
	publish(backend);
	finish(request, 0);
}

static void run_list(struct backend *backend, struct request *request)
{
	say(request, ANSWER_OUTPUT, "Available recording sessions:\n");
	for (size_t i = 0; i < backend->session_count; i++)
		say(request, ANSWER_OUTPUT, "  %zu) %s [%s]\n", i + 1, backend->sessions[i].name,
		    backend->sessions[i].is_active ? "active" : "inactive");
	finish(request, 0);
}

/* The words as they came. */
static void run_echo(struct backend *backend, struct request *request)
{
	char line[400] = "";
	size_t used = 0;

	(void)backend;
	for (size_t i = 0; i < request->word_count && used < sizeof(line); i++)
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s<%s>", i ? " " : "",
					 request->words[i]);
	say(request, ANSWER_OUTPUT, "%s\n", line);
	finish(request, 0);
}

static void run_apps(struct backend *backend, struct request *request)
{
	fake_points_go_to(!strcmp(request->words[0], "apps-go") ? 2 : 1);
	publish(backend);
	finish(request, 0);
}

/* As the form writes it: snapshot record -s SESSION. */
static void run_snapshot(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);

	if (session)
		session->chunk_count++;
	publish(backend);
	run_echo(backend, request);
}

static void run_lines(struct backend *backend, struct request *request)
{
	int count = request->word_count > 1 ? atoi(request->words[1]) : 1;

	(void)backend;
	for (int i = 1; i <= count; i++)
		say(request, ANSWER_OUTPUT, "line %d of %d\n", i, count);
	finish(request, 0);
}

static void run_later(struct backend *backend, struct request *request)
{
	struct delayed *delayed = mem_zalloc(sizeof(*delayed));

	delayed->request = request;
	delayed->at_ns = clock_monotonic_ns() + ROTATION_NS;
	if (!strcmp(request->words[0], "wait") && request->word_count > 1)
		delayed->at_ns =
			clock_monotonic_ns() + (uint64_t)atoi(request->words[1]) * NS_PER_S;
	delayed->next = backend->delayed;
	backend->delayed = delayed;
	timer_arm(backend->later, delayed->at_ns);
}

static void finish_rotation(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);

	if (!strcmp(request->words[0], "wait")) {
		say(request, ANSWER_OUTPUT, "slept for %s s\n",
		    request->word_count > 1 ? request->words[1] : "0");
		finish(request, 0);
		return;
	}
	if (!session) {
		say(request, ANSWER_ERROR, "Error: no such session.\n");
		finish(request, 1);
		return;
	}
	session->chunk_count++;
	publish(backend);
	say(request, ANSWER_OUTPUT, "Session %s successfully rotated\n", session->name);
	finish(request, 0);
}

static void run_fail(struct backend *backend, struct request *request)
{
	(void)backend;
	say(request, ANSWER_ERROR, "Error: this always fails: \033]0;owned\a.\n");
	finish(request, 1);
}

static void run_lose(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);

	if (session)
		session->is_losing = true;
	log_write(LOG_LEVEL_WARNING, "events were lost");
	publish(backend);
	finish(request, 0);
}

static void run_set_session(struct backend *backend, struct request *request)
{
	struct fake_session *session = find_session(backend, request);

	say(request, ANSWER_OUTPUT, "Session set to %s\n", session ? session->name : "nothing");
	finish(request, session ? 0 : 1);
}

static void run_quit(struct backend *backend, struct request *request)
{
	bool is_active = false;

	for (size_t i = 0; i < backend->session_count; i++)
		is_active |= backend->sessions[i].is_active;
	if (is_active && request->word_count < 2) {
		say(request, ANSWER_ERROR, "Error: sessions are recording.\n");
		finish(request, 1);
		return;
	}
	finish(request, 0);
	backend->settings.wants_end(backend->settings.data);
}

static void run_detach(struct backend *backend, struct request *request)
{
	bool is_done = backend->settings.detach && backend->settings.detach(backend->settings.data);

	if (!is_done)
		say(request, ANSWER_ERROR, "Error: no terminal is attached.\n");
	finish(request, is_done ? 0 : 1);
}

static void run_crash(struct backend *backend, struct request *request)
{
	(void)backend;
	(void)request;
	_exit(9);
}

static const struct option_spec session_options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "that session", COMPLETE_SESSION},
	{"all", 'a', OPTION_FLAG, NULL, "all sessions", COMPLETE_NOTHING},
};

static const struct option_spec create_options[] = {
	{"output", 'o', OPTION_TEXT, "DIR", "where the trace goes", COMPLETE_FILE},
	{"snapshot", 0, OPTION_FLAG, NULL, "keep it in memory", COMPLETE_NOTHING},
};

static const struct option_spec rule_options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "that session", COMPLETE_SESSION},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "that channel", COMPLETE_CHANNEL},
	{"userspace", 'u', OPTION_FLAG, NULL, "user space", COMPLETE_NOTHING},
	{"kernel", 'k', OPTION_FLAG, NULL, "the kernel", COMPLETE_NOTHING},
	{"all", 'a', OPTION_FLAG, NULL, "all of them", COMPLETE_NOTHING},
	{"loglevel", 0, OPTION_TEXT, "LEVEL", "at least that severe", COMPLETE_LOGLEVEL},
	{"filter", 0, OPTION_TEXT, "FILTER", "only those", COMPLETE_NOTHING},
	{"exclude", 'x', OPTION_TEXT, "NAMES", "but not those", COMPLETE_NOTHING},
	{"exact", 0, OPTION_FLAG, NULL, "no other rule", COMPLETE_NOTHING},
	{"type", 't', OPTION_TEXT, "TYPE", "which field", COMPLETE_NOTHING},
};

#define FAKE(variable, words, kind, bits) FAKE_WITH(variable, words, kind, bits, session_options)
#define FAKE_WITH(variable, words, kind, bits, specs)                                              \
	static const struct command variable = {                                                   \
		.name = (words),                                                                   \
		.usage = "",                                                                       \
		.help = (words),                                                                   \
		.options = (specs),                                                                \
		.option_count = COUNT_OF(specs),                                                   \
		.argument_max = 9,                                                                 \
		.complete = (kind),                                                                \
		.flags = (bits),                                                                   \
	}

FAKE_WITH(fake_context, "add-context", COMPLETE_NOTHING, 0, rule_options);
FAKE(fake_app_comes, "app-comes", COMPLETE_NOTHING, 0);
FAKE(fake_apps_go, "apps-go", COMPLETE_NOTHING, 0);
FAKE(fake_clear, "clear", COMPLETE_SESSION, 0);
FAKE_WITH(fake_disable_channel, "disable-channel", COMPLETE_CHANNEL, 0, rule_options);
FAKE_WITH(fake_enable_channel, "enable-channel", COMPLETE_CHANNEL, 0, rule_options);
FAKE(fake_save, "save", COMPLETE_SESSION, 0);
FAKE(fake_snapshot, "snapshot", COMPLETE_NOTHING, 0);
FAKE_WITH(fake_create, "create", COMPLETE_NOTHING, 0, create_options);
FAKE(fake_crash, "crash", COMPLETE_NOTHING, 0);
FAKE(fake_destroy, "destroy", COMPLETE_SESSION, COMMAND_ASKS);
FAKE(fake_detach, "detach", COMPLETE_NOTHING, 0);
FAKE_WITH(fake_disable, "disable-event", COMPLETE_EVENT, 0, rule_options);
FAKE_WITH(fake_enable, "enable-event", COMPLETE_EVENT, 0, rule_options);
FAKE(fake_fail, "fail", COMPLETE_NOTHING, 0);
FAKE(fake_lines, "lines", COMPLETE_NOTHING, 0);
FAKE(fake_list, "list", COMPLETE_SESSION, 0);
FAKE(fake_lose, "lose", COMPLETE_SESSION, 0);
FAKE(fake_quit, "quit", COMPLETE_NOTHING, COMMAND_ASKS);
FAKE(fake_rotate, "rotate", COMPLETE_SESSION, 0);
FAKE(fake_wait, "wait", COMPLETE_NOTHING, 0);
FAKE(fake_set, "set-session", COMPLETE_SESSION, 0);
FAKE(fake_start, "start", COMPLETE_SESSION, 0);
FAKE(fake_stop, "stop", COMPLETE_SESSION, 0);

const struct command *const command_table[] = {
	&fake_app_comes, &fake_apps_go, &fake_clear,  &fake_context,	    &fake_create,
	&fake_crash,	 &fake_destroy, &fake_detach, &fake_disable,	    &fake_disable_channel,
	&fake_enable,	 &fake_fail,	&fake_lines,  &fake_enable_channel, &fake_list,
	&fake_lose,	 &fake_quit,	&fake_rotate, &fake_save,	    &fake_set,
	&fake_snapshot,	 &fake_start,	&fake_stop,   &fake_wait,
};
const size_t command_count = COUNT_OF(command_table);

static const struct {
	const char *name;
	void (*run)(struct backend *backend, struct request *request);
} runs[] = {
	{"add-context", run_echo},    {"disable-event", run_echo}, {"app-comes", run_apps},
	{"apps-go", run_apps},	      {"clear", run_echo},	   {"disable-channel", run_echo},
	{"enable-channel", run_echo}, {"save", run_echo},	   {"snapshot", run_snapshot},
	{"create", run_create},	      {"crash", run_crash},	   {"destroy", run_destroy},
	{"detach", run_detach},	      {"enable-event", run_echo},  {"fail", run_fail},
	{"lines", run_lines},	      {"list", run_list},	   {"lose", run_lose},
	{"quit", run_quit},	      {"rotate", run_later},	   {"set-session", run_set_session},
	{"wait", run_later},	      {"start", run_start},	   {"stop", run_start},
};

static void run_request(struct backend *backend, struct request *request)
{
	struct error err = ERROR_INIT;
	const struct command *command = command_resolve(request->words[0], true, &err);

	for (size_t i = 0; command && i < COUNT_OF(runs); i++) {
		if (!strcmp(runs[i].name, command->name)) {
			runs[i].run(backend, request);
			return;
		}
	}
	say(request, ANSWER_ERROR, "Error: %s.\n", err.message);
	finish(request, 2);
}

/* ---- threads ---- */

struct letter {
	struct message message;
	struct backend *backend;
	struct request *request;
	uint64_t interval_ns; /* or seconds of a sample */
	uint64_t detailed_id;
	char *path; /* owned; NULL: none */
};

static struct letter *new_letter(struct backend *backend, void (*run)(struct message *message))
{
	struct letter *letter = mem_zalloc(sizeof(*letter));

	letter->backend = backend;
	letter->message.run = run;
	return letter;
}

static void take_request(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);

	run_request(letter->backend, letter->request);
	free(letter);
}

void backend_submit(struct backend *backend, struct request *request)
{
	struct letter *letter = new_letter(backend, take_request);

	letter->request = request;
	queue_send(backend->queue, &letter->message);
}

static void take_watch(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);
	struct backend *backend = letter->backend;
	bool is_new = letter->detailed_id != backend->detailed_id;

	backend->interval_ns = letter->interval_ns;
	backend->detailed_id = letter->detailed_id;
	free(letter);
	if (is_new)
		publish(backend);
	if (backend->interval_ns)
		timer_arm(backend->tick, clock_monotonic_ns() + backend->interval_ns);
	else
		timer_disarm(backend->tick);
}

void backend_watch(struct backend *backend, uint64_t interval_ns, const uint64_t *session_ids,
		   size_t count)
{
	struct letter *letter = new_letter(backend, take_watch);

	letter->interval_ns = interval_ns;
	letter->detailed_id = count > 0 ? session_ids[0] : 0;
	queue_send(backend->queue, &letter->message);
}

static void take_acknowledge(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);

	for (size_t i = 0; i < letter->backend->session_count; i++)
		letter->backend->sessions[i].is_losing = false;
	publish(letter->backend);
	free(letter);
}

static void take_window(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);

	letter->backend->sample_seconds = (unsigned int)letter->interval_ns;
	publish(letter->backend);
	free(letter);
}

void backend_set_window(struct backend *backend, unsigned int sample_seconds)
{
	struct letter *letter = new_letter(backend, take_window);

	letter->interval_ns = sample_seconds;
	queue_send(backend->queue, &letter->message);
}

void backend_want_points(struct backend *backend, bool is_wanted)
{
	if (is_wanted && backend->settings.published)
		backend->settings.published(backend->settings.data);
}

const struct points *backend_points_take(struct backend *backend)
{
	(void)backend;
	return fake_points_now();
}

void backend_tap(struct backend *backend, uint64_t session_id, struct tap *tap,
		 void (*done)(void *data), void *data)
{
	(void)backend;
	(void)session_id;
	(void)tap;
	if (done)
		done(data);
}

void backend_acknowledge_losses(struct backend *backend, uint64_t session_id)
{
	struct letter *letter = new_letter(backend, take_acknowledge);

	(void)session_id;
	queue_send(backend->queue, &letter->message);
}

static void take_forget(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);
	struct backend *backend = letter->backend;
	const struct fake_picture *all = backend->picture;

	for (size_t i = 0; i < all->picture.chunk_count; i++) {
		const struct picture_chunk *chunk = &all->chunks[i];

		if (strcmp(chunk->path, letter->path) != 0)
			continue;
		for (size_t j = 0; j < backend->session_count; j++) {
			if (backend->sessions[j].id == chunk->session_id)
				backend->sessions[j].forgotten_chunks |= 1u << chunk->id;
		}
	}
	publish(backend);
	free(letter->path);
	free(letter);
}

void backend_forget_chunk(struct backend *backend, const char *path)
{
	struct letter *letter = new_letter(backend, take_forget);

	letter->path = mem_strdup(path);
	queue_send(backend->queue, &letter->message);
}

static void tick(void *data, uint64_t now_ns)
{
	struct backend *backend = data;
	bool is_moving = false;

	for (size_t i = 0; i < backend->session_count; i++) {
		if (scene == FAKE_BUSY && backend->sessions[i].is_active) {
			backend->sessions[i].ticks++;
			is_moving = true;
		}
	}
	if (is_moving || log_last_serial() != backend->log_serial)
		publish(backend);
	timer_arm(backend->tick, now_ns + backend->interval_ns);
}

static void do_delayed(void *data, uint64_t now_ns)
{
	struct backend *backend = data;
	struct delayed **link = &backend->delayed;

	while (*link) {
		struct delayed *delayed = *link;

		if (delayed->at_ns > now_ns) {
			timer_arm(backend->later, delayed->at_ns);
			link = &delayed->next;
			continue;
		}
		*link = delayed->next;
		finish_rotation(backend, delayed->request);
		free(delayed);
	}
}

static void accept_terminal(void *data, unsigned int events)
{
	struct backend *backend = data;
	struct peer peer;
	struct requester who = {0};
	int connection = accept4(backend->listener, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (connection < 0 || !fd_peer(connection, &peer))
		return;
	who.pid = peer.pid;
	who.uid = peer.uid;
	backend->settings.terminal(backend->settings.data, connection, &who);
}

static void run_thread(void *data)
{
	struct backend *backend = data;

	loop_run(backend->loop);
}

static void take_stop(struct message *message)
{
	struct letter *letter = CONTAINER_OF(message, struct letter, message);

	loop_stop(letter->backend->loop);
	free(letter);
}

struct backend *backend_start(const struct backend_settings *settings, struct error *err)
{
	struct backend *backend = mem_zalloc(sizeof(*backend));

	backend->settings = *settings;
	backend->sample_seconds = 1;
	backend->listener = -1;
	backend->loop = loop_create();
	backend->queue = queue_create();
	loop_watch_queue(backend->loop, backend->queue);
	backend->tick = loop_add_timer(backend->loop, tick, backend);
	backend->later = loop_add_timer(backend->loop, do_delayed, backend);
	if (scene != FAKE_EMPTY) {
		add_fake_session(backend, "demo", true);
		add_fake_session(backend, scene == FAKE_HOSTILE ? hostile[0] : "my session", false);
	}
	publish(backend);
	if (settings->has_socket) {
		backend->listener =
			fd_listen_unix(settings->places->engine_socket, SOCK_SEQPACKET, 0600, err);
		if (backend->listener < 0)
			abort();
		loop_watch(backend->loop, backend->listener, WATCH_READ, accept_terminal, backend);
	}
	backend->thread = thread_start("fake", run_thread, backend, err);
	return backend;
}

void backend_stop(struct backend *backend)
{
	queue_send(backend->queue, &new_letter(backend, take_stop)->message);
	thread_join(backend->thread);
	queue_drain(backend->queue);
	while (backend->delayed) {
		struct delayed *delayed = backend->delayed;

		backend->delayed = delayed->next;
		finish(delayed->request, 1);
		free(delayed);
	}
	if (backend->listener >= 0)
		unlink(backend->settings.places->engine_socket);
	fd_close(&backend->listener);
	loop_unwatch_queue(backend->loop, backend->queue);
	queue_destroy(backend->queue);
	loop_destroy(backend->loop);
	rcu_wait_for_retired();
	free(backend->picture);
	free(backend);
}
