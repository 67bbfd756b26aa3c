/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder that one group's buffers lie in as files, as lttng has them with --shm-path: a ring is
 * CHANNEL_CPU, and what is in it is said by `metadata` beside it. Who comes after an engine that
 * was killed reads there what had not been written yet (shm_salvage.c, or lttng-crash). Counted;
 * with the last reference the folder is removed: nothing is left in it then. Any thread.
 */
#ifndef TRACON_SOURCE_UST_SHM_H
#define TRACON_SOURCE_UST_SHM_H

#include <sys/stat.h>

#include "backend/base/error.h"
#include "backend/source/source.h"

struct ust_shm;

/* path: of the group below the session's shm_path, as its trace's. ERROR_IO, ERROR_DENIED … */
struct ust_shm *ust_shm_create(const struct session_spec *spec, const char *path,
			       struct error *err);
struct ust_shm *ust_shm_ref(struct ust_shm *shm);
void ust_shm_unref(struct ust_shm *shm); /* NULL passes, here and below */

/* What the trace's metadata gets; not being able to is told in the log. One thread at a time. */
void ust_shm_append_metadata(struct ust_shm *shm, const void *bytes, size_t length);

/* A fresh file in place of one that may be there: -1 with an error. The caller closes it. */
int ust_shm_make_ring(struct ust_shm *shm, const char *name, struct error *err);
/* Unless it is another file by now. */
void ust_shm_remove_ring(struct ust_shm *shm, const char *name, const struct stat *made);

struct salvage_host;
/* source_class's salvage (shm_salvage.c). */
bool ust_shm_salvage(const char *shm_path, const struct salvage_host *host, struct error *err);

/*
 * The same of one ring's bytes, which may be anything: false when they are no ring, or a packet
 * could not be written. now_clock: of the machine now; stream: trace, name and metadata are set.
 */
bool ust_shm_salvage_ring(const void *bytes, size_t size_bytes, uint64_t now_clock,
			  struct salvaged_stream *stream, const struct salvage_host *host);

#endif
