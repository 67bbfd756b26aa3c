/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One HTTP POST at a time: libcurl's place. The library is opened when the first one is made, for
 * most engines never need it. One thread, its owner's.
 */
#ifndef TRACON_IDENTITY_EXPORT_H
#define TRACON_IDENTITY_EXPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/identity/export_settings.h"

/* An answer beyond this is of no use: the specification's limit. */
#define EXPORT_ANSWER_MAX  ((size_t)4 * 1024 * 1024)
#define EXPORT_REQUEST_MAX ((size_t)64 * 1024 * 1024)

struct export;

struct export_answer {
	long status;		/* of HTTP; 0: the server gave none */
	struct text body;	/* finish it */
	uint64_t retry_after_s; /* 0: not said */
};

/* NULL with ERROR_UNSUPPORTED: built without libcurl, or it is not installed. */
struct export *export_create(struct error *err);
void export_destroy(struct export *export); /* NULL passes */

/*
 * False: nobody answered in time, or before *give_up_at_ns (monotonic; 0: no such time, any thread
 * may set one): ERROR_IO. What the answer says is the caller's to judge.
 */
bool export_post(struct export *export, const struct export_target *target, const char *body,
		 size_t length, const _Atomic uint64_t *give_up_at_ns, struct export_answer *answer,
		 struct error *err);

#endif
