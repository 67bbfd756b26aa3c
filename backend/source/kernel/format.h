/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fields of the kernel's events are: tracefs' format files, read with libtraceevent (used
 * here only). Read once a session; untrusted like any file.
 */
#ifndef TRACON_SOURCE_KERNEL_FORMAT_H
#define TRACON_SOURCE_KERNEL_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

#define KERNEL_FIELDS_MAX 128
#define KERNEL_FORMAT_MAX 65536 /* bytes of a format file */

enum kernel_field_kind {
	KERNEL_INTEGER,
	KERNEL_POINTER, /* an integer, shown in hexadecimal */
	KERNEL_TEXT,	/* char[N] in place; ends with the first NUL, if any */
	KERNEL_ARRAY,	/* of integers, in place */
	KERNEL_STRING,	/* __data_loc char[]: elsewhere in the record */
	KERNEL_SEQUENCE /* __data_loc of integers */
};

struct kernel_field {
	char *name; /* as in the file; system calls' without their number */
	enum kernel_field_kind kind;
	uint16_t offset;       /* in the record */
	uint16_t size_bytes;   /* in place; of a __data_loc: 4 */
	uint8_t element_bytes; /* 1, 2, 4, 8: of the integer, or of each element */
	bool is_signed;
	bool is_narrowed;	/* the record has more bytes of it, of no meaning */
	bool is_resigned;	/* the kernel takes it for a number without a sign */
	bool is_renamed;	/* the kernel calls it otherwise */
	bool is_relative;	/* __rel_loc: the place counts from behind the field */
	bool is_string_address; /* of a system call: where in the program a string is */
};

struct kernel_format {
	uint16_t id;
	char *system; /* "sched" */
	char *name;   /* "sched_switch"; system calls: "syscall_entry_openat" */
	struct kernel_field *fields;
	size_t field_count;
};

/* text: content of events/SYSTEM/EVENT/format. NULL with ERROR_INVALID. One thread at a time. */
struct kernel_format *kernel_format_read(const char *system, const char *text, size_t length,
					 struct error *err);
void kernel_format_destroy(struct kernel_format *format); /* NULL passes */

struct ctf_type;
/* The payload that transcode.h writes for it. The caller's. */
struct ctf_type *kernel_format_type(const struct kernel_format *format);

/*
 * The event's name in LTTng's words, in a new string: sys_enter_X is syscall_entry_X, sys_exit_X is
 * syscall_exit_X; all others as they are.
 */
char *kernel_event_name(const char *system, const char *name);

#endif
