/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent_program.h. */
#include "backend/source/agent/agent_program.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"

#define REPLY_NS (5 * NS_PER_S) /* as long as lttng-sessiond waits for applications */

static void drop(struct agent_program *program, const char *why)
{
	if (program->is_dropped)
		return;
	if (why)
		log_write(LOG_LEVEL_WARNING, "the logging agent of process %d is left alone: %s",
			  (int)program->pid, why);
	program->is_dropped = true;
	loop_unwatch(program->loop, program->watch);
	program->watch = NULL;
	timer_disarm(program->timer);
	fd_close(&program->fd);
	program->dropped(program, program->data);
}

static void finish_request(struct agent_program *program, const unsigned char *reply, size_t bytes)
{
	struct agent_request *request = program->first;

	program->first = request->next;
	if (!program->first)
		program->last = &program->first;
	program->sent = 0;
	timer_disarm(program->timer);
	if (request->done)
		request->done(request->data, program, reply, bytes);
	text_finish(&request->bytes);
	free(request);
}

static void watch_what_is_due(struct agent_program *program)
{
	bool writes = program->first && program->sent < program->first->bytes.length;

	loop_change_watch(program->watch, WATCH_READ | (writes ? (unsigned int)WATCH_WRITE : 0));
}

/* Sends what can be sent; what has no reply is done then. */
static void send_some(struct agent_program *program)
{
	while (program->first && !program->is_dropped) {
		struct agent_request *request = program->first;
		ssize_t sent;

		if (program->sent == request->bytes.length)
			break; /* its reply is due */
		if (!timer_is_armed(program->timer))
			timer_arm(program->timer, clock_monotonic_ns() + REPLY_NS);
		sent = send(program->fd, request->bytes.bytes + program->sent,
			    request->bytes.length - program->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			break;
		if (sent < 0) {
			drop(program, NULL);
			return;
		}
		program->sent += (size_t)sent;
		if (program->sent == request->bytes.length && request->command == AGENT_REGISTERED)
			finish_request(program, NULL, 0);
	}
	if (!program->is_dropped)
		watch_what_is_due(program);
}

/* Bytes of the message that is due, as far as is known; 0: none is, or it is too long. */
static size_t expected_bytes(const struct agent_program *program)
{
	uint32_t size;

	if (!program->is_registered)
		return AGENT_REGISTER_BYTES;
	if (!program->first || program->sent < program->first->bytes.length)
		return 0;
	if (program->first->command != AGENT_LIST)
		return AGENT_REPLY_BYTES;
	if (program->reply_bytes < AGENT_LIST_HEADER_BYTES)
		return AGENT_LIST_HEADER_BYTES;
	size = agent_read_u32(program->reply + 4);
	return size > AGENT_LIST_BYTES_MAX ? 0 : AGENT_LIST_HEADER_BYTES + size;
}

static void take_register(struct agent_program *program)
{
	struct agent_register wanted;

	if (!agent_read_register(program->reply, &wanted)) {
		drop(program, "it speaks another protocol than LTTng's 2.0");
		return;
	}
	program->domain = wanted.domain;
	program->pid = (pid_t)wanted.pid;
	program->is_registered = true;
	timer_disarm(program->timer);
	program->registered(program, program->data);
}

static void take_message(struct agent_program *program)
{
	size_t bytes = program->reply_bytes;

	program->reply_bytes = 0;
	if (!program->is_registered)
		take_register(program);
	else
		finish_request(program, program->reply, bytes);
	if (!program->is_dropped)
		send_some(program);
}

static bool receive_some(struct agent_program *program)
{
	size_t expected = expected_bytes(program);
	ssize_t got;

	if (expected == 0) {
		unsigned char byte;

		got = recv(program->fd, &byte, 1, MSG_DONTWAIT);
		if (got < 0 && (errno == EAGAIN || errno == EINTR))
			return false;
		drop(program, got > 0 ? "it sent what nobody asked for" : NULL);
		return false;
	}
	if (expected > program->reply_room) {
		program->reply = mem_realloc_array(program->reply, expected, 1);
		program->reply_room = expected;
	}
	got = recv(program->fd, program->reply + program->reply_bytes,
		   expected - program->reply_bytes, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		drop(program, NULL);
		return false;
	}
	program->reply_bytes += (size_t)got;
	/* A list's header says how much follows. */
	if (program->reply_bytes == expected && expected_bytes(program) == expected)
		take_message(program);
	return true;
}

static void ready(void *data, unsigned int events)
{
	struct agent_program *program = data;

	if (events & WATCH_WRITE)
		send_some(program);
	while (!program->is_dropped && receive_some(program))
		continue;
}

static void too_late(void *data, uint64_t now_ns)
{
	(void)now_ns;
	drop(data, "it does not answer");
}

struct agent_program *agent_program_create(struct loop *loop, int fd, uid_t uid,
					   void (*registered)(struct agent_program *, void *),
					   void (*dropped)(struct agent_program *, void *),
					   void *data)
{
	struct agent_program *program = mem_zalloc(sizeof(*program));

	program->loop = loop;
	program->fd = fd;
	program->uid = uid;
	program->last = &program->first;
	program->registered = registered;
	program->dropped = dropped;
	program->data = data;
	program->watch = loop_watch(loop, fd, WATCH_READ, ready, program);
	program->timer = loop_add_timer(loop, too_late, program);
	timer_arm(program->timer, clock_monotonic_ns() + REPLY_NS);
	return program;
}

void agent_program_destroy(struct agent_program *program)
{
	program->is_dropped = true;
	while (program->first)
		finish_request(program, NULL, 0);
	loop_unwatch(program->loop, program->watch);
	loop_remove_timer(program->loop, program->timer);
	fd_close(&program->fd);
	free(program->reply);
	free(program);
}

void agent_program_ask(struct agent_program *program, enum agent_command command,
		       struct text *bytes,
		       void (*done)(void *data, struct agent_program *program,
				    const unsigned char *reply, size_t reply_bytes),
		       void *data)
{
	struct agent_request *request = mem_zalloc(sizeof(*request));

	request->command = command;
	request->bytes = *bytes;
	*bytes = (struct text){0};
	request->done = done;
	request->data = data;
	*program->last = request;
	program->last = &request->next;
	if (program->first == request)
		send_some(program);
}
