/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to consume/. A lane is one consumer thread; a slot is one stream on it. Everything here
 * belongs to the lane's thread and is touched by its messages and turns only, but for what says
 * otherwise.
 */
#ifndef TRACON_CONSUME_LANE_H
#define TRACON_CONSUME_LANE_H

#include <stdatomic.h>
#include <time.h>

#include "backend/base/loop.h"
#include "backend/base/thread.h"
#include "backend/consume/consumer.h"
#include "backend/consume/tap.h"

struct copy;
struct lane;
struct sweep;

/* One stream's part of a drain or cut: over when the stream is consumed up to `target`. */
struct wait {
	struct wait *next; /* of the slot */
	bool is_clear;	   /* what comes until then is dropped */
	bool is_flushed;   /* a second time: see sweep_check() */
	struct sweep *sweep;
	uint64_t target;
	uint64_t deadline_ns; /* moves on with each packet */
	uint64_t clock;	      /* of a beat: what is told when it is over */
};

struct slot {
	struct lane *lane;
	struct stream_set *set;
	struct stream *stream;
	struct watch *watch; /* NULL: nothing to wait on, or it hung up */
	struct slot *next;   /* of the lane's slots of the set */
	struct slot **link;
	struct slot *busy_next;
	bool is_busy;	   /* in the lane's list: may have packets */
	bool is_gone;	   /* TAKE_GONE */
	bool is_unsettled; /* packets were put since the last settling */
	bool is_retiring;
	uint64_t retire_end; /* position: no more is taken beyond */
	struct task *retire_task;
	struct wait *waits;
	unsigned int clear_count; /* of these waits */
	struct copy *copy;	  /* a snapshot that is being read; NULL: none */
	uint64_t next_log_ns;	  /* one message about failed writes in a while */
	struct tap_stream tap;
};

struct stream_set {
	struct consumer_pool *pool;
	atomic_uint lane_count; /* lanes that still have slots, while the set is destroyed */
	struct task *end_task;
	struct lane_set {
		struct lane_set *next;	/* of the lane; these: the lane's own */
		struct lane_set **link; /* NULL: not in its list */
		struct stream_set *set;
		struct slot *slots;
		struct tap *tap; /* reference held; NULL: nobody looks */
		bool is_ending;
	} lanes[]; /* by the lane's number */
};

struct lane {
	unsigned int number;
	struct queue *queue; /* any thread sends */
	struct loop *loop;
	struct thread *thread;
	bool is_stopped;
	struct slot *busy_first;
	struct slot **busy_last;
	struct lane_set *sets;
	struct {
		unsigned int turns;
		uint64_t packets;
		uint64_t bytes;
		uint64_t begin_ns;
	} wake_up; /* what was done since it last slept, for others than the engine itself */
	struct timer *retry_timer; /* waiting streams that had nothing are asked again */
	struct timer *settle_timer;
	struct event_counts *scratch; /* of one packet, until it has been written */
	uint64_t sample;	      /* number of the last sample of fill gauges */
	clockid_t cpu_clock;
	atomic_bool has_cpu_clock; /* any thread reads: release and acquire of the one above */
};

/* --- lane.c */
bool lane_start(struct lane *lane, unsigned int number, struct error *err);
void lane_stop(struct lane *lane);	       /* copes with one that was not started */
uint64_t lane_cpu_ns(const struct lane *lane); /* any thread */
/* The slot gets a turn next. */
void lane_wake(struct slot *slot);
/* What streams gather reaches the files in a moment, if nothing else makes it do so. */
void lane_expect_settling(struct lane *lane);
/* Streams that are waited for get another turn in a moment. */
void lane_expect_retry(struct lane *lane);
void lane_add_set(struct lane *lane, struct lane_set *set);

/* --- slot.c */
void slot_enter(struct slot *slot);
void slot_retire(struct slot *slot, struct task *task);
/* Carries some packets. The slot may be gone afterwards. */
void slot_turn(struct slot *slot);
void slot_settle(struct slot *slot);

/* --- consumer.c */
/* A slot has left the set: frees a set that ends when it was the last of all. */
void stream_set_lane_left(struct lane_set *set);

/* Walks the packet; its types are in the lane's scratch then. */
uint64_t slot_count_events(struct slot *slot, const struct packet *packet);

/* --- copy.c: snapshots */
/* For each kept stream of the set. */
void copy_begin(struct lane *lane, struct lane_set *set, bool is_active, uint64_t packets_max,
		struct copy_losses *losses, struct task *task);
/* Copies some packets; true: there may be more. */
bool copy_turn(struct slot *slot);
/* The stream goes: its copy ends with what it has. */
void copy_end(struct slot *slot);

/* --- sweep.c: drains, cuts, clears and beats */
struct sweep_wish {
	enum flush_kind kind;
	unsigned int limit_ms;
	bool is_cut;
	bool is_clear; /* and a cut */
	bool is_beat;  /* of live sinks */
};
/* Flushes, and makes a wait for each slot. */
void sweep_begin(struct lane *lane, struct lane_set *set, const struct sweep_wish *wish,
		 struct task *task);
/*
 * Ends the waits of a slot that have what they wanted. idle_at_ns: 0 while packets come, else the
 * time: waits that are late end too; UINT64_MAX: all.
 */
void sweep_check(struct slot *slot, uint64_t idle_at_ns);
/* A packet came: deadlines move on. */
void sweep_progress(struct slot *slot, uint64_t now_ns);

#endif
