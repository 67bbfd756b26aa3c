/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sends the journal's records, and metrics, to an OTLP receiver, on a thread of its own: nobody
 * waits for it. What the receiver can't take now is tried again; records wait in the journal's
 * file, and how far it was sent is kept beside it, so an outage or a crash loses none. What is
 * given up is counted.
 */
#ifndef TRACON_IDENTITY_EXPORTER_H
#define TRACON_IDENTITY_EXPORTER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/identity/export_settings.h"

/* Behind this much, the oldest records are given up. */
#define EXPORTER_BACKLOG_MAX (UINT64_C(16) * 1024 * 1024)
/* Texts of metrics that wait: a newer one says all that an older one did. */
#define EXPORTER_METRICS_MAX 16

struct exporter;

struct exporter_state {
	bool sends_logs, sends_metrics;
	uint64_t sent_logs, sent_metrics; /* records; requests */
	uint64_t dropped_logs;		  /* refused or given up */
	uint64_t dropped_metrics;
	uint64_t dropped_points; /* of metrics that were taken in part */
	uint64_t retries;
	bool is_failing; /* the last try did not arrive */
	char last_failure[ERROR_MESSAGE_MAX];
};

/* settings are borrowed. journal_path NULL: there are no records. NULL with ERROR_IO. */
struct exporter *exporter_create(const struct export_settings *settings, const char *journal_path,
				 struct error *err);
/* Tries once more to send all that waits, not longer than wait_ms. NULL passes, here and below. */
void exporter_destroy(struct exporter *exporter, uint64_t wait_ms);

/* Any thread, at once. */
void exporter_wake(struct exporter *exporter);			   /* the journal has grown */
void exporter_send_metrics(struct exporter *exporter, char *text); /* takes the text over */
struct exporter_state exporter_state(struct exporter *exporter);

#endif
