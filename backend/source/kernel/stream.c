/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One CPU's ring as consumers see it: pages are read, transcoded into an own packet, which is lent
 * until it is given back. A flush has a time: what was recorded up to it is before the cut, the
 * rest behind it, whatever page it lies on.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/kernel/channel.h"
#include "backend/source/kernel/state.h"

#define PACKET_BYTES_MIN (256 * 1024)
#define STACK_WAIT_NS	 NS_PER_MS
#define STACK_PAUSE_NS	 (NS_PER_MS / 20)

struct kernel_stream {
	struct stream base;		/* first */
	struct kernel_channel *channel; /* reference held */
	int ring_fd, stats_fd;
	int timer_fd, wait_fd; /* -1 if the ring alone is waited for */
	unsigned char *page;
	struct kernel_cursor cursor;
	bool has_page;	     /* the cursor is in it */
	bool was_partial;    /* the page was not half full: the ring has nothing more to speak of */
	bool has_gap;	     /* records before the page were overwritten unread: not told yet */
	uint64_t page_count; /* that were read */
	uint64_t overwritten_seen; /* events */
	struct kernel_writer writer;
	/* Positions are flushes: asked for, and carried out. */
	uint64_t asked, done;
	uint64_t done_when_back; /* of the packet that is lent */
	uint64_t cut_clock;
	bool is_final;
	bool has_failed; /* the ring is gone */
};

static struct kernel_stream *stream_of(struct stream *base)
{
	return (struct kernel_stream *)base;
}

static void close_packet(struct kernel_stream *stream, uint64_t end_clock, struct packet *packet)
{
	struct kernel_ring_counts counts;

	kernel_instance_count(stream->stats_fd, &counts);
	kernel_writer_close(&stream->writer, end_clock, counts.refused, packet);
}

/* Between two flushes. */
static void end_packet(struct kernel_stream *stream, struct packet *packet)
{
	close_packet(stream, stream->writer.last_clock, packet);
	stream->done_when_back = stream->done;
}

/* No event waits for its call stacks any more. False: a packet had to be closed before. */
static bool end_waiting(struct kernel_stream *stream, uint64_t cut_clock, struct packet *packet)
{
	if (kernel_transcode_rest(&stream->writer, cut_clock))
		return true;
	end_packet(stream, packet);
	return false;
}

/*
 * What was overwritten is told as packets whose numbers are missing. The kernel overwrites whole
 * pages but counts events: as many pages as would hold these, at least one.
 */
static void leave_gap(struct kernel_stream *stream)
{
	struct kernel_ring_counts counts;
	uint64_t events, pages;

	kernel_instance_count(stream->stats_fd, &counts);
	events = counts.overwritten - stream->overwritten_seen;
	pages = counts.read > 0 ? (uint64_t)((double)events * (double)stream->page_count /
					     (double)counts.read)
				: 0;
	stream->overwritten_seen = counts.overwritten;
	stream->writer.sequence += pages > 0 ? pages : 1;
	stream->has_gap = false;
}

/* All that was before the flush is through. True: a packet came of it. */
static bool end_flush(struct kernel_stream *stream, struct packet *packet)
{
	if (!stream->writer.is_open && stream->is_final)
		kernel_writer_open(&stream->writer, stream->cut_clock);
	if (!stream->writer.is_open || (stream->writer.event_count == 0 && !stream->is_final)) {
		stream->done = stream->asked;
		return false;
	}
	close_packet(stream, stream->cut_clock, packet);
	stream->done_when_back = stream->asked;
	return true;
}

/* False: nothing is there. */
static bool read_page(struct kernel_stream *stream)
{
	uint64_t page_bytes = stream->channel->instance->page_bytes;

	for (;;) {
		ssize_t got = read(stream->ring_fd, stream->page, page_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN)
			stream->has_failed = true;
		if (got <= 0)
			return false;
		if ((uint64_t)got == page_bytes &&
		    kernel_page_begin(&stream->cursor, stream->page, page_bytes))
			break;
		stream->writer.broken_count++;
		kernel_callstack_end(stream->writer.callstack);
	}
	stream->was_partial = (uint64_t)(stream->cursor.end - stream->cursor.at) < page_bytes / 2;
	stream->has_gap = stream->has_gap || stream->cursor.has_lost;
	stream->page_count++;
	stream->has_page = true;
	return true;
}

static void take_tick(const struct kernel_stream *stream)
{
	uint64_t ticks;

	if (stream->timer_fd >= 0 && read(stream->timer_fd, &ticks, sizeof(ticks)) < 0)
		return; /* none: it does not block */
}

/*
 * A flush may find an event whose call stacks the kernel is about to write: they are worth a
 * moment, for without them it would have none. False: none is missing, or the moment has passed.
 */
static bool wait_for_stacks(const struct kernel_stream *stream)
{
	const struct timespec pause = {.tv_nsec = STACK_PAUSE_NS};

	if (!kernel_callstack_waits(stream->writer.callstack) ||
	    clock_monotonic_ns() > stream->cut_clock + STACK_WAIT_NS)
		return false;
	nanosleep(&pause, NULL);
	return true;
}

static enum take_result take(struct stream *base, struct packet *packet)
{
	struct kernel_stream *stream = stream_of(base);

