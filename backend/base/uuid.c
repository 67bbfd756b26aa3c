/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random bits and text from libuuid, which knows no version 7 yet. */
#include "backend/base/uuid.h"

#include <stdlib.h>
#include <string.h>

#include <uuid/uuid.h>

#include "backend/base/fd.h"
#include "backend/base/units.h"

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

_Static_assert(sizeof(uuid_t) == sizeof(struct uuid), "a libuuid uuid is 16 bytes");
_Static_assert(UUID_STR_LEN == UUID_TEXT_MAX, "36 characters and the NUL");

void uuid_make_random(struct uuid *uuid)
{
	uuid_generate_random(uuid->bytes);
}

/* The variant bits of the random one stay; version and time are put over the rest. */
void uuid_make_v7(struct uuid *uuid, uint64_t wall_ns)
{
	uint64_t wall_ms = wall_ns / NS_PER_MS;

	uuid_generate_random(uuid->bytes);
	for (int i = 0; i < 6; i++)
		uuid->bytes[i] = (unsigned char)(wall_ms >> (40 - 8 * i));
	uuid->bytes[6] = (unsigned char)(0x70 | (uuid->bytes[6] & 0x0f));
}

bool uuid_read_boot_id(struct uuid *uuid)
{
	size_t length;
	char *content;
	bool is_read;

	if (!fd_read_file(BOOT_ID_PATH, UUID_TEXT_MAX, &content, &length, NULL))
		return false;
	content[strcspn(content, "\n")] = '\0';
	is_read = uuid_from_text(content, uuid);
	free(content);
	return is_read;
}

char *uuid_text(char out[UUID_TEXT_MAX], const struct uuid *uuid)
{
	uuid_unparse_lower(uuid->bytes, out);
	return out;
}

bool uuid_from_text(const char *text, struct uuid *uuid)
{
	uuid_t parsed;

	if (uuid_parse(text, parsed) != 0)
		return false;
	memcpy(uuid->bytes, parsed, sizeof(uuid->bytes));
	return true;
}
