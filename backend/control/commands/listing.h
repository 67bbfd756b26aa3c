/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between list.c, status.c and the two forms of what they show. */
#ifndef TRACON_CONTROL_COMMANDS_LISTING_H
#define TRACON_CONTROL_COMMANDS_LISTING_H

#include "backend/control/command.h"
#include "backend/model/model.h"

/* What of a session is to be shown. */
struct listing {
	char *channel; /* only this one; NULL: all */
	bool only_domains;
	/* Bit of each source (its index) that -k, -u, -j, -l or -p named; 0: all. */
	unsigned int sources;
};

bool listing_wants(const struct listing *listing, const struct channel *channel);

/* "active", "inactive snapshot": as lttng calls it. */
const char *listing_state(const struct session *session);
/* A live session's period, and where its viewers connect: true if printed. */
bool listing_live_text(struct reply *reply, const struct session *session);
/* What a streaming session's relay daemon is up to, when it is not just there: true if printed. */
bool listing_relay_text(struct reply *reply, const struct session *session);
/* lttng 2.13's text. */
void listing_session_text(struct reply *reply, const struct session *session,
			  const struct listing *listing);
/* The kernel's by that kind, a system call once and by its own name. NULL: not to be shown. */
const char *listing_point_name(const struct point *point, enum rule_kind kind);
/* kind: of the kernel's, tracepoints or system calls. */
void listing_points_text(struct reply *reply, size_t source_index, const struct point_list *points,
			 enum rule_kind kind, bool with_fields);
void listing_session_json(struct json *object, const struct session *session,
			  const struct listing *listing);
/* One of them, for the answer of a command that made it; the object that was added. */
struct json *listing_channel_json(struct json *channels, const struct channel *channel);
struct json *listing_rule_json(struct json *events, size_t source_index,
			       const struct event_rule *rule);
void listing_points_json(struct json *object, size_t source_index, const struct point_list *points,
			 enum rule_kind kind, bool with_fields);

/* Brings the counters up to date, shows the session and ends the reply. Takes the listing's memory.
 */
void listing_show_session(struct call *call, struct session *session, struct listing listing);

#endif
