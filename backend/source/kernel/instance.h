/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One instance of the kernel's tracer: the buffers of one channel. Its name says whose it is, so
 * that what a killed engine left behind can be told from what is in use. The kernel's own thread.
 */
#ifndef TRACON_SOURCE_KERNEL_INSTANCE_H
#define TRACON_SOURCE_KERNEL_INSTANCE_H

#include <stdint.h>

#include "backend/source/kernel/tracefs.h"
#include "backend/source/spec.h"

struct kernel_instance {
	const struct tracefs *tracefs; /* borrowed */
	char *path;		       /* "instances/tracon-…" */
	uint64_t page_bytes;	       /* of a sub-buffer, as the kernel has it */
	unsigned int cpu_count;
	uint64_t buffer_bytes; /* of each CPU's buffer, as the kernel has it */
	char *tracked;	       /* what set_event_pid was last given; NULL: nothing */
};

/* Made, stopped, with the channel's buffers. NULL with err: nothing is left behind. */
struct kernel_instance *kernel_instance_create(const struct tracefs *tracefs, uint64_t session_id,
					       const struct channel_spec *channel,
					       struct error *err);
/* Its files must be closed; takes tens of milliseconds. NULL passes. */
void kernel_instance_destroy(struct kernel_instance *instance);

bool kernel_instance_write(const struct kernel_instance *instance, const char *file,
			   const char *text, struct error *err);
/* tracing_on: the events stay armed. */
bool kernel_instance_run(const struct kernel_instance *instance, bool is_on, struct error *err);
struct kernel_event;
/* The event is on, or off, here. */
bool kernel_instance_switch(const struct kernel_instance *instance,
			    const struct kernel_event *event, bool is_on, struct error *err);
/*
 * Expressions any of which may let the event pass, none: all pass. The event's format is read.
 * True: the kernel decides all of it; else it lets through more than they do.
 */
bool kernel_instance_filter(const struct kernel_instance *instance,
			    const struct kernel_event *event, const char *const *texts,
			    size_t count);
/* Only these processes leave events, and the threads and children that they will have. */
bool kernel_instance_track(struct kernel_instance *instance, const struct tracker_spec *processes,
			   struct error *err);
/* -1 with err. */
int kernel_instance_open_ring(const struct kernel_instance *instance, unsigned int cpu,
			      struct error *err);
int kernel_instance_open_stats(const struct kernel_instance *instance, unsigned int cpu,
			       struct error *err);
/* Of one CPU, since the instance was made; in events. */
struct kernel_ring_counts {
	uint64_t read;	      /* by us */
	uint64_t overwritten; /* before anybody had read them */
	uint64_t refused;     /* for want of room, or inside other records being written */
};
void kernel_instance_count(int stats_fd, struct kernel_ring_counts *counts);

/* Field 22 of /proc/PID/stat: with the number it names a process for ever. 0: there is none. */
unsigned long long kernel_instance_start_time(pid_t pid);
/* Removes what engines that are gone have left. Returns how many. */
unsigned int kernel_instance_clean_up(const struct tracefs *tracefs);

#endif
