/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Maps what a console has given, and lets go of it when no thread uses it any more. A thread may be
 * inside a record of an old attachment for as long as it likes: its memory waits.
 */
#include "provider.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MADV_WIPEONFORK
#define MADV_WIPEONFORK 18 /* Linux 4.14 */
#endif
#ifndef F_GET_SEALS
#define F_GET_SEALS   1034
#define F_SEAL_SHRINK 0x0002
#endif

struct attachment *attachment_current;

static struct attachment *retired; /* under the lock */

/* The console must not be able to take pages away under us: that would be a SIGBUS. */
static bool is_solid(int fd, uint64_t bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat status;

	return seals >= 0 && (seals & F_SEAL_SHRINK) && fstat(fd, &status) == 0 &&
	       status.st_size >= 0 && (uint64_t)status.st_size >= bytes;
}

static void unmap(struct attachment *attachment)
{
	if (attachment->control)
		munmap((void *)(uintptr_t)attachment->control, attachment->control_bytes);
	if (attachment->bell)
		munmap((void *)(uintptr_t)attachment->bell, (size_t)sysconf(_SC_PAGESIZE));
	if (attachment->lanes)
		munmap(attachment->lanes, lane_file_bytes(&attachment->geometry));
	if (attachment->is_ours)
		munmap(attachment->is_ours, attachment->rings_bytes);
	free(attachment);
}

static void *map(int fd, size_t bytes, int access)
{
	int kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
	void *at = mmap(NULL, bytes, access, kind, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Private lane state: a page that says whose it is, then one struct ring for each lane. */
static bool map_rings(struct attachment *attachment)
{
	size_t bytes = LANE_HEADER_BYTES + attachment->geometry.lanes * sizeof(struct ring);
	unsigned char *at = map(-1, bytes, PROT_READ | PROT_WRITE);

	if (!at)
		return false;
	attachment->rings_bytes = bytes;
	attachment->is_ours = (uint32_t *)at;
	attachment->rings = (struct ring *)(at + LANE_HEADER_BYTES);
	if (madvise(at, bytes, MADV_WIPEONFORK) != 0)
		return false;
	*attachment->is_ours = 1;
	for (uint32_t i = 0; i < attachment->geometry.lanes; i++)
		attachment->rings[i].attachment = attachment;
	return true;
}

/* Without one the console looks by itself, only not as soon. */
static void map_bell(struct attachment *attachment, int fd)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

	if (fd >= 0 && is_solid(fd, page_bytes))
		attachment->bell = map(fd, page_bytes, PROT_READ);
}

static const char *map_all(struct attachment *attachment, const int fds[ATTACH_FDS])
{
	if (!lane_geometry_is_good(&attachment->geometry) ||
	    attachment->control_bytes < sizeof(struct lane_control))
		return "the geometry of the lanes is out of bounds";
	if (!is_solid(fds[ATTACH_CONTROL], attachment->control_bytes) ||
	    !is_solid(fds[ATTACH_LANES], lane_file_bytes(&attachment->geometry)))
		return "the memory files are not sealed, or too small";
	attachment->control = map(fds[ATTACH_CONTROL], attachment->control_bytes, PROT_READ);
	attachment->lanes = map(fds[ATTACH_LANES], lane_file_bytes(&attachment->geometry),
				PROT_READ | PROT_WRITE);
	if (!attachment->control || !attachment->lanes || !map_rings(attachment))
		return "the memory can't be mapped";
	if (attachment->control->magic != LANE_MAGIC)
		return "the control page has another magic number";
	map_bell(attachment, fds[ATTACH_BELL]);
	return NULL;
}

bool attachment_start(const struct lane_geometry *geometry, size_t control_bytes,
		      const int fds[ATTACH_FDS], const char **why)
{
	struct attachment *attachment = calloc(1, sizeof(*attachment));

	*why = "there is no memory";
	if (!attachment)
		return false;
	attachment->geometry = *geometry;
	attachment->control_bytes = control_bytes;
	*why = map_all(attachment, fds);
	if (*why) {
		unmap(attachment);
		return false;
	}
	attachment->record_max = ((size_t)1 << geometry->sub_shift) - LANE_PACKET_BYTES -
				 LANE_OWNER_BYTES - LANE_PADDING_N_BYTES;
	attachment_stop();
	__atomic_store_n(&attachment_current, attachment, __ATOMIC_SEQ_CST);
	return true;
}

/* Threads notice at their next event: their limits are lowered. See ring_make_room(). */
void attachment_stop(void)
{
	struct attachment *old = attachment_current;

	if (!old)
		return;
	__atomic_store_n(&attachment_current, NULL, __ATOMIC_SEQ_CST);
	for (uint32_t i = 0; i < old->geometry.lanes; i++)
		__atomic_store_n(&old->rings[i].fast.limit, 0, __ATOMIC_SEQ_CST);
	old->next = retired;
	retired = old;
	attachment_reap();
}

/* Nobody becomes a user of a retired one, see hold() in thread.c. */
void attachment_reap(void)
{
	struct attachment **at = &retired;

	while (*at) {
		struct attachment *old = *at;

		if (__atomic_load_n(&old->users, __ATOMIC_SEQ_CST) == 0) {
			*at = old->next;
			unmap(old);
		} else {
			at = &old->next;
		}
	}
}

void attachment_forget(void)
{
	struct attachment *old = attachment_current;

	__atomic_store_n(&attachment_current, NULL, __ATOMIC_SEQ_CST);
	thread_forget();
	if (old)
		unmap(old);
	while (retired) {
		old = retired;
		retired = old->next;
		unmap(old);
	}
}

/*
 * The provider's own flags give way to the console's page, at the same address. Only reading is
 * allowed there: a stray store of the application can't switch events on.
 */
bool flags_map(struct tracon_provider *provider, uint32_t offset, uint32_t bytes)
{
	const struct attachment *now = attachment_current;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *from;

	if (!now || provider->flag_bytes != page_bytes || bytes != page_bytes ||
	    offset % page_bytes != 0 || offset > now->control_bytes ||
	    now->control_bytes - offset < bytes)
		return false;
	from = (void *)((uintptr_t)now->control + offset);
	/* An old size of 0 makes a second mapping of shared memory, mremap(2). */
	return mremap(from, 0, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, provider->flags) ==
	       provider->flags;
}

void flags_clear(struct tracon_provider *provider)
{
	(void)mmap(provider->flags, provider->flag_bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
