/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes on their way to the terminal. ncurses writes to a memory file, so it never blocks; they
 * are taken from there and written as far as the terminal takes them. Sequences that ncurses does
 * not know, as the bell's and the clipboard's, go the same way.
 */
#include "console/screen_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/units.h"

#define CLIPBOARD_MAX 74994 /* encoded bytes; what terminals are known to take */
#define BELL_PAUSE_NS NS_PER_S

void screen_add_bytes(struct screen *screen, const char *bytes, size_t length)
{
	while (screen->pending_room - screen->pending_length < length) {
		screen->pending_room = screen->pending_room ? 2 * screen->pending_room : 16384;
		screen->pending = mem_realloc_array(screen->pending, screen->pending_room, 1);
	}
	memcpy(screen->pending + screen->pending_length, bytes, length);
	screen->pending_length += length;
}

void screen_add_sequence(struct screen *screen, const char *sequence)
{
	screen_add_bytes(screen, sequence, strlen(sequence));
}

/* What was written stays there, below what comes: its pages are used again. */
void screen_clear_memory(struct screen *screen)
{
	if (lseek(screen->memory, 0, SEEK_SET) != 0)
		screen->is_lost = true;
}

/* Moves what ncurses wrote since the last time to the pending bytes. */
void screen_take_memory(struct screen *screen)
{
	off_t length = lseek(screen->memory, 0, SEEK_CUR);
	char bytes[8192];
	off_t at = 0;

	while (at < length) {
		size_t wanted =
			length - at < (off_t)sizeof(bytes) ? (size_t)(length - at) : sizeof(bytes);
		ssize_t got = pread(screen->memory, bytes, wanted, at);

		if (got <= 0)
			break;
		screen_add_bytes(screen, bytes, (size_t)got);
		at += got;
	}
	if (length > 0)
		screen_clear_memory(screen);
}

bool screen_is_busy(const struct screen *screen)
{
	return screen->pending_sent < screen->pending_length;
}

void screen_flush(struct screen *screen)
{
	while (screen_is_busy(screen)) {
		ssize_t sent = write(screen->output, screen->pending + screen->pending_sent,
				     screen->pending_length - screen->pending_sent);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent <= 0) {
			screen->is_lost = true;
			break;
		}
		screen->pending_sent += (size_t)sent;
		screen->bytes += (size_t)sent;
	}
	screen->pending_sent = 0;
	screen->pending_length = 0;
}

void screen_bell(struct screen *screen, bool is_visible)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (screen->is_suspended || now_ns - screen->last_bell_ns < BELL_PAUSE_NS)
		return;
	screen->last_bell_ns = now_ns;
	if (is_visible)
		flash();
	else
		beep();
	screen_take_memory(screen);
	screen_flush(screen);
}

static void add_base64(struct text *out, const char *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
		if (left > 2)
			group |= (uint32_t)(unsigned char)bytes[i + 2];
		text_add_char(out, digits[group >> 18 & 63]);
		text_add_char(out, digits[group >> 12 & 63]);
		text_add_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
		text_add_char(out, left > 2 ? digits[group & 63] : '=');
	}
}

bool screen_copy(struct screen *screen, const char *text, bool even_if_unknown)
{
	const char *capability = tigetstr("Ms");
	bool is_known = capability && capability != (char *)-1;
	struct text sequence = {0};

	if (screen->is_suspended || (!is_known && !even_if_unknown))
		return false;
	if (strlen(text) > CLIPBOARD_MAX / 4 * 3)
		return false;
	text_add(&sequence, "\033]52;c;");
	add_base64(&sequence, text, strlen(text));
	text_add_char(&sequence, '\a');
	screen_add_bytes(screen, text_str(&sequence), sequence.length);
	text_finish(&sequence);
	screen_flush(screen);
	return true;
}
