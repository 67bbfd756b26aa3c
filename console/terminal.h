/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A terminal as it passes from the holder to the engine: the messages, after the hello. */
#ifndef TRACON_CONSOLE_TERMINAL_H
#define TRACON_CONSOLE_TERMINAL_H

#include <stdint.h>

enum terminal_kind {
	TERMINAL_HERE = 'A',	 /* struct terminal_here with one or two descriptors */
	TERMINAL_SIZE = 'W',	 /* struct terminal_size */
	TERMINAL_CONTINUE = 'C', /* struct terminal_size: the holder runs again after a stop */
	TERMINAL_STOP = 'Z',	 /* struct terminal_size: the holder was told to stop */
	TERMINAL_LEAVE = 'D',	 /* struct terminal_size: the holder was told to end */
	TERMINAL_SUSPEND = 'S',	 /* from the engine: the terminal is in order, stop yourself */
	TERMINAL_QUIT = 'Q',	 /* from the engine: struct terminal_quit, then the last line */
};

struct terminal_size {
	uint32_t kind;
	uint32_t rows;
	uint32_t columns;
};

enum terminal_flags {
	TERMINAL_MONO = 1, /* no colours wanted */
	TERMINAL_UTF8 = 2, /* it takes UTF-8 */
};

#define TERMINAL_TERM_MAX 64

/*
 * The first descriptor is the terminal, opened for the engine alone and non-blocking. Where the
 * holder may not open its terminal once more (after su), it is the holder's own, for input only,
 * and a second one is a socket for output, which the holder copies.
 */
struct terminal_here {
	uint32_t kind;
	uint32_t rows;
	uint32_t columns;
	uint32_t flags;
	char term[TERMINAL_TERM_MAX]; /* NUL terminated */
};

#define TERMINAL_TEXT_MAX 1024

struct terminal_quit {
	uint32_t kind;
	int32_t status;
};

#endif
