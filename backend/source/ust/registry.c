/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry of one buffer group. Its mutex is a leaf but for the sink's own: no command to an
 * application is under way below it, so the thread that serves notifications never waits for one.
 *
 * Events of a session's first start are announced before their channel is, but readers want the
 * stream block first: until then the events' declarations are held.
 */
#include "backend/source/ust/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/ust/known.h"
#include "backend/source/ust/shm.h"
#include "backend/source/ust/types.h"

#define EVENT_COUNT_MAX (1u << 20) /* as many as scan.h counts */
#define ENUM_COUNT_MAX	(1u << 16)

struct enumeration {
	struct lttng_ust_ctl_enum_entry *entries;
	size_t count;
};

struct channel {
	struct channel *next;
	uint32_t id;
	struct tally *tally;
	struct scanner *scanner;
	atomic_bool *is_declared; /* the source's own; set behind the metadata */
	struct known events;	  /* an event's number is its id */
	bool has_begun;		  /* its stream block is written */
	struct text context;	  /* packed context fields, once it has begun */
	struct text held;	  /* declarations of events before that */
};

struct ust_registry {
	pthread_mutex_t lock;
	struct ust_registry_place place;
	struct channel *channels;
	struct known enums; /* an enumeration's number is its id */
	struct enumeration *enumerations;
	size_t enumeration_room;
	bool is_behind; /* metadata waits: said once, not for each declaration */
};

struct ust_registry *ust_registry_create(const struct ust_registry_place *place)
{
	struct ust_registry *registry = mem_zalloc(sizeof(*registry));

	pthread_mutex_init(&registry->lock, NULL);
	registry->place = *place;
	return registry;
}

void ust_registry_destroy(struct ust_registry *registry)
{
	if (!registry)
		return;
	while (registry->channels) {
		struct channel *channel = registry->channels;

		registry->channels = channel->next;
		known_finish(&channel->events);
		text_finish(&channel->context);
		text_finish(&channel->held);
		free(channel);
	}
	for (size_t i = 0; i < registry->enums.count; i++)
		free(registry->enumerations[i].entries);
	free(registry->enumerations);
	known_finish(&registry->enums);
	pthread_mutex_destroy(&registry->lock);
	free(registry);
}

void ust_registry_add_channel(struct ust_registry *registry, uint32_t channel_id,
			      struct tally *tally, struct scanner *scanner,
			      atomic_bool *is_declared)
{
	struct channel *channel = mem_zalloc(sizeof(*channel));

	channel->id = channel_id;
	channel->tally = tally;
	channel->scanner = scanner;
	channel->is_declared = is_declared;
	pthread_mutex_lock(&registry->lock);
	channel->next = registry->channels;
	registry->channels = channel;
	pthread_mutex_unlock(&registry->lock);
}

static struct channel *find_channel(struct ust_registry *registry, uint32_t channel_id)
{
	struct channel *channel = registry->channels;

	while (channel && channel->id != channel_id)
		channel = channel->next;
	return channel;
}

static bool find_enum(void *data, uint64_t id, const struct lttng_ust_ctl_enum_entry **entries,
		      size_t *count)
{
	struct ust_registry *registry = data;

	if (id >= registry->enums.count)
		return false;
	*entries = registry->enumerations[id].entries;
	*count = registry->enumerations[id].count;
	return true;
}

/* What can't be written now is kept by the sink and comes later. */
static void append(struct ust_registry *registry, const struct text *text)
{
	struct error err = ERROR_INIT;
	bool is_behind;

	if (text->length == 0)
		return;
	ust_shm_append_metadata(registry->place.shm, text->bytes, text->length);
	is_behind = !sink_append_metadata(registry->place.trace, text->bytes, text->length, &err);
	if (is_behind && !registry->is_behind)
		log_write(LOG_LEVEL_WARNING, "metadata waits to be written: %s", err.message);
	registry->is_behind = is_behind;
}

static void add_enumeration(struct ust_registry *registry,
			    const struct lttng_ust_ctl_enum_entry *entries, size_t count)
{
	struct enumeration *fresh;

	registry->enumerations = mem_grow(registry->enumerations, registry->enums.count - 1,
					  &registry->enumeration_room, sizeof(*fresh));
	fresh = &registry->enumerations[registry->enums.count - 1];
	fresh->entries = mem_realloc_array(NULL, count ? count : 1, sizeof(*entries));
	fresh->count = count;
	if (count)
		memcpy(fresh->entries, entries, count * sizeof(*entries));
}

bool ust_registry_add_enum(struct ust_registry *registry, const char *name,
			   const struct lttng_ust_ctl_enum_entry *entries, size_t count,
			   uint64_t *id, struct error *err)
{
	struct text key = {0};
	bool is_known = true;
	bool is_new;

	text_add_bytes(&key, name, strlen(name) + 1);
	known_pack(&key, entries, count * sizeof(*entries));
	pthread_mutex_lock(&registry->lock);
	if (registry->enums.count < ENUM_COUNT_MAX) {
		*id = known_add(&registry->enums, key.bytes, key.length, &is_new);
		if (is_new)
			add_enumeration(registry, entries, count);
	} else {
		is_known = error_set(err, ERROR_UNSUPPORTED, "more than %u enumerations",
				     ENUM_COUNT_MAX);
	}
	pthread_mutex_unlock(&registry->lock);
	text_finish(&key);
	return is_known;
}

