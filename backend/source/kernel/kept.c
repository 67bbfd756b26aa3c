/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's ring in a snapshot session: nobody reads it until a snapshot is asked for; the kernel
 * overwrites what is old. Then its pages are fetched, while it goes on recording, and kept here, so
 * that the next snapshot has them too, as far as the channel's size goes. A page is a packet.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/kernel/channel.h"

#define RECORD_BYTES_MIN    12 /* head and common fields: how many a page can hold */
#define EVENT_HEADER_MAX    14
#define STACK_LENGTHS_BYTES (KERNEL_STACK_COUNT * 4)

struct kept_page {
	struct kept_page *next;
	uint64_t used_bytes;
	uint64_t end_clock; /* the packet's; 0: its last event's */
	unsigned char bytes[];
};

struct kernel_kept {
	struct stream base;		/* first */
	struct kernel_channel *channel; /* reference held */
	int ring_fd;
	struct kernel_writer writer;
	struct kept_page *first, **end;
	uint64_t first_number; /* of pages since the beginning: positions are these, in bytes */
	uint64_t count;
	uint64_t used_bytes;
	struct kept_page *spare;
};

static struct kernel_kept *kept_of(struct stream *base)
{
	return (struct kernel_kept *)base;
}

static uint64_t page_bytes_of(const struct kernel_kept *kept)
{
	return kept->channel->instance->page_bytes;
}

static void drop_first(struct kernel_kept *kept)
{
	struct kept_page *page = kept->first;

	kept->first = page->next;
	if (!kept->first)
		kept->end = &kept->first;
	kept->first_number++;
	kept->count--;
	kept->used_bytes -= page->used_bytes;
	free(page);
}

static void append(struct kernel_kept *kept, struct kept_page *page, uint64_t used_bytes)
{
	page->next = NULL;
	page->used_bytes = used_bytes;
	*kept->end = page;
	kept->end = &page->next;
	kept->count++;
	kept->used_bytes += used_bytes;
	/* Pages that were fetched half full count as what they hold, but not without end. */
	while (kept->count > 1 && (kept->used_bytes > kept->base.ring_bytes ||
				   kept->count > 2 * (kept->base.ring_bytes / page_bytes_of(kept))))
		drop_first(kept);
}

/* False: the ring has no more, or what it has is younger. */
static bool fetch_page(struct kernel_kept *kept, uint64_t until_clock)
{
	uint64_t size = page_bytes_of(kept);
	struct kernel_cursor cursor;
	struct kept_page *page = kept->spare;
	ssize_t got;

	if (!page)
		page = mem_zalloc(sizeof(*page) + size);
	kept->spare = page;
	do
		got = read(kept->ring_fd, page->bytes, size);
	while (got < 0 && errno == EINTR);
	if (got <= 0 || (uint64_t)got != size || !kernel_page_begin(&cursor, page->bytes, size))
		return false;
	if (cursor.at == cursor.end)
		return true; /* padding only */
	kept->spare = NULL;
	page->end_clock = 0;
	/* What was empty at a flush may have had records that the kernel had not given out yet. */
	if (kept->count == 1 && kept->first->end_clock)
		drop_first(kept);
	append(kept, page, (uint64_t)(cursor.end - cursor.at) + KERNEL_PAGE_HEADER_BYTES);
	return cursor.clock <= until_clock;
}

/* So that a snapshot tells up to when nothing happened. */
static void append_empty(struct kernel_kept *kept, uint64_t clock)
{
	struct kept_page *page = mem_zalloc(sizeof(*page) + page_bytes_of(kept));

	memcpy(page->bytes, &clock, sizeof(clock));
	page->end_clock = clock;
	append(kept, page, KERNEL_PAGE_HEADER_BYTES);
}

static void flush(struct stream *base, enum flush_kind kind)
{
	struct kernel_kept *kept = kept_of(base);
	uint64_t now = clock_monotonic_ns();

	if (kind == FLUSH_NONE)
		return;
	while (fetch_page(kept, now))
		;
	if (kept->count == 0 && kind == FLUSH_FINAL)
		append_empty(kept, now);
}

/* The last events' call stacks may be on the next page. */
static void end_page(struct kernel_kept *kept, const struct kept_page *page)
{
	struct kernel_cursor next = {0};

	if (page->next)
		kernel_page_begin(&next, page->next->bytes, page_bytes_of(kept));
	if (next.has_lost)
		next.at = next.end;
	kernel_transcode_rest_of(&kept->writer, &next);
}

