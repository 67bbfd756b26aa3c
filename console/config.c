/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the start-up file whole and hands its lines on. */
#include "console/config.h"

#include <stdlib.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "console/submit.h"

#define CONFIG_BYTES_MAX (1024 * 1024)

void config_run(struct console *console, const char *path)
{
	struct error err = ERROR_INIT;
	char *bytes;
	size_t length;

	if (access(path, F_OK) != 0)
		return;
	if (!fd_read_file(path, CONFIG_BYTES_MAX, &bytes, &length, &err)) {
		log_write(LOG_LEVEL_WARNING, "cannot read the start-up file: %s", err.message);
		return;
	}
	submit_text(console, FROM_FILE, path, bytes);
	free(bytes);
}
