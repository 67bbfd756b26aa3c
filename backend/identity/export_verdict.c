/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See export_verdict.h. */
#include "backend/identity/export_verdict.h"

#include <inttypes.h>
#include <stdio.h>

#include "backend/base/json.h"
#include "backend/base/units.h"

/* Text or number, as others write it. */
static uint64_t read_count(const struct json *object, const char *name)
{
	const char *text = json_get_text(object, name);
	uint64_t value = 0;

	if (!(text ? units_parse_u64(text, &value) : json_get_u64(object, name, &value)))
		return 0;
	return value;
}

/* An answer that can't be read is a success. */
static void read_success(const struct json *whole, struct export_verdict *verdict)
{
	const struct json *partial = json_get(whole, "partialSuccess");
	const char *message = json_get_text(partial, "errorMessage");

	/* One signal is sent at a time: the other member is not there. */
	verdict->rejected = read_count(partial, "rejectedLogRecords");
	if (verdict->rejected == 0)
		verdict->rejected = read_count(partial, "rejectedDataPoints");
	if (verdict->rejected > 0 || (message && *message))
		snprintf(verdict->why, sizeof(verdict->why), "%" PRIu64 " rejected: %.100s",
			 verdict->rejected, message ? message : "");
}

/* The specification's list; every other failure is for good. */
static bool may_retry(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static void read_failure(const struct json *whole, const struct export_answer *answer,
			 struct export_verdict *verdict)
{
	const char *message = json_get_text(whole, "message");

	snprintf(verdict->why, sizeof(verdict->why), "status %ld%s%.100s", answer->status,
		 message ? ": " : "", message ? message : "");
	if (!may_retry(answer->status)) {
		verdict->outcome = EXPORT_REFUSED;
		return;
	}
	verdict->outcome = EXPORT_TRY_LATER;
	verdict->wait_s = answer->retry_after_s < EXPORT_WAIT_MAX_S ? answer->retry_after_s
								    : EXPORT_WAIT_MAX_S;
}

void export_judge(const struct export_answer *answer, struct export_verdict *verdict)
{
	struct json *whole = json_parse(text_str(&answer->body), answer->body.length, NULL);

	*verdict = (struct export_verdict){.outcome = EXPORT_ARRIVED};
	if (answer->status >= 200 && answer->status < 300)
		read_success(whole, verdict);
	else
		read_failure(whole, answer, verdict);
	json_unref(whole);
}