	take_tick(stream);
	for (;;) {
		bool is_flushing = stream->done < stream->asked;

		if (!stream->has_page && (is_flushing || !stream->was_partial) &&
		    !read_page(stream)) {
			if (is_flushing && wait_for_stacks(stream))
				continue;
			if (is_flushing && !end_waiting(stream, stream->cut_clock, packet))
				return TAKE_PACKET;
			if (is_flushing && end_flush(stream, packet))
				return TAKE_PACKET;
			return stream->has_failed ? TAKE_GONE : TAKE_NOTHING;
		}
		if (!stream->has_page) {
			/* Reading on at once would record the reading itself. */
			stream->was_partial = false;
			return TAKE_NOTHING;
		}
		if (stream->has_gap && !end_waiting(stream, UINT64_MAX, packet))
			return TAKE_PACKET;
		if (stream->has_gap && stream->writer.is_open) {
			end_packet(stream, packet);
			return TAKE_PACKET;
		}
		if (stream->has_gap)
			leave_gap(stream);
		switch (kernel_transcode(&stream->writer, &stream->channel->classes,
					 &stream->cursor,
					 is_flushing ? stream->cut_clock : UINT64_MAX)) {
		case KERNEL_PAGE_DONE:
			stream->has_page = false;
			break;
		case KERNEL_PACKET_FULL:
			end_packet(stream, packet);
			return TAKE_PACKET;
		case KERNEL_CUT_REACHED:
			if (end_flush(stream, packet))
				return TAKE_PACKET;
			break;
		}
	}
}

static void give_back(struct stream *base, const struct packet *packet)
{
	struct kernel_stream *stream = stream_of(base);

	(void)packet;
	stream->done = stream->done_when_back;
}

static void flush(struct stream *base, enum flush_kind kind)
{
	struct kernel_stream *stream = stream_of(base);

	if (kind == FLUSH_NONE)
		return;
	stream->asked++;
	stream->is_final = kind == FLUSH_FINAL;
	stream->cut_clock = clock_monotonic_ns();
}

static uint64_t produced(struct stream *base)
{
	return stream_of(base)->asked;
}

static uint64_t consumed(struct stream *base)
{
	return stream_of(base)->done;
}

static void destroy(struct stream *base)
{
	struct kernel_stream *stream = stream_of(base);

	fd_close(&stream->ring_fd);
	fd_close(&stream->stats_fd);
	fd_close(&stream->timer_fd);
	fd_close(&stream->wait_fd);
	kernel_channel_finish_writer(&stream->writer);
	free(stream->page);
	scanner_unref(base->scanner);
	tally_unref(base->tally);
	kernel_channel_unref(stream->channel);
	free(stream);
}

static const struct stream_class kernel_stream_class = {
	.take = take,
	.give_back = give_back,
	.flush = flush,
	.produced = produced,
	.consumed = consumed,
	.destroy = destroy,
};

static uint64_t packet_room(const struct kernel_channel *channel, const struct channel_spec *wanted)
{
	uint64_t largest = channel->instance->page_bytes * 2;
	uint64_t room = wanted->subbuf_bytes;

	if (room < PACKET_BYTES_MIN)
		room = PACKET_BYTES_MIN;
	return room < largest ? largest : room;
}

static bool watch(int waiting_fd, int fd)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(waiting_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

/*
 * The ring wakes its reader when there is enough in it. What is looked up in /proc can't wait so
 * long: then there is the channel's read timer, too.
 */
static void add_timer(struct kernel_stream *stream, const struct channel_spec *wanted)
{
	const struct timespec pause = {
		.tv_sec = (time_t)(wanted->read_timer_us / 1000000),
		.tv_nsec = (long)(wanted->read_timer_us % 1000000) * 1000,
	};
	const struct itimerspec period = {pause, pause};

	stream->timer_fd = stream->wait_fd = -1;
	if (wanted->read_timer_us == 0 || !kernel_context_is_slow(wanted))
		return;
	stream->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	stream->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	if (stream->timer_fd >= 0 && stream->wait_fd >= 0 &&
	    timerfd_settime(stream->timer_fd, 0, &period, NULL) == 0 &&
	    watch(stream->wait_fd, stream->ring_fd) && watch(stream->wait_fd, stream->timer_fd))
		return;
	fd_close(&stream->timer_fd);
	fd_close(&stream->wait_fd);
}

struct stream *kernel_stream_create(struct kernel_channel *channel, unsigned int cpu,
				    const struct channel_spec *wanted, struct sink_stream *output,
				    struct error *err)
{
	struct kernel_stream *stream = mem_zalloc(sizeof(*stream));

	stream->ring_fd = kernel_instance_open_ring(channel->instance, cpu, err);
	stream->stats_fd =
		stream->ring_fd < 0 ? -1 : kernel_instance_open_stats(channel->instance, cpu, err);
	if (stream->stats_fd < 0) {
		fd_close(&stream->ring_fd);
		sink_close_stream(output);
		free(stream);
		return NULL;
	}
	stream->channel = kernel_channel_ref(channel);
	add_timer(stream, wanted);
	stream->page = mem_alloc(channel->instance->page_bytes);
	kernel_channel_init_writer(channel, cpu, wanted, packet_room(channel, wanted),
				   &stream->writer);
	stream->base = (struct stream){
		.class = &kernel_stream_class,
		.wait_fd = stream->wait_fd >= 0 ? stream->wait_fd : stream->ring_fd,
		.is_wait_fd_left = true,
		.is_overwrite = wanted->is_overwrite,
		.class_id = channel->id,
		.affinity = channel->id + cpu,
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->cpus[cpu].tally),
		.output = output,
	};
	return &stream->base;
}
