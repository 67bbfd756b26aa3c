/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes from the other end of a logging agent's connection, in pieces of any size, while it is
 * told rules and asked for its loggers: it is served or dropped, every request is done exactly
 * once, and a list has only what fits. Input: a byte that says what is asked, one with the size of
 * the pieces, then what the agent sends.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/agent/agent_listing.h"
#include "backend/source/agent/agent_program.h"
#include "backend/source/source.h"
#include "tests/fuzz/fuzz.h"

#define ASK_COUNT_MAX 3

struct talk {
	struct loop *loop;
	struct queue *queue;
	struct agent_program *program;
	int fd; /* the agent's end */
	unsigned int wishes;
	unsigned int done_count;
	unsigned int asked_count;
	bool is_dropped;
};

static void told(void *data, struct agent_program *program, const unsigned char *reply,
		 size_t reply_bytes)
{
	struct talk *talk = data;

	(void)program;
	assert(!reply || reply_bytes == AGENT_REPLY_BYTES);
	talk->done_count++;
}

static void registered(struct agent_program *program, void *data)
{
	struct talk *talk = data;
	struct text bytes = {0};

	assert(program->domain >= AGENT_JUL && program->domain <= AGENT_LOG4J2);
	for (unsigned int i = 0; i < talk->wishes % ASK_COUNT_MAX; i++) {
		agent_write_enable(&bytes, 3, AGENT_LEVEL_AT_LEAST, "my.*", NULL);
		talk->asked_count++;
		agent_program_ask(program, AGENT_ENABLE, &bytes, told, talk);
	}
	agent_write_plain(&bytes, AGENT_REGISTERED);
	agent_program_ask(program, AGENT_REGISTERED, &bytes, NULL, NULL);
}

static void dropped(struct agent_program *program, void *data)
{
	(void)program;
	((struct talk *)data)->is_dropped = true;
}

/* What it was told is taken off the connection; how it reacts is in the input. */
static void read_all(const struct talk *talk)
{
	char bytes[4096];

	while (recv(talk->fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
}

static void send_all(struct talk *talk, const uint8_t *bytes, size_t length, size_t piece)
{
	while (length > 0 && !talk->is_dropped) {
		size_t now = length < piece ? length : piece;

		if (send(talk->fd, bytes, now, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			return;
		bytes += now;
		length -= now;
		loop_wait(talk->loop, 0);
		read_all(talk);
	}
}

static void listed(struct message *message)
{
	(void)message;
}

static void check_list(const struct point_list *list)
{
	for (size_t i = 0; i < list->group_count; i++)
		for (size_t j = 0; j < list->groups[i].point_count; j++)
			assert(list->groups[i].points[j].name[0] != '\0');
}

static void talk_to(struct talk *talk, const uint8_t *bytes, size_t length, size_t piece)
{
	const size_t hello = length < AGENT_REGISTER_BYTES ? length : AGENT_REGISTER_BYTES;
	struct point_list list = {0};
	struct agent_listing *listing;
	struct task task;

	task_init(&task, talk->queue, listed);
	task_add(&task);
	listing = agent_listing_create(&list, &task);
	send_all(talk, bytes, hello, piece);
	if (talk->program->is_registered && !talk->is_dropped && (talk->wishes & 16))
		agent_listing_ask(listing, talk->program);
	send_all(talk, bytes + hello, length - hello, piece);
	close(talk->fd);
	for (int i = 0; i < 8 && !talk->is_dropped; i++)
		loop_wait(talk->loop, 0);
	agent_program_destroy(talk->program);
	agent_listing_done(listing);
	queue_drain(talk->queue);
	assert(talk->done_count == talk->asked_count);
	check_list(&list);
	point_list_finish(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct talk talk = {0};
	int fds[2];

	if (length < 2 || length > 65536 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return 0;
	talk.loop = loop_create();
	talk.queue = queue_create();
	talk.wishes = bytes[0];
	talk.fd = fds[0];
	talk.program =
		agent_program_create(talk.loop, fds[1], getuid(), registered, dropped, &talk);
	talk_to(&talk, bytes + 2, length - 2, bytes[1] ? bytes[1] : SIZE_MAX);
	loop_destroy(talk.loop);
	queue_destroy(talk.queue);
	return 0;
}
