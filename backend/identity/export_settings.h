/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What OpenTelemetry's environment variables ask of an exporter, by its specification: an empty
 * value counts as unset, one of a signal wins over the general one.
 */
#ifndef TRACON_IDENTITY_EXPORT_SETTINGS_H
#define TRACON_IDENTITY_EXPORT_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/text.h"

/* Of one signal. */
struct export_target {
	char *url;		  /* NULL: it is not exported */
	struct word_list headers; /* "Name: value" */
	uint64_t timeout_ms;	  /* of one export, retries included */
	bool is_gzip;
	char *certificate, *client_certificate, *client_key; /* files; NULL: not said */
};

struct export_settings {
	struct export_target logs, metrics;
	uint64_t log_delay_ms; /* OTEL_BLRP_SCHEDULE_DELAY */
	uint64_t log_batch_max;
	uint64_t metric_interval_ms;
	uint64_t retry_first_ms;   /* after the first failure in a row */
	char *service_name;	   /* NULL: not said */
	struct word_list resource; /* key, value, key, value … */
	char *scrape_host;	   /* for Prometheus; NULL: nobody listens */
	uint16_t scrape_port;
};

/* `get`: getenv(3). A line for each value that could not be followed is added to `warnings`. */
void export_settings_read(struct export_settings *settings, char *(*get)(const char *name),
			  struct text *warnings);
void export_settings_finish(struct export_settings *settings);

#endif
