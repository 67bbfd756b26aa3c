/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes that LTTng's logging agents (Java, Python) and a session daemon exchange over TCP:
 * agent protocol 2.0, everything big-endian.
 */
#ifndef TRACON_SOURCE_AGENT_WIRE_H
#define TRACON_SOURCE_AGENT_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"

/* The protocol's numbers. */
enum agent_domain {
	AGENT_NONE = 0,
	AGENT_JUL = 3,
	AGENT_LOG4J = 4,
	AGENT_PYTHON = 5,
	AGENT_LOG4J2 = 6, /* since LTTng 2.14 */
};

enum agent_command {
	AGENT_LIST = 1,
	AGENT_ENABLE = 2,
	AGENT_DISABLE = 3,
	AGENT_REGISTERED = 4, /* has no reply */
};

enum agent_level_match { AGENT_LEVEL_ALL = 0, AGENT_LEVEL_AT_LEAST = 1, AGENT_LEVEL_EXACTLY = 2 };

#define AGENT_NAME_BYTES	256 /* a logger's name with its NUL */
#define AGENT_REGISTER_BYTES	16
#define AGENT_REPLY_BYTES	4  /* to ENABLE and DISABLE: a code */
#define AGENT_LIST_HEADER_BYTES 12 /* code, bytes, count */
#define AGENT_LIST_BYTES_MAX	(16 << 20)
#define AGENT_OK		1

struct agent_register {
	enum agent_domain domain;
	uint32_t pid;
	uint32_t major, minor;
};

/* False: no agent of protocol 2. */
bool agent_read_register(const unsigned char bytes[AGENT_REGISTER_BYTES],
			 struct agent_register *wanted);

/* Adds a whole command. name: cut to AGENT_NAME_BYTES - 1; filter may be NULL. */
void agent_write_enable(struct text *out, int32_t loglevel, enum agent_level_match match,
			const char *name, const char *filter);
void agent_write_disable(struct text *out, const char *name);
void agent_write_plain(struct text *out, enum agent_command command);

uint32_t agent_read_u32(const unsigned char *bytes);

#endif
