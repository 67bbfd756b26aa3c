/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What applications say about themselves. Each message is copied, then checked; whoever breaks a
 * rule is let go of, with a sentence. Never waits: an application that does not take our answers is
 * let go of, too.
 */
#include "backend/provider/handshake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/ctf/type.h"
#include "backend/source/native/internal.h"

#define LEVEL_MAX 14

static bool refuse(struct error *err, const char *what)
{
	return error_set(err, ERROR_PROTOCOL, "it sent %s", what);
}

static struct handshake_header header_of(enum handshake_type type, size_t bytes)
{
	return (struct handshake_header){
		.magic = HANDSHAKE_MAGIC, .type = type, .bytes = (uint32_t)bytes};
}

static bool is_name(const char name[HANDSHAKE_NAME_BYTES])
{
	return name[0] && memchr(name, 0, HANDSHAKE_NAME_BYTES);
}

/* Names become text in traces and on screens: printable, no colon that would end a provider's. */
static bool is_plain_name(const char name[HANDSHAKE_NAME_BYTES])
{
	if (!is_name(name))
		return false;
	for (; *name; name++)
		if (*name <= ' ' || *name == 127 || *name == ':' || *name == '*' || *name == '\\')
			return false;
	return true;
}

/* --- hello */

static bool send_attach(struct native_process *process, struct error *err)
{
	struct handshake_attach attach = {
		.header = header_of(HANDSHAKE_ATTACH, sizeof(attach)),
		.abi_major = LANE_ABI_MAJOR,
		.abi_minor = LANE_ABI_MINOR,
	};
	int bell_fd = native_bell_page_fd(process->source->bell);
	int fds[] = {-1, -1, bell_fd};
	bool is_sent = native_process_map(process, fds, err);

	if (is_sent) {
		attach.control_bytes = (uint32_t)process->control_bytes;
		attach.geometry = process->geometry;
		is_sent = fd_send(process->fd, &attach, sizeof(attach), fds, bell_fd < 0 ? 2 : 3) ||
			  error_set_errno(err, errno, "it takes no answer");
	}
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	return is_sent;
}

static void send_refusal(const struct native_process *process, const char *text)
{
	struct handshake_refused refused = {
		.header = header_of(HANDSHAKE_REFUSED, sizeof(refused)),
	};

	strncpy(refused.text, text, sizeof(refused.text) - 1);
	fd_send(process->fd, &refused, sizeof(refused), NULL, 0);
}

static bool take_hello(struct native_process *process, const void *message, size_t bytes,
		       struct error *err)
{
	struct handshake_hello hello;

	if (bytes != sizeof(hello) || process->has_hello)
		return refuse(err, "a greeting that is none");
	memcpy(&hello, message, sizeof(hello));
	if (hello.abi_major != LANE_ABI_MAJOR) {
		send_refusal(process, "the console speaks another version");
		return error_set(err, ERROR_UNSUPPORTED,
				 "its libtracon-provider speaks version %u, this engine %u: build "
				 "it with the library of this engine",
				 hello.abi_major, LANE_ABI_MAJOR);
	}
	if (hello.page_bytes != (uint32_t)sysconf(_SC_PAGESIZE)) {
		send_refusal(process, "the console has other pages");
		return error_set(err, ERROR_UNSUPPORTED, "it has other pages than this engine");
	}
	if (process->source->is_counter && !(hello.clocks & HANDSHAKE_HAS_TSC)) {
		send_refusal(process, "the processor's counter is no clock there");
		return error_set(err, ERROR_UNSUPPORTED, "it takes the counter for no clock");
	}
	process->has_hello = true;
	memcpy(process->name, hello.comm, sizeof(hello.comm));
	process->name[sizeof(hello.comm)] = '\0';
	return send_attach(process, err);
}

/* --- providers */

static struct native_provider *find(const struct native_process *process, uint32_t number)
{
	struct native_provider *provider = process->providers;

	while (provider && provider->number != number)
		provider = provider->next;
	return provider;
}

static bool take_page(struct native_process *process, uint32_t *page)
{
	for (uint32_t i = 0; i < NATIVE_PROVIDERS_MAX; i++) {
		if (process->pages[i])
			continue;
		process->pages[i] = true;
		*page = i;
		return true;
	}
	return false;
}

static bool take_provider(struct native_process *process, const void *message, size_t bytes,
			  struct error *err)
{
	struct handshake_provider told;
	struct native_provider *provider;
	uint32_t page;

