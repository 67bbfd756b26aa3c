/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Each holder's connection is a peer; one of them is shown. What comes from other threads crosses
 * by message to the loop.
 */
#include "console/attach.h"

#include <errno.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/control/reply.h"
#include "console/console.h"
#include "console/stray.h"
#include "console/terminal.h"

struct peer_terminal {
	struct attach *attach;
	struct peer_terminal *next;
	int connection;
	struct watch *watch;
	pid_t pid;
	uid_t uid;
};

/* Messages that are sent again and again: on their way while `is_sent`. */
struct poke {
	struct message message;
	struct attach *attach;
	atomic_bool is_sent; /* set by the sender, cleared by the loop before it looks */
};

struct attach {
	struct loop *loop;
	struct queue *queue;
	struct console *console;
	struct stray *stray;
	struct peer_terminal *peers;
	struct peer_terminal *shown; /* one of the peers, or NULL */
	char *last_words;	     /* for who is still attached at the end */
	bool has_begun;
	bool is_over;
	struct poke published;
	struct poke detach;
	atomic_bool has_terminal; /* for attach_detach(), which must answer at once */
};

/* ---- peers ---- */

static void peer_close(struct peer_terminal *peer)
{
	struct attach *attach = peer->attach;
	struct peer_terminal **link = &attach->peers;

	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	if (attach->shown == peer) {
		attach->shown = NULL;
		atomic_store(&attach->has_terminal, false);
	}
	loop_unwatch(attach->loop, peer->watch);
	fd_close(&peer->connection);
	free(peer);
}

/* The holder prints text and ends. A holder that doesn't read loses it. */
static void peer_dismiss(struct peer_terminal *peer, int status, const char *text)
{
	char message[sizeof(struct terminal_quit) + TERMINAL_TEXT_MAX];
	struct terminal_quit quit = {.kind = TERMINAL_QUIT, .status = status};
	size_t length = strnlen(text, TERMINAL_TEXT_MAX);

	memcpy(message, &quit, sizeof(quit));
	memcpy(message + sizeof(quit), text, length);
	fd_send(peer->connection, message, sizeof(quit) + length, NULL, 0);
	peer_close(peer);
}

static void dismiss_shown(struct attach *attach, const char *text)
{
	console_close(attach->console, false);
	peer_dismiss(attach->shown, STATUS_OK, text);
}

static void name_of_user(uid_t uid, char *out, size_t room)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char strings[4096];

	if (getpwuid_r(uid, &entry, strings, sizeof(strings), &found) == 0 && found)
		snprintf(out, room, "%s", found->pw_name);
	else
		snprintf(out, room, "user %u", (unsigned int)uid);
}

static void take_over(struct attach *attach, const struct peer_terminal *newcomer)
{
	char name[64];
	char *text;

	if (!attach->shown)
		return;
	name_of_user(newcomer->uid, name, sizeof(name));
	text = mem_printf("taken over by %s in another terminal (process %d)", name,
			  (int)newcomer->pid);
	dismiss_shown(attach, text);
	free(text);
}

static char *directory_of(pid_t pid)
{
	char link[64];
	char path[4096];
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/%d/cwd", (int)pid);
	length = readlink(link, path, sizeof(path) - 1);
	return mem_strndup(path, length > 0 ? (size_t)length : 0);
}

/* The full screen of an engine is its owner's. */
static bool may_attach(const struct peer_terminal *peer)
{
	return peer->uid == geteuid() || peer->uid == 0;
}

static void show(struct peer_terminal *peer, struct terminal_here *here, int *fds, size_t fd_count)
{
	struct attach *attach = peer->attach;
	struct error err = ERROR_INIT;
	char *directory = directory_of(peer->pid);
	struct console_terminal terminal = {
		.input = fds[0],
		.output = fd_count > 1 ? fds[1] : fds[0],
		.rows = (int)(here->rows & 0xffff),
		.columns = (int)(here->columns & 0xffff),
		.is_mono = here->flags & TERMINAL_MONO,
		.is_utf8 = here->flags & TERMINAL_UTF8,
		.term = here->term,
		.directory = directory,
	};

	here->term[sizeof(here->term) - 1] = '\0';
	take_over(attach, peer);
	if (console_open(attach->console, &terminal, &err)) {
		attach->shown = peer;
		atomic_store(&attach->has_terminal, true);
	} else {
		peer_dismiss(peer, STATUS_ERROR, err.message);
	}
	free(directory);
}

