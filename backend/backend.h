/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The backend as the console sees it: start it, submit commands, acquire pictures, stop it. It runs
 * its own threads (control, consumers, applications) and never calls the terminal.
 */
#ifndef TRACON_BACKEND_H
#define TRACON_BACKEND_H

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "backend/control/request.h"
#include "backend/model/picture.h"

struct backend;
struct points;
struct tap;

struct backend_settings {
	const struct places *places; /* must outlive the backend */
	bool has_socket;	     /* false: --no-daemon, nobody else can talk to it */
	const char *group;	     /* whose members may use root's engine; NULL: tracing */
	/*
	 * A terminal connected (hello with ROLE_OF_TERMINAL, credentials checked). The connection
	 * passes to the callee, which reads the rest of its messages itself. Control thread.
	 */
	void (*terminal)(void *data, int connection, const struct requester *who);
	/* A new picture was published. Any thread; must be short (writes an eventfd). May be NULL.
	 */
	void (*published)(void *data);
	/*
	 * Somebody gave the command `detach`: the attached terminal is to be released. False: there
	 * was none. Control thread, returns at once. NULL: there never is one.
	 */
	bool (*detach)(void *data);
	/* The backend wants its process to end (quit, idle for 10 minutes). Control thread. */
	void (*wants_end)(void *data);
	void *data;
};

/* Opens the control socket, starts the sources and threads. NULL: nothing was left behind. */
struct backend *backend_start(const struct backend_settings *settings, struct error *err);
/* Ends in order: sessions stopped, flushed and closed; sockets removed. Blocks (seconds at most).
 * NULL passes. */
void backend_stop(struct backend *backend);

/* Takes the request; its answer sink is called on the control thread. Any thread. */
void backend_submit(struct backend *backend, struct request *request);

/*
 * Between acquire and release the picture stays; at most a frame's time. Threads of base/thread.h,
 * or registered with rcu_thread_begin(). Never NULL: empty before the first one.
 */
const struct picture *backend_picture_acquire(struct backend *backend);
void backend_picture_release(struct backend *backend);
/* The newest, to be kept for as long as one likes, but not beyond the backend. Likewise. */
const struct picture *backend_picture_hold(struct backend *backend);
void backend_picture_let_go(struct backend *backend, const struct picture *picture);

/*
 * Somebody looks (a terminal is attached) with this interval between ticks; 0: nobody. session_ids:
 * whose events are on screen. Any thread.
 */
void backend_watch(struct backend *backend, uint64_t interval_ns, const uint64_t *session_ids,
		   size_t count);
/*
 * Histories of pictures are of samples this long: 1 (as at the beginning), 10 or 60 seconds. All
 * three are kept, a picture with the others follows at once. Any thread.
 */
void backend_set_window(struct backend *backend, unsigned int sample_seconds);

/*
 * What could be traced, gathered again when applications come and go while somebody wants it.
 * `changed` of backend_settings' published tells when there is a new one. Any thread.
 */
void backend_want_points(struct backend *backend, bool is_wanted);
/* A reference, or NULL before the first time. */
const struct points *backend_points_take(struct backend *backend);

/*
 * Packets of this session's streams, those that come later too, are offered to the tap, until
 * session_id 0 or tap NULL. One tap at a time. `done` on the control thread when the former tap is
 * touched no more; may be NULL. A tap is counted: its owner may go at any time. Any thread.
 */
void backend_tap(struct backend *backend, uint64_t session_id, struct tap *tap,
		 void (*done)(void *data), void *data);

/* Losses of the session are seen: no longer red until the next one. 0: all. Any thread. */
void backend_acknowledge_losses(struct backend *backend, uint64_t session_id);

/* The files of the archived chunk at that path were deleted: pictures show it no more. Any thread.
 */
void backend_forget_chunk(struct backend *backend, const char *path);

#endif
