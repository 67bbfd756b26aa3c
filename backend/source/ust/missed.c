/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One counter of liblttng-ust-ctl per user, so that nobody writes into another's numbers. Its
 * memory can't be shrunk by who is given it.
 */
#include "backend/source/ust/missed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

struct user_counter {
	struct user_counter *next;
	uid_t uid;
	struct lttng_ust_ctl_daemon_counter *counter;
	int *fds; /* of each CPU's part: the library uses them and never closes them */
};

struct missed {
	pthread_mutex_t lock; /* a leaf */
	struct user_counter *users;
	bool is_taken[MISSED_SLOT_COUNT];
};

struct missed *missed_create(void)
{
	struct missed *missed = mem_zalloc(sizeof(*missed));

	pthread_mutex_init(&missed->lock, NULL);
	missed->is_taken[MISSED_SLOT_NONE] = true;
	return missed;
}

static unsigned int cpu_count(void)
{
	int count = lttng_ust_ctl_get_nr_cpu_per_counter();

	return count > 0 ? (unsigned int)count : 1;
}

static void free_user(struct user_counter *user)
{
	if (user->counter)
		lttng_ust_ctl_destroy_counter(user->counter);
	for (unsigned int i = 0; i < cpu_count(); i++)
		fd_close(&user->fds[i]);
	free(user->fds);
	free(user);
}

void missed_destroy(struct missed *missed)
{
	if (!missed)
		return;
	while (missed->users) {
		struct user_counter *user = missed->users;

		missed->users = user->next;
		free_user(user);
	}
	pthread_mutex_destroy(&missed->lock);
	free(missed);
}

/* --- slots */

uint32_t missed_take_slot(struct missed *missed)
{
	uint32_t slot = 1;

	pthread_mutex_lock(&missed->lock);
	while (slot < MISSED_SLOT_COUNT && missed->is_taken[slot])
		slot++;
	if (slot < MISSED_SLOT_COUNT) {
		const size_t index = slot;

		missed->is_taken[slot] = true;
		for (struct user_counter *user = missed->users; user; user = user->next)
			lttng_ust_ctl_counter_clear(user->counter, &index);
	}
	pthread_mutex_unlock(&missed->lock);
	return slot < MISSED_SLOT_COUNT ? slot : MISSED_SLOT_NONE;
}

void missed_give_slot(struct missed *missed, uint32_t slot)
{
	pthread_mutex_lock(&missed->lock);
	if (slot != MISSED_SLOT_NONE)
		missed->is_taken[slot] = false;
	pthread_mutex_unlock(&missed->lock);
}

/* Applications may have written any number. */
uint64_t missed_read(struct missed *missed, uint32_t slot)
{
	const size_t index = slot;
	uint64_t sum = 0;

	if (slot == MISSED_SLOT_NONE)
		return 0;
	pthread_mutex_lock(&missed->lock);
	for (struct user_counter *user = missed->users; user; user = user->next) {
		bool is_over, is_under;
		int64_t value = 0;

		if (lttng_ust_ctl_counter_aggregate(user->counter, &index, &value, &is_over,
						    &is_under) == 0 &&
		    value > 0)
			sum += (uint64_t)value;
	}
	pthread_mutex_unlock(&missed->lock);
	return sum;
}

/* --- memory */

static bool make_memory(struct user_counter *user, struct error *err)
{
	for (unsigned int i = 0; i < cpu_count(); i++) {
		user->fds[i] = memfd_create("tracon-ust-missed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (user->fds[i] < 0)
			return error_set_errno(err, errno, "cannot make shared memory");
	}
	return true;
}

static bool make_counter(struct user_counter *user, struct error *err)
{
	const struct lttng_ust_ctl_counter_dimension slots = {.size = MISSED_SLOT_COUNT};

	user->counter = lttng_ust_ctl_create_counter(1, &slots, 0, -1, (int)cpu_count(), user->fds,
						     LTTNG_UST_CTL_COUNTER_BITNESS_64,
						     LTTNG_UST_CTL_COUNTER_ARITHMETIC_MODULAR,
						     LTTNG_UST_CTL_COUNTER_ALLOC_PER_CPU, false);
	if (!user->counter)
		return error_set(err, ERROR_NO_SPACE, "no memory for a counter");
	for (unsigned int i = 0; i < cpu_count(); i++)
		if (fcntl(user->fds[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
			return error_set_errno(err, errno, "cannot fix the size of shared memory");
	return true;
}

static struct user_counter *make_user(uid_t uid, struct error *err)
{
	struct user_counter *user = mem_zalloc(sizeof(*user));

	user->uid = uid;
	user->fds = mem_realloc_array(NULL, cpu_count(), sizeof(*user->fds));
	memset(user->fds, 0xff, cpu_count() * sizeof(*user->fds)); /* all -1 */
	if (make_memory(user, err) && make_counter(user, err))
		return user;
	free_user(user);
	return NULL;
}

struct lttng_ust_ctl_daemon_counter *missed_counter(struct missed *missed, uid_t uid,
						    struct error *err)
{
	struct user_counter *user;

	pthread_mutex_lock(&missed->lock);
	user = missed->users;
	while (user && user->uid != uid)
		user = user->next;
	if (!user) {
		user = make_user(uid, err);
		if (user) {
			user->next = missed->users;
			missed->users = user;
		}
	}
	pthread_mutex_unlock(&missed->lock);
	return user ? user->counter : NULL;
}

/* The parts' descriptors are the counter's: they are not released with what describes them. */
static int send_part(struct lttng_ust_ctl_daemon_counter *counter, int command_fd,
		     struct lttng_ust_abi_object_data *whole, int cpu)
{
	struct lttng_ust_abi_object_data *part = NULL;
	int code = lttng_ust_ctl_create_counter_cpu_data(counter, cpu, &part);

	if (code == 0)
		code = lttng_ust_ctl_send_counter_cpu_data_to_ust(command_fd, whole, part);
	free(part);
	return code;
}

int missed_send(struct lttng_ust_ctl_daemon_counter *counter, int command_fd, int group_handle)
{
	struct lttng_ust_abi_object_data *whole = NULL;
	int code = lttng_ust_ctl_create_counter_data(counter, &whole);

	if (code < 0)
		return code;
	code = lttng_ust_ctl_send_counter_data_to_ust(command_fd, group_handle, whole);
	for (unsigned int i = 0; i < cpu_count() && code == 0; i++)
		code = send_part(counter, command_fd, whole, (int)i);
	free(whole->u.counter.data);
	free(whole);
	return code;
}
