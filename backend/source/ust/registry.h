/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What applications say about the events of one buffer group, once for all of them: the same event
 * type from another application gets the same id, and keeps it as long as the session lives.
 * Metadata, scanner and host know a type before the application hears its id and may record it.
 */
#ifndef TRACON_SOURCE_UST_REGISTRY_H
#define TRACON_SOURCE_UST_REGISTRY_H

#include <stdatomic.h>

#include <lttng/ust-ctl.h>

#include "backend/consume/tally.h"
#include "backend/ctf/metadata.h"
#include "backend/sink/sink.h"
#include "backend/source/source.h"

struct ust_registry;
struct ust_shm;

/* All are borrowed and outlive the registry; the trace's metadata up to the event headers is
 * written. */
struct ust_registry_place {
	uint64_t session_id;
	const struct source_host *host;
	const struct ctf_layout *layout;
	struct sink_trace *trace;
	struct ust_shm *shm; /* gets the same metadata; NULL: there is none */
};

struct ust_registry *ust_registry_create(const struct ust_registry_place *place);
void ust_registry_destroy(struct ust_registry *registry); /* NULL passes */

/* A stream class. All are borrowed; *is_declared becomes true with ust_registry_begin_channel(). */
void ust_registry_add_channel(struct ust_registry *registry, uint32_t channel_id,
			      struct tally *tally, struct scanner *scanner,
			      atomic_bool *is_declared);

/* An event type as it comes from an application; borrowed for the call. */
struct ust_event_description {
	const char *name;
	int loglevel;
	const char *signature;
	const struct lttng_ust_ctl_field *fields;
	size_t field_count;
	const char *emf_uri; /* or NULL */
};

/*
 * The three notifications, from any thread, one at a time inside. They fail with ERROR_PROTOCOL or
 * ERROR_UNSUPPORTED (too many); the application then does without what it announced.
 */
bool ust_registry_add_enum(struct ust_registry *registry, const char *name,
			   const struct lttng_ust_ctl_enum_entry *entries, size_t count,
			   uint64_t *id, struct error *err);
bool ust_registry_add_event(struct ust_registry *registry, uint32_t channel_id,
			    const struct ust_event_description *event, uint32_t *id,
			    struct error *err);
/* The first one decides the context fields, others must have the same. */
bool ust_registry_begin_channel(struct ust_registry *registry, uint32_t channel_id,
				const struct lttng_ust_ctl_field *context, size_t field_count,
				struct error *err);

#endif
