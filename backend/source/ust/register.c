/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread ust-register: accepts connections, reads who they are, pairs an application's two
 * sockets, and sees applications hang up. It never waits for one: a connection whose message is
 * not complete is looked at again by a timer, and closed after a while. Setting up is the pool's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <lttng/ust-error.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/place.h"

#define HELLO_BYTES 136 /* registration message of ABI 8 and 9 */
#define PENDING_MAX                                                                                \
	256 /* connections that have not said who they are, or lack their other half               \
	     */
#define PENDING_NS_MAX	 (5 * NS_PER_S)
#define LOOK_AGAIN_NS	 (10 * NS_PER_MS)
#define NOTIFY_TIMEOUT_S 1

struct hello {
	enum lttng_ust_ctl_socket_type type;
	uint32_t major, minor;
	uint32_t pid, ppid, uid, gid;
	uint32_t long_bits;
	uint32_t align8, align16, align32, align64, align_long;
	int byte_order;
	char name[LTTNG_UST_ABI_PROCNAME_LEN + 1];
};

/* A connection that is not yet half of an application. */
struct pending {
	struct pending *next;
	struct ust_register *registration;
	int fd;
	struct watch *watch;
	uint64_t since_ns;
	bool has_said; /* hello is valid: waits for its other half */
	struct hello hello;
};

struct ust_register {
	struct ust_source *source;
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	struct watch *listen_watch;
	bool is_listening; /* false while there are no descriptors to be had */
	struct timer *timer;
	struct pending *pending;
	unsigned int pending_count;
	unsigned int app_count; /* whose hang-up is watched */
	bool is_stopping;
	int command_timeout_s;
	struct ust_repair *repair;
};

struct queue *ust_register_queue(struct ust_register *registration)
{
	return registration->queue;
}

struct ust_repair *ust_register_repair(struct ust_register *registration)
{
	return registration->repair;
}

