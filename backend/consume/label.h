/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a reader of packets must know of where they come from: the stream's name and the metadata of
 * its trace. Counted, so that packets may be read when stream, trace and sink are gone.
 */
#ifndef TRACON_CONSUME_LABEL_H
#define TRACON_CONSUME_LABEL_H

#include <stddef.h>

#include "backend/base/text.h"

struct trace_label;

struct trace_label *trace_label_create(void);
struct trace_label *trace_label_ref(struct trace_label *label);
void trace_label_unref(struct trace_label *label); /* NULL passes */
/* Any thread. */
void trace_label_append(struct trace_label *label, const char *metadata, size_t length);
/* Adds the whole metadata so far to `out`. Any thread. */
void trace_label_read(struct trace_label *label, struct text *out);

struct stream_label;

/* trace: a reference is taken. */
struct stream_label *stream_label_create(struct trace_label *trace, const char *name);
/* Allocates nothing, never waits. */
struct stream_label *stream_label_ref(struct stream_label *label);
void stream_label_unref(struct stream_label *label); /* NULL passes */
const char *stream_label_name(const struct stream_label *label);
struct trace_label *stream_label_trace(const struct stream_label *label);

#endif
