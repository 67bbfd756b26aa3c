/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an application and its console say to each other, over a SOCK_SEQPACKET socket named
 * native.sock in the console's runtime directory. One message is one packet: a header, then the
 * struct of its type. All text is NUL-terminated, all counts are bounded here.
 *
 *	application                                 console
 *	HELLO                                 ──►
 *	                                      ◄──   ATTACH (2 or 3 descriptors), or REFUSED
 *	PROVIDER, its EVENTs and LABELS, PROVIDER_END ──►      for each provider, now or later
 *	                                      ◄──   FLAGS   for each provider
 *	READY                                 ──►           flags may be 1 from here on
 *	PROVIDER_GONE                         ──►           it was unloaded
 *	BYE, or the end of the connection     ──►  ◄──
 *
 * The console may store into flag bytes from READY on. The application never sends declarations of
 *a trace format: the console writes them from these messages.
 */
#ifndef TRACON_PROVIDER_HANDSHAKE_H
#define TRACON_PROVIDER_HANDSHAKE_H

#include "lane.h"

#include <stdint.h>

#define HANDSHAKE_SOCKET_NAME "native.sock"

enum {
	HANDSHAKE_MAGIC = 0x54524831, /* "TRH1" */
	HANDSHAKE_MESSAGE_MAX = 65536,
	HANDSHAKE_NAME_BYTES = 256, /* with the NUL */
	HANDSHAKE_FIELDS_MAX = 64,
	HANDSHAKE_LABELS_MAX = 128, /* in one message; more follow in others */
	HANDSHAKE_BUILD_ID_BYTES = 20,
};

enum handshake_type {
	HANDSHAKE_HELLO = 1,
	HANDSHAKE_PROVIDER,
	HANDSHAKE_EVENT,
	HANDSHAKE_LABELS,
	HANDSHAKE_PROVIDER_END,
	HANDSHAKE_PROVIDER_GONE,
	HANDSHAKE_READY,
	HANDSHAKE_ATTACH,
	HANDSHAKE_FLAGS,
	HANDSHAKE_REFUSED,
	HANDSHAKE_BYE,
};

struct handshake_header {
	uint32_t magic;
	uint32_t type;
	uint32_t bytes; /* of the whole message */
	uint32_t pad;
};

enum { HANDSHAKE_HAS_TSC = 1 }; /* the processor's counter runs at one rate, always */

struct handshake_hello {
	struct handshake_header header;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t pid;		/* as the application sees itself; trust the socket's instead */
	uint64_t start_jiffies; /* /proc/self/stat, field 22 */
	uint32_t page_bytes;
	uint32_t clocks; /* HANDSHAKE_HAS_… */
	uint32_t build_id_bytes;
	uint8_t build_id[HANDSHAKE_BUILD_ID_BYTES];
	char comm[16];
};

/* Providers are told apart by a number of the application's, never used twice. */
struct handshake_provider {
	struct handshake_header header;
	uint32_t provider;
	uint32_t event_count;
	char name[HANDSHAKE_NAME_BYTES];
};

enum handshake_kind {
	HANDSHAKE_INTEGER = 1,
	HANDSHAKE_FLOAT = 2,
	HANDSHAKE_STRING = 3,	   /* bytes up to a NUL */
	HANDSHAKE_ENUMERATION = 4, /* an integer; LABELS follow */
	HANDSHAKE_ARRAY = 5,	   /* count elements */
	HANDSHAKE_SEQUENCE = 6,	   /* uint32_t count, then as many elements */
	HANDSHAKE_TEXT = 7,	   /* a sequence of bytes that are text */
};

enum { HANDSHAKE_SIGNED = 1, HANDSHAKE_NETWORK_ORDER = 2, HANDSHAKE_ELEMENTS_FLOAT = 4 };

struct handshake_field {
	uint32_t kind;	/* enum handshake_kind */
	uint32_t bytes; /* of the value or the element: 1, 2, 4, 8 */
	uint32_t base;	/* 10 or 16 */
	uint32_t flags;
	uint32_t count; /* of an array */
	uint32_t label_count;
	char name[HANDSHAKE_NAME_BYTES];
};

struct handshake_event {
	struct handshake_header header;
	uint32_t provider;
	uint32_t event; /* 0..event_count - 1: its flag byte; its record id is base + event */
	uint32_t level; /* 0 emergency … 14 debug, as LTTng counts them */
	uint32_t field_count;
	char name[HANDSHAKE_NAME_BYTES];
	struct handshake_field fields[]; /* field_count */
};

struct handshake_label {
	int64_t low;
	int64_t high;
	char text[HANDSHAKE_NAME_BYTES];
};

struct handshake_labels {
	struct handshake_header header;
	uint32_t provider;
	uint32_t event;
	uint32_t field;
	uint32_t first; /* how many went before */
	uint32_t count;
	uint32_t pad;
	struct handshake_label labels[]; /* count */
};

/* PROVIDER_END, PROVIDER_GONE, READY. */
struct handshake_note {
	struct handshake_header header;
	uint32_t provider;
	uint32_t is_failed; /* READY: its flags could not be mapped, so nothing will come of it */
};

/*
 * Descriptors: the control file, the lanes' file, then, from minor version 1 on and if the console
 * has one, that of the bell's page; all are sealed against shrinking.
 */
struct handshake_attach {
	struct handshake_header header;
	uint16_t abi_major;
	uint16_t abi_minor;
	uint32_t control_bytes;
	struct lane_geometry geometry;
};

struct handshake_flags {
	struct handshake_header header;
	uint32_t provider;
	uint32_t base;	 /* record id of its event 0; LANE_ID_FIRST or more */
	uint32_t offset; /* of its flag page in the control file: a multiple of the page size */
	uint32_t bytes;	 /* of the page */
};

struct handshake_refused {
	struct handshake_header header;
	char text[HANDSHAKE_NAME_BYTES];
};

#endif
