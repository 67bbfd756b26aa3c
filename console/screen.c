/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal as a screen: opened, left and entered again, its size and its modes. It is put back
 * as the shell left it however the program ends.
 */
#include "console/screen_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"

#define ESCAPE_WAIT_MS 25
#define LEAVE_WAIT_MS  250

#define SYNC_ASK  "\033[?2026$p"
#define PASTE_ON  "\033[?2004h"
#define PASTE_OFF "\033[?2004l"
#define FOCUS_ON  "\033[?1004h"
#define FOCUS_OFF "\033[?1004l"
#define MOUSE_ON  "\033[?1000h\033[?1006h"
#define MOUSE_OFF "\033[?1006l\033[?1000l"

const char screen_modes_off[] = SYNC_END FOCUS_OFF PASTE_OFF
	"\033[?1006l\033[?1000l\033[?1l\033>\033[0m\033[?25h\033[?1049l\r\n";

/* ---- modes ---- */

static void enter_modes(struct screen *screen)
{
	screen_add_sequence(screen, PASTE_ON);
	if (screen->has_focus_reports)
		screen_add_sequence(screen, FOCUS_ON);
	if (screen->has_mouse)
		screen_add_sequence(screen, MOUSE_ON);
	if (screen->asks_for_sync && !screen->sync_is_known)
		screen_add_sequence(screen, SYNC_ASK);
	screen_flush(screen);
}

static void leave_modes(struct screen *screen)
{
	if (screen->has_mouse)
		screen_add_sequence(screen, MOUSE_OFF);
	if (screen->has_focus_reports)
		screen_add_sequence(screen, FOCUS_OFF);
	screen_add_sequence(screen, PASTE_OFF);
}

static void make_raw(struct screen *screen)
{
	struct termios raw_settings = screen->saved;

	cfmakeraw(&raw_settings);
	tcsetattr(screen->input, TCSANOW, &raw_settings);
}

static void prepare_curses(struct screen *screen)
{
	raw();
	noecho();
	nonl();
	leaveok(stdscr, FALSE);
	typeahead(-1); /* keys are read before a frame is drawn; a frame goes to memory */
	screen_prepare_keys(screen);
	if (!screen->is_mono && has_colors()) {
		start_color();
		use_default_colors();
	} else {
		screen->is_mono = true;
	}
	screen_apply_theme(screen);
}

static void set_size(struct screen *screen, int rows, int columns)
{
	screen->rows = rows > 0 ? rows : 1;
	screen->columns = columns > 0 ? columns : 1;
	resize_term(screen->rows, screen->columns);
	free(screen->shown);
	screen->shown =
		mem_zalloc((size_t)screen->rows * (size_t)screen->columns * sizeof(struct cell));
	screen->shown_is_valid = false;
	clearok(curscr, TRUE);
}

static bool start_curses(struct screen *screen, const char *term, struct error *err)
{
	int input_copy = fcntl(screen->input, F_DUPFD_CLOEXEC, 0);
	int output_copy;

	screen->memory = memfd_create("tracon-screen", MFD_CLOEXEC);
	output_copy = screen->memory < 0 ? -1 : fcntl(screen->memory, F_DUPFD_CLOEXEC, 0);
	screen->curses_input = input_copy < 0 ? NULL : fdopen(input_copy, "r");
	screen->curses_output = output_copy < 0 ? NULL : fdopen(output_copy, "w");
	if (!screen->curses_input || !screen->curses_output)
		return error_set_errno(err, errno, "cannot prepare the screen");
	use_env(FALSE);	  /* LINES and COLUMNS would freeze the size */
	use_tioctl(TRUE); /* else newterm fails where terminfo has no size, as for "linux" */
	set_escdelay(ESCAPE_WAIT_MS);
	screen->curses = newterm(term, screen->curses_output, screen->curses_input);
	if (!screen->curses)
		return error_set(err, ERROR_UNSUPPORTED, "cannot drive a terminal of type '%s'",
				 term);
	return true;
}

static struct screen *screen_create(const struct screen_settings *settings)
{
	struct screen *screen = mem_zalloc(sizeof(*screen));

	screen->memory = -1;
	screen->input = settings->input;
	screen->output = settings->output;
	screen->is_mono = settings->is_mono;
	screen->is_utf8 = settings->is_utf8;
	screen->sync = settings->sync;
	screen->theme = settings->theme;
	screen->unread = ERR;
	screen->has_focus_reports = screen_term_reports_focus(settings->term);
	screen->asks_for_sync = screen_term_answers(settings->term);
	snprintf(screen->term, sizeof(screen->term), "%s", settings->term);
	screen->has_mouse = settings->has_mouse && screen_term_is_xterm_like(settings->term);
	return screen;
}

