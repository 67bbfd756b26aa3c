/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading at the start is the command `load`, given by the engine itself; see autoload.h. */
#include "console/autoload.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/mem.h"

#define SYSTEM_FOLDER "/etc/lttng/sessions/auto"

/* Errors and warnings go to the log by themselves. */
static void forget_text(void *data, enum answer_kind kind, const char *bytes, size_t length)
{
	(void)data;
	(void)kind;
	(void)bytes;
	(void)length;
}

static void forget_end(void *data, int status)
{
	(void)data;
	(void)status;
}

static void load(struct backend *backend, const char *path)
{
	const char *words[] = {"load", "--input-path", path};
	struct request *request = request_create(COUNT_OF(words), words);

	requester_of_this_process(&request->who);
	request->answer = (struct answer_sink){.write = forget_text, .done = forget_end};
	backend_submit(backend, request);
}

/* As lttng: a folder of somebody else's makes no sessions of ours. */
static void load_own(struct backend *backend, const char *folder)
{
	struct stat status;

	if (lstat(folder, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == geteuid())
		load(backend, folder);
}

void autoload_begin(struct backend *backend, const struct places *places, const char *path)
{
	char *folder = mem_printf("%s/.lttng/sessions/auto", places->lttng_home);

	load_own(backend, folder);
	load_own(backend, SYSTEM_FOLDER);
	if (path)
		load(backend, path);
	free(folder);
}