static void close_all(int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fd_close(&fds[i]);
}

static void take_terminal(struct peer_terminal *peer, const char *bytes, size_t length, int *fds,
			  size_t fd_count)
{
	struct terminal_here here;

	if (length != sizeof(here) || fd_count < 1 || fd_count > 2 || peer->attach->shown == peer) {
		close_all(fds, fd_count);
		peer_close(peer);
		return;
	}
	if (!may_attach(peer)) {
		close_all(fds, fd_count);
		peer_dismiss(peer, STATUS_ERROR,
			     "the screen of this engine is its owner's; tracon --line works");
		return;
	}
	memcpy(&here, bytes, sizeof(here));
	show(peer, &here, fds, fd_count);
}

static void take_size(struct peer_terminal *peer, const char *bytes, size_t length)
{
	struct console *console = peer->attach->console;
	struct terminal_size size;
	int rows;
	int columns;

	if (length != sizeof(size) || peer->attach->shown != peer)
		return;
	memcpy(&size, bytes, sizeof(size));
	rows = (int)(size.rows & 0xffff);
	columns = (int)(size.columns & 0xffff);
	switch ((enum terminal_kind)size.kind) {
	case TERMINAL_SIZE:
		console_resize(console, rows, columns);
		break;
	case TERMINAL_CONTINUE:
		console_continue(console, rows, columns);
		break;
	case TERMINAL_STOP:
		console_suspend(console);
		break;
	case TERMINAL_LEAVE:
		dismiss_shown(peer->attach, "detached; tracing goes on, tracon comes back to it");
		break;
	case TERMINAL_HERE:
	case TERMINAL_SUSPEND:
	case TERMINAL_QUIT:
		break;
	}
}

static void lose(struct attach *attach)
{
	if (!attach->shown)
		return;
	console_close(attach->console, true);
	peer_close(attach->shown);
	log_write(LOG_LEVEL_INFO, "detached: the terminal was lost");
	if (console_wants_quit_on_hangup(attach->console))
		console_quit(attach->console);
}

