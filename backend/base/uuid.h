/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs: the one place that knows libuuid. */
#ifndef TRACON_BASE_UUID_H
#define TRACON_BASE_UUID_H

#include <stdbool.h>
#include <stdint.h>

struct uuid {
	unsigned char bytes[16];
};

#define UUID_TEXT_MAX 37

void uuid_make_random(struct uuid *uuid); /* version 4 */
/* RFC 9562 §5.7: 48 bits of milliseconds since the Epoch, then random. */
void uuid_make_v7(struct uuid *uuid, uint64_t wall_ns);
/* /proc/sys/kernel/random/boot_id: names the clock of this boot. False if it can't be read. */
bool uuid_read_boot_id(struct uuid *uuid);
char *uuid_text(char out[UUID_TEXT_MAX], const struct uuid *uuid);
/* The 36 characters of RFC 9562 §4 and nothing else, any case. (uuid_parse is a name of libuuid.)
 */
bool uuid_from_text(const char *text, struct uuid *uuid);

#endif
