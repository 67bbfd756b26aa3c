/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names and metadata that outlive what they belong to; see label.h. */
#include "backend/consume/label.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

struct trace_label {
	atomic_uint references;
	pthread_mutex_t lock; /* protects the text; a leaf */
	struct text metadata;
};

struct stream_label {
	atomic_uint references;
	struct trace_label *trace;
	char name[];
};

struct trace_label *trace_label_create(void)
{
	struct trace_label *label = mem_zalloc(sizeof(*label));

	atomic_init(&label->references, 1);
	pthread_mutex_init(&label->lock, NULL);
	return label;
}

struct trace_label *trace_label_ref(struct trace_label *label)
{
	atomic_fetch_add_explicit(&label->references, 1, memory_order_relaxed);
	return label;
}

void trace_label_unref(struct trace_label *label)
{
	/* Release what this holder did; acquire what all others did before freeing. */
	if (!label || atomic_fetch_sub_explicit(&label->references, 1, memory_order_acq_rel) != 1)
		return;
	pthread_mutex_destroy(&label->lock);
	text_finish(&label->metadata);
	free(label);
}

void trace_label_append(struct trace_label *label, const char *metadata, size_t length)
{
	pthread_mutex_lock(&label->lock);
	text_add_bytes(&label->metadata, metadata, length);
	pthread_mutex_unlock(&label->lock);
}

void trace_label_read(struct trace_label *label, struct text *out)
{
	pthread_mutex_lock(&label->lock);
	text_add_bytes(out, label->metadata.bytes, label->metadata.length);
	pthread_mutex_unlock(&label->lock);
}

struct stream_label *stream_label_create(struct trace_label *trace, const char *name)
{
	size_t size = strlen(name) + 1;
	struct stream_label *label = mem_zalloc(sizeof(*label) + size);

	atomic_init(&label->references, 1);
	label->trace = trace_label_ref(trace);
	memcpy(label->name, name, size);
	return label;
}

struct stream_label *stream_label_ref(struct stream_label *label)
{
	atomic_fetch_add_explicit(&label->references, 1, memory_order_relaxed);
	return label;
}

void stream_label_unref(struct stream_label *label)
{
	if (!label || atomic_fetch_sub_explicit(&label->references, 1, memory_order_acq_rel) != 1)
		return;
	trace_label_unref(label->trace);
	free(label);
}

const char *stream_label_name(const struct stream_label *label)
{
	return label->name;
}

struct trace_label *stream_label_trace(const struct stream_label *label)
{
	return label->trace;
}
