/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The agents' thread: accepts them, keeps what the sessions want, tells each agent the difference.
 * Everything but creation belongs to that thread; other threads send messages.
 */
#include "backend/source/agent/agents.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/source/agent/agent_listing.h"
#include "backend/source/agent/agent_peer.h"
#include "backend/source/agent/agent_program.h"

#define PORT_FIRST	  5345 /* lttng-sessiond(8): --agent-tcp-port */
#define PORT_LAST	  5354
#define PROGRAM_COUNT_MAX 1024
#define PORT_FILE	  "agent.port"

/* What one session wants. */
struct wanted {
	struct wanted *next;
	uint64_t session_id;
	struct agent_rule *rules; /* loggers are copies */
	size_t rule_count;
};

struct agents {
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	char *port_path;
	uint16_t port;
	int listen_fd;
	struct watch *watch;
	bool takes_all_users;
	struct agent_program *programs;
	size_t program_count;
	struct wanted *wanted;
};

/* ---- where we listen ---- */

static bool listen_at(struct agents *agents, uint16_t port)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)},
	};
	const int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, SOMAXCONN) < 0) {
		fd_close(&fd);
		return false;
	}
	agents->listen_fd = fd;
	agents->port = port;
	return true;
}

static bool open_port(struct agents *agents, struct error *err)
{
	for (uint16_t port = PORT_FIRST; port <= PORT_LAST; port++)
		if (listen_at(agents, port))
			return true;
	return error_set(err, ERROR_BUSY,
			 "no port from %d to %d is free on 127.0.0.1 for logging agents",
			 PORT_FIRST, PORT_LAST);
}

/* Agents of all users read it. */
static bool write_port(const struct agents *agents, struct error *err)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u\n", agents->port);

	return fd_swap_file(agents->port_path, text, (size_t)length, 0644, err);
}

static void remove_port(const struct agents *agents)
{
	char *text;
	size_t length;

	if (!fd_read_file(agents->port_path, 16, &text, &length, NULL))
		return;
	if (atoi(text) == agents->port)
		unlink(agents->port_path);
	free(text);
}

/* ---- rules ---- */

static void wanted_destroy(struct wanted *wanted)
{
	if (!wanted)
		return;
	for (size_t i = 0; i < wanted->rule_count; i++)
		free((char *)(uintptr_t)wanted->rules[i].logger);
	free(wanted->rules);
	free(wanted);
}

static const struct agent_rule *find_rule(const struct wanted *wanted, uint32_t id)
{
	for (size_t i = 0; wanted && i < wanted->rule_count; i++)
		if (wanted->rules[i].id == id)
			return &wanted->rules[i];
	return NULL;
}

/* Whatever was answered: an agent that knows no such logger has nothing to record. */
static void told(void *data, struct agent_program *program, const unsigned char *reply,
		 size_t bytes)
{
	(void)program;
	(void)reply;
	(void)bytes;
	if (data)
		task_done(data, NULL);
}

static void tell(struct agent_program *program, const struct agent_rule *rule, bool is_wanted,
		 struct task *task)
{
	struct text bytes = {0};

	if (rule->domain != program->domain)
		return;
	/* The expression is evaluated by LTTng-UST in the same program: no need to pass it on. */
	if (is_wanted)
		agent_write_enable(&bytes, rule->loglevel, rule->match, rule->logger, NULL);
	else
		agent_write_disable(&bytes, rule->logger);
	if (task)
		task_add(task);
	agent_program_ask(program, is_wanted ? AGENT_ENABLE : AGENT_DISABLE, &bytes, told, task);
}

static void tell_difference(struct agent_program *program, const struct wanted *before,
			    const struct wanted *after, struct task *task)
{
	if (!program->is_registered || program->is_dropped)
		return;
	/* New ones first: an agent that is wanted all the time stays hooked in. */
	for (size_t i = 0; after && i < after->rule_count; i++)
		if (!find_rule(before, after->rules[i].id))
			tell(program, &after->rules[i], true, task);
	for (size_t i = 0; before && i < before->rule_count; i++)
		if (!find_rule(after, before->rules[i].id))
			tell(program, &before->rules[i], false, task);
}

/* ---- programs ---- */

static void registered(struct agent_program *program, void *data)
{
	struct agents *agents = data;
	struct text bytes = {0};

	for (const struct wanted *wanted = agents->wanted; wanted; wanted = wanted->next)
		tell_difference(program, NULL, wanted, NULL);
	/* Last: the program waits for it, so that it loses no record. */
	agent_write_plain(&bytes, AGENT_REGISTERED);
	agent_program_ask(program, AGENT_REGISTERED, &bytes, NULL, NULL);
}

struct removal {
	struct message message;
	struct agents *agents;
	struct agent_program *program;
};

static void remove_program(struct message *message)
{
	struct removal *removal = (struct removal *)message;
	struct agent_program **link = &removal->agents->programs;

	while (*link != removal->program)
		link = &(*link)->next;
	*link = removal->program->next;
	removal->agents->program_count--;
	agent_program_destroy(removal->program);
	free(removal);
}

/* Its own calls are still under way: it goes with the next messages. */
static void dropped(struct agent_program *program, void *data)
{
	struct agents *agents = data;
	struct removal *removal = mem_zalloc(sizeof(*removal));

	removal->message.run = remove_program;
	removal->agents = agents;
	removal->program = program;
	queue_send(agents->queue, &removal->message);
}

