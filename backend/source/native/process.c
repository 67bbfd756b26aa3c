/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An application's process: the memory that we make for it. What it says is handshake.c's. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/native/internal.h"

#define SUB_SHIFT     18 /* 256 KiB: what streams have room for */
#define SUB_COUNT     8
#define LANES_MIN     64
#define LANES_PER_CPU 4
#define LEASED_LANES  8
#define ALL_BYTES_MAX ((uint64_t)64 << 30) /* of a process's lanes; they take what is used */

struct native_process *native_process_create(struct native_source *source, int fd)
{
	struct native_process *process = mem_zalloc(sizeof(*process));

	atomic_init(&process->references, 1);
	process->source = source;
	process->fd = fd;
	process->pid_fd = -1;
	pthread_mutex_init(&process->lock, NULL);
	return process;
}

struct native_process *native_process_ref(struct native_process *process)
{
	atomic_fetch_add_explicit(&process->references, 1, memory_order_relaxed);
	return process;
}

static void free_providers(struct native_process *process)
{
	while (process->providers) {
		struct native_provider *provider = process->providers;

		process->providers = provider->next;
		if (!provider->is_told)
			native_definition_destroy(provider->definition);
		free(provider);
	}
}

void native_process_unref(struct native_process *process)
{
	if (!process ||
	    atomic_fetch_sub_explicit(&process->references, 1, memory_order_acq_rel) != 1)
		return;
	free_providers(process);
	native_holds_finish(&process->holds);
	if (process->control)
		munmap(process->control, process->control_bytes);
	if (process->lanes_memory)
		munmap(process->lanes_memory, lane_file_bytes(&process->geometry));
	pthread_mutex_destroy(&process->lock);
	fd_close(&process->fd);
	fd_close(&process->pid_fd);
	free(process->lanes);
	free(process);
}

struct source_rings native_rings_here(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	uint64_t count = LANES_MIN;

	if (cpus > LANES_MIN / LANES_PER_CPU && cpus < 512)
		count = (uint64_t)cpus * LANES_PER_CPU;
	return (struct source_rings){count, (uint64_t)SUB_COUNT << SUB_SHIFT};
}

static struct lane_geometry geometry_of(const struct source_rings *rings, bool is_counter)
{
	return (struct lane_geometry){
		.lanes = (uint32_t)rings->count + LEASED_LANES,
		.leased = LEASED_LANES,
		.stride = LANE_HEADER_BYTES + (uint32_t)rings->bytes,
		.sub_shift = SUB_SHIFT,
		.subs = (uint32_t)(rings->bytes >> SUB_SHIFT),
		.clock = is_counter ? LANE_CLOCK_TSC : LANE_CLOCK_MONOTONIC,
	};
}

bool native_rings_check(const struct source_rings *rings, struct error *err)
{
	uint64_t smallest = (uint64_t)LANE_SUBS_MIN << SUB_SHIFT;
	uint64_t largest = (uint64_t)LANE_SUBS_MAX << SUB_SHIFT;

	if (rings->count >= 1 && rings->count <= LANE_COUNT_MAX - LEASED_LANES &&
	    rings->bytes >= smallest && rings->bytes <= largest &&
	    (rings->bytes & (rings->bytes - 1)) == 0 &&
	    rings->count <= ALL_BYTES_MAX / rings->bytes)
		return true;
	return error_set(err, ERROR_INVALID,
			 "a program can have 1 to %d lanes of 512k to 64M, a power of two; 64 GiB "
			 "at most together",
			 LANE_COUNT_MAX - LEASED_LANES);
}

/* Its size is fixed for ever, so nobody can take pages away under us. */
static void *make_file(const char *name, uint64_t bytes, int *fd)
{
	void *at;

	*fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (*fd < 0 || ftruncate(*fd, (off_t)bytes) != 0 ||
	    fcntl(*fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return NULL;
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	return at == MAP_FAILED ? NULL : at;
}

static void make_lanes(struct native_process *process)
{
	process->lanes = mem_zalloc(process->geometry.lanes * sizeof(struct native_lane));
	for (uint32_t i = 0; i < process->geometry.lanes; i++) {
		struct native_lane *lane = &process->lanes[i];

		lane->process = process;
		lane->index = i;
		lane->header = (struct lane_header *)(process->lanes_memory + LANE_HEADER_BYTES +
						      (size_t)i * process->geometry.stride);
		lane->data = (unsigned char *)lane->header + LANE_HEADER_BYTES;
	}
}

bool native_process_map(struct native_process *process, int fds[2], struct error *err)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct source_rings rings = native_rings(&process->source->base);

	process->geometry = geometry_of(&rings, process->source->is_counter);
	process->control_bytes = page_bytes * (1 + NATIVE_PROVIDERS_MAX);
	process->control = make_file("tracon-control", process->control_bytes, &fds[0]);
	process->lanes_memory =
		make_file("tracon-lanes", lane_file_bytes(&process->geometry), &fds[1]);
	if (!process->control || !process->lanes_memory)
		return error_set_errno(err, errno, "its shared memory can't be made");
	process->begin_ticks = timebase_ticks(process->source->is_counter);
	*process->control = (struct lane_control){
		.magic = LANE_MAGIC,
		.abi_major = LANE_ABI_MAJOR,
		.abi_minor = LANE_ABI_MINOR,
		.generation = process->id,
		.clock = process->geometry.clock,
		.mode = LANE_MODE_DISCARD,
		.geometry = process->geometry,
		.pid = (uint32_t)getpid(),
	};
	make_lanes(process);
	return true;
}

uint64_t native_lane_discarded(const struct native_lane *lane)
{
	const struct native_process *process = lane->process;
	uint64_t count = __atomic_load_n(&lane->header->discarded, __ATOMIC_RELAXED);

	if (lane->index + 1 == process->geometry.lanes)
		count += __atomic_load_n(&((struct lane_process *)process->lanes_memory)->refused,
					 __ATOMIC_RELAXED);
	return count;
}
