/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the library's files share. attach.c owns mappings, ring.c writes records, thread.c gives
 * lanes to threads, link.c talks to the console, registry.c knows the providers and runs it all.
 *
 * Everything but ring.c and thread.c runs under the lock of registry.c. Those two run in any thread
 * and any signal handler: they take no lock, allocate nothing and change lanes with signals
 * blocked.
 */
#ifndef TRACON_PROVIDER_PROVIDER_H
#define TRACON_PROVIDER_PROVIDER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lane.h"
#include "tracon/tracepoint.h"

/* A lane as this process sees it; lies in pages that are zero in a forked child. */
struct ring {
	struct tracon_ring fast; /* what the header's inline functions use: one cache line */
	struct attachment *attachment;
	struct lane_header *header;
	uint64_t full;	      /* a size that had no room + cons then; 0: none */
	uint64_t lease_frame; /* of who borrows it; 0: nobody has said */
	bool needs_owner;     /* its next record must be preceded by LANE_ID_OWNER */
	unsigned char pad[23];
};

/* One console's memory. Kept until no thread uses it any more. */
struct attachment {
	struct lane_geometry geometry;
	const struct lane_control *control;
	const struct lane_bell *bell; /* NULL: the console has none */
	unsigned char *lanes;
	struct ring *rings;
	uint32_t *is_ours; /* 1; in a forked child 0, however it was forked */
	size_t control_bytes;
	size_t rings_bytes;
	size_t record_max;
	uint32_t users;	   /* threads that hold it */
	uint32_t releases; /* lanes given back so far: whoever found none may try again */
	struct attachment *next;
};

/* NULL while no console is there. Written under the lock, read by any thread. */
extern struct attachment *attachment_current;

/* What came with ATTACH: the control file, the lanes' file, the bell's page or -1. */
enum { ATTACH_CONTROL, ATTACH_LANES, ATTACH_BELL, ATTACH_FDS };

/* Takes the place of the present one. Closes no descriptor. False: refused, and why. */
bool attachment_start(const struct lane_geometry *geometry, size_t control_bytes,
		      const int fds[ATTACH_FDS], const char **why);
void attachment_stop(void);
void attachment_reap(void);
/* In a forked child: lets go of what belongs to the parent. */
void attachment_forget(void);
bool flags_map(struct tracon_provider *provider, uint32_t offset, uint32_t bytes);
void flags_clear(struct tracon_provider *provider);

static inline struct lane_header *attachment_lane(const struct attachment *attachment,
						  uint32_t lane)
{
	return (struct lane_header *)(attachment->lanes + LANE_HEADER_BYTES +
				      (size_t)lane * attachment->geometry.stride);
}

/* All signals, those of the C library's own included. */
struct signals {
	uint64_t mask[2];
	int saved_errno;
};
void signals_block(struct signals *old);
void signals_restore(const struct signals *old);

/* ring.c */
extern struct ring ring_none;
void ring_begin_use(struct ring *ring, struct attachment *attachment, uint32_t lane);
bool ring_may_hold(struct ring *ring, size_t bytes);
bool ring_make_room(struct ring *ring, size_t bytes, uint32_t tid); /* signals blocked */
void ring_repair(struct ring *ring);				    /* signals blocked */
void ring_count_discarded(struct ring *ring);
bool ring_owner_is_gone(uint64_t owner_frame, uint64_t frame);
void ring_put_padding(unsigned char *at, uint64_t bytes, uint64_t ticks);
unsigned char *ring_put_owner(unsigned char *at, uint32_t tid, uint64_t ticks);

/* thread.c */
enum thread_room { ROOM_NONE, ROOM_MADE, ROOM_LEASE };
bool thread_start_library(void);
enum thread_room thread_make_room(size_t bytes);
struct tracon_record thread_lease(uint32_t id, size_t bytes, int is_ordered, uint64_t frame);
void thread_end_lease(struct tracon_record record);
void thread_forget(void);

enum { RECORD_NESTED = 1, RECORD_LEASED = 2 };

/* link.c: the connection. Under the lock. */
struct provider_list {
	struct tracon_provider *first;
	uint32_t next_number;
};
enum provider_state { PROVIDER_NEW, PROVIDER_TOLD, PROVIDER_READY, PROVIDER_FAILED };
bool link_connect(void);
/* Takes and sends what is possible without waiting; false: there is no connection (any more). */
bool link_step(struct provider_list *providers);
int link_fd(void);
bool link_wants_to_send(const struct provider_list *providers);
void link_provider_gone(const struct tracon_provider *provider);
void link_close(struct provider_list *providers);
void link_forget(void);
/* Where consoles listen; returns how many, the best first. */
int link_places(char paths[2][108]);

/* describe.c: messages about this process and its providers, into a buffer of HANDSHAKE_MESSAGE_MAX
 * bytes; return their size. */
size_t describe_hello(void *buffer);
/* The provider's next message; 0: there are no more. describe_step() goes on to the one behind. */
size_t describe_next(const struct tracon_provider *provider, void *buffer);
void describe_step(struct tracon_provider *provider, const void *message);

#endif
