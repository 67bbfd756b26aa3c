/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal: the one place that knows ncurses. Canvas in, keys out. ncurses writes into memory;
 * what it wrote goes to the terminal without ever blocking. One screen at a time, one thread.
 */
#ifndef TRACON_CONSOLE_SCREEN_H
#define TRACON_CONSOLE_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "console/theme.h"
#include "views/canvas.h"

struct screen;

enum screen_sync { SCREEN_SYNC_AUTO, SCREEN_SYNC_ON, SCREEN_SYNC_OFF };

struct screen_settings {
	int input;  /* the terminal; non-blocking unless it is somebody else's description */
	int output; /* non-blocking; may be the same descriptor */
	int rows;
	int columns;
	const char *term;
	bool is_mono;
	bool is_utf8;
	bool has_mouse;
	enum screen_sync sync;
	const struct theme *theme;
};

/* One key: its code for the keymap, and its bytes for a line editor. */
struct screen_key {
	int code;
	char bytes[32];
	size_t length;
	int row, column; /* of KEYS_CLICK, KEYS_WHEEL_UP and KEYS_WHEEL_DOWN */
};

/* Whether TERM names a terminal whose cursor can be moved. */
bool screen_term_is_usable(const char *term);

/* Sets the terminal's modes. Takes both descriptors over, also when it fails. NULL on error. */
struct screen *screen_open(const struct screen_settings *settings, struct error *err);
/* Puts the terminal back in order unless it is lost (tries once, without waiting). NULL passes. */
void screen_close(struct screen *screen, bool is_lost);

/*
 * The next key that has come, without waiting; false: none. Call until it says so: ncurses may hold
 * keys that the descriptor no longer shows.
 */
bool screen_read(struct screen *screen, struct screen_key *key);
/* Input was announced but no key came: repeated, it means the terminal is gone. */
void screen_note_empty_read(struct screen *screen);
/* Keys that were no characters, or none that this terminal's character set has, so far. */
unsigned int screen_dropped_keys(const struct screen *screen);
/* The terminal no longer answers: end of file or an error on it. */
bool screen_is_lost(const struct screen *screen);

/* Shows the canvas and its cursor. Not while screen_is_busy(). */
void screen_present(struct screen *screen, const struct canvas *canvas);
/* Output waits for the terminal: watch it for writing, draw nothing new. */
bool screen_is_busy(const struct screen *screen);
void screen_flush(struct screen *screen);
int screen_input(const struct screen *screen);	    /* to be watched */
int screen_output(const struct screen *screen);	    /* to be watched */
uint64_t screen_bytes(const struct screen *screen); /* written since it was opened */

void screen_resize(struct screen *screen, int rows, int columns);
void screen_repaint(struct screen *screen); /* the next frame rewrites everything */
void screen_set_theme(struct screen *screen, const struct theme *theme);
void screen_set_sync(struct screen *screen, enum screen_sync sync);
/* Whether the terminal reports clicks and the wheel; then it selects text with Shift only. */
void screen_set_mouse(struct screen *screen, bool is_on);
/* The terminal answered the question for synchronized output. */
void screen_sync_answered(struct screen *screen, bool knows);

/* Leaves the terminal as it was before screen_open, until screen_resume. */
void screen_suspend(struct screen *screen);
void screen_resume(struct screen *screen, int rows, int columns);

/* ASCII where the terminal's fonts or character set have no more. */
enum glyphs screen_glyphs(const struct screen *screen);
/* At most once a second. */
void screen_bell(struct screen *screen, bool is_visible);
/*
 * Asks the terminal to put the text on its clipboard (OSC 52). False: it can't, or the text is too
 * long for it.
 */
bool screen_copy(struct screen *screen, const char *text, bool even_if_unknown);

/* Switches off every mode that a screen may have set, for when the engine is gone. */
extern const char screen_modes_off[];

#endif
