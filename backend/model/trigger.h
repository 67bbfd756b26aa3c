/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Triggers: when something happens, something is done. They belong to a user, not to a session, and
 * are gone with the engine. Control thread.
 */
#ifndef TRACON_MODEL_TRIGGER_H
#define TRACON_MODEL_TRIGGER_H

#include "backend/model/model.h"

enum trigger_kind {
	TRIGGER_EVENT, /* an event occurs that matches a rule, recorded or not */
	TRIGGER_CONSUMED_SIZE,
	TRIGGER_USAGE_HIGH,
	TRIGGER_USAGE_LOW,
	TRIGGER_ROTATION_STARTS,
	TRIGGER_ROTATION_FINISHES,
};

/* Which of a system call's events. */
enum trigger_site {
	TRIGGER_SITE_BOTH,
	TRIGGER_SITE_ENTRY,
	TRIGGER_SITE_EXIT,
};

struct trigger_condition {
	enum trigger_kind kind;
	/* Of events. */
	size_t source_index;
	enum rule_kind rule_kind;
	enum trigger_site site; /* of system calls */
	char *location;		/* of probes; else NULL */
	char *pattern;
	struct word_list exclusions;
	char *filter; /* NULL: none */
	enum loglevel_match loglevel_match;
	int loglevel;
	struct word_list captures;
	/* Of the others. */
	char *session;
	char *channel; /* of the last two; source_index too */
	bool is_ratio;
	double ratio; /* 0 to 1 */
	uint64_t bytes;
};

enum trigger_action_kind {
	TRIGGER_NOTIFY,
	TRIGGER_START,
	TRIGGER_STOP,
	TRIGGER_ROTATE,
	TRIGGER_SNAPSHOT,
};

struct trigger_action {
	enum trigger_action_kind kind;
	char *session; /* NULL: notify */
	bool is_once;  /* after `count` times, else every `count` times */
	uint64_t count;
	/* Of a snapshot; NULL and 0: the session's own. */
	char *name;
	char *path;
	uint64_t bytes_max;
	uint64_t failure_count;
};

struct trigger {
	struct trigger *next;
	char *name;
	uid_t uid;
	struct trigger_condition condition;
	struct trigger_action *actions; /* in order */
	size_t action_count, action_room;
	uint64_t token;
	uint64_t match_count;
	char *captured;		   /* values of the last event that was noticed; NULL: none yet */
	uint64_t state_session_id; /* of the session that `was_true` is about */
	bool was_true;
};

struct triggers;

struct triggers *triggers_create(struct model *model);
void triggers_destroy(struct triggers *triggers); /* NULL passes */

/* Half-built ones too. NULL passes. */
void trigger_destroy(struct trigger *trigger);
/* Takes it, unless it fails; without a name it gets one: trigger0. ERROR_EVENT_EXISTS,
 * ERROR_UNSUPPORTED. */
bool trigger_add(struct model *model, struct trigger *trigger, struct error *err);
/* One that was added; NULL: it is gone. */
struct trigger *trigger_find(const struct model *model, uint64_t token);
/* Once it was added: done when all programs that run watch for the event. It is gone if nobody can.
 */
void trigger_begin(struct model *model, const struct trigger *trigger, struct outcome outcome);
/* False: there is none. */
bool trigger_remove(struct model *model, uid_t uid, const char *name);
/* By name, then user; NULL: the first. */
struct trigger *trigger_next(const struct model *model, const struct trigger *trigger);

/* Events of its condition that programs could not tell of, for want of room. */
uint64_t trigger_missed_count(const struct model *model, const struct trigger *trigger);

/* A rotation of the session begins; its chunk is complete. */
void triggers_rotation(struct session *session, bool is_over);

#endif
