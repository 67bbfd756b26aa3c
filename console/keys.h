/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys as numbers and as names: a character is its code point, Ctrl-A … Ctrl-Z are 1 … 26, keys
 * without a character have numbers beyond Unicode, Alt is a flag. Names are those of `bind`:
 * "C-p", "M-l", "F5", "PageUp", "S-Tab", "Space", "q".
 */
#ifndef TRACON_CONSOLE_KEYS_H
#define TRACON_CONSOLE_KEYS_H

#include <stdbool.h>

enum keys_code {
	KEYS_NONE = 0,
	KEYS_TAB = 9,
	KEYS_ENTER = 13,
	KEYS_ESCAPE = 27,
	KEYS_SPACE = 32,
	KEYS_UP = 0x200000, /* beyond Unicode */
	KEYS_DOWN,
	KEYS_LEFT,
	KEYS_RIGHT,
	KEYS_HOME,
	KEYS_END,
	KEYS_PAGE_UP,
	KEYS_PAGE_DOWN,
	KEYS_INSERT,
	KEYS_DELETE,
	KEYS_BACKSPACE,
	KEYS_BACK_TAB,
	KEYS_SHIFT_LEFT,
	KEYS_SHIFT_RIGHT,
	KEYS_CTRL_LEFT,
	KEYS_CTRL_RIGHT,
	KEYS_F1,
	KEYS_F12 = KEYS_F1 + 11,
	/* What the terminal tells unasked; no names. */
	KEYS_PASTE_BEGIN,
	KEYS_PASTE_END,
	KEYS_FOCUS_IN,
	KEYS_FOCUS_OUT,
	KEYS_REPORT_SYNC_ON,  /* knows synchronized output */
	KEYS_REPORT_SYNC_OFF, /* answers that it doesn't */
	/* With a place on the screen. */
	KEYS_CLICK,
	KEYS_WHEEL_UP,
	KEYS_WHEEL_DOWN,
	KEYS_ALT = 0x1000000, /* a flag */
};

#define KEYS_CTRL(letter) ((letter)&0x1f)
#define KEYS_NAME_MAX	  24

/* Never fails: unknown codes are shown as U+XXXX. Returns out. */
char *keys_name(char out[KEYS_NAME_MAX], int code);
/* KEYS_NONE when it is no key's name. */
int keys_parse(const char *name);
/* Characters only: a printable code point, without Alt. */
bool keys_is_text(int code);

#endif
