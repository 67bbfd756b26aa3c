/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See trace_kit.h. Whatever fails here fails the test. */
#include "tests/unit/trace_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"

const struct ctf_layout kit_packed = {
	.long_bits = 64,
	.align16 = 8,
	.align32 = 8,
	.align64 = 8,
	.align_long = 8,
	.is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

const struct ctf_layout kit_aligned = {
	.long_bits = 64,
	.align16 = 16,
	.align32 = 32,
	.align64 = 64,
	.align_long = 64,
	.is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

char *kit_make_directory(void)
{
	const char *base = getenv("TMPDIR");
	char *path = mem_printf("%s/trace-kit-XXXXXX", base ? base : "/tmp");

	assert_non_null(mkdtemp(path));
	return path;
}

void kit_remove_tree(const char *path)
{
	struct text out = {0};

	assert_int_equal(kit_run(&out, "rm -rf -- '%s'", path), 0);
	text_finish(&out);
}

void kit_write_file(const char *path, const void *bytes, size_t length)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
}

bool kit_exists(const char *path)
{
	struct stat status;

	return lstat(path, &status) == 0;
}

char *kit_read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "r");
	struct text text = {0};
	char part[4096];
	size_t got;

	if (!file)
		return NULL;
	while ((got = fread(part, 1, sizeof(part), file)) > 0)
		text_add_bytes(&text, part, got);
	fclose(file);
	if (length)
		*length = text.length;
	return text_take(&text);
}

int kit_run(struct text *out, const char *format, ...)
{
	char command[4096] = "{ ", part[4096];
	va_list arguments;
	FILE *pipe;
	size_t got;
	int length;

	va_start(arguments, format);
	length = vsnprintf(command + 2, sizeof(command) - 16, format, arguments);
	va_end(arguments);
	assert_in_range(length, 1, sizeof(command) - 17);
	strcat(command, "\n} 2>&1"); /* the command's own redirections come first */
	pipe = popen(command, "r");
	assert_non_null(pipe);
	while ((got = fread(part, 1, sizeof(part), pipe)) > 0)
		text_add_bytes(out, part, got);
	return pclose(pipe);
}

uint64_t kit_count_events(const char *path)
{
	struct text out = {0};
	uint64_t count = 0;
	int status = kit_run(&out, "babeltrace2 --clock-cycles '%s'", path);

	if (status)
		fail_msg("babeltrace2 %s: %s", path, text_str(&out));
	for (const char *line = text_str(&out); *line; line = strchr(line, '\n') + 1) {
		if (line[0] != '[')
			fail_msg("babeltrace2 %s: %.300s", path, line);
		count++;
	}
	text_finish(&out);
	return count;
}

void kit_init(struct packet_kit *kit, const struct ctf_layout *layout)
{
	*kit = (struct packet_kit){.layout = *layout};
}

void kit_finish(struct packet_kit *kit)
{
	free(kit->bytes);
}

static void make_room(struct packet_kit *kit, uint64_t bits)
{
	uint64_t need_bytes = (kit->at_bits + bits + 7) / 8 + 8;

	if (need_bytes <= kit->room_bytes)
		return;
	kit->bytes = mem_realloc_array(kit->bytes, need_bytes * 2, 1);
	memset(kit->bytes + kit->room_bytes, 0, need_bytes * 2 - kit->room_bytes);
	kit->room_bytes = need_bytes * 2;
}

void kit_align(struct packet_kit *kit, unsigned int align_bits)
{
	uint64_t bits = -kit->at_bits & (align_bits - 1);

	make_room(kit, bits);
	kit->at_bits += bits;
}

/* Bit by bit: CTF 1.8 §4.1.6, from the low end of each byte or, big-endian, from the high end. */
static void put_bit(struct packet_kit *kit, bool bit, bool is_big_endian)
{
	unsigned int shift = (unsigned int)(kit->at_bits % 8);
	unsigned char mask = (unsigned char)(is_big_endian ? 0x80 >> shift : 1 << shift);

	if (bit)
		kit->bytes[kit->at_bits / 8] |= mask;
	kit->at_bits++;
}

void kit_put(struct packet_kit *kit, uint64_t value, unsigned int size_bits,
	     unsigned int align_bits, bool is_big_endian)
{
	kit_align(kit, align_bits);
	make_room(kit, size_bits);
	for (unsigned int i = 0; i < size_bits; i++)
		put_bit(kit, value >> (is_big_endian ? size_bits - 1 - i : i) & 1, is_big_endian);
}

void kit_put_u8(struct packet_kit *kit, uint8_t value)
{
	kit_put(kit, value, 8, 8, kit->layout.is_big_endian);
}

void kit_put_u16(struct packet_kit *kit, uint16_t value)
{
	kit_put(kit, value, 16, kit->layout.align16, kit->layout.is_big_endian);
}

