/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts that some commands have in the client: its terminal, its children, its process. */
#ifndef TRACON_CONSOLE_CLIENT_PARTS_H
#define TRACON_CONSOLE_CLIENT_PARTS_H

#include "console/dispatch.h"

struct command;

/* Runs the command; options and number of arguments are right. Returns the exit status. */
typedef int client_part(const struct dispatch *dispatch, const struct command *command,
			size_t word_count, const char *const *words);

/* NULL: none, the engine does it all. */
client_part *client_part_find(const struct command *command);

/* run: a program as our child, recorded (run.c). */
client_part run_client;
/* view: another program reads a trace (view.c). */
client_part view_client;

/* Shows the engine's screen in this terminal until it is detached. Starts an engine if need be. */
int client_open_console(const struct dispatch *dispatch);

#endif
