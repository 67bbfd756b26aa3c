/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys, read byte-wise: wide-character input loses characters that are split over two reads. The
 * beginnings and ends of pasted text, reports of the mouse and answers of the terminal come as keys
 * as well.
 */
#include "console/screen_parts.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/keys.h"

/* ncurses numbers the extended keys of xterm-256color 522 … 585: ours start far above. */
#define OWN_CODE(key) (0x4000 + (key)-KEYS_UP)
#define OWN_KEY(code) ((code)-0x4000 + KEYS_UP)

#define EMPTY_READS_MAX 3      /* readable but empty this often in a row: the terminal is gone */
#define MOUSE		0x3fff /* begins a report; below OWN_CODE's numbers */

/* Strings that terminfo lacks for some terminals, or that it gives no usable number. */
static const struct {
	const char *sequence;
	int code;
} extra_keys[] = {
	{"\033[A", KEY_UP},
	{"\033[B", KEY_DOWN},
	{"\033[C", KEY_RIGHT},
	{"\033[D", KEY_LEFT},
	{"\033[H", KEY_HOME},
	{"\033[F", KEY_END},
	{"\033OH", KEY_HOME},
	{"\033OF", KEY_END},
	{"\033[1~", KEY_HOME},
	{"\033[4~", KEY_END},
	{"\033[7~", KEY_HOME},
	{"\033[8~", KEY_END},
	{"\033[2~", KEY_IC},
	{"\033[3~", KEY_DC},
	{"\033[5~", KEY_PPAGE},
	{"\033[6~", KEY_NPAGE},
	{"\033[Z", KEY_BTAB},
	{"\033OP", KEY_F(1)},
	{"\033OQ", KEY_F(2)},
	{"\033OR", KEY_F(3)},
	{"\033OS", KEY_F(4)},
	{"\033[11~", KEY_F(1)},
	{"\033[12~", KEY_F(2)},
	{"\033[13~", KEY_F(3)},
	{"\033[14~", KEY_F(4)},
	{"\033[15~", KEY_F(5)},
	{"\033[[A", KEY_F(1)},
	{"\033[[B", KEY_F(2)},
	{"\033[[C", KEY_F(3)},
	{"\033[[D", KEY_F(4)},
	{"\033[[E", KEY_F(5)},
	{"\033[1;2D", OWN_CODE(KEYS_SHIFT_LEFT)},
	{"\033[1;2C", OWN_CODE(KEYS_SHIFT_RIGHT)},
	{"\033[d", OWN_CODE(KEYS_SHIFT_LEFT)},
	{"\033[c", OWN_CODE(KEYS_SHIFT_RIGHT)},
	{"\033[1;5D", OWN_CODE(KEYS_CTRL_LEFT)},
	{"\033[1;5C", OWN_CODE(KEYS_CTRL_RIGHT)},
	{"\033Od", OWN_CODE(KEYS_CTRL_LEFT)},
	{"\033Oc", OWN_CODE(KEYS_CTRL_RIGHT)},
	{"\033[200~", OWN_CODE(KEYS_PASTE_BEGIN)},
	{"\033[201~", OWN_CODE(KEYS_PASTE_END)},
	{"\033[<", MOUSE},
	{"\033[I", OWN_CODE(KEYS_FOCUS_IN)},
	{"\033[O", OWN_CODE(KEYS_FOCUS_OUT)},
	{"\033[?2026;0$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
	{"\033[?2026;1$y", OWN_CODE(KEYS_REPORT_SYNC_ON)},
	{"\033[?2026;2$y", OWN_CODE(KEYS_REPORT_SYNC_ON)},
	{"\033[?2026;3$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
	{"\033[?2026;4$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
};

/*
 * Else ncurses cuts bit 8 off. What it tells the terminal besides is dropped: an xterm would send
 * Alt keys as characters with bit 8.
 */
static void keep_bit_8(struct screen *screen)
{
	delay_output(0); /* flushes, nothing else */
	screen_take_memory(screen);
	meta(screen->keys, TRUE);
	delay_output(0);
	screen_clear_memory(screen);
}

void screen_prepare_keys(struct screen *screen)
{
	screen->keys = newpad(1, 1);
	keypad(screen->keys, TRUE);
	nodelay(screen->keys, TRUE);
	keep_bit_8(screen);
	for (size_t i = 0; i < COUNT_OF(extra_keys); i++)
		define_key(extra_keys[i].sequence, extra_keys[i].code);
}

/* ---- reading ---- */

static const struct {
	int curses;
	int code;
} curses_keys[] = {
	{KEY_UP, KEYS_UP},
	{KEY_DOWN, KEYS_DOWN},
	{KEY_LEFT, KEYS_LEFT},
	{KEY_RIGHT, KEYS_RIGHT},
	{KEY_HOME, KEYS_HOME},
	{KEY_END, KEYS_END},
	{KEY_FIND, KEYS_HOME},
	{KEY_SELECT, KEYS_END},
	{KEY_PPAGE, KEYS_PAGE_UP},
	{KEY_NPAGE, KEYS_PAGE_DOWN},
	{KEY_IC, KEYS_INSERT},
	{KEY_DC, KEYS_DELETE},
	{KEY_BACKSPACE, KEYS_BACKSPACE},
	{127, KEYS_BACKSPACE},
	{KEY_BTAB, KEYS_BACK_TAB},
	{KEY_SLEFT, KEYS_SHIFT_LEFT},
	{KEY_SRIGHT, KEYS_SHIFT_RIGHT},
	{KEY_ENTER, KEYS_ENTER},
	{'\n', KEYS_ENTER},
};

static int code_of(int curses_code)
{
	if (curses_code >= OWN_CODE(KEYS_UP) && curses_code <= OWN_CODE(KEYS_REPORT_SYNC_OFF))
		return OWN_KEY(curses_code);
	if (curses_code >= KEY_F(1) && curses_code <= KEY_F(12))
		return KEYS_F1 + curses_code - KEY_F(1);
	for (size_t i = 0; i < COUNT_OF(curses_keys); i++) {
		if (curses_keys[i].curses == curses_code)
			return curses_keys[i].code;
	}
	return curses_code < 0x80 ? curses_code : KEYS_NONE;
}

static void add_key_bytes(struct screen_key *key, const char *bytes, size_t length)
{
	if (length > sizeof(key->bytes) - key->length)
		return;
	memcpy(key->bytes + key->length, bytes, length);
	key->length += length;
}

static void add_sequence_of(struct screen_key *key, int curses_code)
{
	char *sequence = keybound(curses_code, 0);

	if (sequence)
		add_key_bytes(key, sequence, strlen(sequence));
	free(sequence);
}

static int next_byte_or_code(struct screen *screen)
{
	int code = screen->unread;

	if (code != ERR) {
		screen->unread = ERR;
		return code;
	}
	return wgetch(screen->keys);
}

/* One byte of a character beyond ASCII. True when the character is whole. */
static bool collect(struct screen *screen, char byte, struct screen_key *key)
{
	uint32_t code_point;

	screen->partial[screen->partial_length++] = byte;
	if (utf8_decode(screen->partial, screen->partial_length, &code_point)) {
		key->code = (int)code_point | (screen->partial_is_alt ? KEYS_ALT : 0);
		if (screen->partial_is_alt)
			add_key_bytes(key, "\033", 1);
		add_key_bytes(key, screen->partial, screen->partial_length);
		screen->partial_length = 0;
		if (screen->is_utf8 && code_point >= 0xa0)
			return true;
		screen->dropped_keys++;
		return false;
	}
	if (screen->partial_length == sizeof(screen->partial)) {
		screen->partial_length = 0;
		screen->dropped_keys++;
	}
	return false;
}

static bool is_continuation(int code)
{
	return code >= 0x80 && code < 0xc0;
}

static void drop_partial(struct screen *screen)
{
	if (screen->partial_length == 0)
		return;
	screen->partial_length = 0;
	screen->dropped_keys++;
}

/* code: what ncurses gave after a possible Esc. False: nothing whole came of it. */
static bool make_key(struct screen *screen, int code, bool is_alt, struct screen_key *key)
{
	key->code = KEYS_NONE;
	key->length = 0;
	if (!is_continuation(code))
		drop_partial(screen);
	if (code >= 0x80 && code < 0x100) {
		if (screen->partial_length == 0) {
			/* A byte that starts no character: nothing waits for its end. */
			if (code < 0xc2 || code > 0xf4) {
				screen->dropped_keys++;
				return false;
			}
			screen->partial_is_alt = is_alt;
		}
		return collect(screen, (char)code, key);
	}
	key->code = code_of(code) | (is_alt ? KEYS_ALT : 0);
	if (is_alt)
		add_key_bytes(key, "\033", 1);
	if (code >= 0x100)
		add_sequence_of(key, code);
	else
		add_key_bytes(key, &(char){(char)code}, 1);
	return true;
}

/* "0;12;5M": button, column and row from 1, pressed. Releases and motions are no keys. */
static bool read_report(const struct screen *screen, struct screen_key *key)
{
	int button, column, row;
	char end;

	if (sscanf(screen->report, "%4d;%5d;%5d%c", &button, &column, &row, &end) != 4 ||
	    end != 'M' || row < 1 || column < 1)
		return false;
	if (button == 0)
		key->code = KEYS_CLICK;
	else if (button == 64 || button == 65)
		key->code = button == 64 ? KEYS_WHEEL_UP : KEYS_WHEEL_DOWN;
	else
		return false;
	key->length = 0;
	key->row = row - 1;
	key->column = column - 1;
	return true;
}

/* One byte of a report. True when it is whole and means something. */
static bool collect_report(struct screen *screen, int code, struct screen_key *key)
{
	bool is_end = code == 'M' || code == 'm';

	if (!is_end && code != ';' && (code < '0' || code > '9')) {
		screen->has_report = false;
		return false;
	}
	screen->report[screen->report_length++] = (char)code;
	screen->report[screen->report_length] = '\0';
	if (screen->report_length == sizeof(screen->report) - 1)
		is_end = true;
	screen->has_report = !is_end;
	return is_end && read_report(screen, key);
}

bool screen_read(struct screen *screen, struct screen_key *key)
{
	int code;

	while ((code = next_byte_or_code(screen)) != ERR) {
		bool is_alt = false;

		screen->empty_reads = 0;
		if (screen->has_report) {
			if (collect_report(screen, code, key))
				return true;
			continue;
		}
		if (code == MOUSE) {
			screen->has_report = true;
			screen->report_length = 0;
			continue;
		}
		if (code == KEYS_ESCAPE) {
			int second = next_byte_or_code(screen);

			is_alt = second != ERR && second != KEYS_ESCAPE;
			if (is_alt)
				code = second;
			else
				screen->unread = second;
		}
		if (make_key(screen, code, is_alt, key))
			return true;
	}
	return false;
}

void screen_note_empty_read(struct screen *screen)
{
	if (++screen->empty_reads >= EMPTY_READS_MAX)
		screen->is_lost = true;
}

unsigned int screen_dropped_keys(const struct screen *screen)
{
	return screen->dropped_keys;
}
