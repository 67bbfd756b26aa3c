/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Describes this process and its providers in messages. A provider's progress says which message is
 * next: stage, event, field, label.
 */
#include "provider.h"

#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "handshake.h"

_Static_assert((int)TRACON_KIND_TEXT == HANDSHAKE_TEXT, "kinds are the same on the wire");
_Static_assert((int)TRACON_KIND_ENUMERATION == HANDSHAKE_ENUMERATION, "kinds are the same");

enum stage { STAGE_PROVIDER, STAGE_EVENTS, STAGE_LABELS, STAGE_END, STAGE_DONE };
enum progress { PROGRESS_STAGE, PROGRESS_EVENT, PROGRESS_FIELD, PROGRESS_LABEL };

static void put_name(char name[HANDSHAKE_NAME_BYTES], const char *text)
{
	size_t bytes = text ? strnlen(text, HANDSHAKE_NAME_BYTES - 1) : 0;

	memset(name, 0, HANDSHAKE_NAME_BYTES);
	if (bytes > 0)
		memcpy(name, text, bytes);
}

static size_t put_header(struct handshake_header *header, uint32_t type, size_t bytes)
{
	*header = (struct handshake_header){
		.magic = HANDSHAKE_MAGIC, .type = type, .bytes = (uint32_t)bytes};
	return bytes;
}

/* "Invariant TSC": AMD64 Architecture Programmer's Manual 3, function 8000_0007h. */
static uint32_t find_clocks(void)
{
#if defined(__x86_64__)
	unsigned int a, b, c, d;

	if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)))
		return HANDSHAKE_HAS_TSC;
#endif
	return 0;
}

static uint64_t find_start(void)
{
	unsigned long long start = 0;
	char text[1024] = "";
	const char *behind_name;
	FILE *file = fopen("/proc/self/stat", "re");

	if (!file)
		return 0;
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	fclose(file);
	behind_name = strrchr(text, ')');
	if (!behind_name || sscanf(behind_name + 1,
				   " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
				   "%*d %*d %*d %*d %llu",
				   &start) != 1)
		return 0;
	return start;
}

/* Notes of an ELF file: name and description are padded to 4 bytes. */
static void find_note(struct handshake_hello *hello, const unsigned char *at, size_t bytes)
{
	ElfW(Nhdr) note;

	while (bytes >= sizeof(note)) {
		size_t name, body;

		memcpy(&note, at, sizeof(note));
		name = ((size_t)note.n_namesz + 3) & ~(size_t)3;
		body = ((size_t)note.n_descsz + 3) & ~(size_t)3;
		if (name > bytes - sizeof(note) || body > bytes - sizeof(note) - name)
			return;
		if (note.n_type == 3 && note.n_namesz == 4 &&
		    memcmp(at + sizeof(note), "GNU", 4) == 0 &&
		    note.n_descsz <= HANDSHAKE_BUILD_ID_BYTES) {
			memcpy(hello->build_id, at + sizeof(note) + name, note.n_descsz);
			hello->build_id_bytes = note.n_descsz;
		}
		at += sizeof(note) + name + body;
		bytes -= sizeof(note) + name + body;
	}
}

