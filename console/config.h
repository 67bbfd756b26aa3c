/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The start-up file: command lines, read in order; what is wrong is reported and skipped. */
#ifndef TRACON_CONSOLE_CONFIG_H
#define TRACON_CONSOLE_CONFIG_H

struct console;

/* A file that isn't there is no error. */
void config_run(struct console *console, const char *path);

#endif
