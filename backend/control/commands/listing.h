/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between list.c, status.c and the two forms of what they show. */
#ifndef TRACON_CONTROL_COMMANDS_LISTING_H
#define TRACON_CONTROL_COMMANDS_LISTING_H

#include "backend/control/command.h"
#include "backend/model/model.h"

/* What is said of the buffers' memory: nothing; each channel's and the session's; also whose it is;
 * also how many buffers. */
enum listing_memory { MEMORY_UNTOLD, MEMORY_TOTAL, MEMORY_COMPACT, MEMORY_FULL };
enum listing_style { STYLE_LINES, STYLE_TREE_COMPACT, STYLE_TREE_BREATHE };

/* What of a session is to be shown. */
struct listing {
	char *channel; /* only this one; NULL: all */
	bool only_domains;
	enum listing_memory memory;
	enum listing_style style;
	bool is_list;  /* of sessions: the tree has only their own lines */
	bool is_whole; /* no line of the tree is cut */
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
/*
 * The same as a tree, as newer ones show it. A line that does not fit into the terminal is cut,
 * unless is_whole.
 */
void listing_session_tree(struct reply *reply, const struct session *session,
			  const struct listing *listing);
/* The session's, in bytes: of the channels that the listing wants. */
uint64_t listing_memory_bytes(const struct session *session, const struct listing *listing);
/* What a rule's line says after its name: lttng 2.13's words. */
void listing_rule_words(const struct event_rule *rule, struct text *line);
/* --style, --no-truncate, --mem-usage; false: the reply has failed. */
bool listing_parse(struct call *call, struct listing *listing);
#define LISTING_OPTIONS                                                                            \
	{"mem-usage",                                                                              \
	 0,                                                                                        \
	 OPTION_TEXT,                                                                              \
	 "total|compact|full",                                                                     \
	 "the memory of the channels' buffers: in all, by user or process, with their number",     \
	 COMPLETE_NOTHING},                                                                        \
		{"style",                                                                          \
		 0,                                                                                \
		 OPTION_TEXT,                                                                      \
		 "compact|breathe",                                                                \
		 "as a tree, without or with empty lines",                                         \
		 COMPLETE_NOTHING},                                                                \
	{                                                                                          \
		"no-truncate", 0, OPTION_FLAG, NULL, "with --style: lines as long as they are",    \
			COMPLETE_NOTHING                                                           \
	}
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
