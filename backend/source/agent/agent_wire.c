/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent_wire.h. */
#include "backend/source/agent/agent_wire.h"

#include <endian.h>
#include <stdio.h>
#include <string.h>

#define PROTOCOL_MAJOR 2

uint32_t agent_read_u32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return be32toh(value);
}

static void add_u32(struct text *out, uint32_t value)
{
	value = htobe32(value);
	text_add_bytes(out, (const char *)&value, sizeof(value));
}

static void add_header(struct text *out, uint64_t payload_bytes, enum agent_command command)
{
	payload_bytes = htobe64(payload_bytes);
	text_add_bytes(out, (const char *)&payload_bytes, sizeof(payload_bytes));
	add_u32(out, command);
	add_u32(out, 0); /* version of the command */
}

static void add_name(struct text *out, const char *name)
{
	char fixed[AGENT_NAME_BYTES] = {0};

	snprintf(fixed, sizeof(fixed), "%s", name);
	text_add_bytes(out, fixed, sizeof(fixed));
}

bool agent_read_register(const unsigned char bytes[AGENT_REGISTER_BYTES],
			 struct agent_register *wanted)
{
	uint32_t domain = agent_read_u32(bytes);

	*wanted = (struct agent_register){
		.domain = (enum agent_domain)domain,
		.pid = agent_read_u32(bytes + 4),
		.major = agent_read_u32(bytes + 8),
		.minor = agent_read_u32(bytes + 12),
	};
	return domain >= AGENT_JUL && domain <= AGENT_LOG4J2 && wanted->major == PROTOCOL_MAJOR;
}

void agent_write_enable(struct text *out, int32_t loglevel, enum agent_level_match match,
			const char *name, const char *filter)
{
	size_t filter_bytes = filter ? strlen(filter) + 1 : 0;

	add_header(out, 3 * sizeof(uint32_t) + AGENT_NAME_BYTES + filter_bytes, AGENT_ENABLE);
	add_u32(out, (uint32_t)loglevel);
	add_u32(out, match);
	add_name(out, name);
	add_u32(out, (uint32_t)filter_bytes);
	if (filter)
		text_add_bytes(out, filter, filter_bytes);
}

void agent_write_disable(struct text *out, const char *name)
{
	add_header(out, AGENT_NAME_BYTES, AGENT_DISABLE);
	add_name(out, name);
}

void agent_write_plain(struct text *out, enum agent_command command)
{
	add_header(out, 0, command);
}