	if (bytes != sizeof(told))
		return refuse(err, "a provider of another size");
	memcpy(&told, message, sizeof(told));
	if (!is_plain_name(told.name) || told.event_count > LANE_FLAGS_MAX ||
	    told.event_count > (uint32_t)sysconf(_SC_PAGESIZE) || find(process, told.provider))
		return refuse(err, "a provider that can't be");
	if (!take_page(process, &page))
		return error_set(err, ERROR_UNSUPPORTED, "it has more than %d providers",
				 NATIVE_PROVIDERS_MAX);
	provider = mem_zalloc(sizeof(*provider));
	provider->number = told.provider;
	provider->page = page;
	provider->flags = (unsigned char *)process->control +
			  (size_t)(1 + page) * (size_t)sysconf(_SC_PAGESIZE);
	memset(provider->flags, 0, (size_t)sysconf(_SC_PAGESIZE));
	provider->definition = native_definition_create(told.event_count);
	memcpy(provider->name, told.name, sizeof(provider->name));
	text_add_bytes(&provider->definition->key, (const char *)&told.event_count,
		       sizeof(told.event_count));
	text_add_bytes(&provider->definition->key, told.name, strlen(told.name) + 1);
	provider->next = process->providers;
	process->providers = provider;
	return true;
}

/* Its description is still open. */
static struct native_provider *find_open(const struct native_process *process, uint32_t number)
{
	struct native_provider *provider = find(process, number);

	return provider && !provider->is_told ? provider : NULL;
}

static void make_payload(struct native_event *event)
{
	struct error err = ERROR_INIT;
	struct ctf_type *payload = native_shape_type(event->shape);

	if (ctf_type_check(payload, &err))
		event->payload = payload;
	else
		ctf_type_destroy(payload);
}

/* Two fields of one name could not be told apart. */
static bool has_twins(const struct native_shape *shape)
{
	for (uint32_t i = 0; i < shape->field_count; i++)
		for (uint32_t j = 0; j < i; j++)
			if (strcmp(shape->fields[i].name, shape->fields[j].name) == 0)
				return true;
	return false;
}

static bool take_event(struct native_process *process, const void *message, size_t bytes,
		       struct error *err)
{
	const struct handshake_event *told = message;
	struct native_provider *provider;
	struct native_event *event;

	if (bytes < sizeof(*told))
		return refuse(err, "an event that is too short");
	provider = find_open(process, told->provider);
	if (!provider || told->event != provider->told_events ||
	    told->event >= provider->definition->event_count || !is_plain_name(told->name) ||
	    told->field_count > HANDSHAKE_FIELDS_MAX ||
	    bytes != sizeof(*told) + told->field_count * sizeof(told->fields[0]))
		return refuse(err, "an event that can't be");
	provider->told_events++;
	event = &provider->definition->events[told->event];
	event->name = mem_printf("%s:%s", provider->name, told->name);
	event->level = told->level <= LEVEL_MAX ? (int)told->level : LEVEL_MAX;
	event->shape = native_shape_create(told->fields, told->field_count, err);
	if (!event->shape)
		return false;
	if (!has_twins(event->shape))
		make_payload(event);
	text_add_bytes(&provider->definition->key, (const char *)message, bytes);
	/* Which number its provider has in this process is no part of what it is. */
	memset(provider->definition->key.bytes + provider->definition->key.length - bytes, 0,
	       offsetof(struct handshake_event, event));
	return true;
}

static bool take_labels(struct native_process *process, const void *message, size_t bytes,
			struct error *err)
{
	const struct handshake_labels *told = message;
	struct native_provider *provider;
	struct native_event *event;

	if (bytes < sizeof(*told) || told->count > HANDSHAKE_LABELS_MAX ||
	    bytes != sizeof(*told) + told->count * sizeof(told->labels[0]))
		return refuse(err, "labels of another size");
	provider = find_open(process, told->provider);
	if (!provider || told->event + 1 != provider->told_events)
		return refuse(err, "labels of no event");
	event = &provider->definition->events[told->event];
	if (told->field >= event->shape->field_count ||
	    event->shape->fields[told->field].kind != HANDSHAKE_ENUMERATION)
		return refuse(err, "labels of no enumeration");
	for (uint32_t i = 0; i < told->count && event->payload; i++)
		native_shape_add_label(event->payload, told->field, event->shape, &told->labels[i]);
	text_add_bytes(&provider->definition->key, (const char *)&told->field, sizeof(told->field));
	text_add_bytes(&provider->definition->key, (const char *)told->labels,
		       told->count * sizeof(told->labels[0]));
	/* More than a reader can take in is refused as a whole; what was told is not undone. */
	return provider->definition->key.length < ((size_t)64 << 20) ||
	       refuse(err, "more than anybody can read");
}

