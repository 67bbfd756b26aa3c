/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rings of one channel: one per possible CPU, made by liblttng-ust-ctl in memory that nobody
 * can shrink, or in files, with what applications are sent to write into them. Counted: each stream
 * that reads one holds all, and so does the channel while applications may be given them.
 */
#ifndef TRACON_SOURCE_UST_RINGS_H
#define TRACON_SOURCE_UST_RINGS_H

#include <stdatomic.h>

#include <sys/stat.h>

#include <lttng/ust-ctl.h>

#include "backend/base/uuid.h"
#include "backend/source/spec.h"
#include "backend/source/ust/ring_map.h"

struct ust_shm;

struct ust_ring {
	struct lttng_ust_ctl_consumer_stream *handle;
	struct lttng_ust_abi_object_data *object; /* what an application is sent */
	struct ust_ring_map map;
	struct stat file; /* of a ring with a name */
};

struct ust_rings {
	atomic_uint references;
	struct lttng_ust_ctl_consumer_channel *handle;
	struct lttng_ust_abi_object_data *object;
	struct ust_shm *shm; /* reference held; NULL: memory without a name */
	char *name;	     /* of the channel; with shm */
	unsigned int count;
	struct ust_ring rings[];
};

/*
 * shm: where they are files; NULL: nowhere. Fails with ERROR_INVALID, ERROR_NO_SPACE, ERROR_IO,
 * ERROR_UNSUPPORTED. Takes about 1 ms.
 */
struct ust_rings *ust_rings_create(const struct channel_spec *channel, const struct uuid *uuid,
				   struct ust_shm *shm, struct error *err);
struct ust_rings *ust_rings_ref(struct ust_rings *rings);
void ust_rings_unref(struct ust_rings *rings); /* NULL passes */

/* Size of each ring's memory. */
uint64_t ust_rings_bytes_each(const struct ust_rings *rings);

/* Possible CPUs: rings of each channel. */
unsigned int ust_rings_cpu_count(void);

#endif
