/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pipe in the place of standard error. It never blocks its writers: what doesn't fit is lost. */
#include "console/stray.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

#define LINE_BYTES_MAX 1024

struct stray {
	struct loop *loop;
	struct watch *watch;
	int pipe; /* its reading end */
	int before;
	struct text line;
};

static void log_line(struct stray *stray)
{
	if (stray->line.length > 0)
		log_write(LOG_LEVEL_INFO, "%s", text_str(&stray->line));
	text_clear(&stray->line);
}

static void take_bytes(void *data, unsigned int events)
{
	struct stray *stray = data;
	char bytes[4096];
	ssize_t got;

	(void)events;
	while ((got = read(stray->pipe, bytes, sizeof(bytes))) > 0) {
		for (ssize_t i = 0; i < got; i++) {
			if (bytes[i] == '\n' || stray->line.length == LINE_BYTES_MAX)
				log_line(stray);
			if (bytes[i] != '\n')
				text_add_char(&stray->line, bytes[i]);
		}
	}
}

struct stray *stray_catch(struct loop *loop)
{
	struct stray *stray;
	int ends[2];

	if (pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0)
		return NULL;
	stray = mem_zalloc(sizeof(*stray));
	stray->loop = loop;
	stray->pipe = ends[0];
	stray->before = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	dup2(ends[1], STDERR_FILENO);
	fd_close(&ends[1]);
	stray->watch = loop_watch(loop, stray->pipe, WATCH_READ, take_bytes, stray);
	return stray;
}

void stray_release(struct stray *stray)
{
	if (!stray)
		return;
	take_bytes(stray, WATCH_READ);
	log_line(stray);
	loop_unwatch(stray->loop, stray->watch);
	if (stray->before >= 0)
		dup2(stray->before, STDERR_FILENO);
	fd_close(&stray->before);
	fd_close(&stray->pipe);
	text_finish(&stray->line);
	free(stray);
}