/* The first object is the program itself. */
static int find_build_id(struct dl_phdr_info *info, size_t size, void *argument)
{
	(void)size;
	for (unsigned int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			find_note(argument,
				  (const unsigned char *)(info->dlpi_addr +
							  info->dlpi_phdr[i].p_vaddr),
				  info->dlpi_phdr[i].p_memsz);
	return 1;
}

size_t describe_hello(void *buffer)
{
	struct handshake_hello *hello = buffer;

	memset(hello, 0, sizeof(*hello));
	hello->abi_major = LANE_ABI_MAJOR;
	hello->abi_minor = LANE_ABI_MINOR;
	hello->pid = (uint32_t)getpid();
	hello->start_jiffies = find_start();
	hello->page_bytes = (uint32_t)sysconf(_SC_PAGESIZE);
	hello->clocks = find_clocks();
	prctl(PR_GET_NAME, hello->comm);
	dl_iterate_phdr(find_build_id, hello);
	return put_header(&hello->header, HANDSHAKE_HELLO, sizeof(*hello));
}

static size_t describe_provider(const struct tracon_provider *provider, void *buffer)
{
	struct handshake_provider *message = buffer;

	message->provider = provider->number;
	message->event_count = provider->event_count;
	put_name(message->name, provider->name);
	return put_header(&message->header, HANDSHAKE_PROVIDER, sizeof(*message));
}

static void describe_field(const struct tracon_field *field, struct handshake_field *message)
{
	memset(message, 0, sizeof(*message));
	message->kind = field->kind;
	message->bytes = field->bytes;
	message->base = field->base;
	message->count = field->count;
	message->label_count = field->enumeration ? field->enumeration->count : 0;
	message->flags = (field->is_signed ? HANDSHAKE_SIGNED : 0u) |
			 (field->is_network ? HANDSHAKE_NETWORK_ORDER : 0u) |
			 (field->is_float ? HANDSHAKE_ELEMENTS_FLOAT : 0u);
	put_name(message->name, field->name);
}

static size_t describe_event(const struct tracon_provider *provider, void *buffer)
{
	uint32_t number = provider->progress[PROGRESS_EVENT];
	const struct tracon_event_class *event = provider->events + number;
	struct handshake_event *message = buffer;

	message->provider = provider->number;
	message->event = number;
	message->level = event->level;
	message->field_count = event->field_count;
	put_name(message->name, event->name);
	for (uint32_t i = 0; i < event->field_count; i++)
		describe_field(event->fields + i, message->fields + i);
	return put_header(&message->header, HANDSHAKE_EVENT,
			  sizeof(*message) + event->field_count * sizeof(message->fields[0]));
}

static const struct tracon_field *present_field(const struct tracon_provider *provider)
{
	return provider->events[provider->progress[PROGRESS_EVENT]].fields +
	       provider->progress[PROGRESS_FIELD];
}

static size_t describe_labels(const struct tracon_provider *provider, void *buffer)
{
	const struct tracon_enumeration *enumeration = present_field(provider)->enumeration;
	struct handshake_labels *message = buffer;
	uint32_t first = provider->progress[PROGRESS_LABEL];
	uint32_t count = enumeration->count - first;

	if (count > HANDSHAKE_LABELS_MAX)
		count = HANDSHAKE_LABELS_MAX;
	message->provider = provider->number;
	message->event = provider->progress[PROGRESS_EVENT];
	message->field = provider->progress[PROGRESS_FIELD];
	message->first = first;
	message->count = count;
	message->pad = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct tracon_label *label = enumeration->labels + first + i;

		message->labels[i].low = label->low;
		message->labels[i].high = label->high;
		put_name(message->labels[i].text, label->text);
	}
	return put_header(&message->header, HANDSHAKE_LABELS,
			  sizeof(*message) + count * sizeof(message->labels[0]));
}

static size_t describe_end(const struct tracon_provider *provider, void *buffer)
{
	struct handshake_note *message = buffer;

	message->provider = provider->number;
	message->is_failed = 0;
	return put_header(&message->header, HANDSHAKE_PROVIDER_END, sizeof(*message));
}

size_t describe_next(const struct tracon_provider *provider, void *buffer)
{
	switch ((enum stage)provider->progress[PROGRESS_STAGE]) {
	case STAGE_PROVIDER:
		return describe_provider(provider, buffer);
	case STAGE_EVENTS:
		return describe_event(provider, buffer);
	case STAGE_LABELS:
		return describe_labels(provider, buffer);
	case STAGE_END:
		return describe_end(provider, buffer);
	case STAGE_DONE:
		break;
	}
	return 0;
}

/* To the next field with labels, else to the next event, else to the end. */
static void find_labels(struct tracon_provider *provider)
{
	const struct tracon_event_class *event =
		provider->events + provider->progress[PROGRESS_EVENT];

	for (; provider->progress[PROGRESS_FIELD] < event->field_count;
	     provider->progress[PROGRESS_FIELD]++) {
		const struct tracon_enumeration *labels = present_field(provider)->enumeration;

		provider->progress[PROGRESS_STAGE] = STAGE_LABELS;
		if (labels && provider->progress[PROGRESS_LABEL] < labels->count)
			return;
		provider->progress[PROGRESS_LABEL] = 0;
	}
	provider->progress[PROGRESS_FIELD] = 0;
	provider->progress[PROGRESS_EVENT]++;
	provider->progress[PROGRESS_STAGE] =
		provider->progress[PROGRESS_EVENT] < provider->event_count ? STAGE_EVENTS
									   : STAGE_END;
}

void describe_step(struct tracon_provider *provider, const void *message)
{
	switch ((enum stage)provider->progress[PROGRESS_STAGE]) {
	case STAGE_PROVIDER:
		provider->progress[PROGRESS_STAGE] =
			provider->event_count > 0 ? STAGE_EVENTS : STAGE_END;
		break;
	case STAGE_LABELS:
		provider->progress[PROGRESS_LABEL] +=
			((const struct handshake_labels *)message)->count;
		find_labels(provider);
		break;
	case STAGE_EVENTS:
		find_labels(provider);
		break;
	case STAGE_END:
		provider->progress[PROGRESS_STAGE] = STAGE_DONE;
		break;
	case STAGE_DONE:
		break;
	}
}
