/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The immutable copy of the model that views draw. One allocation, published through RCU by the
 * control thread: after a change (at most one in 10 ms, at once before a command's answer) and on a
 * tick while a terminal is attached. Rows are sorted by creation; views sort for themselves.
 */
#ifndef TRACON_MODEL_PICTURE_H
#define TRACON_MODEL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Samples of picture.sample_seconds each, oldest first: events in that time. PICTURE_NO_SAMPLE
 * where none was taken. The newest one's time goes on, it says what it will be.
 */
#define PICTURE_HISTORY	  64
#define PICTURE_NO_SAMPLE UINT32_MAX

#define PICTURE_CPU_NAME_MAX 48

/* "events in 1000 s": whole numbers that still show events slower than one per second. */
struct picture_counts {
	uint64_t recorded_events;
	uint64_t recorded_bytes;
	uint64_t discarded_events; /* ring and write */
	uint64_t discarded_ring;
	uint64_t discarded_write;
	uint64_t lost_packets;
	uint64_t unreadable_bytes;
	uint64_t repairs;
	uint64_t last_loss_wall_ns; /* 0: never */
	uint64_t rate_per_1000_s;
	uint64_t bytes_per_s;
};

enum picture_mode {
	PICTURE_MODE_LOCAL,
	PICTURE_MODE_NO_OUTPUT,
	PICTURE_MODE_SNAPSHOT,
	PICTURE_MODE_LIVE,
	PICTURE_MODE_STREAMING
};

struct picture_session {
	uint64_t id;
	const char *name;
	const char *identity;	       /* session.id */
	const char *previous_identity; /* "": it continues none */
	const char *output;	       /* path or URL; "" without output */
	uid_t uid;
	const char *user; /* its name; NULL: unknown */
	enum picture_mode mode;
	bool is_active;
	bool was_started;
	bool is_rotating;
	const char *schedule; /* of rotations: "every 10 s, at 10.0 MB"; "" */
	uint64_t rotation_us; /* the same; 0: none */
	uint64_t rotation_bytes;
	/*
	 * Whose events are recorded, where not everybody's: "u vpid 12,34;k pid 5;u vuid none",
	 * domain's option, tracker's option, values; "".
	 */
	const char *tracked;
	size_t snapshot_output_count;
	unsigned int viewer_count;   /* of a live session that is served here */
	uint64_t relay_lost_wall_ns; /* its relay daemon is away since then; 0: it isn't */
	bool is_detailed; /* its events are in this picture (it is on screen); else only totals */
	bool has_unseen_loss;	/* losses since the last acknowledgement */
	uint32_t fill_permille; /* fullest ring */
	uint64_t created_wall_ns;
	struct picture_counts counts;
	uint32_t history[PICTURE_HISTORY];
	size_t first_channel, channel_count; /* in picture.channels */
	size_t first_chunk, chunk_count;     /* in picture.chunks */
};

/* A CPU of a kernel channel that lost something. */
struct picture_cpu {
	char name[PICTURE_CPU_NAME_MAX]; /* "CPU 3" */
	struct picture_counts counts;
};

struct picture_channel {
	uint64_t session_id;
	uint32_t id;
	const char *name;
	const char *domain; /* "User space" */
	bool is_enabled;
	bool is_overwrite;
	uint64_t subbuf_bytes;
	uint64_t subbuf_count;
	uint64_t switch_timer_us;
	uint64_t read_timer_us;
	uint32_t fill_permille;
	struct picture_counts counts;
	uint32_t history[PICTURE_HISTORY];
	const char *contexts; /* "vpid, procname"; "" */
	size_t rule_count;
	size_t first_rule;		 /* in picture.rules; rule_count of them, if detailed */
	size_t first_event, event_count; /* in picture.events; 0 unless the session is detailed */
	size_t first_cpu, cpu_count;	 /* in picture.cpus; likewise */
};

/* What the user asked for. Only of detailed sessions. */
struct picture_rule {
	uint64_t session_id;
	uint32_t channel_id;
	uint32_t id;	      /* unique in the session */
	int kind;	      /* enum rule_kind */
	const char *location; /* of probes; else "" */
	const char *pattern;
	int loglevel_match; /* enum loglevel_match */
	int loglevel;
	const char *loglevel_text; /* "TRACE_INFO"; "" for all levels */
	const char *exclusions;	   /* as --exclude takes them: "a,b"; "" */
	const char *filter;	   /* as --filter takes it; "" */
	bool is_enabled;
};

/* An event rule that nothing matched so far, or an event type that really occurs. */
struct picture_event {
	uint64_t id; /* stable while the session lives */
	uint64_t session_id;
	uint32_t channel_id;
	const char *name; /* rule's pattern or event type's name; untrusted */
	const char
		*rule; /* pattern of the first rule that matches this type; "" if none any more */
	uint32_t rule_id; /* that rule's; 0 if none any more */
	bool is_rule;	  /* a row for a rule */
	bool is_enabled;
	int loglevel;		   /* -1 unknown */
	const char *loglevel_text; /* "TRACE_INFO", "" */
	uint64_t recorded_events;
	uint64_t recorded_bytes; /* of its records: header, context, payload */
	uint64_t rate_per_1000_s;
	uint64_t last_seen_wall_ns; /* tick at which it was last seen growing; 0 never */
	uint32_t history[PICTURE_HISTORY];
};

enum picture_chunk_state {
	PICTURE_CHUNK_CURRENT,
	PICTURE_CHUNK_CLOSING,
	PICTURE_CHUNK_ARCHIVED,
	PICTURE_CHUNK_FAILED
};

struct picture_chunk {
	uint64_t session_id;
	uint64_t id;
	enum picture_chunk_state state;
	const char *path; /* "" for the current one */
	uint64_t begin_wall_ns;
	uint64_t end_wall_ns; /* 0 while current */
	uint64_t event_count;
	uint64_t bytes;
};

struct picture_source {
	const char *name;
	const char *title;
	bool is_working;
	const char *note; /* why not, or a warning; "" */
};

struct picture {
	uint64_t serial; /* from 1 */
	/* Length of a sample (1, 10, 60), and the number of the newest: it grows by one with each.
	 */
	unsigned int sample_seconds;
	uint64_t sample_count;
	uint64_t wall_ns;
	const char *host_name;
	uint64_t total_rate_per_1000_s;
	uint64_t total_discarded;
	uint32_t fill_permille;
	size_t active_count;
	uint64_t log_serial; /* log_last_serial() when it was made */
	const char *warning; /* for the header: where the engine listens if not at the usual place;
				"" */
	const struct picture_session *sessions;
	size_t session_count;
	const struct picture_channel *channels;
	size_t channel_count;
	const struct picture_cpu *cpus;
	size_t cpu_count;
	const struct picture_rule *rules;
	size_t rule_count;
	const struct picture_event *events;
	size_t event_count;
	const struct picture_chunk *chunks;
	size_t chunk_count;
	size_t app_count;     /* applications that can be traced */
	size_t program_count; /* that `run` has started in the console, and that still run */
	const struct picture_source *sources;
	size_t source_count;
};

/* NULL if there is none (of that id). */
const struct picture_session *picture_session(const struct picture *picture, uint64_t session_id);

#endif
