/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What many commands need: which session, which domain, and how an answer waits. */
#ifndef TRACON_CONTROL_COMMANDS_COMMON_H
#define TRACON_CONTROL_COMMANDS_COMMON_H

#include "backend/control/command.h"
#include "backend/identity/exporter.h"
#include "backend/model/hook.h"
#include "backend/model/model.h"

#define OPTION_SESSION                                                                             \
	{                                                                                          \
		"session", 's', OPTION_TEXT, "SESSION", "the session, instead of the current one", \
			COMPLETE_SESSION                                                           \
	}
#define OPTION_USERSPACE                                                                           \
	{                                                                                          \
		"userspace", 'u', OPTION_FLAG, NULL, "user space applications", COMPLETE_NOTHING   \
	}
#define OPTION_KERNEL                                                                              \
	{                                                                                          \
		"kernel", 'k', OPTION_FLAG, NULL, "the Linux kernel", COMPLETE_NOTHING             \
	}

/* clang-format off */
#define OPTIONS_OF_LOGGERS                                                                         \
	{"jul", 'j', OPTION_FLAG, NULL, "java.util.logging", COMPLETE_NOTHING},                    \
	{"log4j", 'l', OPTION_FLAG, NULL, "Apache log4j 1", COMPLETE_NOTHING},                     \
	{"log4j2", 0, OPTION_FLAG, NULL, "Apache log4j 2", COMPLETE_NOTHING},                      \
	{"python", 'p', OPTION_FLAG, NULL, "Python's logging", COMPLETE_NOTHING}
/* clang-format on */

/*
 * The session that `name` (NULL: --session, then the console's selected one, then .lttngrc) means.
 * NULL: the reply was ended with the reason.
 */
struct session *common_session(struct call *call, const char *name);

/*
 * The sessions that --all, --glob PATTERN (as an option's value or as the argument), or else
 * SESSION, as above, mean; newest first. False: the reply was ended. Caller frees *sessions.
 */
bool common_sessions(struct call *call, struct session ***sessions, size_t *count);
#define OPTION_ALL                                                                                 \
	{                                                                                          \
		"all", 'a', OPTION_FLAG, NULL, "all sessions", COMPLETE_NOTHING                    \
	}
#define OPTION_GLOB                                                                                \
	{                                                                                          \
		"glob", 'g', OPTION_OPTIONAL_TEXT, "PATTERN",                                      \
			"the sessions that match; * is any text", COMPLETE_SESSION                 \
	}

/*
 * One reply for what is done to several sessions. They end in any order, but are told of in that of
 * the list.
 */
struct several {
	struct reply *reply; /* NULL: answered already */
	bool is_handed_out;
	enum exit_status status;
	struct several_part *parts, **end; /* not told of yet */
};
struct several_part {
	struct several *several;
	struct several_part *next;
	/* One session is done, and told of are all before it. Frees the part. */
	enum exit_status (*tell)(struct several_part *part, const struct error *err);
	bool is_done;
	bool has_failed;
	struct error err;
};
struct several *several_begin(struct reply *reply);
/* The next one: first in what the caller allocated. Its outcome must come, at once or later. */
struct outcome several_add(struct several *several, struct several_part *part,
			   enum exit_status (*tell)(struct several_part *part,
						    const struct error *err));
/* All are added: the last one that ends answers with the worst status and frees it. */
void several_end(struct several *several);

/* --exec and --exec-timeout; no command: NULL in it. ERROR_INVALID. */
bool common_hook(const struct args *args, struct hook_wish *wish, struct error *err);

/* An option's time, above 0; without the option it stays as it is. ERROR_INVALID. */
bool common_time(const struct args *args, const char *option, uint64_t *time_us, struct error *err);

/* create's --idle-timeout and --max-lifetime. ERROR_INVALID. */
bool common_limits(const struct args *args, struct expiry_limits *limits, struct error *err);

/* The source that -u, -k, -j, -l or -p means; false: the reply was ended. */
bool common_domain(struct call *call, size_t *source_index);

/* Bits of the sources that were asked for; 0: none was. */
unsigned int common_domains(const struct args *args);

/* "ust", "kernel": how lttng's messages call the domain. */
const char *common_domain_word(size_t source_index);

/* Absolute, by the requester's directory. Caller frees. */
char *common_absolute_path(const struct requester *who, const char *path);

/*
 * The folder that an output of lttng means: a path, file://PATH. Networks: ERROR_UNSUPPORTED. NULL
 * with an error. Caller frees.
 */
char *common_output_path(const char *url, struct error *err);
/* Where snapshots go: a path, file://PATH, a relay daemon's URL, or both of its sockets'. What
 * snapshot_wish takes; NULL with an error. Caller frees. */
char *common_snapshot_place(const char *url, const char *control, const char *data,
			    struct error *err);
/* "at" a path, "on relay" another machine: what comes before an archive's place. */
const char *common_archive_place(const char *path);

/* "Warning: N events were discarded …" for what a session lost; nothing if it lost nothing. */
void common_warn_losses(struct reply *reply, const struct session *session);

/* Says which sessions a killed engine left over, if any; for list and status. */
void common_warn_left(struct call *call);

/* A default channel in a new session, with one rule for user-space events. */
bool common_record_pattern(struct session *session, const char *pattern, struct error *err);

/* A reply whose end waits for an outcome; err: the sentence after `prefix`. */
struct pending {
	struct reply *reply;
	enum exit_status status; /* when all goes well */
};
struct outcome common_reply_when_done(struct reply *reply, enum exit_status status);

/* "session", or with --all and --glob "sessions": what --mi xml says of them. */
void common_sessions_json(struct call *call, struct session *const *sessions, size_t count);
/* Does `one` to each of common_sessions(), with one reply for all. */
void common_each_session(struct call *call,
			 void (*one)(struct several *several, struct session *session));
/* "export" of what is exported; nothing if nothing is. */
void common_export_json(struct json *object, const struct exporter_state *state);
/* "session" object of --mi xml's names. */
void common_session_json(struct json *object, const struct session *session);

#endif
