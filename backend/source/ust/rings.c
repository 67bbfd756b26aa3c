/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making rings. The shared memory comes from memfd_create, so that a full /dev/shm matters to
 * nobody, and is sealed against a change of size once the library has set it: an application that
 * shrank it could otherwise kill its reader.
 */
#include "backend/source/ust/rings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/shm.h"

/* The library keeps the state of its own fault handling here, one for the program. */
DEFINE_LTTNG_UST_SIGBUS_STATE();

#define EXCHANGE_TIMEOUT_S 5

unsigned int ust_rings_cpu_count(void)
{
	int count = lttng_ust_ctl_get_nr_stream_per_channel();

	return count > 0 ? (unsigned int)count : 1;
}

static char *file_name(const struct ust_rings *rings, unsigned int cpu)
{
	return mem_printf("%s_%u", rings->name, cpu);
}

static int make_file(struct ust_rings *rings, unsigned int cpu, struct error *err)
{
	char *name = file_name(rings, cpu);
	int fd = ust_shm_make_ring(rings->shm, name, err);

	if (fd >= 0)
		fstat(fd, &rings->rings[cpu].file);
	free(name);
	return fd;
}

static int make_memory(struct error *err)
{
	int fd = memfd_create("tracon-ust-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		error_set_errno(err, errno, "cannot make shared memory");
	return fd;
}

static bool make_all_memory(struct ust_rings *rings, int *fds, struct error *err)
{
	for (unsigned int i = 0; i < rings->count; i++) {
		fds[i] = rings->shm ? make_file(rings, i, err) : make_memory(err);
		if (fds[i] < 0)
			return false;
	}
	return true;
}

static bool create_channel(struct ust_rings *rings, const struct channel_spec *channel,
			   const struct uuid *uuid, const int *fds, struct error *err)
{
	struct lttng_ust_ctl_consumer_channel_attr attributes = {
		.type = LTTNG_UST_ABI_CHAN_PER_CPU,
		.subbuf_size = channel->subbuf_bytes,
		.num_subbuf = channel->subbuf_count,
		.overwrite = channel->is_overwrite,
		.switch_timer_interval = (unsigned int)channel->switch_timer_us,
		.read_timer_interval = (unsigned int)channel->read_timer_us,
		.output = LTTNG_UST_ABI_MMAP,
		.chan_id = channel->id,
		.blocking_timeout = channel->blocking_timeout_us,
	};

	memcpy(attributes.uuid, uuid->bytes, sizeof(attributes.uuid));
	errno = 0;
	rings->handle = lttng_ust_ctl_create_channel(&attributes, fds, (int)rings->count);
	if (rings->handle)
		return true;
	return error_set(err, errno == ENOSPC || errno == ENOMEM ? ERROR_NO_SPACE : ERROR_INVALID,
			 "%u buffers of %llu times %llu bytes are not to be had: not enough memory "
			 "or not acceptable sizes; try fewer or smaller sub-buffers",
			 rings->count, (unsigned long long)channel->subbuf_count,
			 (unsigned long long)channel->subbuf_bytes);
}

/*
 * Fixes the size of the memory and maps it once more, for reading only. That of files can't be
 * fixed: an application that shrinks what it was given ends the engine, as it ends LTTng's daemon.
 * The library has touched every page just now: to map them all at once costs less than the faults
 * that a consumer would take while it records.
 */
static bool map_ring(struct ust_ring *ring, int fd, bool is_file, struct error *err)
{
	off_t size_bytes = lseek(fd, 0, SEEK_END);
	void *bytes;

	if (size_bytes <= 0 ||
	    (!is_file && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0))
		return error_set_errno(err, errno, "cannot fix the size of shared memory");
	bytes = mmap(NULL, (size_t)size_bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		return error_set_errno(err, errno, "cannot map shared memory");
	if (ust_ring_map_init(&ring->map, bytes, (size_t)size_bytes, err))
		return true;
	munmap(bytes, (size_t)size_bytes);
	ring->map.bytes = NULL;
	return false;
}

static bool open_ring(struct ust_rings *rings, unsigned int cpu, int fd, struct error *err)
{
	struct ust_ring *ring = &rings->rings[cpu];

	ring->handle = lttng_ust_ctl_create_stream(rings->handle, (int)cpu);
	if (!ring->handle)
		return error_set(err, ERROR_IO, "cannot open the buffer of CPU %u", cpu);
	/* The consumer empties the pipe until nothing is left. */
	fd_set_nonblocking(lttng_ust_ctl_stream_get_wait_fd(ring->handle));
	return map_ring(ring, fd, rings->shm != NULL, err);
}

static bool exchanged(int result, struct error *err)
{
	return result >= 0 ||
	       error_set(err, ERROR_IO, "cannot describe the buffers: %s", ust_code_text(result));
}

/*
 * What applications are sent exists only on the other end of a socket. Each message fits into its
 * buffer, so one thread can be both ends.
 */
static bool make_objects(struct ust_rings *rings, struct error *err)
{
	struct timeval timeout = {.tv_sec = EXCHANGE_TIMEOUT_S};
	int ends[2];
	bool is_made;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return error_set_errno(err, errno, "cannot make a socket pair");
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	is_made = exchanged(lttng_ust_ctl_send_channel_to_sessiond(ends[0], rings->handle), err) &&
		  exchanged(lttng_ust_ctl_recv_channel_from_consumer(ends[1], &rings->object), err);
	for (unsigned int i = 0; i < rings->count && is_made; i++) {
		struct ust_ring *ring = &rings->rings[i];

		is_made = exchanged(lttng_ust_ctl_send_stream_to_sessiond(ends[0], ring->handle),
				    err) &&
			  exchanged(lttng_ust_ctl_recv_stream_from_consumer(ends[1], &ring->object),
				    err);
	}
	fd_close(&ends[0]);
	fd_close(&ends[1]);
	return is_made;
}

static void free_object(struct lttng_ust_abi_object_data *object)
{
	if (!object)
		return;
	lttng_ust_ctl_release_object(-1, object);
	free(object);
}

static void remove_files(struct ust_rings *rings)
{
	for (unsigned int i = 0; i < rings->count; i++) {
		char *name = file_name(rings, i);

		if (rings->rings[i].file.st_ino)
			ust_shm_remove_ring(rings->shm, name, &rings->rings[i].file);
		free(name);
	}
	ust_shm_unref(rings->shm);
	free(rings->name);
}

static void destroy(struct ust_rings *rings)
{
	for (unsigned int i = 0; i < rings->count; i++)
		free_object(rings->rings[i].object);
	free_object(rings->object);
	for (unsigned int i = 0; i < rings->count; i++) {
		struct ust_ring *ring = &rings->rings[i];

		if (ring->map.bytes)
			munmap((void *)(uintptr_t)ring->map.bytes, ring->map.size_bytes);
		if (ring->handle)
			lttng_ust_ctl_destroy_stream(ring->handle);
	}
	if (rings->handle)
		lttng_ust_ctl_destroy_channel(rings->handle);
	if (rings->shm)
		remove_files(rings);
	free(rings);
}

struct ust_rings *ust_rings_create(const struct channel_spec *channel, const struct uuid *uuid,
				   struct ust_shm *shm, struct error *err)
{
	unsigned int count = ust_rings_cpu_count();
	struct ust_rings *rings = mem_zalloc(sizeof(*rings) + count * sizeof(rings->rings[0]));
	int *fds = mem_realloc_array(NULL, count, sizeof(*fds));
	bool is_made;

	atomic_init(&rings->references, 1);
	rings->count = count;
	rings->shm = ust_shm_ref(shm);
	if (shm)
		rings->name = mem_strdup(channel->name);
	memset(fds, 0xff, count * sizeof(*fds)); /* all -1 */
	is_made =
		make_all_memory(rings, fds, err) && create_channel(rings, channel, uuid, fds, err);
	for (unsigned int i = 0; i < count && is_made; i++)
		is_made = open_ring(rings, i, fds[i], err);
	is_made = is_made && make_objects(rings, err);
	/* The library uses them no more, and never closes them. */
	for (unsigned int i = 0; i < count; i++)
		fd_close(&fds[i]);
	free(fds);
	if (is_made)
		return rings;
	destroy(rings);
	error_prefix(err, "cannot make the buffers of channel '%s'", channel->name);
	return NULL;
}

struct ust_rings *ust_rings_ref(struct ust_rings *rings)
{
	atomic_fetch_add_explicit(&rings->references, 1, memory_order_relaxed);
	return rings;
}

uint64_t ust_rings_bytes_each(const struct ust_rings *rings)
{
	return rings->rings[0].map.size_bytes;
}

void ust_rings_unref(struct ust_rings *rings)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (rings && atomic_fetch_sub_explicit(&rings->references, 1, memory_order_acq_rel) == 1)
		destroy(rings);
}
