/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What leaves the engine about its sessions: the journal's records and metrics by OTLP, metrics in
 * a file and for Prometheus, heartbeats in the journal. Set by OpenTelemetry's environment
 * variables. Control thread, on which nothing waits for the network.
 */
#ifndef TRACON_MODEL_TELEMETRY_H
#define TRACON_MODEL_TELEMETRY_H

#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/json.h"
#include "backend/identity/exporter.h"
#include "backend/model/model.h"

struct telemetry;

/* The journal is open. */
void telemetry_open(struct model *model);
/* All sessions have ended: what waits is sent, if it goes quickly. Nobody asks any more. */
void telemetry_close(struct model *model);
/* The model's queue is empty. */
void telemetry_free(struct telemetry *telemetry);

/* Some session ends: its last numbers are sent. */
void telemetry_publish(struct model *model);

/* Of the sessions that the user may see. */
void telemetry_text(const struct model *model, uid_t uid, struct text *out);
struct json *telemetry_json(const struct model *model, uid_t uid);

/* Prometheus finds them at that address from now on; port 0: a free one. ERROR_IO, ERROR_INVALID,
 * ERROR_UNSUPPORTED. */
bool telemetry_listen(struct model *model, const char *host, uint16_t port, struct error *err);
void telemetry_hush(struct model *model);
/* 0: nobody listens. */
uint16_t telemetry_port(const struct model *model);

struct exporter_state telemetry_state(const struct model *model);

#endif
