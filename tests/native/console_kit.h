/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's side of the native tracer, as small as tests need it: listens where the environment
 * says, gives one application its memory, reads its lanes, checks every rule that a record must
 * keep, and counts. It trusts nothing that the application wrote.
 */
#ifndef TESTS_NATIVE_CONSOLE_KIT_H
#define TESTS_NATIVE_CONSOLE_KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/provider/handshake.h"
#include "backend/provider/lane.h"

enum { KIT_EVENTS_MAX = 256, KIT_PROVIDERS_MAX = 16, KIT_LANES_MAX = 1024 };

struct kit_event {
	char name[HANDSHAKE_NAME_BYTES];
	uint32_t provider;
	uint32_t id; /* of its records */
	uint32_t level;
	uint32_t field_count;
	struct handshake_field fields[HANDSHAKE_FIELDS_MAX];
	uint32_t labels; /* told so far */
	uint64_t recorded;
	unsigned char last[512]; /* the fields of its newest record */
	size_t last_bytes;
};

struct kit_lane {
	uint64_t read;
	uint64_t ticks;
	uint64_t discarded;
	uint32_t tid;
};

struct kit_provider {
	char name[HANDSHAKE_NAME_BYTES];
	uint32_t number;
	uint32_t base;
	uint32_t event_count;
	unsigned char *flags;
	bool is_ready;
	bool is_gone;
};

struct kit {
	struct lane_geometry geometry;
	struct lane_control *control;
	unsigned char *lanes;
	int control_fd;
	int lanes_fd;
	struct lane_bell *bell;
	int bell_fd;
	int listen_fd;
	int fd; /* -1: no application, or it has gone */
	char path[108];
	struct handshake_hello hello;
	struct kit_provider providers[KIT_PROVIDERS_MAX];
	size_t provider_count;
	struct kit_event events[KIT_EVENTS_MAX];
	size_t event_count;
	struct kit_lane state[KIT_LANES_MAX];
	uint64_t records;  /* events, no padding */
	uint64_t paddings; /* that were left, with their bytes */
	uint64_t owners;   /* records that named another thread */
	char error[256];   /* the first rule that was broken */
	/* Called for each event; at is its fields. */
	void (*seen)(void *context, uint32_t lane, const struct kit_event *event, uint64_t ticks,
		     const unsigned char *at, uint32_t tid);
	void *context;
	char refused[HANDSHAKE_NAME_BYTES];
};

/* A ready geometry: lanes that are claimed, and borrowed ones behind them. */
struct lane_geometry kit_geometry(uint32_t claimed, uint32_t leased, uint32_t sub_shift,
				  uint32_t subs);
struct kit *kit_open(struct lane_geometry geometry, uint32_t mode);
void kit_close(struct kit *kit);
/* Takes what has come within the time; false: the application has gone. */
bool kit_step(struct kit *kit, int timeout_ms);
/* Until all of so many providers are ready. */
bool kit_wait_ready(struct kit *kit, size_t providers, int timeout_ms);
void kit_enable(struct kit *kit, const char *provider, const char *event, bool is_on);
struct kit_event *kit_event(struct kit *kit, const char *name);
/* Reads all lanes up to what is published. False: a rule is broken; see error. */
bool kit_drain(struct kit *kit);
/* The same, and the writers keep it. */
bool kit_look(struct kit *kit);
uint64_t kit_discarded(const struct kit *kit);
uint32_t kit_lanes_owned(const struct kit *kit);
struct lane_header *kit_lane(const struct kit *kit, uint32_t lane);
/*
 * Walks records in [at, at + bytes), all of which must be complete; counts, and moves the lane's
 * state on.
 */
bool kit_walk(struct kit *kit, uint32_t lane, const unsigned char *at, size_t bytes);
/* Copies the sub-buffers of a lane while its writer runs (overwrite mode); how many were good. */
uint64_t kit_snapshot(struct kit *kit, uint32_t lane, uint64_t *rejected);

#endif