static bool may_register(const struct agents *agents, int fd, uid_t *uid)
{
	struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof(peer);

	if (agents->program_count >= PROGRAM_COUNT_MAX ||
	    getpeername(fd, (struct sockaddr *)&peer, &length) < 0 || peer.ss_family != AF_INET)
		return false;
	if (!agent_peer_uid(ntohs(((struct sockaddr_in *)&peer)->sin_port), agents->port, uid))
		return false;
	return agents->takes_all_users || *uid == geteuid();
}

static void accept_some(void *data, unsigned int events)
{
	struct agents *agents = data;
	int fd;

	(void)events;
	while ((fd = accept4(agents->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct agent_program *program;
		uid_t uid;

		if (!may_register(agents, fd, &uid)) {
			log_write(LOG_LEVEL_WARNING,
				  "a logging agent was refused: it is another user's, or there are "
				  "%d already",
				  PROGRAM_COUNT_MAX);
			fd_close(&fd);
			continue;
		}
		program = agent_program_create(agents->loop, fd, uid, registered, dropped, agents);
		program->next = agents->programs;
		agents->programs = program;
		agents->program_count++;
	}
}

/* ---- what others ask for ---- */

struct apply {
	struct message message;
	struct agents *agents;
	struct wanted *wanted;
	struct task *task;
};

static struct wanted *exchange(struct agents *agents, struct wanted *wanted)
{
	struct wanted **link = &agents->wanted;
	struct wanted *before;

	while (*link && (*link)->session_id != wanted->session_id)
		link = &(*link)->next;
	before = *link;
	if (before)
		*link = before->next;
	if (wanted->rule_count > 0) {
		wanted->next = agents->wanted;
		agents->wanted = wanted;
	}
	return before;
}

static void run_apply(struct message *message)
{
	struct apply *apply = (struct apply *)message;
	struct wanted *before = exchange(apply->agents, apply->wanted);

	for (struct agent_program *program = apply->agents->programs; program;
	     program = program->next)
		tell_difference(program, before, apply->wanted, apply->task);
	wanted_destroy(before);
	if (apply->wanted->rule_count == 0)
		wanted_destroy(apply->wanted);
	if (apply->task)
		task_done(apply->task, NULL);
	free(apply);
}

void agents_apply(struct agents *agents, uint64_t session_id, const struct agent_rule *rules,
		  size_t rule_count, struct task *task)
{
	struct apply *apply = mem_zalloc(sizeof(*apply));
	struct wanted *wanted = mem_zalloc(sizeof(*wanted));

	wanted->session_id = session_id;
	wanted->rules = mem_zalloc((rule_count + 1) * sizeof(*wanted->rules));
	wanted->rule_count = rule_count;
	for (size_t i = 0; i < rule_count; i++) {
		wanted->rules[i] = rules[i];
		wanted->rules[i].logger = mem_strdup(rules[i].logger);
	}
	apply->message.run = run_apply;
	apply->agents = agents;
	apply->wanted = wanted;
	apply->task = task;
	queue_send(agents->queue, &apply->message);
}

struct list_call {
	struct message message;
	struct agents *agents;
	enum agent_domain domain;
	uid_t uid;
	bool is_root;
	struct point_list *list;
	struct task *task;
};

static void run_list(struct message *message)
{
	struct list_call *call = (struct list_call *)message;
	struct agent_listing *listing = agent_listing_create(call->list, call->task);

	for (struct agent_program *program = call->agents->programs; program;
	     program = program->next)
		if (program->is_registered && !program->is_dropped &&
		    program->domain == call->domain && (call->is_root || program->uid == call->uid))
			agent_listing_ask(listing, program);
	agent_listing_done(listing);
	free(call);
}

void agents_list(struct agents *agents, enum agent_domain domain, uid_t uid, bool is_root,
		 struct point_list *list, struct task *task)
{
	struct list_call *call = mem_zalloc(sizeof(*call));

	*call = (struct list_call){
		.message = {.run = run_list},
		.agents = agents,
		.domain = domain,
		.uid = uid,
		.is_root = is_root,
		.list = list,
		.task = task,
	};
	queue_send(agents->queue, &call->message);
}

/* ---- beginning and end ---- */

struct agents *agents_create(const char *directory, bool takes_all_users, struct error *err)
{
	struct agents *agents = mem_zalloc(sizeof(*agents));

	agents->listen_fd = -1;
	agents->takes_all_users = takes_all_users;
	agents->port_path = mem_printf("%s/" PORT_FILE, directory);
	agents->loop = loop_create();
	agents->queue = queue_create();
	loop_watch_queue(agents->loop, agents->queue);
	if (!open_port(agents, err))
		goto fail;
	agents->watch =
		loop_watch(agents->loop, agents->listen_fd, WATCH_READ, accept_some, agents);
	agents->thread = loop_thread_start("agents", agents->loop, err);
	if (!agents->thread || !write_port(agents, err))
		goto fail;
	return agents;

fail:
	agents_destroy(agents);
	return NULL;
}

void agents_destroy(struct agents *agents)
{
	if (!agents)
		return;
	remove_port(agents);
	loop_thread_end(agents->thread, agents->loop, agents->queue);
	queue_drain(agents->queue); /* what was sent after the end; nobody is dropped any more */
	while (agents->programs) {
		struct agent_program *program = agents->programs;

		agents->programs = program->next;
		agent_program_destroy(program);
	}
	while (agents->wanted) {
		struct wanted *wanted = agents->wanted;

		agents->wanted = wanted->next;
		wanted_destroy(wanted);
	}
	loop_unwatch(agents->loop, agents->watch);
	fd_close(&agents->listen_fd);
	loop_unwatch_queue(agents->loop, agents->queue);
	loop_destroy(agents->loop);
	queue_destroy(agents->queue);
	free(agents->port_path);
	free(agents);
}
