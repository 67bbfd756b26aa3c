/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Knows the providers of this process, and keeps the connection: in the caller's thread while
 * providers are registered (a console that listens is answered within a bounded time, so that short
 * programs are recorded), then in a thread of the library's own, then again after fork().
 */
#include "provider.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

enum {
	START_WAIT_MS = 200,  /* at most, for all providers of a process */
	LOOK_AGAIN_MS = 2000, /* for a console, if no directory tells */
	HELPER_STACK_BYTES = 128 * 1024,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* What follows is under the lock. */
static struct provider_list providers;
static int start_wait_ms = START_WAIT_MS;
static bool is_started;
static bool is_off;
static bool may_have_thread = true;
static bool has_thread;

static uint64_t now_ms(void)
{
	return tracon_monotonic() / 1000000;
}

/* --- The library's thread
 * ------------------------------------------------------------------------- */

/* Tells of sockets that appear in the directories of consoles, or of those directories. */
static int watch_places(void)
{
	char paths[2][108];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	int count = link_places(paths);

	for (int i = 0; fd >= 0 && i < count; i++) {
		char *slash = strrchr(paths[i], '/');

		*slash = '\0';
		if (inotify_add_watch(fd, paths[i], IN_CREATE | IN_MOVED_TO | IN_ATTRIB) >= 0)
			continue;
		slash = strrchr(paths[i], '/');
		slash[slash == paths[i]] = '\0';
		inotify_add_watch(fd, paths[i], IN_CREATE | IN_MOVED_TO | IN_ATTRIB);
	}
	return fd;
}

/* Waits for something to do. It owns the inotify descriptor only while it waits. */
static void helper_wait(int fd, bool wants_to_send)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};
	int timeout_ms = -1;

	if (fd >= 0 && wants_to_send) {
		polled.events = POLLIN | POLLOUT;
	} else if (fd < 0) {
		polled.fd = watch_places();
		timeout_ms = LOOK_AGAIN_MS;
	}
	poll(&polled, 1, timeout_ms);
	if (fd < 0 && polled.fd >= 0)
		close(polled.fd);
}

static void *helper(void *unused)
{
	(void)unused;
	for (;;) {
		bool wants_to_send;
		int fd;

		pthread_mutex_lock(&lock);
		if (link_fd() >= 0 || link_connect())
			link_step(&providers);
		attachment_reap();
		fd = link_fd();
		wants_to_send = link_wants_to_send(&providers);
		pthread_mutex_unlock(&lock);
		helper_wait(fd, wants_to_send);
	}
	return NULL;
}

/* Under the lock. The thread takes no signal that the program waits for. */
static void helper_start(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	struct signals old;

	if (has_thread || !may_have_thread || pthread_attr_init(&attributes) != 0)
		return;
	pthread_attr_setstacksize(&attributes, HELPER_STACK_BYTES);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	signals_block(&old);
	has_thread = pthread_create(&thread, &attributes, helper, NULL) == 0;
	signals_restore(&old);
	pthread_attr_destroy(&attributes);
}

/* --- fork()
 * ----------------------------------------------------------------------------------------- */

static void before_fork(void)
{
	pthread_mutex_lock(&lock);
}

static void after_fork_in_parent(void)
{
	pthread_mutex_unlock(&lock);
}

/* The child has its own flags, connection and lanes, or none. */
static void after_fork_in_child(void)
{
	bool had_thread = has_thread;

	for (struct tracon_provider *at = providers.first; at; at = at->next) {
		if (at->state == PROVIDER_READY)
			flags_clear(at);
		at->state = PROVIDER_NEW;
		memset(at->progress, 0, sizeof(at->progress));
	}
	link_forget();
	attachment_forget();
	has_thread = false;
	pthread_mutex_init(&lock, NULL);
	if (had_thread)
		helper_start();
}

/* --- Providers
 * -------------------------------------------------------------------------------------- */

static void read_environment(void)
{
	const char *value = getauxval(AT_SECURE) ? NULL : getenv("TRACON_PROVIDER");

	is_off = value && strcmp(value, "off") == 0;
	if ((value && strcmp(value, "poll") == 0) ||
	    (&tracon_forbid_thread && tracon_forbid_thread))
		may_have_thread = false;
}

/* Under the lock. */
static void library_start(void)
{
	if (is_started)
		return;
	is_started = true;
	read_environment();
	if (is_off)
		return;
	thread_start_library();
	pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

static bool is_sound(const struct tracon_provider *provider)
{
	if (provider->abi != TRACON_ABI || provider->event_count > LANE_FLAGS_MAX ||
	    provider->event_count > provider->flag_bytes)
		return false;
	for (uint32_t i = 0; i < provider->event_count; i++)
		if (provider->events[i].field_count > 64)
			return false;
	return true;
}

/* Waits until a console that is there knows the provider, not longer than is left of the time. */
static void wait_ready(const struct tracon_provider *provider)
{
	uint64_t begin_ms = now_ms();

	for (;;) {
		struct pollfd polled = {.events = POLLIN};
		int used_ms;
		bool is_waiting;

		pthread_mutex_lock(&lock);
		used_ms = (int)(now_ms() - begin_ms);
		is_waiting =
			link_fd() >= 0 && link_step(&providers) &&
			(provider->state == PROVIDER_NEW || provider->state == PROVIDER_TOLD) &&
			used_ms < start_wait_ms;
		if (!is_waiting)
			start_wait_ms -= used_ms < start_wait_ms ? used_ms : start_wait_ms;
		polled.fd = link_fd();
		pthread_mutex_unlock(&lock);
		if (!is_waiting)
			return;
		poll(&polled, 1, 5);
	}
}

void tracon_provider_register(struct tracon_provider *provider)
{
	int saved_errno = errno;

	pthread_mutex_lock(&lock);
	library_start();
	if (is_off || !is_sound(provider)) {
		pthread_mutex_unlock(&lock);
		errno = saved_errno;
		return;
	}
	provider->number = ++providers.next_number;
	provider->state = PROVIDER_NEW;
	memset(provider->progress, 0, sizeof(provider->progress));
	provider->next = providers.first;
	providers.first = provider;
	if (link_fd() < 0)
		link_connect();
	pthread_mutex_unlock(&lock);

	wait_ready(provider);
	pthread_mutex_lock(&lock);
	helper_start();
	pthread_mutex_unlock(&lock);
	errno = saved_errno;
}

/* Its flags may lie in memory that is unmapped next. */
void tracon_provider_unregister(struct tracon_provider *provider)
{
	struct tracon_provider **at;

	pthread_mutex_lock(&lock);
	for (at = &providers.first; *at && *at != provider; at = &(*at)->next)
		;
	if (*at) {
		*at = provider->next;
		link_provider_gone(provider);
		if (provider->state == PROVIDER_READY)
			flags_clear(provider);
		provider->state = PROVIDER_NEW;
	}
	pthread_mutex_unlock(&lock);
}

bool tracon_poll(void)
{
	int saved_errno = errno;
	bool is_connected;

	if (pthread_mutex_trylock(&lock) != 0)
		return __atomic_load_n(&attachment_current, __ATOMIC_RELAXED) != NULL;
	if (is_started && !is_off && (link_fd() >= 0 || link_connect()))
		link_step(&providers);
	attachment_reap();
	is_connected = attachment_current != NULL;
	pthread_mutex_unlock(&lock);
	errno = saved_errno;
	return is_connected;
}

int tracon_poll_fd(void)
{
	int fd;

	pthread_mutex_lock(&lock);
	fd = link_fd();
	pthread_mutex_unlock(&lock);
	return fd;
}