static void pack_event(struct text *key, const struct ust_event_description *event)
{
	text_add_bytes(key, event->name, strlen(event->name) + 1);
	text_add_bytes(key, event->signature, strlen(event->signature) + 1);
	if (event->emf_uri)
		text_add(key, event->emf_uri);
	text_addf(key, "%c%d%c", '\0', event->loglevel, '\0');
	known_pack(key, event->fields, event->field_count * sizeof(*event->fields));
}

/* Makes a new event type known to everybody, metadata first. */
static bool publish(struct ust_registry *registry, struct channel *channel, uint32_t id,
		    const struct ust_event_description *event, struct error *err)
{
	const struct source_host *host = registry->place.host;
	struct ust_enum_finder enums = {registry, find_enum};
	struct ctf_type *payload;
	struct text text = {0};

	payload = ust_types_build(event->fields, event->field_count, &enums, err);
	if (!payload)
		return error_prefix(err, "event '%s'", event->name);
	if (!scanner_add_event(channel->scanner, id, payload)) {
		ctf_type_destroy(payload);
		return error_set(err, ERROR_UNSUPPORTED, "event '%s': too many event types",
				 event->name);
	}
	ctf_metadata_event(channel->has_begun ? &text : &channel->held, event->name, id,
			   channel->id, event->loglevel, event->emf_uri, payload);
	append(registry, &text);
	text_finish(&text);
	ctf_type_destroy(payload);
	host->event_type_added(host->data, registry->place.session_id, channel->id,
			       tally_ref(channel->tally), id, event->name, event->loglevel);
	return true;
}

static bool add_event(struct ust_registry *registry, uint32_t channel_id, const struct text *key,
		      const struct ust_event_description *event, uint32_t *id, struct error *err)
{
	struct channel *channel = find_channel(registry, channel_id);
	bool is_new;

	if (!channel)
		return error_set(err, ERROR_PROTOCOL, "event '%s' of an unknown channel",
				 event->name);
	*id = known_add(&channel->events, key->bytes, key->length, &is_new);
	if (!is_new)
		return true;
	if (*id >= EVENT_COUNT_MAX)
		error_set(err, ERROR_UNSUPPORTED, "event '%s': more than %u event types",
			  event->name, EVENT_COUNT_MAX);
	else if (publish(registry, channel, *id, event, err))
		return true;
	known_remove_last(&channel->events);
	return false;
}

bool ust_registry_add_event(struct ust_registry *registry, uint32_t channel_id,
			    const struct ust_event_description *event, uint32_t *id,
			    struct error *err)
{
	struct text key = {0};
	bool is_known;

	pack_event(&key, event);
	pthread_mutex_lock(&registry->lock);
	is_known = add_event(registry, channel_id, &key, event, id, err);
	pthread_mutex_unlock(&registry->lock);
	text_finish(&key);
	return is_known;
}

static bool begin_first(struct ust_registry *registry, struct channel *channel,
			const struct lttng_ust_ctl_field *context, size_t field_count,
			struct error *err)
{
	struct ust_enum_finder enums = {registry, find_enum};
	struct ctf_type *type = NULL;
	struct text text = {0};

	if (field_count) {
		type = ust_types_build(context, field_count, &enums, err);
		if (!type)
			return error_prefix(err, "context of a channel");
		scanner_set_context(channel->scanner, type);
	}
	ctf_metadata_stream(&text, registry->place.layout, channel->id, CTF_HEADER_LARGE, type);
	if (channel->held.length)
		text_add_bytes(&text, channel->held.bytes, channel->held.length);
	append(registry, &text);
	text_finish(&text);
	text_finish(&channel->held);
	ctf_type_destroy(type);
	known_pack(&channel->context, context, field_count * sizeof(*context));
	channel->has_begun = true;
	atomic_store_explicit(channel->is_declared, true, memory_order_release);
	return true;
}

static bool has_same_context(const struct channel *channel,
			     const struct lttng_ust_ctl_field *context, size_t field_count)
{
	struct text packed = {0};
	bool is_same;

	known_pack(&packed, context, field_count * sizeof(*context));
	is_same = packed.length == channel->context.length &&
		  (!packed.length || !memcmp(packed.bytes, channel->context.bytes, packed.length));
	text_finish(&packed);
	return is_same;
}

bool ust_registry_begin_channel(struct ust_registry *registry, uint32_t channel_id,
				const struct lttng_ust_ctl_field *context, size_t field_count,
				struct error *err)
{
	struct channel *channel;
	bool is_good;

	pthread_mutex_lock(&registry->lock);
	channel = find_channel(registry, channel_id);
	if (!channel)
		is_good = error_set(err, ERROR_PROTOCOL, "unknown channel");
	else if (!channel->has_begun)
		is_good = begin_first(registry, channel, context, field_count, err);
	else
		is_good = has_same_context(channel, context, field_count) ||
			  error_set(err, ERROR_PROTOCOL,
				    "its context fields differ from other applications'");
	pthread_mutex_unlock(&registry->lock);
	return is_good;
}
