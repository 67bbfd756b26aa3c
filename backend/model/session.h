/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A tracing session: what is wanted (channels, rules) and what became of it (chunks, losses).
 * Control thread. */
#ifndef TRACON_MODEL_SESSION_H
#define TRACON_MODEL_SESSION_H

#include <sys/types.h>

#include "backend/base/as_user.h"
#include "backend/base/error.h"
#include "backend/ctf/metadata.h"
#include "backend/model/channel.h"
#include "backend/model/expiry.h"
#include "backend/model/picture.h"
#include "backend/model/relay.h"
#include "backend/model/tracker.h"
#include "backend/sink/sink.h"
#include "backend/sink/url.h"

struct expiry;
struct hooks;
struct live;
struct model;
struct operation;
struct running;
struct schedule;
struct stream_set;

#define SESSION_NAME_MAX 255 /* bytes: lttng-create(1) */

struct chunk_row {
	uint64_t id;
	struct shared_text *path;
	uint64_t begin_wall_ns;
	uint64_t end_wall_ns;
	uint64_t event_count;
	uint64_t bytes;
	uint64_t discarded_events; /* between its begin and its end */
	bool is_archived;	   /* else left in place: a session that was never rotated */
	bool has_failed;
};

/* Where snapshots go when nothing else is said. */
struct snapshot_output {
	uint32_t id; /* from 1, never used again in the session */
	char *name;
	char *path;	    /* absolute, or a relay daemon's URL: relay_url_text() */
	uint64_t bytes_max; /* of one snapshot; 0: no limit */
};

struct session {
	struct model *model;
	uint64_t id;
	struct shared_text *name;
	struct shared_text *identity;	       /* session.id; see lifespan.h */
	struct shared_text *previous_identity; /* settled when it begins; NULL: none */
	const char *end_reason;
	bool has_begun;	      /* the journal knows it */
	bool waits_for_event; /* the id before it ended; this one begins with its first event */
	struct picture_counts counted_before; /* under ids that ended */
	uint64_t begun_wall_ns;		      /* its present id */
	uint64_t archived_count;	      /* chunks, under its present id */
	uint64_t beaten_count;		      /* events, at the last heartbeat */
	uint64_t noted_wall_ns;		     /* of the newest record about it: it ends no earlier */
	struct shared_text *turned_previous; /* whom the id before this one continued; NULL */
	struct shared_text
		*saved_identity; /* of the one that was saved, in case no other is known */
	struct expiry *expiry;	 /* NULL: it ends when somebody ends it */
	uid_t uid;
	gid_t gid;
	struct user_rights owner;   /* what is made on disk is theirs */
	struct shared_text *output; /* absolute path, or a URL as lttng shows it; "" without one */
	struct relay_url url;	    /* of a streaming session */
	char *shm_path;		    /* folder that its buffers are files in; NULL: none */
	struct relay_state relay;   /* likewise */
	uint64_t relay_second_ns;   /* in its directories' names there; 0: not chosen yet */
	bool has_auto_name;
	uint64_t live_period_us; /* 0: not live. With a relay daemon, its viewers are that one's */
	struct live *live;	 /* see live.h; NULL: not live */
	uint64_t created_wall_ns;
	struct ctf_clock clock; /* sampled at create; the same in every metadata file */
	enum picture_mode mode;
	bool is_active;
	bool was_started;
	bool is_ending; /* destroy has begun: nobody finds it any more */
	bool was_rotated_since_stop;
	bool was_cleared_since_stop;
	uint64_t spec_version;
	struct channel **channels;
	size_t channel_count;
	size_t channel_room;
	struct tracker *trackers; /* TRACKER_KIND_COUNT of each source */
	uint32_t next_channel_id;
	uint32_t next_rule_id;
	uint64_t next_row_id;
	struct chunk_row *chunks;
	size_t chunk_count;
	size_t chunk_room;
	struct sink *sink;	      /* from the first start on */
	struct stream_set *streams;   /* likewise */
	struct operation *operations; /* start, stop, rotate, destroy: one after the other */
	struct operation *rotation;   /* waits for its chunk to be closed */
	struct operation *clearing;   /* likewise */
	struct schedule *schedule;    /* of rotations; NULL: none was ever set */
	struct hooks *hooks;	      /* of archives; likewise */
	char *last_hook;	      /* for the chunk that destroy leaves; NULL: none */
	uint64_t last_hook_limit_us;
	struct running *running; /* what is kept of it for an engine after this one, or NULL */
	uint64_t first_chunk_id; /* 0, unless it goes on where a killed engine left it */
	struct snapshot_output *snapshot_outputs;
	size_t snapshot_output_count, snapshot_output_room;
	uint32_t next_snapshot_output_id;
	uint64_t snapshot_count;   /* recorded so far: part of their names */
	uint64_t statedump_serial; /* see session_spec */
	struct meter meter;
	uint64_t seen_losses;		/* acknowledged */
	uint64_t sampled_losses;	/* at the last tick */
	uint64_t discarded_at_rotation; /* events, until the last chunk was closed */
};

