/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OTLP's JSON: the envelope of our own log records, and anyone's records about sessions. */
#ifndef TRACON_IDENTITY_OTLP_H
#define TRACON_IDENTITY_OTLP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/base/json.h"
#include "backend/identity/fold.h"

#define OTLP_SEVERITY_INFO 9
#define OTLP_SEVERITY_WARN 13

/* Who emits: one run of a program. Texts are "" where nothing is known. */
struct otlp_emitter {
	char *service;	/* service.name */
	char *instance; /* service.instance.id */
	char *host;	/* host.name */
	pid_t pid;	/* 0: unknown */
	char *boot;	/* tracon.boot.id: with both starts, tells whether the process still runs */
	uint64_t start; /* tracon.process.start: of /proc/PID/stat */
	struct word_list extra; /* further attributes: key, value, key, value … */
};

void otlp_emitter_finish(struct otlp_emitter *emitter);
/* One line that is the same for the same emitter, as fold_record wants it; and back. */
void otlp_emitter_print(const struct otlp_emitter *emitter, struct text *out);
void otlp_emitter_parse(const char *line, struct otlp_emitter *emitter);

/* An envelope around one log record, whose attributes are added to *attributes (borrowed). */
struct json *otlp_log(const struct otlp_emitter *emitter, const char *event, uint64_t wall_ns,
		      uint64_t observed_ns, int severity, struct json **attributes);
void otlp_add_text(struct json *attributes, const char *key, const char *value);
void otlp_add_u64(struct json *attributes, const char *key, uint64_t value);
/* A 64-bit number as OTLP has it: a text of digits. */
void otlp_put_u64(struct json *object, const char *name, uint64_t value);
/* Resource and scope in an envelope; the object that holds the records (borrowed). */
struct json *otlp_put_scope(struct json *envelope, const struct otlp_emitter *emitter,
			    const char *list_name);

struct otlp_counts {
	uint64_t lines;	    /* not empty ones */
	uint64_t bad_lines; /* no JSON, or longer than a line may be */
	uint64_t records;   /* of logs, about sessions or not */
	uint64_t invalid;   /* starts and ends without a usable session.id */
};

/* One export request, as a line or a file holds it. False: it is none. */
bool otlp_read(const char *bytes, size_t length, struct fold *fold, struct otlp_counts *counts);

/*
 * Reads to the end: lines, or one object over several of them. Of more than bytes_max the rest is
 * not read, an error. ERROR_IO, ERROR_INVALID (nothing in it was OTLP).
 */
bool otlp_read_file(int fd, uint64_t bytes_max, struct fold *fold, struct otlp_counts *counts,
		    struct error *err);

#endif
