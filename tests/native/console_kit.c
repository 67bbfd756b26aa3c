/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See console_kit.h. */
#include "tests/native/console_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/tsan.h"

enum { SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL };

__attribute__((format(printf, 2, 3))) static bool broken(struct kit *kit, const char *format, ...)
{
	va_list arguments;

	if (kit->error[0])
		return false;
	va_start(arguments, format);
	vsnprintf(kit->error, sizeof(kit->error), format, arguments);
	va_end(arguments);
	return false;
}

static _Noreturn void die(const char *what)
{
	perror(what);
	abort();
}

struct lane_geometry kit_geometry(uint32_t claimed, uint32_t leased, uint32_t sub_shift,
				  uint32_t subs)
{
	return (struct lane_geometry){
		.lanes = claimed + leased,
		.leased = leased,
		.stride = LANE_HEADER_BYTES + (subs << sub_shift),
		.sub_shift = sub_shift,
		.subs = subs,
	};
}

static int make_file(const char *name, size_t bytes, void *at)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *mapped;

	if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0 || fcntl(fd, F_ADD_SEALS, SEALS) != 0)
		die(name);
	mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		die("mmap");
	*(void **)at = mapped;
	return fd;
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t control_bytes(void)
{
	return page_bytes() * (1 + KIT_PROVIDERS_MAX);
}

static int listen_at(struct kit *kit)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(kit->path, sizeof(kit->path), "%s/tracon", runtime ? runtime : "/tmp");
	if (mkdir(kit->path, 0700) != 0 && errno != EEXIST)
		die(kit->path);
	snprintf(kit->path, sizeof(kit->path), "%s/tracon/%s", runtime ? runtime : "/tmp",
		 HANDSHAKE_SOCKET_NAME);
	unlink(kit->path);
	memcpy(address.sun_path, kit->path, sizeof(address.sun_path));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(fd, 8) != 0)
		die(kit->path);
	return fd;
}

struct kit *kit_open(struct lane_geometry geometry, uint32_t mode)
{
	struct kit *kit = calloc(1, sizeof(*kit));

	if (!kit || !lane_geometry_is_good(&geometry))
		die("kit_open");
	kit->geometry = geometry;
	kit->fd = -1;
	kit->control_fd = make_file("control", control_bytes(), &kit->control);
	kit->lanes_fd = make_file("lanes", lane_file_bytes(&geometry), &kit->lanes);
	kit->bell_fd = make_file("bell", page_bytes(), &kit->bell);
	*kit->control = (struct lane_control){
		.magic = LANE_MAGIC,
		.abi_major = LANE_ABI_MAJOR,
		.generation = 1,
		.clock = geometry.clock,
		.mode = mode,
		.geometry = geometry,
		.pid = (uint32_t)getpid(),
	};
	kit->listen_fd = listen_at(kit);
	return kit;
}

void kit_close(struct kit *kit)
{
	if (kit->fd >= 0)
		close(kit->fd);
	close(kit->listen_fd);
	unlink(kit->path);
	munmap(kit->control, control_bytes());
	munmap(kit->lanes, lane_file_bytes(&kit->geometry));
	close(kit->control_fd);
	munmap(kit->bell, page_bytes());
	close(kit->lanes_fd);
	close(kit->bell_fd);
	free(kit);
}

struct lane_header *kit_lane(const struct kit *kit, uint32_t lane)
{
	return (struct lane_header *)(kit->lanes + LANE_HEADER_BYTES +
				      (size_t)lane * kit->geometry.stride);
}

/* --- Handshake -----------------------------------------------------------------------------------
 */

static struct handshake_header header_of(uint32_t type, size_t bytes)
{
	return (struct handshake_header){
		.magic = HANDSHAKE_MAGIC, .type = type, .bytes = (uint32_t)bytes};
}

