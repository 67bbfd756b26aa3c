/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slices: some packets of some streams with their metadata, as small traces in a folder in memory
 * that a decoder opens. Packets are self-contained, so a slice reads without what came before it.
 */
#ifndef TRACON_BROWSE_SLICE_H
#define TRACON_BROWSE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

struct decoder;
struct slice;

/*
 * Makes the folder (0700) if there is none, refuses one that is a link or another user's, and
 * removes what processes that are gone have left in it. Call once before the first slice; any
 * thread.
 */
bool slices_prepare(const char *path, struct error *err);

/* A new folder below `slices`, named by process. One thread has a slice. */
struct slice *slice_create(const char *slices, struct error *err);
/* Removes the folder. Close its decoder first. NULL passes. */
void slice_destroy(struct slice *slice);
/* What follows belongs to this trace. */
bool slice_add_trace(struct slice *slice, const void *metadata, size_t length, struct error *err);
/*
 * Whole packets, added behind those of the same stream. stream: name of the stream's file, without
 * a folder ("channel0_1"). ERROR_NO_SPACE when memory is full.
 */
bool slice_add_bytes(struct slice *slice, const char *stream, const void *bytes, size_t length,
		     struct error *err);
bool slice_add_range(struct slice *slice, const char *stream, int fd, uint64_t offset_bytes,
		     uint64_t length_bytes, struct error *err);
uint64_t slice_bytes(const struct slice *slice); /* of packets */
/* The folders of its traces, in the order they were added; no more packets may come. */
const char *const *slice_traces(struct slice *slice);
/* NULL when it has no packets or can't be read. The slice must stay until the decoder is closed. */
struct decoder *slice_decode(struct slice *slice, struct error *err);

#endif
