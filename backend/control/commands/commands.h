/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, one file each in this folder. A new one is a line here and one in table.c. */
#ifndef TRACON_CONTROL_COMMANDS_COMMANDS_H
#define TRACON_CONTROL_COMMANDS_COMMANDS_H

#include "backend/control/command.h"

extern const struct command engine_command;
extern const struct command help_command;
extern const struct command run_command;
extern const struct command version_command;

#endif