static void send_attach(const struct kit *kit)
{
	struct handshake_attach attach = {
		.header = header_of(HANDSHAKE_ATTACH, sizeof(attach)),
		.abi_major = LANE_ABI_MAJOR,
		.abi_minor = LANE_ABI_MINOR,
		.control_bytes = (uint32_t)control_bytes(),
		.geometry = kit->geometry,
	};
	struct iovec part = {&attach, sizeof(attach)};
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {0};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
	int fds[] = {kit->control_fd, kit->lanes_fd, kit->bell_fd};

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(rights), fds, sizeof(fds));
	if (sendmsg(kit->fd, &message, MSG_NOSIGNAL) < 0)
		perror("sendmsg");
}

static struct kit_provider *provider_of(struct kit *kit, uint32_t number)
{
	for (size_t i = 0; i < kit->provider_count; i++)
		if (kit->providers[i].number == number && !kit->providers[i].is_gone)
			return kit->providers + i;
	return NULL;
}

static struct kit_event *event_of(struct kit *kit, uint32_t id)
{
	for (size_t i = 0; i < kit->event_count; i++)
		if (kit->events[i].id == id)
			return kit->events + i;
	return NULL;
}

static bool take_provider(struct kit *kit, const struct handshake_provider *message)
{
	struct kit_provider *provider = kit->providers + kit->provider_count;

	if (kit->provider_count == KIT_PROVIDERS_MAX || message->event_count > LANE_FLAGS_MAX)
		return broken(kit, "too many providers");
	snprintf(provider->name, sizeof(provider->name), "%.255s", message->name);
	provider->number = message->provider;
	provider->event_count = message->event_count;
	provider->base = LANE_ID_FIRST;
	if (kit->provider_count > 0)
		provider->base = provider[-1].base + provider[-1].event_count;
	provider->flags = (unsigned char *)kit->control + page_bytes() * (1 + kit->provider_count);
	kit->provider_count++;
	return true;
}

static bool take_event(struct kit *kit, const struct handshake_event *message, size_t bytes)
{
	const struct kit_provider *provider = provider_of(kit, message->provider);
	struct kit_event *event = kit->events + kit->event_count;

	if (!provider || kit->event_count == KIT_EVENTS_MAX ||
	    message->event >= provider->event_count ||
	    message->field_count > HANDSHAKE_FIELDS_MAX ||
	    bytes != sizeof(*message) + message->field_count * sizeof(message->fields[0]))
		return broken(kit, "a bad event");
	snprintf(event->name, sizeof(event->name), "%.255s", message->name);
	event->provider = message->provider;
	event->id = provider->base + message->event;
	event->level = message->level;
	event->field_count = message->field_count;
	memcpy(event->fields, message->fields, message->field_count * sizeof(message->fields[0]));
	kit->event_count++;
	return true;
}

static bool take_labels(struct kit *kit, const struct handshake_labels *message)
{
	if (kit->event_count == 0 || message->count > HANDSHAKE_LABELS_MAX)
		return broken(kit, "bad labels");
	kit->events[kit->event_count - 1].labels += message->count;
	return true;
}

static bool send_flags(struct kit *kit, uint32_t number)
{
	const struct kit_provider *provider = provider_of(kit, number);
	struct handshake_flags flags = {
		.header = header_of(HANDSHAKE_FLAGS, sizeof(flags)),
		.provider = number,
		.bytes = (uint32_t)page_bytes(),
	};

	if (!provider)
		return broken(kit, "the end of no provider");
	flags.base = provider->base;
	flags.offset = (uint32_t)(provider->flags - (unsigned char *)kit->control);
	return send(kit->fd, &flags, sizeof(flags), MSG_NOSIGNAL) == sizeof(flags);
}

static bool take_note(struct kit *kit, uint32_t type, const struct handshake_note *note)
{
	struct kit_provider *provider = provider_of(kit, note->provider);

	if (!provider)
		return broken(kit, "a note on no provider");
	if (type == HANDSHAKE_READY)
		provider->is_ready = !note->is_failed;
	else
		provider->is_gone = true;
	return true;
}

