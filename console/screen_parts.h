/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the screen: its state, and what its files know of each other. screen.c opens and leaves
 * it, screen_term.c knows terminals by name, screen_output.c holds the bytes on their way,
 * screen_frame.c turns cells into them, screen_keys.c reads keys. All on the thread that draws.
 */
#ifndef CONSOLE_SCREEN_PARTS_H
#define CONSOLE_SCREEN_PARTS_H

#include "console/screen.h"

#include <curses.h>
#include <stdio.h>
#include <term.h>
#include <termios.h>

#undef columns /* a macro of term.h */

#include "backend/base/utf8.h"

#define SYNC_END "\033[?2026l"

struct screen {
	SCREEN *curses;
	WINDOW *keys; /* a pad: reading from it never refreshes the screen */
	FILE *curses_output;
	FILE *curses_input;
	int memory; /* what ncurses writes to */
	int input;
	int output;
	struct termios saved; /* as the shell left them */
	bool has_saved;
	bool is_mono;
	bool is_utf8;
	bool has_focus_reports;
	bool asks_for_sync;
	bool has_mouse;
	bool is_suspended;
	bool is_lost;
	enum screen_sync sync;
	bool sync_is_known; /* the terminal said that it knows synchronized output */
	const struct theme *theme;
	char term[64];
	attr_t attributes[ROLE_COUNT];
	short pairs[ROLE_COUNT];
	struct cell *shown; /* the last frame: only rows that differ go to ncurses */
	int rows;
	int columns;
	bool shown_is_valid;
	char *pending; /* bytes for the terminal */
	size_t pending_length;
	size_t pending_room;
	size_t pending_sent;
	char partial[UTF8_BYTES_MAX]; /* of a character whose end has not come yet */
	size_t partial_length;
	bool partial_is_alt;
	char report[24]; /* of the mouse, as far as it has come */
	size_t report_length;
	bool has_report; /* one has begun */
	int unread;	 /* a key that was read too far, or ERR */
	unsigned int dropped_keys;
	unsigned int empty_reads;
	uint64_t last_bell_ns;
	uint64_t bytes;
};

/* Whether terminals of this type can be driven as an xterm, answer questions, report the focus. */
bool screen_term_is_xterm_like(const char *term);
bool screen_term_answers(const char *term);
bool screen_term_reports_focus(const char *term);
bool screen_term_has_alternate(void); /* the one that ncurses drives */
/* The name under which such a terminal can be driven, or NULL. */
const char *screen_usable_term(const char *term);

/* Bytes that wait for the terminal: screen_flush() writes them. */
void screen_add_bytes(struct screen *screen, const char *bytes, size_t length);
void screen_add_sequence(struct screen *screen, const char *sequence);
/* What ncurses wrote since the last time: to the bytes that wait, or nowhere. */
void screen_take_memory(struct screen *screen);
void screen_clear_memory(struct screen *screen);

/* Once colours are started: the theme's styles as ncurses' attributes and pairs. */
void screen_apply_theme(struct screen *screen);
/* Once ncurses is started: the pad that keys are read from, and the sequences of keys. */
void screen_prepare_keys(struct screen *screen);

#endif