static void lend(struct kernel_kept *kept, const struct kept_page *page, uint64_t number,
		 struct packet *packet)
{
	struct kernel_writer *writer = &kept->writer;
	struct kernel_cursor cursor = {0};

	kernel_page_begin(&cursor, page->bytes, page_bytes_of(kept));
	writer->last_clock = 0; /* an older page may be read again */
	writer->sequence = number;
	kernel_writer_open(writer, cursor.clock);
	kernel_transcode(writer, &kept->channel->classes, &cursor, UINT64_MAX);
	end_page(kept, page);
	kernel_writer_close(writer, page->end_clock, 0, packet);
}

static enum take_result take(struct stream *base, struct packet *packet)
{
	struct kernel_kept *kept = kept_of(base);

	if (kept->count == 0)
		return TAKE_NOTHING;
	lend(kept, kept->first, kept->first_number, packet);
	drop_first(kept);
	return TAKE_PACKET;
}

static void give_back(struct stream *base, const struct packet *packet)
{
	(void)base;
	(void)packet;
}

static enum take_result read_at(struct stream *base, uint64_t *position, uint64_t end,
				unsigned int *hole_count, struct packet *packet)
{
	struct kernel_kept *kept = kept_of(base);
	uint64_t number = *position / base->subbuf_bytes;
	const struct kept_page *page = kept->first;

	(void)hole_count;
	if (number < kept->first_number)
		number = kept->first_number;
	if (number * base->subbuf_bytes >= end || number >= kept->first_number + kept->count)
		return TAKE_NOTHING;
	for (uint64_t i = kept->first_number; i < number; i++)
		page = page->next;
	lend(kept, page, number, packet);
	*position = (number + 1) * base->subbuf_bytes;
	return TAKE_PACKET;
}

static uint64_t produced(struct stream *base)
{
	const struct kernel_kept *kept = kept_of(base);

	return (kept->first_number + kept->count) * base->subbuf_bytes;
}

static uint64_t consumed(struct stream *base)
{
	return kept_of(base)->first_number * base->subbuf_bytes;
}

static void destroy(struct stream *base)
{
	struct kernel_kept *kept = kept_of(base);

	fd_close(&kept->ring_fd);
	while (kept->count > 0)
		drop_first(kept);
	free(kept->spare);
	tally_note_buffers(base->tally, false, 1, base->ring_bytes);
	kernel_channel_finish_writer(&kept->writer);
	scanner_unref(base->scanner);
	tally_unref(base->tally);
	kernel_channel_unref(kept->channel);
	free(kept);
}

static const struct stream_class kept_class = {
	.take = take,
	.give_back = give_back,
	.flush = flush,
	.produced = produced,
	.consumed = consumed,
	.read_at = read_at,
	.destroy = destroy,
};

/* A page has room as a packet whatever it holds, with the call stacks that begin the next one. */
static uint64_t packet_room(const struct kernel_channel *channel, const struct channel_spec *wanted)
{
	uint64_t page_bytes = channel->instance->page_bytes;
	uint64_t record_count = page_bytes / RECORD_BYTES_MIN;
	uint64_t room = KERNEL_PACKET_HEADER_BYTES + 2 * page_bytes +
			record_count * (EVENT_HEADER_MAX + channel->context_bytes);

	return kernel_stack_is_wanted(wanted)
		       ? room + page_bytes + record_count * STACK_LENGTHS_BYTES
		       : room;
}

struct stream *kernel_kept_create(struct kernel_channel *channel, unsigned int cpu,
				  const struct channel_spec *wanted, struct sink_stream *output,
				  struct error *err)
{
	struct kernel_kept *kept = mem_zalloc(sizeof(*kept));

	kept->ring_fd = kernel_instance_open_ring(channel->instance, cpu, err);
	if (kept->ring_fd < 0) {
		sink_close_stream(output);
		free(kept);
		return NULL;
	}
	kept->channel = kernel_channel_ref(channel);
	kept->end = &kept->first;
	kernel_channel_init_writer(channel, cpu, wanted, packet_room(channel, wanted),
				   &kept->writer);
	kept->base = (struct stream){
		.class = &kept_class,
		.wait_fd = -1,
		.is_overwrite = wanted->is_overwrite,
		.is_kept = true,
		.ring_bytes = wanted->subbuf_bytes * wanted->subbuf_count,
		.subbuf_bytes = channel->instance->page_bytes,
		.affinity = channel->id + cpu,
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->cpus[cpu].tally),
		.output = output,
	};
	tally_note_buffers(kept->base.tally, true, 1, kept->base.ring_bytes);
	return &kept->base;
}