struct session_wish {
	const char *name;	     /* NULL: auto-DATE-TIME */
	const char *output;	     /* absolute; NULL: below `traces` */
	const char *traces;	     /* the requester's lttng-traces */
	const char *shm_path;	     /* absolute: where its buffers are files; NULL: nowhere */
	const struct relay_url *url; /* it is streamed there; NULL: to files */
	bool is_snapshot; /* nothing is written but snapshots; `output` is their first output */
	bool has_no_output;
	uint64_t live_period_us;       /* 0: not live */
	const char *previous_identity; /* whom it continues; NULL: the last one of its name */
	bool is_saved;		       /* its name may be one that tracon itself once made */
	struct expiry_limits limits;
	uid_t uid;
	gid_t gid;
};

/* ERROR_INVALID (name), ERROR_SESSION_EXISTS. Nothing is made on disk before the first start. */
struct session *session_create(struct model *model, const struct session_wish *wish,
			       struct error *err);
void session_destroy(struct session *session);

const char *session_name(const struct session *session);
/* What it records goes to trace chunks: it can be rotated. */
bool session_has_chunks(const struct session *session);

/*
 * The path is absolute, or a URL. ERROR_INVALID (name), ERROR_STATE (no snapshot session). name
 * NULL: snapshot-ID. Borrowed until the next change.
 */
struct snapshot_output *session_add_snapshot_output(struct session *session, const char *name,
						    const char *path, uint64_t bytes_max,
						    struct error *err);
/* By number or name; NULL. */
const struct snapshot_output *session_find_snapshot_output(const struct session *session,
							   const char *id_or_name);
void session_remove_snapshot_output(struct session *session, uint32_t id);
struct channel *session_find_channel(const struct session *session, size_t source_index,
				     const char *name);
struct channel *session_find_channel_id(const struct session *session, uint32_t channel_id);
size_t session_channels_of(const struct session *session, size_t source_index);
/* With those of the domains that the source carries. */
size_t session_channels_carried(const struct session *session, size_t source_index);

/* Never NULL; one that was not touched tracks all. */
struct tracker *session_tracker(const struct session *session, size_t source_index,
				enum tracker_kind kind);
/* There are channels in it, or somebody is tracked. */
bool session_has_domain(const struct session *session, size_t source_index);
/* Of the domain's channels; of a domain without, what its channels have if nobody chooses. */
enum buffer_scheme session_scheme(const struct session *session, size_t source_index);

/* What a new channel has if nobody says otherwise: by domain and mode. */
void session_channel_defaults(const struct session *session, size_t source_index,
			      struct channel_attributes *attributes);
/*
 * ERROR_CHANNEL_EXISTS, ERROR_INVALID (name), ERROR_STATE (already started once, or buffers of
 * another scheme than the domain's).
 */
struct channel *session_add_channel(struct session *session, size_t source_index, const char *name,
				    const struct channel_attributes *attributes, struct error *err);

void session_count(const struct session *session, struct picture_counts *counts);
/* Discarded events, lost packets and unreadable bytes: any growth is a new loss. */
uint64_t session_losses(const struct session *session);

void session_add_chunk(struct session *session, struct chunk_row row);

#endif