struct screen *screen_open(const struct screen_settings *settings, struct error *err)
{
	struct screen *screen = screen_create(settings);
	const char *term = screen_usable_term(settings->term);

	if (!term) {
		error_set(err, ERROR_UNSUPPORTED,
			  "the terminal type '%s' has no full screen; use tracon --line",
			  settings->term);
		goto fail;
	}
	if (tcgetattr(screen->input, &screen->saved) < 0) {
		error_set_errno(err, errno, "cannot read the terminal's settings");
		goto fail;
	}
	screen->has_saved = true;
	if (!start_curses(screen, term, err))
		goto fail;
	make_raw(screen);
	prepare_curses(screen);
	set_size(screen, settings->rows, settings->columns);
	enter_modes(screen);
	return screen;

fail:
	screen_close(screen, false);
	return NULL;
}

static void close_descriptors(struct screen *screen)
{
	if (screen->output != screen->input)
		fd_close(&screen->output);
	screen->output = -1;
	fd_close(&screen->input);
	fd_close(&screen->memory);
	if (screen->curses_output)
		fclose(screen->curses_output);
	if (screen->curses_input)
		fclose(screen->curses_input);
}

void screen_close(struct screen *screen, bool is_lost)
{
	if (!screen)
		return;
	screen->is_lost |= is_lost;
	if (screen->curses) {
		screen_suspend(screen);
		delwin(screen->keys);
		delscreen(screen->curses);
	}
	close_descriptors(screen);
	free(screen->shown);
	free(screen->pending);
	free(screen);
}

/* Here alone it waits: the shell must find the modes off. A stuck terminal costs this once. */
static void flush_patiently(struct screen *screen)
{
	uint64_t give_up_ns = clock_monotonic_ns() + LEAVE_WAIT_MS * NS_PER_MS;

	screen_flush(screen);
	while (screen_is_busy(screen) && !screen->is_lost && clock_monotonic_ns() < give_up_ns) {
		struct pollfd waits = {.fd = screen->output, .events = POLLOUT};

		poll(&waits, 1, LEAVE_WAIT_MS / 10);
		screen_flush(screen);
	}
}

/* Where no alternate screen gives back what was there, at least nothing of ours stays. */
static void clear_what_stays(void)
{
	if (screen_term_has_alternate())
		return;
	clear();
	refresh();
}

void screen_suspend(struct screen *screen)
{
	if (screen->is_suspended)
		return;
	screen->is_suspended = true;
	clear_what_stays();
	leave_modes(screen);
	endwin();
	screen_take_memory(screen);
	flush_patiently(screen);
	if (screen->has_saved)
		tcsetattr(screen->input, TCSANOW, &screen->saved);
}

void screen_resume(struct screen *screen, int rows, int columns)
{
	screen->is_suspended = false;
	screen->pending_sent = 0;
	screen->pending_length = 0;
	make_raw(screen);
	enter_modes(screen);
	set_size(screen, rows, columns);
}

void screen_resize(struct screen *screen, int rows, int columns)
{
	set_size(screen, rows, columns);
}

void screen_repaint(struct screen *screen)
{
	screen->shown_is_valid = false;
	clearok(curscr, TRUE);
}

bool screen_is_lost(const struct screen *screen)
{
	return screen->is_lost;
}

int screen_input(const struct screen *screen)
{
	return screen->input;
}

int screen_output(const struct screen *screen)
{
	return screen->output;
}

uint64_t screen_bytes(const struct screen *screen)
{
	return screen->bytes;
}

void screen_set_sync(struct screen *screen, enum screen_sync sync)
{
	screen->sync = sync;
}

void screen_set_mouse(struct screen *screen, bool is_on)
{
	/* Only where mice are known; others would show the switch as text. */
	is_on = is_on && screen_term_is_xterm_like(screen->term);
	if (is_on == screen->has_mouse)
		return;
	screen->has_mouse = is_on;
	if (screen->is_suspended)
		return;
	screen_add_sequence(screen, is_on ? MOUSE_ON : MOUSE_OFF);
	screen_flush(screen);
}

void screen_sync_answered(struct screen *screen, bool knows)
{
	screen->sync_is_known = knows;
}

enum glyphs screen_glyphs(const struct screen *screen)
{
	bool is_plain = !strncmp(screen->term, "linux", 5) || !strncmp(screen->term, "vt", 2);

	return screen->is_utf8 && !is_plain ? GLYPHS_UTF8 : GLYPHS_ASCII;
}