/* Its other providers are traced all the same. */
static void tell_shortage(struct native_process *process)
{
	if (!process->is_shortage_told)
		log_write(LOG_LEVEL_WARNING,
			  "native application '%s' (%d): not all of its events can be traced: a "
			  "trace can hold %d types, and as many are in use by its user's programs "
			  "and sessions; start it again when some of these have ended",
			  process->name, (int)process->pid, NATIVE_ID_COUNT - LANE_ID_FIRST);
	process->is_shortage_told = true;
}

static bool take_end(struct native_process *process, uint32_t number, struct error *err)
{
	struct native_provider *provider = find_open(process, number);
	struct handshake_flags flags = {.header = header_of(HANDSHAKE_FLAGS, sizeof(flags))};
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);

	if (!provider || provider->told_events != provider->definition->event_count)
		return refuse(err, "the end of no provider");
	provider->is_told = true;
	native_forget_types(process->source);
	provider->definition = native_catalog_add(process->catalog, provider->definition);
	if (!provider->definition) {
		tell_shortage(process);
		return true;
	}
	native_holds_add(&process->holds, provider->definition);
	flags.provider = number;
	flags.base = provider->definition->base;
	flags.offset = (uint32_t)((1 + provider->page) * page_bytes);
	flags.bytes = (uint32_t)page_bytes;
	return fd_send(process->fd, &flags, sizeof(flags), NULL, 0) ||
	       error_set_errno(err, errno, "it takes no answer");
}

static bool take_ready(struct native_process *process, const struct handshake_note *note,
		       struct error *err)
{
	struct native_provider *provider = find(process, note->provider);

	if (!provider || !provider->is_told || !provider->definition)
		return refuse(err, "that no provider is ready");
	provider->is_ready = !note->is_failed;
	native_process_is_ready(process);
	return true;
}

static void take_gone(struct native_process *process, uint32_t number)
{
	struct native_provider **link = &process->providers;
	struct native_provider *provider;

	while (*link && (*link)->number != number)
		link = &(*link)->next;
	provider = *link;
	if (!provider)
		return;
	*link = provider->next;
	process->pages[provider->page] = false;
	if (!provider->is_told)
		native_definition_destroy(provider->definition);
	free(provider);
}

static bool take_note(struct native_process *process, uint32_t type, const void *message,
		      size_t bytes, struct error *err)
{
	struct handshake_note note;

	if (bytes != sizeof(note))
		return refuse(err, "a note of another size");
	memcpy(&note, message, sizeof(note));
	if (type == HANDSHAKE_PROVIDER_END)
		return take_end(process, note.provider, err);
	if (type == HANDSHAKE_READY)
		return take_ready(process, &note, err);
	take_gone(process, note.provider);
	return true;
}

/* --- any message */

static bool take_message(struct native_process *process, const void *message, size_t bytes,
			 struct error *err)
{
	struct handshake_header header;

	if (bytes < sizeof(header))
		return refuse(err, "too little");
	memcpy(&header, message, sizeof(header));
	if (header.magic != HANDSHAKE_MAGIC || header.bytes != bytes)
		return refuse(err, "something else than a message");
	if (header.type != HANDSHAKE_HELLO && !process->has_hello)
		return refuse(err, "no greeting");
	switch (header.type) {
	case HANDSHAKE_HELLO:
		return take_hello(process, message, bytes, err);
	case HANDSHAKE_PROVIDER:
		return take_provider(process, message, bytes, err);
	case HANDSHAKE_EVENT:
		return take_event(process, message, bytes, err);
	case HANDSHAKE_LABELS:
		return take_labels(process, message, bytes, err);
	case HANDSHAKE_PROVIDER_END:
	case HANDSHAKE_PROVIDER_GONE:
	case HANDSHAKE_READY:
		return take_note(process, header.type, message, bytes, err);
	case HANDSHAKE_REFUSED:
		return error_set(err, ERROR_PROTOCOL, "it refused the lanes");
	case HANDSHAKE_BYE:
		return false;
	default:
		return true; /* of a later version */
	}
}

bool native_handshake_receive(struct native_process *process, struct error *err)
{
	_Alignas(8) static __thread unsigned char message[HANDSHAKE_MESSAGE_MAX];
	int fds[FD_PASS_MAX];
	size_t fd_count = 0;
	ssize_t got = fd_receive(process->fd, message, sizeof(message), fds, &fd_count);

	for (size_t i = 0; i < fd_count; i++)
		fd_close(&fds[i]); /* nobody asked for them */
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (got <= 0)
		return got == 0 ? false : error_set_errno(err, errno, "it can't be heard");
	return take_message(process, message, (size_t)got, err);
}
