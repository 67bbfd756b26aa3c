/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The terminal of the console: one comes, its keys are read, it changes its size, is lent to the
 * shell and goes. The console lives on without one.
 */
#include "console/console_parts.h"

#include <locale.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "console/console.h"
#include "console/details.h"
#include "console/help.h"
#include "console/input.h"
#include "console/linger.h"
#include "console/state.h"
#include "console/tailing.h"
#include "console/wanted.h"

static void tell_dropped_keys(struct console *console)
{
	unsigned int dropped = screen_dropped_keys(console->screen);

	if (dropped == console->told_dropped_keys)
		return;
	if (console->told_dropped_keys == 0)
		console_tell(console, NOTICE_WARNING, "",
			     "this terminal's character set has no such key; see --utf8");
	console->told_dropped_keys = dropped;
}

static void read_keys(struct console *console, bool is_hangup)
{
	struct screen_key key;
	bool is_any = false;

	/* A key may close the screen: the person detaches. */
	while (console->screen && !console->is_suspended && screen_read(console->screen, &key)) {
		is_any = true;
		input_key(console, &key);
	}
	if (!console->screen || console->is_suspended)
		return;
	if (!is_any && is_hangup) {
		console->host.lost(console->host.data);
		return;
	}
	if (!is_any)
		screen_note_empty_read(console->screen);
	tell_dropped_keys(console);
	if (console_lose_if_lost(console))
		return;
	console->pace.wants_frame = true;
	console_draw_when_due(console);
}

static void terminal_ready(void *data, unsigned int events)
{
	struct console *console = data;

	if (events & WATCH_WRITE) {
		screen_flush(console->screen);
		if (console_lose_if_lost(console))
			return;
		console_watch_output(console);
		console_draw_when_due(console);
	}
	if (console->screen && events & (WATCH_READ | WATCH_HANGUP))
		read_keys(console, events & WATCH_HANGUP);
}

/* The copying holder's socket: only its room and its end matter. */
static void output_ready(void *data, unsigned int events)
{
	struct console *console = data;

	if (events & WATCH_HANGUP) {
		console->host.lost(console->host.data);
		return;
	}
	screen_flush(console->screen);
	if (console_lose_if_lost(console))
		return;
	console_watch_output(console);
	console_draw_when_due(console);
}

static void watch_terminal(struct console *console)
{
	int input = screen_input(console->screen);
	int output = screen_output(console->screen);

	console->input_watch =
		loop_watch(console->loop, input, WATCH_READ, terminal_ready, console);
	if (output != input)
		console->output_watch = loop_watch(console->loop, output, 0, output_ready, console);
}

/* Else the shell's keys would be taken from it. */
static void unwatch_terminal(struct console *console)
{
	loop_unwatch(console->loop, console->input_watch);
	loop_unwatch(console->loop, console->output_watch);
	console->input_watch = NULL;
	console->output_watch = NULL;
}

/*
 * Where the terminal has no UTF-8, this thread draws in the C locale: ncurses and the sanitiser go
 * by it. Other threads keep theirs.
 */
static void use_charset(bool is_utf8)
{
	static locale_t plain;

	if (!plain)
		plain = newlocale(LC_CTYPE_MASK, "C", (locale_t)0);
	uselocale(is_utf8 || !plain ? LC_GLOBAL_LOCALE : plain);
}

static void set_size(struct console *console, int rows, int columns)
{
	console->rows = rows > 0 ? rows : 1;
	console->columns = columns > 0 ? columns : 1;
	canvas_resize(console->canvas, console->rows, console->columns);
	console->rows = canvas_rows(console->canvas);
	console->columns = canvas_columns(console->canvas);
	prompt_set_size(console->prompt, console->rows, console->columns);
}

/* Once: tracing that should go on after a logout would not. */
static void warn_of_logout(struct console *console)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	if (!console->host.can_detach || getuid() == 0 ||
	    getpwuid_r(getuid(), &entry, room, sizeof(room), &found) != 0 || !found ||
	    !linger_is_missing("", found->pw_name))
		return;
	console_tell(console, NOTICE_WARNING, "",
		     "this system ends your programs at logout, tracing too; 'loginctl "
		     "enable-linger' keeps them");
}

bool console_open(struct console *console, const struct console_terminal *terminal,
		  struct error *err)
{
	struct screen_settings settings = {
		.input = terminal->input,
		.output = terminal->output,
		.term = terminal->term,
		.is_mono = terminal->is_mono,
		.is_utf8 = terminal->is_utf8,
		.sync = console->settings.sync,
		.has_mouse = console->settings.has_mouse,
		.theme = &console->theme,
	};

	settings_theme(&console->settings, &console->theme);
	use_charset(terminal->is_utf8);
	prompt_set_terminal(console->prompt, terminal->term);
	set_size(console, terminal->rows, terminal->columns);
	settings.rows = console->rows;
	settings.columns = console->columns;
	console->screen = screen_open(&settings, err);
	if (!console->screen)
		return false;
	free(console->directory);
	console->directory = *terminal->directory ? mem_strdup(terminal->directory) : NULL;
	console->is_suspended = false;
	console->is_pasting = false;
	console->told_dropped_keys = 0;
	console->noticed_serial = log_last_serial();
	console->pace.is_unfocused = false;
	/* The link that was slow is another one. */
	if (console->pace.slowness > 0)
		console->notice.level = NOTICE_NONE;
	console->pace.slowness = 0;
	console->pace.last_frame_ns = 0;
	console->pace.last_data_frame_ns = 0;
	console_apply_glyphs(console);
	watch_terminal(console);
	memory_recall(console);
	console_update_watch(console);
	if (!console->was_opened)
		console_tell(console, NOTICE_INFO, "", "? keys  : commands  q quit");
	if (!console->was_opened)
		warn_of_logout(console);
	console->was_opened = true;
	console_draw_soon(console);
	return true;
}

void console_close(struct console *console, bool is_lost)
{
	if (!console->screen)
		return;
	memory_save(console);
	unwatch_terminal(console);
	timer_disarm(console->pace.timer);
	screen_close(console->screen, is_lost);
	console->screen = NULL;
	console->is_suspended = false;
	if (console->question.is_open) {
		console->question.is_open = false;
		console->question.answer(console, console->question.data, QUESTION_NO);
	}
	console->entry.is_open = false;
	form_close(&console->form);
	help_close(console);
	details_close(console);
	wanted_update(console);
	tailing_update(console);
	console_update_watch(console);
}

bool console_is_open(const struct console *console)
{
	return console->screen != NULL;
}

void console_resize(struct console *console, int rows, int columns)
{
	if (!console->screen || console->is_suspended)
		return;
	set_size(console, rows, columns);
	screen_resize(console->screen, console->rows, console->columns);
	console_draw_soon(console);
}

void console_suspend(struct console *console)
{
	if (!console->screen || console->is_suspended)
		return;
	console->is_suspended = true;
	unwatch_terminal(console);
	timer_disarm(console->pace.timer);
	screen_suspend(console->screen);
	wanted_update(console);
	tailing_update(console);
	console_update_watch(console);
	console->host.suspend(console->host.data);
}

void console_continue(struct console *console, int rows, int columns)
{
	if (!console->screen || !console->is_suspended)
		return;
	console->is_suspended = false;
	set_size(console, rows, columns);
	screen_resume(console->screen, console->rows, console->columns);
	watch_terminal(console);
	console_update_watch(console);
	console_draw_soon(console);
}
