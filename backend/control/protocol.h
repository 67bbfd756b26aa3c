/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passes over engine.sock (SOCK_SEQPACKET, messages of at most 64 KiB). First a hello, then
 * one request and its answers, or, for a terminal, the messages of console/attach. Numbers are in
 * host order: both ends are one machine.
 */
#ifndef TRACON_CONTROL_PROTOCOL_H
#define TRACON_CONTROL_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

struct request;

#define PROTOCOL_MAGIC	     UINT32_C(0x54524143) /* "TRAC" */
#define PROTOCOL_VERSION     1
#define PROTOCOL_MESSAGE_MAX 65536

enum protocol_role { ROLE_OF_COMMAND = 1, ROLE_OF_TERMINAL = 2 };

/* Client to engine, and back: the engine answers with its own version and pid, then goes on or
 * closes. */
struct protocol_hello {
	uint32_t magic;
	uint32_t version;
	uint32_t role;
	uint32_t pid;
	char release[32]; /* PACKAGE_VERSION */
};

enum protocol_kind {
	MESSAGE_REQUEST = 1, /* struct protocol_request, then NUL-terminated texts */
	MESSAGE_OUTPUT = 2,  /* bytes for standard output */
	MESSAGE_ERROR = 3,   /* bytes for standard error */
	MESSAGE_DONE = 4,    /* struct protocol_done */
};

struct protocol_header {
	uint32_t kind;
};

/* Followed by: directory, home, lttng_home, selected session ("" none), then word_count words. */
struct protocol_request {
	uint32_t kind;
	uint32_t word_count;
	uint32_t umask;
	uint32_t columns;
	uint32_t flags; /* REQUEST_… */
};

enum request_flags {
	REQUEST_JSON = 1,
	REQUEST_QUIET = 2,
	REQUEST_YES = 4,
	REQUEST_TERMINAL = 8,
	REQUEST_MI = 16,
};

struct protocol_done {
	uint32_t kind;
	int32_t status;
};

void protocol_make_hello(struct protocol_hello *hello, enum protocol_role role);
/*
 * Copies a hello that somebody sent; its texts are terminated afterwards. ERROR_PROTOCOL: it is
 * none. The version is not looked at.
 */
bool protocol_read_hello(const void *bytes, size_t length, struct protocol_hello *hello,
			 struct error *err);

/*
 * The request as one message. Returns its length; 0 with ERROR_INVALID when it does not fit into
 * PROTOCOL_MESSAGE_MAX.
 */
size_t protocol_write_request(const struct request *request, char message[PROTOCOL_MESSAGE_MAX],
			      struct error *err);
/*
 * The reverse, from bytes that nobody checked. Credentials and sink are left empty. NULL with
 * ERROR_PROTOCOL.
 */
struct request *protocol_read_request(const void *bytes, size_t length, struct error *err);

#endif
