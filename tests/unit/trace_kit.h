/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: writes CTF packets by hand, as the specification has them and without any code of
 * ctf/, and asks the readers that users have.
 */
#ifndef TRACON_TESTS_TRACE_KIT_H
#define TRACON_TESTS_TRACE_KIT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/consume/packet.h"
#include "backend/ctf/metadata.h"

/* A fresh directory below $TMPDIR, absolute; the caller frees the path. */
char *kit_make_directory(void);
void kit_remove_tree(const char *path);
void kit_write_file(const char *path, const void *bytes, size_t length);
bool kit_exists(const char *path);
/* NULL if it can't be read; NUL terminated; the caller frees it. */
char *kit_read_file(const char *path, size_t *length);

/* Runs a shell command; its output and errors come back in one text. Returns its status. */
int kit_run(struct text *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Number of lines that babeltrace2 prints for PATH; fails the test if it says anything else. */
uint64_t kit_count_events(const char *path);

/* Packed as on amd64, and with every alignment natural. */
extern const struct ctf_layout kit_packed;
extern const struct ctf_layout kit_aligned;

struct packet_kit {
	struct ctf_layout layout;
	unsigned char *bytes;
	uint64_t room_bytes;
	uint64_t at_bits;
	uint64_t end_clock;
	uint64_t context_bits; /* where the packet's own context begins */
	struct packet packet;
};

void kit_init(struct packet_kit *kit, const struct ctf_layout *layout);
void kit_finish(struct packet_kit *kit);

void kit_align(struct packet_kit *kit, unsigned int align_bits);
void kit_put(struct packet_kit *kit, uint64_t value, unsigned int size_bits,
	     unsigned int align_bits, bool is_big_endian);
void kit_put_u8(struct packet_kit *kit, uint8_t value);
void kit_put_u16(struct packet_kit *kit, uint16_t value);
void kit_put_u32(struct packet_kit *kit, uint32_t value);
void kit_put_u64(struct packet_kit *kit, uint64_t value);
void kit_put_string(struct packet_kit *kit, const char *string);

/* Packet header and context. Packets of one stream: sequence one more each time. */
void kit_begin(struct packet_kit *kit, const struct uuid *uuid, uint32_t stream_id, uint32_t cpu,
	       uint64_t sequence, uint64_t begin_clock);
/* An event's header; the extended form if the id or is_extended asks for it. */
void kit_event(struct packet_kit *kit, enum ctf_header header, uint32_t id, uint64_t clock,
	       bool is_extended);
/* Fills in sizes and kit->packet, pads to 4096 bytes. */
void kit_end(struct packet_kit *kit, uint64_t end_clock, uint64_t events_discarded);

/* Trace declarations as sources make them, with these uuid and layout. */
void kit_metadata(struct text *out, const struct uuid *uuid, const struct ctf_layout *layout);

#endif