static bool take_message(struct kit *kit, const void *message, size_t bytes)
{
	const struct handshake_header *header = message;

	if (bytes < sizeof(*header) || header->magic != HANDSHAKE_MAGIC || header->bytes != bytes)
		return broken(kit, "no message of ours");
	switch (header->type) {
	case HANDSHAKE_HELLO:
		memcpy(&kit->hello, message, sizeof(kit->hello));
		send_attach(kit);
		return true;
	case HANDSHAKE_PROVIDER:
		return take_provider(kit, message);
	case HANDSHAKE_EVENT:
		return take_event(kit, message, bytes);
	case HANDSHAKE_LABELS:
		return take_labels(kit, message);
	case HANDSHAKE_PROVIDER_END:
		return send_flags(kit, ((const struct handshake_note *)message)->provider);
	case HANDSHAKE_READY:
	case HANDSHAKE_PROVIDER_GONE:
		return take_note(kit, header->type, message);
	case HANDSHAKE_REFUSED:
		memcpy(kit->refused, ((const struct handshake_refused *)message)->text,
		       sizeof(kit->refused));
		return true;
	default:
		return broken(kit, "message type %u", header->type);
	}
}

bool kit_step(struct kit *kit, int timeout_ms)
{
	static _Alignas(8) unsigned char message[HANDSHAKE_MESSAGE_MAX];
	struct pollfd polled = {.fd = kit->fd < 0 ? kit->listen_fd : kit->fd, .events = POLLIN};
	ssize_t got;

	if (poll(&polled, 1, timeout_ms) <= 0)
		return true;
	if (kit->fd < 0) {
		kit->fd = accept4(kit->listen_fd, NULL, NULL, SOCK_CLOEXEC);
		return kit->fd >= 0;
	}
	got = recv(kit->fd, message, sizeof(message), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0) {
		close(kit->fd);
		kit->fd = -1;
		return false;
	}
	return take_message(kit, message, (size_t)got);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool kit_wait_ready(struct kit *kit, size_t providers, int timeout_ms)
{
	int64_t end_ms = now_ms() + timeout_ms;

	for (;;) {
		size_t ready = 0;

		for (size_t i = 0; i < kit->provider_count; i++)
			ready += kit->providers[i].is_ready;
		if (ready >= providers)
			return true;
		if (now_ms() > end_ms || !kit_step(kit, 10))
			return broken(kit, "%zu of %zu providers are ready", ready, providers);
	}
}

struct kit_event *kit_event(struct kit *kit, const char *name)
{
	for (size_t i = 0; i < kit->event_count; i++)
		if (strcmp(kit->events[i].name, name) == 0)
			return kit->events + i;
	die(name);
}

void kit_enable(struct kit *kit, const char *provider_name, const char *event, bool is_on)
{
	for (size_t i = 0; i < kit->event_count; i++) {
		const struct kit_provider *provider = provider_of(kit, kit->events[i].provider);

		if (!provider || strcmp(provider->name, provider_name) != 0 ||
		    (strcmp(event, "*") != 0 && strcmp(event, kit->events[i].name) != 0))
			continue;
		__atomic_store_n(provider->flags + (kit->events[i].id - provider->base), is_on,
				 __ATOMIC_RELEASE);
	}
}

/* --- Records
 * ---------------------------------------------------------------------------------------- */

/* Bytes of a field at `at`, SIZE_MAX if it goes beyond the end. */
static size_t field_bytes(const struct handshake_field *field, const unsigned char *at, size_t left)
{
	const unsigned char *nul;
	uint32_t count;
	size_t bytes = field->bytes;

	if (field->kind == HANDSHAKE_STRING) {
		nul = memchr(at, 0, left);
		return nul ? (size_t)(nul - at) + 1 : SIZE_MAX;
	}
	if (field->kind == HANDSHAKE_ARRAY)
		bytes *= field->count;
	if (field->kind == HANDSHAKE_SEQUENCE || field->kind == HANDSHAKE_TEXT) {
		if (left < sizeof(count))
			return SIZE_MAX;
		memcpy(&count, at, sizeof(count));
		bytes = bytes * count + sizeof(count);
	}
	return bytes <= left ? bytes : SIZE_MAX;
}

/* Bytes of all fields. */
static size_t fields_bytes(const struct kit_event *event, const unsigned char *at, size_t left)
{
	size_t total = 0;

	for (uint32_t i = 0; i < event->field_count; i++) {
		size_t bytes = field_bytes(event->fields + i, at + total, left - total);

		if (bytes == SIZE_MAX)
			return SIZE_MAX;
		total += bytes;
	}
	return total;
}

static void count_event(struct kit *kit, uint32_t lane, struct kit_event *event, uint64_t ticks,
			const unsigned char *at, size_t bytes)
{
	event->recorded++;
	kit->records++;
	event->last_bytes = bytes < sizeof(event->last) ? bytes : sizeof(event->last);
	memcpy(event->last, at, event->last_bytes);
	if (kit->seen)
		kit->seen(kit->context, lane, event, ticks, at, kit->state[lane].tid);
}

/* One record; its bytes, 0 if it is none. */
static size_t walk_record(struct kit *kit, uint32_t lane, const unsigned char *at, size_t left)
{
	struct kit_lane *state = kit->state + lane;
	struct kit_event *event;
	uint64_t header;
	uint32_t id, count;
	size_t bytes;

	if (left < LANE_RECORD_BYTES)
		return 0;
	memcpy(&header, at, sizeof(header));
	id = lane_record_id(header);
	if (lane_record_ticks(header) < state->ticks) {
		broken(kit, "lane %u: the time goes back at id %u", lane, id);
		return 0;
	}
	state->ticks = lane_record_ticks(header);
	if (id < LANE_ID_PADDING_N) {
		kit->paddings++;
		return LANE_RECORD_BYTES + id;
	}
	if (id == LANE_ID_PADDING_N || id == LANE_ID_OWNER) {
		if (left < LANE_PADDING_N_BYTES)
			return 0;
		memcpy(&count, at + LANE_RECORD_BYTES, sizeof(count));
		if (id == LANE_ID_OWNER) {
			state->tid = count;
			kit->owners++;
			return LANE_OWNER_BYTES;
		}
		kit->paddings += count > 0;
		return LANE_PADDING_N_BYTES + (size_t)count;
	}
	event = event_of(kit, id);
	if (!event)
		return 0;
	bytes = fields_bytes(event, at + LANE_RECORD_BYTES, left - LANE_RECORD_BYTES);
	if (bytes == SIZE_MAX)
		return 0;
	count_event(kit, lane, event, state->ticks, at + LANE_RECORD_BYTES, bytes);
	return LANE_RECORD_BYTES + bytes;
}

bool kit_walk(struct kit *kit, uint32_t lane, const unsigned char *at, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		size_t record = walk_record(kit, lane, at + done, bytes - done);

		if (record == 0 || record > bytes - done)
			return broken(kit, "lane %u: no record at %zu of %zu", lane, done, bytes);
		done += record;
	}
	return true;
}

