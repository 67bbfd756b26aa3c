/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See bell.h. */
#include "backend/source/native/bell.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/provider/lane.h"

#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010 /* Linux 5.1 */
#endif

enum { BELL_DOWN = 0, BELL_UP = 1, BELL_OVER = 2 };

struct native_bell {
	int fd;
	int event_fd;
	uint32_t *word; /* of struct lane_bell */
	struct thread *thread;
};

static void wake(const struct native_bell *bell)
{
	syscall(SYS_futex, bell->word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void change(struct native_bell *bell, uint32_t value)
{
	__atomic_store_n(bell->word, value, __ATOMIC_SEQ_CST);
	wake(bell);
}

/* Sleeps on whatever the word is. Who wakes it without having changed the word is an application.
 */
static void run(void *data)
{
	struct native_bell *bell = data;
	uint32_t seen;

	while ((seen = __atomic_load_n(bell->word, __ATOMIC_SEQ_CST)) != BELL_OVER) {
		uint32_t up = BELL_UP;

		if (syscall(SYS_futex, bell->word, FUTEX_WAIT, seen, NULL, NULL, 0) != 0 ||
		    seen != BELL_UP)
			continue;
		if (__atomic_compare_exchange_n(bell->word, &up, BELL_DOWN, false, __ATOMIC_SEQ_CST,
						__ATOMIC_RELAXED))
			fd_signal(bell->event_fd);
	}
}

/* Nobody but us can write there, though all get the descriptor. */
static bool make_page(struct native_bell *bell)
{
	size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *at;

	bell->fd = memfd_create("tracon-bell", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (bell->fd < 0 || ftruncate(bell->fd, (off_t)bytes) != 0)
		return false;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, bell->fd, 0);
	if (at == MAP_FAILED)
		return false;
	bell->word = &((struct lane_bell *)at)->is_wanted;
	return fcntl(bell->fd, F_ADD_SEALS,
		     F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
}

struct native_bell *native_bell_create(void)
{
	struct native_bell *bell = mem_zalloc(sizeof(*bell));
	struct error err = ERROR_INIT;

	bell->fd = -1;
	bell->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell->event_fd >= 0 && make_page(bell))
		bell->thread = thread_start("native-bell", run, bell, &err);
	if (bell->thread)
		return bell;
	native_bell_destroy(bell);
	return NULL;
}

void native_bell_destroy(struct native_bell *bell)
{
	if (!bell)
		return;
	if (bell->thread)
		change(bell, BELL_OVER);
	thread_join(bell->thread);
	if (bell->word)
		munmap(bell->word, (size_t)sysconf(_SC_PAGESIZE));
	fd_close(&bell->fd);
	fd_close(&bell->event_fd);
	free(bell);
}

int native_bell_page_fd(const struct native_bell *bell)
{
	return bell ? bell->fd : -1;
}

int native_bell_event_fd(const struct native_bell *bell)
{
	return bell->event_fd;
}

bool native_bell_is_up(const struct native_bell *bell)
{
	return __atomic_load_n(bell->word, __ATOMIC_RELAXED) == BELL_UP;
}

void native_bell_raise(struct native_bell *bell)
{
	change(bell, BELL_UP);
}

void native_bell_lower(struct native_bell *bell)
{
	if (native_bell_is_up(bell))
		change(bell, BELL_DOWN);
}
