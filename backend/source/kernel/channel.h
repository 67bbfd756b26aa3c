/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One channel of a session in the kernel: an instance, the event types it records, a stream for
 * each CPU. Made and changed by the kernel's own thread; its streams belong to consumers.
 */
#ifndef TRACON_SOURCE_KERNEL_CHANNEL_H
#define TRACON_SOURCE_KERNEL_CHANNEL_H

#include <stdatomic.h>

#include "backend/base/uuid.h"
#include "backend/consume/consumer.h"
#include "backend/ctf/scan.h"
#include "backend/sink/sink.h"
#include "backend/source/kernel/catalog.h"
#include "backend/source/kernel/instance.h"
#include "backend/source/kernel/transcode.h"
#include "backend/source/source.h"

/* What one of its streams has for itself: another consumer may have the next CPU's. */
struct kernel_cpu {
	struct kernel_channel *channel;
	struct tally *tally;
};

struct kernel_channel {
	atomic_uint references; /* its session's, each stream's */
	struct kernel_channel *next;
	uint64_t session_id;
	uint32_t id;
	const struct source_host *host; /* the source's */
	struct queue *home; /* of the kernel's own thread: the instance is removed there */
	struct kernel_instance *instance;
	struct kernel_probe *probes; /* its rules' */
	struct uuid uuid;	     /* the trace's */
	struct scanner *scanner;
	struct kernel_cpu *cpus;       /* the instance's */
	uint32_t context_bytes;	       /* before each event, without call stacks */
	struct kernel_stacks stacks;   /* that each event has, too */
	struct kernel_classes classes; /* entries: set once, read by consumers with acquire */
	/* By place in the catalog: which rules it was last switched on for. */
	struct enabled_event *enabled;
	size_t enabled_count;
	struct kernel_garbage *garbage; /* what consumers may still read; freed with the channel */
};

/*
 * Makes the instance and its streams, which belong to `streams` then; no event is on. What `own`
 * leave is not recorded; the source has them, for as long as any channel. NULL with err.
 */
struct kernel_channel *kernel_channel_create(const struct tracefs *tracefs,
					     const struct source_host *host, struct queue *home,
					     const struct kernel_own *own,
					     const struct session_spec *spec,
					     const struct channel_spec *wanted,
					     struct sink_trace *trace, const struct uuid *uuid,
					     struct error *err);
/* Switches events on and off as the rules say; declares new ones first. */
bool kernel_channel_follow(struct kernel_channel *channel, struct kernel_catalog *catalog,
			   const struct tracefs *tracefs, const struct channel_spec *wanted,
			   struct sink_trace *trace, struct error *err);
/* Frees what the calls of it have made; the instance is gone, so no probe is on any more. */
void kernel_channel_finish_events(struct kernel_channel *channel, const struct tracefs *tracefs);
/* From now on only these are recorded. */
bool kernel_channel_track(struct kernel_channel *channel, const struct tracker_spec *processes,
			  struct error *err);
struct kernel_channel *kernel_channel_ref(struct kernel_channel *channel);
/* The last one sends the instance's removal home. */
void kernel_channel_unref(struct kernel_channel *channel);

/* --- stream.c, kept.c */

/* One CPU of it. NULL with err. `output` passes. */
struct stream *kernel_stream_create(struct kernel_channel *channel, unsigned int cpu,
				    const struct channel_spec *wanted, struct sink_stream *output,
				    struct error *err);
/* The same in a session that keeps packets for snapshots. */
struct stream *kernel_kept_create(struct kernel_channel *channel, unsigned int cpu,
				  const struct channel_spec *wanted, struct sink_stream *output,
				  struct error *err);
/* The channel must outlive it; kernel_channel_finish_writer(). */
void kernel_channel_init_writer(struct kernel_channel *channel, unsigned int cpu,
				const struct channel_spec *wanted, uint64_t room_bytes,
				struct kernel_writer *writer);
void kernel_channel_finish_writer(struct kernel_writer *writer);

#endif
