/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table, by name: the order of help and of --list-commands. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"

const struct command *const command_table[] = {
	&engine_command,
	&help_command,
	&run_command,
	&version_command,
};

const size_t command_count = COUNT_OF(command_table);
