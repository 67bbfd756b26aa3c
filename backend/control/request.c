/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests and requesters: made, filled from this process, freed. What arrives over the socket is
 * filled by protocol.c instead.
 */
#include "backend/control/request.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/mem.h"

struct request *request_create(size_t word_count, const char *const *words)
{
	struct request *request = mem_zalloc(sizeof(*request));

	request->words = mem_zalloc((word_count + 1) * sizeof(*request->words));
	request->word_count = word_count;
	for (size_t i = 0; i < word_count; i++)
		request->words[i] = mem_strdup(words[i]);
	return request;
}

/* umask(2) can only be read by changing it, for all threads at once; /proc shows it unchanged. */
static mode_t read_umask(void)
{
	char line[256];
	unsigned int mask = 022;
	FILE *status = fopen("/proc/self/status", "re");

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Umask: %o", &mask) == 1)
			break;
	if (status)
		fclose(status);
	return (mode_t)mask;
}

void requester_of_this_process(struct requester *who)
{
	char directory[PATH_MAX];
	const char *home = getenv("HOME");
	const char *lttng_home = getenv("LTTNG_HOME");

	memset(who, 0, sizeof(*who));
	who->pid = getpid();
	who->uid = geteuid();
	who->gid = getegid();
	who->umask = read_umask();
	who->directory = mem_strdup(getcwd(directory, sizeof(directory)) ? directory : "/");
	who->home = mem_strdup(home ? home : "");
	who->lttng_home = mem_strdup(lttng_home && *lttng_home ? lttng_home : who->home);
}

void requester_finish(struct requester *who)
{
	free(who->directory);
	free(who->home);
	free(who->lttng_home);
	free(who->selected_session);
	memset(who, 0, sizeof(*who));
}

void request_destroy(struct request *request)
{
	if (!request)
		return;
	requester_finish(&request->who);
	for (size_t i = 0; i < request->word_count; i++)
		free(request->words[i]);
	free(request->words);
	free(request);
}
