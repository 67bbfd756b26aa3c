/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See native_source_kit.h. */
#include "tests/unit/native_source_kit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/ctf/type.h"

static const struct ctf_layout packed = {
	.long_bits = 64, .align16 = 8, .align32 = 8, .align64 = 8, .align_long = 8};

static void type_added(void *data, uint64_t session_id, uint32_t channel_id, struct tally *tally,
		       uint32_t type_id, const char *name, int loglevel)
{
	(void)data;
	(void)session_id;
	(void)channel_id;
	(void)type_id;
	(void)name;
	(void)loglevel;
	tally_unref(tally);
}

static struct handshake_field field_of(const char *name, enum handshake_kind kind, uint32_t bytes)
{
	struct handshake_field field = {.kind = kind, .bytes = bytes, .base = 10, .count = 1};

	strncpy(field.name, name, sizeof(field.name) - 1);
	return field;
}

static void describe(struct native_event *event, const char *name,
		     const struct handshake_field *fields, uint32_t count)
{
	event->name = mem_strdup(name);
	event->level = 6;
	event->shape = native_shape_create(fields, count, NULL);
	event->payload = native_shape_type(event->shape);
}

static uint32_t add_provider(struct native_catalog *catalog)
{
	struct native_definition *definition = native_definition_create(KIT_EVENTS);
	const struct handshake_field pair[] = {field_of("number", HANDSHAKE_INTEGER, 4),
					       field_of("value", HANDSHAKE_INTEGER, 8)};
	const struct handshake_field words[] = {field_of("text", HANDSHAKE_STRING, 1),
						field_of("list", HANDSHAKE_SEQUENCE, 2)};

	describe(&definition->events[KIT_PAIR], "kit:pair", pair, 2);
	describe(&definition->events[KIT_WORDS], "kit:words", words, 2);
	describe(&definition->events[KIT_OTHER], "kit:other", NULL, 0);
	text_add(&definition->key, "kit");
	return native_catalog_add(catalog, definition)->base;
}

struct native_wants *native_kit_wants(const struct native_kit *kit, const char *pattern,
				      const char *filter)
{
	const struct rule_spec rule = {.pattern = pattern, .filter = filter, .is_enabled = true};
	const struct channel_spec channel = {.rules = &rule, .rule_count = 1};

	return native_wants_create(kit->catalog, &channel);
}

static void make_channel(struct native_kit *kit, const char *pattern, const char *filter,
			 bool is_snapshot)
{
	struct native_channel *channel = mem_zalloc(sizeof(*channel));

	atomic_init(&channel->references, 1);
	channel->source = &kit->source;
	channel->host = &kit->source.host;
	channel->catalog = kit->catalog;
	channel->name = mem_strdup("channel");
	channel->scanner = scanner_create(&packed, CTF_HEADER_WIDE);
	channel->tally = tally_create();
	channel->is_seen = mem_zalloc(NATIVE_ID_COUNT);
	channel->is_kept = is_snapshot;
	channel->kept_bytes = 4 * native_kit_sub_bytes(kit);
	channel->wants = native_kit_wants(kit, pattern, filter);
	for (uint32_t i = 0; i < KIT_EVENTS; i++)
		scanner_add_event(channel->scanner, kit->base + i,
				  native_catalog_find(kit->catalog, kit->base + i)->payload);
	kit->channel = channel;
}

void native_kit_open(struct native_kit *kit, const char *pattern, const char *filter,
		     bool is_snapshot)
{
	int fds[2] = {-1, -1};
	bool is_mapped;

	memset(kit, 0, sizeof(*kit));
	pthread_mutex_init(&kit->source.clock_lock, NULL);
	kit->source.host.event_type_added = type_added;
	kit->catalog = native_catalog_create(geteuid());
	kit->base = add_provider(kit->catalog);
	kit->process = native_process_create(&kit->source, -1);
	kit->process->uid = geteuid();
	kit->process->is_trusted = true;
	kit->process->catalog = kit->catalog;
	is_mapped = native_process_map(kit->process, fds, NULL);
	assert(is_mapped);
	(void)is_mapped;
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	make_channel(kit, pattern, filter, is_snapshot);
	kit->lane = &kit->process->lanes[0];
	kit->ticks = clock_monotonic_ns();
	kit->stream = native_stream_create(kit->channel, NULL, 0);
	native_stream_attach(kit->stream, kit->lane, 0, UINT64_MAX, kit->channel->wants);
}

void native_kit_close(struct native_kit *kit)
{
	struct stream *base = native_stream_base(kit->stream);

	base->class->destroy(base);
	native_channel_unref(kit->channel);
	native_process_unref(kit->process);
	native_catalog_destroy(kit->catalog);
	pthread_mutex_destroy(&kit->source.clock_lock);
}

/* --- the application */

uint64_t native_kit_sub_bytes(const struct native_kit *kit)
{
	return native_sub_bytes(kit->process);
}

static unsigned char *place(const struct native_kit *kit, uint64_t position)
{
	return kit->lane->data + (position & (native_ring_bytes(kit->process) - 1));
}