/* What a sub-buffer holds: checked against what the walk may touch. */
static bool take_packet(struct kit *kit, uint32_t lane, uint64_t commit, uint64_t *at)
{
	uint64_t sub = (uint64_t)1 << kit->geometry.sub_shift;
	uint64_t start = *at & ~(sub - 1);
	const unsigned char *data = (unsigned char *)kit_lane(kit, lane) + LANE_HEADER_BYTES +
				    (start & (lane_ring_bytes(&kit->geometry) - 1));
	const struct lane_packet *packet = (const struct lane_packet *)data;
	/* Filled to its last byte, it is closed only when the next one is opened. */
	uint64_t end = commit - start <= sub ? commit - start : 0;

	if (*at == start) {
		if (packet->position != start)
			return broken(kit, "lane %u: the packet at %llu is not there", lane,
				      (unsigned long long)start);
		if ((packet->begin_ticks & 0xffffffffffff) < kit->state[lane].ticks)
			return broken(kit, "lane %u: a packet begins before the last", lane);
		kit->state[lane].tid = packet->tid;
		*at += LANE_PACKET_BYTES;
	}
	if (end == 0) {
		end = packet->content_bytes;
		if (end < LANE_PACKET_BYTES || end > sub || end < *at - start)
			return broken(kit, "lane %u: a closed packet of %llu bytes", lane,
				      (unsigned long long)end);
	}
	if (!kit_walk(kit, lane, data + (*at - start), end - (*at - start)))
		return false;
	if (packet->end_ticks && commit - start > sub &&
	    (packet->end_ticks & 0xffffffffffff) < kit->state[lane].ticks)
		return broken(kit, "lane %u: a packet ends before its last record", lane);
	*at = commit - start < sub ? commit : start + sub;
	return true;
}

