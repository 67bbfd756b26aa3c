/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: a relay daemon of one session at a time, on a thread and ports of its own. It answers
 * what a streaming sink asks, keeps nothing but counts, and looks at each byte of the packets.
 */
#ifndef TRACON_TESTS_FAKE_RELAY_H
#define TRACON_TESTS_FAKE_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_relay;

struct fake_relay_wish {
	size_t read_bytes;	     /* of data at a time, through a small window; 0: all */
	size_t hang_up_bytes;	     /* both connections end when so much data came; 0: never */
	unsigned int only_the_first; /* hang-ups; later sessions are served to their end */
};

struct fake_relay_result {
	unsigned int session_count;
	unsigned int hang_up_count;
	uint64_t packet_count; /* whole ones */
	uint64_t index_count;  /* of such */
	bool is_torn;	       /* bytes that are not what fake_relay_fill() made */
	bool is_rotated_amiss; /* a rotation came while a packet had no index */
};

struct fake_relay *fake_relay_create(const struct fake_relay_wish *wish, uint16_t *control_port,
				     uint16_t *data_port);
/* Ends its thread and frees it. */
void fake_relay_destroy(struct fake_relay *relay, struct fake_relay_result *result);

/* Content that tells its stream (by the number at the end of its name) and where it belongs. */
void fake_relay_fill(unsigned char *bytes, size_t length, unsigned int stream, uint64_t number);

#endif