void native_kit_open_sub(struct native_kit *kit, uint32_t tid)
{
	uint64_t sub = native_kit_sub_bytes(kit);
	uint64_t next = (kit->at + sub - 1) & ~(sub - 1);
	struct lane_packet *packet;

	if (kit->at > 0) {
		packet = (struct lane_packet *)place(kit, next - sub);
		packet->content_bytes = kit->at - (next - sub);
		packet->end_ticks = kit->ticks;
	}
	kit->lane->header->open_end = next + sub;
	packet = (struct lane_packet *)place(kit, next);
	*packet = (struct lane_packet){.position = next, .begin_ticks = kit->ticks, .tid = tid};
	kit->lane->header->tid = tid;
	kit->at = next + LANE_PACKET_BYTES;
}

void native_kit_put(struct native_kit *kit, uint32_t id, const void *fields, size_t bytes)
{
	unsigned char *at = place(kit, kit->at);
	uint64_t header = lane_record_header(id, kit->ticks++);

	memcpy(at, &header, sizeof(header));
	if (bytes > 0)
		memcpy(at + sizeof(header), fields, bytes);
	kit->at += sizeof(header) + bytes;
}

void native_kit_put_pair(struct native_kit *kit, uint32_t number)
{
	unsigned char fields[12];
	uint64_t value = (uint64_t)number * 3;

	memcpy(fields, &number, sizeof(number));
	memcpy(fields + sizeof(number), &value, sizeof(value));
	native_kit_put(kit, kit->base + KIT_PAIR, fields, sizeof(fields));
}

void native_kit_put_pairs(struct native_kit *kit, uint32_t begin, uint32_t end)
{
	for (uint32_t number = begin; number < end; number++)
		native_kit_put_pair(kit, number);
}

uint32_t native_kit_fill(struct native_kit *kit, uint32_t first)
{
	uint64_t sub = native_kit_sub_bytes(kit);
	uint32_t count = 0;

	while ((kit->at & (sub - 1)) != 0 && (kit->at & (sub - 1)) + 20 <= sub)
		native_kit_put_pair(kit, first + count++);
	return count;
}

void native_kit_publish(struct native_kit *kit)
{
	__atomic_store_n(&kit->lane->header->commit, kit->at, __ATOMIC_RELEASE);
}

void native_kit_begin(struct native_kit *kit)
{
	native_kit_open(kit, "kit:*", NULL, false);
	native_kit_open_sub(kit, 1);
}

void native_kit_finish_sub(struct native_kit *kit)
{
	native_kit_publish(kit);
	native_kit_flush(kit, FLUSH_DATA);
}

/* --- packets */

static uint32_t u32_at(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint64_t u64_at(const unsigned char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

/* Those of a packet in which all are kit:pair. */
static void read_numbers(const struct native_kit *kit, const struct packet *packet,
			 struct native_kit_packet *taken)
{
	uint64_t header;

	if (packet->content_bytes == CTF_THREAD_HEADER_BYTES)
		return;
	header = u64_at(packet->bytes + CTF_THREAD_HEADER_BYTES);
	if (lane_record_id(header) != kit->base + KIT_PAIR ||
	    (packet->content_bytes - CTF_THREAD_HEADER_BYTES) % 20 != 0)
		return;
	taken->first = u32_at(packet->bytes + CTF_THREAD_HEADER_BYTES + 8);
	taken->last = u32_at(packet->bytes + packet->content_bytes - 12);
}

/* What the stream has counted is what the packet holds. Nobody moves it out here. */
static void check_counts(const struct event_counts *told, const struct event_counts *found)
{
	size_t told_count, found_count;
	const uint32_t *ids = event_counts_ids(found, &found_count);

	event_counts_ids(told, &told_count);
	assert(told_count == found_count);
	for (size_t i = 0; i < found_count; i++) {
		assert(event_counts_read(told, ids[i]) == event_counts_read(found, ids[i]));
		assert(event_counts_read_bytes(told, ids[i]) ==
		       event_counts_read_bytes(found, ids[i]));
	}
}

bool native_kit_take(struct native_kit *kit, struct native_kit_packet *taken)
{
	struct event_counts *counts;
	struct stream *base = native_stream_base(kit->stream);
	struct packet packet = {0};
	const unsigned char *head;
	struct scan_result scanned;

	if (base->class->take(base, &packet) != TAKE_PACKET)
		return false;
	head = packet.header_bytes ? packet.header : packet.bytes;
	assert(packet.size_bytes == packet.content_bytes);
	assert(packet.content_bytes >= CTF_THREAD_HEADER_BYTES);
	assert(packet.begin_clock <= packet.end_clock);
	assert(u32_at(head) == 0xc1fc1fc1 && u64_at(head + 48) == packet.content_bytes * 8);
	counts = event_counts_create();
	scanner_walk(kit->channel->scanner, packet.bytes, CTF_THREAD_HEADER_BYTES,
		     packet.content_bytes, packet.begin_clock, counts, &scanned);
	if (packet.counts)
		check_counts(packet.counts, counts);
	event_counts_destroy(counts);
	assert(scanned.is_consistent && scanned.last_clock == packet.end_clock);
	*taken = (struct native_kit_packet){
		.events = scanned.event_count,
		.tid = u32_at(head + 84),
		.discarded = packet.events_discarded,
		.sequence = packet.sequence,
		.is_lent = packet.header_bytes > 0,
	};
	assert(!taken->is_lent || packet.counts);
	read_numbers(kit, &packet, taken);
	base->class->give_back(base, &packet);
	return true;
}

void native_kit_flush(struct native_kit *kit, enum flush_kind kind)
{
	struct stream *base = native_stream_base(kit->stream);

	base->class->flush(base, kind);
}
