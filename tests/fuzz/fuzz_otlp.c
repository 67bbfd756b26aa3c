/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from OpenTelemetry's side, any bytes: a receiver's answer, anyone's journal, and the
 * values of environment variables. Input: a byte that says which of them, then the bytes.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/identity/export_verdict.h"
#include "backend/identity/otlp.h"
#include "tests/fuzz/fuzz.h"

/* Two bytes of a status, one of Retry-After, then the body. */
static void judge(const uint8_t *bytes, size_t length)
{
	struct export_answer answer = {0};
	struct export_verdict verdict;

	if (length < 3)
		return;
	answer.status = bytes[0] << 8 | bytes[1];
	answer.retry_after_s = bytes[2] == 255 ? UINT64_MAX : bytes[2];
	text_add_bytes(&answer.body, (const char *)bytes + 3, length - 3);
	export_judge(&answer, &verdict);
	assert(verdict.wait_s <= EXPORT_WAIT_MAX_S);
	assert(memchr(verdict.why, '\0', sizeof(verdict.why)));
	assert(verdict.outcome == EXPORT_ARRIVED || verdict.rejected == 0);
	text_finish(&answer.body);
}

/* As a file, and all of it at once: both find the same sessions, if there is one line. */
static void read_journal(const uint8_t *bytes, size_t length)
{
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct fold_session *sessions;
	int fd = memfd_create("journal", MFD_CLOEXEC);
	size_t count;

	assert(fd >= 0 && fd_write_all(fd, bytes, length) && lseek(fd, 0, SEEK_SET) == 0);
	otlp_read_file(fd, UINT64_MAX, fold, &counts, NULL);
	assert(counts.bad_lines <= counts.lines);
	sessions = fold_sessions(fold, &count);
	for (size_t i = 0; i < count; i++)
		assert(sessions[i].root <= i && *sessions[i].id);
	free(sessions);
	fd_close(&fd);
	fold_destroy(fold);
}

static const char *value;

static char *get(const char *name)
{
	(void)name;
	return (char *)(uintptr_t)value;
}

/* All variables have this value. */
static void read_variables(const uint8_t *bytes, size_t length)
{
	struct export_settings settings;
	struct text warnings = {0};
	struct text copy = {0};

	text_add_bytes(&copy, (const char *)bytes, length);
	value = text_str(&copy);
	export_settings_read(&settings, get, &warnings);
	assert(settings.log_batch_max > 0);
	assert(!settings.logs.url || settings.logs.timeout_ms > 0); /* or it is switched off */
	for (size_t i = 0; i < settings.logs.headers.count; i++)
		assert(!strpbrk(settings.logs.headers.words[i], "\r\n"));
	export_settings_finish(&settings);
	text_finish(&warnings);
	text_finish(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static void (*const parts[])(const uint8_t *, size_t) = {judge, read_journal,
								 read_variables};

	if (length > 0)
		parts[bytes[0] % COUNT_OF(parts)](bytes + 1, length - 1);
	return 0;
}