static bool look_at_lane(struct kit *kit, uint32_t lane)
{
	struct kit_lane *state = kit->state + lane;
	uint64_t commit = __atomic_load_n(&kit_lane(kit, lane)->commit, __ATOMIC_ACQUIRE);

	if (commit < state->read || commit - state->read > lane_ring_bytes(&kit->geometry))
		return broken(kit, "lane %u: commit goes from %llu to %llu", lane,
			      (unsigned long long)state->read, (unsigned long long)commit);
	while (state->read < commit)
		if (!take_packet(kit, lane, commit, &state->read))
			return false;
	return true;
}

bool kit_look(struct kit *kit)
{
	for (uint32_t i = 0; i < kit->geometry.lanes; i++)
		if (!look_at_lane(kit, i))
			return false;
	return true;
}

bool kit_drain(struct kit *kit)
{
	uint64_t sub = (uint64_t)1 << kit->geometry.sub_shift;

	if (!kit_look(kit))
		return false;
	for (uint32_t i = 0; i < kit->geometry.lanes; i++)
		/* Pairs with the acquire of a writer that wants room. */
		__atomic_store_n(&kit_lane(kit, i)->cons, kit->state[i].read & ~(sub - 1),
				 __ATOMIC_RELEASE);
	return true;
}

uint64_t kit_discarded(const struct kit *kit)
{
	uint64_t total =
		__atomic_load_n(&((struct lane_process *)kit->lanes)->refused, __ATOMIC_RELAXED);

	for (uint32_t i = 0; i < kit->geometry.lanes; i++)
		total += __atomic_load_n(&kit_lane(kit, i)->discarded, __ATOMIC_RELAXED);
	return total;
}

uint32_t kit_lanes_owned(const struct kit *kit)
{
	uint32_t owned = 0;

	for (uint32_t i = 0; i < kit->geometry.lanes; i++)
		owned += __atomic_load_n(&kit_lane(kit, i)->owner, __ATOMIC_RELAXED) != 0;
	return owned;
}

uint64_t kit_snapshot(struct kit *kit, uint32_t lane, uint64_t *rejected)
{
	const struct lane_header *header = kit_lane(kit, lane);
	uint64_t ring = lane_ring_bytes(&kit->geometry);
	uint64_t sub = (uint64_t)1 << kit->geometry.sub_shift;
	uint64_t commit = __atomic_load_n(&header->commit, __ATOMIC_ACQUIRE);
	uint64_t at =
		(commit & ~(sub - 1)) >= ring - sub ? (commit & ~(sub - 1)) - (ring - sub) : 0;
	unsigned char *copy = malloc(sub);
	uint64_t accepted = 0;

	for (; copy && at + sub <= (commit & ~(sub - 1)); at += sub) {
		const struct lane_packet *packet = (const struct lane_packet *)copy;

		memcpy(copy, (const unsigned char *)header + LANE_HEADER_BYTES + (at & (ring - 1)),
		       sub);
#ifndef TSAN_IS_ON /* which knows no fences; nobody takes snapshots under it */
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
		if (__atomic_load_n(&header->open_end, __ATOMIC_RELAXED) > at + ring) {
			++*rejected;
			continue;
		}
		kit->state[lane].ticks = 0;
		if (packet->position != at || packet->content_bytes > sub ||
		    packet->content_bytes < LANE_PACKET_BYTES) {
			broken(kit, "lane %u: a copy is not the packet at %llu", lane,
			       (unsigned long long)at);
			break;
		}
		if (!kit_walk(kit, lane, copy + LANE_PACKET_BYTES,
			      packet->content_bytes - LANE_PACKET_BYTES))
			break;
		accepted++;
	}
	free(copy);
	return accepted;
}
