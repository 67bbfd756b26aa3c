/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A folder that tests write to, in /tmp: paths of sockets below it must stay short. */
#include "tests/unit/folder_kit.h"

#include <stdlib.h>

#include "backend/base/mem.h"

static char folder[] = "/tmp/tracon-test-XXXXXX";

int folder_kit_make(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

int folder_kit_remove(void **state)
{
	char *command = mem_printf("rm -rf '%s'", folder);
	int status = system(command);

	(void)state;
	free(command);
	return status;
}

const char *folder_kit_path(void)
{
	return folder;
}

char *folder_kit_file(const char *name)
{
	return mem_printf("%s/%s", folder, name);
}