void kit_put_u32(struct packet_kit *kit, uint32_t value)
{
	kit_put(kit, value, 32, kit->layout.align32, kit->layout.is_big_endian);
}

void kit_put_u64(struct packet_kit *kit, uint64_t value)
{
	kit_put(kit, value, 64, kit->layout.align64, kit->layout.is_big_endian);
}

void kit_put_string(struct packet_kit *kit, const char *string)
{
	kit_align(kit, 8);
	do
		kit_put_u8(kit, (uint8_t)*string);
	while (*string++);
}

/* Written twice: with zeroes when the packet begins, with the real values when it ends. */
static void put_context(struct packet_kit *kit)
{
	struct packet *packet = &kit->packet;

	kit_put_u64(kit, packet->begin_clock);
	kit_put_u64(kit, packet->end_clock);
	kit_put_u64(kit, packet->content_bytes * 8);
	kit_put_u64(kit, packet->size_bytes * 8);
	kit_put_u64(kit, packet->sequence);
	kit_put(kit, packet->events_discarded, kit->layout.long_bits, kit->layout.align_long,
		kit->layout.is_big_endian);
	kit_put_u32(kit, (uint32_t)packet->stream_instance_id);
}

void kit_begin(struct packet_kit *kit, const struct uuid *uuid, uint32_t stream_id, uint32_t cpu,
	       uint64_t sequence, uint64_t begin_clock)
{
	struct packet *packet = &kit->packet;

	if (kit->bytes)
		memset(kit->bytes, 0, kit->room_bytes);
	*packet = (struct packet){
		.stream_id = stream_id,
		.stream_instance_id = cpu,
		.sequence = sequence,
		.begin_clock = begin_clock,
	};
	kit->at_bits = 0;
	kit_put_u32(kit, UINT32_C(0xC1FC1FC1));
	for (size_t i = 0; i < sizeof(uuid->bytes); i++)
		kit_put_u8(kit, uuid->bytes[i]);
	kit_put_u32(kit, stream_id);
	kit_put_u64(kit, cpu);
	kit->context_bits = kit->at_bits;
	put_context(kit);
	packet->first_event_bytes = kit->at_bits / 8;
}

void kit_event(struct packet_kit *kit, enum ctf_header header, uint32_t id, uint64_t clock,
	       bool is_extended)
{
	bool is_compact = header == CTF_HEADER_COMPACT;
	uint32_t extended_id = is_compact ? 31 : 65535;
	const struct ctf_layout *layout = &kit->layout;
	bool is_big_endian = layout->is_big_endian;

	if (id >= extended_id)
		is_extended = true;
	kit_put(kit, is_extended ? extended_id : id, is_compact ? 5 : 16,
		is_compact ? layout->align32 : layout->align16, is_big_endian);
	if (is_extended) {
		kit_align(kit,
			  layout->align64 > layout->align32 ? layout->align64 : layout->align32);
		kit_put_u32(kit, id);
		kit_put_u64(kit, clock);
		return;
	}
	if (is_compact)
		kit_put(kit, clock, 27, 1, is_big_endian);
	else
		kit_put_u32(kit, (uint32_t)clock);
}

void kit_end(struct packet_kit *kit, uint64_t end_clock, uint64_t events_discarded)
{
	struct packet *packet = &kit->packet;
	uint64_t at_bits;

	packet->content_bytes = (kit->at_bits + 7) / 8;
	packet->size_bytes = (packet->content_bytes + 4095) / 4096 * 4096;
	packet->end_clock = end_clock;
	packet->events_discarded = events_discarded;
	make_room(kit, packet->size_bytes * 8 - kit->at_bits);
	memset(kit->bytes + kit->context_bits / 8, 0,
	       packet->first_event_bytes - kit->context_bits / 8);
	at_bits = kit->at_bits;
	kit->at_bits = kit->context_bits;
	put_context(kit);
	kit->at_bits = at_bits;
	packet->bytes = kit->bytes;
}

void kit_metadata(struct text *out, const struct uuid *uuid, const struct ctf_layout *layout)
{
	const struct ctf_env env[] = {
		{.name = "domain", .text = "ust"},
		{.name = "tracer_name", .text = "lttng-ust"},
		{.name = "tracer_major", .number = 2},
		{.name = "tracer_minor", .number = 13},
	};
	const struct ctf_trace trace = {
		.uuid = *uuid,
		.layout = *layout,
		.clock = {.uuid = {{1, 2, 3}},
			  .has_uuid = true,
			  .frequency_hz = 1000000000,
			  .offset_ns = INT64_C(1700000000000000000)},
		.env = env,
		.env_count = sizeof(env) / sizeof(env[0]),
	};

	ctf_metadata_trace(out, &trace);
}
