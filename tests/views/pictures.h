/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pictures made by hand for tests of views: room for a few of everything, functions that add one
 * and return it for details, and one picture of a machine at work.
 */
#ifndef TRACON_TESTS_VIEWS_PICTURES_H
#define TRACON_TESTS_VIEWS_PICTURES_H

#include "backend/base/log.h"
#include "backend/model/picture.h"
#include "views/view.h"

/* 2026-11-22, UTC. */
#define PICTURES_AT(hour, minute, second)                                                          \
	((UINT64_C(1795305600) + (hour)*3600 + (minute)*60 + (second)) * 1000000000)

#define PICTURES_MAX 64

struct pictures {
	struct picture picture;
	struct picture_session sessions[PICTURES_MAX];
	struct picture_channel channels[PICTURES_MAX];
	struct picture_rule rules[PICTURES_MAX];
	struct picture_event events[PICTURES_MAX];
	struct picture_chunk chunks[PICTURES_MAX];
	struct log_entry log[PICTURES_MAX];
	struct selection selection;
	struct view_input input; /* of all the above, focused */
};

/* Empty, serial 1, at 14:02:07. */
void pictures_init(struct pictures *pictures);
/* Ids count from 1 (sessions), 0 (channels of a session), 10 (events), 0 (chunks of a session). */
struct picture_session *pictures_add_session(struct pictures *pictures, const char *name);
/* To the session added last. */
struct picture_channel *pictures_add_channel(struct pictures *pictures, const char *name);
/* To the channel added last: for all levels, enabled. */
struct picture_rule *pictures_add_rule(struct pictures *pictures, const char *pattern);
/* To the channel added last. */
struct picture_event *pictures_add_event(struct pictures *pictures, const char *name,
					 uint64_t total);
/* To the session added last. */
struct picture_chunk *pictures_add_chunk(struct pictures *pictures, enum picture_chunk_state state);
void pictures_add_message(struct pictures *pictures, enum log_level level, const char *text,
			  const char *command);
/* The last samples; those before are not sampled. */
void pictures_set_history(uint32_t history[PICTURE_HISTORY], const uint32_t *samples, size_t count);

/* Two sessions: "web" at work, losing events, and "db", stopped. "web" is selected. */
void pictures_init_web(struct pictures *pictures);

#endif
