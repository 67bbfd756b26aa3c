/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tracing file system: found or mounted once, then plain files. Paths are below its
 * root; a folder that looks like it serves tests.
 */
#ifndef TRACON_SOURCE_KERNEL_TRACEFS_H
#define TRACON_SOURCE_KERNEL_TRACEFS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

struct tracefs {
	char *root;
	int fd;
	bool has_event_probes; /* that fetch strings: see kernel_probe_look() */
};

/*
 * A mounted one, else mounts it at /sys/kernel/tracing. False with what is missing and what to do:
 * ERROR_DENIED (root's rights, lockdown), ERROR_UNSUPPORTED (no such kernel).
 */
bool tracefs_find(struct tracefs *tracefs, struct error *err);
/* A given folder. */
bool tracefs_open(struct tracefs *tracefs, const char *root, struct error *err);
void tracefs_close(struct tracefs *tracefs);

/* One write(2) of the whole text: the kernel takes it or not. */
bool tracefs_write(const struct tracefs *tracefs, const char *path, const char *text,
		   struct error *err);
/* Appends: of lists that others have a part in. */
bool tracefs_append(const struct tracefs *tracefs, const char *path, const char *text,
		    struct error *err);
/* Whole content, at most length_max; the caller frees. */
bool tracefs_read(const struct tracefs *tracefs, const char *path, size_t length_max, char **text,
		  size_t *length, struct error *err);
bool tracefs_has(const struct tracefs *tracefs, const char *path);
/* Non-blocking, for reading. -1 with err. */
int tracefs_open_file(const struct tracefs *tracefs, const char *path, struct error *err);

#endif