static void set_timeout(int fd, int seconds)
{
	struct timeval timeout = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

/* --- applications */

static void end_if_empty(struct ust_register *registration)
{
	if (registration->is_stopping && registration->app_count == 0)
		loop_stop(registration->loop);
}

static void app_hung_up(void *data, unsigned int events)
{
	struct ust_app *app = data;
	struct ust_register *registration = app->source->registration;

	if (!(events & WATCH_HANGUP))
		return;
	loop_unwatch(registration->loop, app->hangup_watch);
	app->hangup_watch = NULL;
	registration->app_count--;
	ust_app_hung_up(app);
	ust_notify_remove(app->source->notify, app);
	ust_app_unref(app); /* the watch's */
	end_if_empty(registration);
}

static void fill_layout(struct ust_app *app, const struct hello *hello)
{
	struct ctf_layout own;

	ust_group_own_layout(&own);
	app->layout = (struct ctf_layout){
		.long_bits = hello->long_bits,
		.align16 = hello->align16,
		.align32 = hello->align32,
		.align64 = hello->align64,
		.align_long = hello->align_long,
		.is_big_endian = hello->byte_order == __ORDER_BIG_ENDIAN__,
	};
	/* The library makes rings of our own word size only. */
	app->is_native =
		hello->long_bits == own.long_bits && app->layout.is_big_endian == own.is_big_endian;
	if (!app->is_native)
		log_write(LOG_LEVEL_WARNING,
			  "application '%s' (process %d) is not recorded: it is a %u-bit program, "
			  "and this engine records %u-bit programs",
			  app->name, (int)app->pid, hello->long_bits, own.long_bits);
}

/* Both sockets pass. */
static void make_app(struct ust_register *registration, const struct hello *hello,
		     uint64_t accepted_at_ns, int command_fd, int notify_fd)
{
	struct ust_source *source = registration->source;
	struct ust_app *app = mem_zalloc(sizeof(*app));

	atomic_init(&app->references, 1);
	app->source = source;
	app->id = atomic_fetch_add_explicit(&source->next_app_id, 1, memory_order_relaxed) + 1;
	app->command_fd = command_fd;
	app->notify_fd = notify_fd;
	app->pid = (pid_t)hello->pid;
	app->ppid = (pid_t)hello->ppid;
	app->uid = hello->uid;
	app->gid = hello->gid;
	memcpy(app->name, hello->name, sizeof(app->name));
	app->accepted_at_ns = accepted_at_ns;
	app->registered_wall_ns = clock_wall_ns();
	app->strand = ust_strand_create(source->work);
	pthread_mutex_init(&app->route_lock, NULL);
	fill_layout(app, hello);
	set_timeout(notify_fd, NOTIFY_TIMEOUT_S);
	registration->app_count++;
	ust_notify_add(source->notify, app);
	ust_app_begin(app);
	/* The first reference is the watch's. */
	app->hangup_watch = loop_watch(registration->loop, command_fd, 0, app_hung_up, app);
}

/* --- connections */

/* Takes it out of the list; its descriptor is returned. */
static int take_pending(struct pending *pending)
{
	struct ust_register *registration = pending->registration;
	struct pending **link = &registration->pending;
	int fd = pending->fd;

	while (*link != pending)
		link = &(*link)->next;
	*link = pending->next;
	registration->pending_count--;
	loop_unwatch(registration->loop, pending->watch);
	free(pending);
	return fd;
}

static void close_pending(struct pending *pending)
{
	int fd = take_pending(pending);

	fd_close(&fd);
}

static struct pending *find_other_half(const struct pending *pending)
{
	struct pending *other = pending->registration->pending;

	while (other && !(other->has_said && other->hello.pid == pending->hello.pid &&
			  other->hello.type != pending->hello.type))
		other = other->next;
	return other;
}

static void pair(struct pending *pending)
{
	struct ust_register *registration = pending->registration;
	struct pending *other = find_other_half(pending);
	struct pending *command, *notify;
	uint64_t accepted_at_ns;
	struct hello hello;
	int command_fd, notify_fd;

	if (!other)
		return;
	command = pending->hello.type == LTTNG_UST_CTL_SOCKET_CMD ? pending : other;
	notify = command == pending ? other : pending;
	hello = command->hello;
	accepted_at_ns = command->since_ns;
	command_fd = take_pending(command);
	notify_fd = take_pending(notify);
	make_app(registration, &hello, accepted_at_ns, command_fd, notify_fd);
}

static void log_unknown(int fd, int code, const struct hello *hello)
{
	struct peer peer = {0};

	fd_peer(fd, &peer);
	if (code == -LTTNG_UST_ERR_UNSUP_MAJOR)
		log_write(LOG_LEVEL_WARNING,
			  "process %d is not traced: its LTTng-UST has ABI %u.%u, this engine's "
			  "liblttng-ust-ctl knows %d to %d; use the same series for both",
			  (int)peer.pid, hello->major, hello->minor,
			  LTTNG_UST_ABI_MAJOR_VERSION_OLDEST_COMPATIBLE,
			  LTTNG_UST_ABI_MAJOR_VERSION);
	else
		log_write(LOG_LEVEL_WARNING, "process %d is not traced: %s", (int)peer.pid,
			  ust_code_text(code));
}

static void receive_hello(struct pending *pending)
{
	struct hello *hello = &pending->hello;
	int code = lttng_ust_ctl_recv_reg_msg(pending->fd, &hello->type, &hello->major,
					      &hello->minor, &hello->pid, &hello->ppid, &hello->uid,
					      &hello->gid, &hello->long_bits, &hello->align8,
					      &hello->align16, &hello->align32, &hello->align64,
					      &hello->align_long, &hello->byte_order, hello->name);

	hello->name[LTTNG_UST_ABI_PROCNAME_LEN] = '\0';
	if (code < 0) {
		log_unknown(pending->fd, code, hello);
		close_pending(pending);
		return;
	}
	pending->has_said = true;
	/* Only its end matters until the other half is there. */
	loop_change_watch(pending->watch, 0);
	pair(pending);
}

static bool has_whole_hello(const struct pending *pending)
{
	int waiting = 0;

	return ioctl(pending->fd, FIONREAD, &waiting) == 0 && waiting >= HELLO_BYTES;
}

static void arm_timer(struct ust_register *registration)
{
	if (!timer_is_armed(registration->timer))
		timer_arm(registration->timer, loop_now_ns(registration->loop) + LOOK_AGAIN_NS);
}

static void pending_ready(void *data, unsigned int events)
{
	struct pending *pending = data;

	if (!pending->has_said && has_whole_hello(pending))
		receive_hello(pending);
	else if (events & WATCH_HANGUP)
		close_pending(pending);
	else
		loop_change_watch(pending->watch, 0); /* the timer looks again */
}

static void look_at_pending(struct ust_register *registration, uint64_t now_ns)
{
	struct pending *pending = registration->pending;

	while (pending) {
		struct pending *next = pending->next;

		if (now_ns - pending->since_ns > PENDING_NS_MAX && now_ns > pending->since_ns) {
			close_pending(pending);
		} else if (!pending->has_said && has_whole_hello(pending)) {
			receive_hello(pending);
			next = registration->pending; /* two may have gone */
		}
		pending = next;
	}
}

static void close_oldest(struct ust_register *registration)
{
	struct pending *oldest = registration->pending;

	while (oldest->next)
		oldest = oldest->next;
	close_pending(oldest);
}

static void add_pending(struct ust_register *registration, int fd)
{
	struct pending *pending;

	if (registration->pending_count == PENDING_MAX)
		close_oldest(registration);
	pending = mem_zalloc(sizeof(*pending));
	pending->registration = registration;
	pending->fd = fd;
	pending->since_ns = clock_monotonic_ns();
	set_timeout(fd, registration->command_timeout_s);
	pending->watch = loop_watch(registration->loop, fd, WATCH_READ, pending_ready, pending);
	pending->next = registration->pending;
	registration->pending = pending;
	registration->pending_count++;
	arm_timer(registration);
}

/* No descriptors: connections wait in the socket's queue until some are free again. */
static void pause_listening(struct ust_register *registration)
{
	log_write(LOG_LEVEL_WARNING,
		  "an application waits to be traced: too many open files (%s); raise the limit "
		  "(ulimit -n)",
		  strerror(errno));
	registration->is_listening = false;
	loop_change_watch(registration->listen_watch, 0);
	arm_timer(registration);
}

static void accept_ready(void *data, unsigned int events)
{
	struct ust_register *registration = data;
	int listen_fd = ust_place_fd(registration->source->place);
	int fd;

	(void)events;
	while ((fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		add_pending(registration, fd);
	if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
		pause_listening(registration);
}

static void look_again(void *data, uint64_t now_ns)
{
	struct ust_register *registration = data;

	look_at_pending(registration, now_ns);
	if (!registration->is_listening && !registration->is_stopping) {
		registration->is_listening = true;
		loop_change_watch(registration->listen_watch, WATCH_READ);
	}
	if (registration->pending)
		arm_timer(registration);
}

/* --- start and end */

static void register_run(void *data)
{
	struct ust_register *registration = data;

	registration->listen_watch =
		loop_watch(registration->loop, ust_place_fd(registration->source->place),
			   WATCH_READ, accept_ready, registration);
	registration->is_listening = true;
	loop_run(registration->loop);
}

/* lttng-sessiond(8), LTTNG_APP_SOCKET_TIMEOUT; -1 is no limit there, and a long one here. */
static int find_command_timeout(void)
{
	const char *text = getenv("LTTNG_APP_SOCKET_TIMEOUT");
	int seconds = text ? atoi(text) : 0;

	if (seconds < 0)
		return UST_COMMAND_TIMEOUT_S_MAX;
	return seconds == 0			     ? UST_COMMAND_TIMEOUT_S
	       : seconds > UST_COMMAND_TIMEOUT_S_MAX ? UST_COMMAND_TIMEOUT_S_MAX
						     : seconds;
}

struct ust_register *ust_register_create(struct ust_source *source)
{
	struct ust_register *registration = mem_zalloc(sizeof(*registration));

	registration->source = source;
	registration->command_timeout_s = find_command_timeout();
	registration->loop = loop_create();
	registration->queue = queue_create();
	loop_watch_queue(registration->loop, registration->queue);
	registration->timer = loop_add_timer(registration->loop, look_again, registration);
	registration->repair = ust_repair_create(source, registration->loop, registration->queue);
	return registration;
}

bool ust_register_start(struct ust_register *registration, struct error *err)
{
	registration->thread = thread_start("ust-register", register_run, registration, err);
	return registration->thread;
}

static bool wants_all(const struct ust_app *app, const void *data)
{
	(void)app;
	(void)data;
	return true;
}

static void stop(void *data)
{
	struct ust_register *registration = data;
	size_t count;
	struct ust_app **apps = ust_app_list(registration->source, wants_all, NULL, &count);

	registration->is_stopping = true;
	loop_unwatch(registration->loop, registration->listen_watch);
	registration->listen_watch = NULL;
	while (registration->pending)
		close_pending(registration->pending);
	for (size_t i = 0; i < count; i++) {
		ust_app_drop(apps[i]);
		ust_app_unref(apps[i]);
	}
	free(apps);
	end_if_empty(registration);
}

void ust_register_stop(struct ust_register *registration)
{
	if (!registration || !registration->thread)
		return;
	ust_send_call(registration->queue, stop, registration);
	thread_join(registration->thread);
	registration->thread = NULL;
}

void ust_register_destroy(struct ust_register *registration)
{
	if (!registration)
		return;
	queue_drain(registration->queue);
	ust_repair_destroy(registration->repair);
	loop_destroy(registration->loop);
	queue_destroy(registration->queue);
	free(registration);
}