static void peer_ready(void *data, unsigned int events)
{
	struct peer_terminal *peer = data;
	char message[sizeof(struct terminal_here)];
	int fds[FD_PASS_MAX];
	size_t fd_count = 0;
	uint32_t kind;
	ssize_t length = fd_receive(peer->connection, message, sizeof(message), fds, &fd_count);

	(void)events;
	if (length < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (length < (ssize_t)sizeof(kind)) {
		close_all(fds, fd_count);
		if (peer->attach->shown == peer)
			lose(peer->attach);
		else
			peer_close(peer);
		return;
	}
	memcpy(&kind, message, sizeof(kind));
	if (kind == TERMINAL_HERE) {
		take_terminal(peer, message, (size_t)length, fds, fd_count);
		return;
	}
	close_all(fds, fd_count);
	take_size(peer, message, (size_t)length);
}

/* ---- the console's wishes ---- */

static void suspend_holder(void *data)
{
	struct attach *attach = data;
	uint32_t kind = TERMINAL_SUSPEND;

	if (attach->shown)
		fd_send(attach->shown->connection, &kind, sizeof(kind), NULL, 0);
}

static void release_holder(void *data, const char *text)
{
	struct attach *attach = data;

	if (attach->shown)
		dismiss_shown(attach, text);
}

static void lose_holder(void *data)
{
	lose(data);
}

/* ---- from other threads ---- */

struct arrival {
	struct message message;
	struct attach *attach;
	int connection;
	pid_t pid;
	uid_t uid;
};

static void arrive(struct message *message)
{
	struct arrival *arrival = CONTAINER_OF(message, struct arrival, message);
	struct attach *attach = arrival->attach;
	struct peer_terminal *peer = mem_zalloc(sizeof(*peer));

	peer->attach = attach;
	peer->connection = arrival->connection;
	peer->pid = arrival->pid;
	peer->uid = arrival->uid;
	free(arrival);
	if (attach->is_over) {
		fd_close(&peer->connection);
		free(peer);
		return;
	}
	peer->next = attach->peers;
	attach->peers = peer;
	fd_set_nonblocking(peer->connection);
	peer->watch = loop_watch(attach->loop, peer->connection, WATCH_READ, peer_ready, peer);
}

void attach_terminal(void *data, int connection, const struct requester *who)
{
	struct attach *attach = data;
	struct arrival *arrival = mem_zalloc(sizeof(*arrival));

	arrival->message.run = arrive;
	arrival->attach = attach;
	arrival->connection = connection;
	arrival->pid = who->pid;
	arrival->uid = who->uid;
	queue_send(attach->queue, &arrival->message);
}

static void poke(struct poke *poke)
{
	if (!atomic_exchange(&poke->is_sent, true))
		queue_send(poke->attach->queue, &poke->message);
}

static void take_published(struct message *message)
{
	struct poke *sent = CONTAINER_OF(message, struct poke, message);

	atomic_store(&sent->is_sent, false);
	if (!sent->attach->is_over)
		console_note_picture(sent->attach->console);
}

void attach_published(void *data)
{
	struct attach *attach = data;

	/* Without a terminal nobody has to wake up for it. */
	if (atomic_load(&attach->has_terminal))
		poke(&attach->published);
}

static void take_detach(struct message *message)
{
	struct poke *sent = CONTAINER_OF(message, struct poke, message);

	atomic_store(&sent->is_sent, false);
	release_holder(sent->attach, "detached; tracing goes on, tracon comes back to it");
}

bool attach_detach(void *data)
{
	struct attach *attach = data;

	if (!atomic_load(&attach->has_terminal))
		return false;
	poke(&attach->detach);
	return true;
}

/* ---- life ---- */

/* An engine in the background: what libraries print would be lost. */
static bool has_no_stderr(void)
{
	struct stat status;

	return fstat(STDERR_FILENO, &status) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(1, 3);
}

struct attach *attach_create(struct loop *loop, const struct places *places)
{
	struct attach *attach = mem_zalloc(sizeof(*attach));
	const struct console_host host = {
		.suspend = suspend_holder,
		.release = release_holder,
		.lost = lose_holder,
		.can_detach = true,
		.data = attach,
	};

	attach->loop = loop;
	attach->queue = queue_create();
	attach->published.attach = attach;
	attach->published.message.run = take_published;
	attach->detach.attach = attach;
	attach->detach.message.run = take_detach;
	attach->console = console_create(loop, places, &host);
	if (has_no_stderr())
		attach->stray = stray_catch(loop);
	return attach;
}

void attach_begin(struct attach *attach, struct backend *backend, const char *config)
{
	console_begin(attach->console, backend, config);
	/* Whoever came in the meantime waits in the queue. */
	loop_watch_queue(attach->loop, attach->queue);
	attach->has_begun = true;
}

void attach_end(struct attach *attach, const char *sentence)
{
	attach->is_over = true;
	attach->last_words = sentence ? mem_strdup(sentence) : NULL;
	console_close(attach->console, false);
	console_end(attach->console);
	atomic_store(&attach->has_terminal, false);
}

void attach_destroy(struct attach *attach)
{
	if (!attach)
		return;
	attach->is_over = true;
	queue_drain(attach->queue);
	while (attach->peers)
		peer_dismiss(attach->peers, STATUS_OK,
			     attach->last_words ? attach->last_words : "");
	if (attach->has_begun)
		loop_unwatch_queue(attach->loop, attach->queue);
	queue_destroy(attach->queue);
	stray_release(attach->stray);
	console_destroy(attach->console);
	free(attach->last_words);
	free(attach);
}
