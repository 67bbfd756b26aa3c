/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When a frame is drawn: something changed, the terminal has taken the last one, and it is time.
 * Keys are answered at once, data at the pace of the refresh interval; a terminal that takes frames
 * too slowly gets fewer of them.
 */
#include "console/console_parts.h"

#include "backend/base/clock.h"
#include "backend/base/self_trace.h"
#include "backend/base/units.h"
#include "console/browser.h"
#include "console/frame.h"
#include "console/mouse.h"
#include "console/state.h"
#include "console/tailing.h"
#include "console/wanted.h"

#define SLOW_FRAME_NS	  (16 * NS_PER_MS) /* a key's effect is late by a frame of most screens */
#define KEY_FRAME_NS	  (8 * NS_PER_MS)  /* bursts of keys share a frame */
#define DATA_FRAMES_PER_S 4		   /* of the refresh interval: changes between ticks */
#define UNFOCUSED_NS	  (5 * NS_PER_S)
#define SLOW_NS_MAX	  (10 * NS_PER_S)
#define SKIPS_MAX	  3
#define SKIPS_NS	  (10 * NS_PER_S)
#define RECOVER_NS	  (30 * NS_PER_S)
#define MINUTE_NS	  (60 * NS_PER_S)

static uint64_t doubled(uint64_t interval_ns, unsigned int times)
{
	while (times-- > 0 && interval_ns < SLOW_NS_MAX)
		interval_ns = 2 * interval_ns < SLOW_NS_MAX ? 2 * interval_ns : SLOW_NS_MAX;
	return interval_ns;
}

uint64_t console_interval_ns(const struct console *console)
{
	uint64_t interval_ns = console->settings.refresh_ns;

	if (console->pace.slowness > 0)
		interval_ns = doubled(interval_ns, console->pace.slowness);
	if (console->pace.is_unfocused && interval_ns < UNFOCUSED_NS)
		interval_ns = UNFOCUSED_NS;
	return interval_ns;
}

static uint64_t data_frame_ns(const struct console *console)
{
	uint64_t interval_ns = console_interval_ns(console);

	return console->pace.last_data_frame_ns + interval_ns / DATA_FRAMES_PER_S;
}

static void slow_down(struct console *console, uint64_t now_ns)
{
	struct pace *pace = &console->pace;
	char duration[UNITS_TEXT_MAX];

	if (now_ns - pace->skips_since_ns > SKIPS_NS) {
		pace->skips_since_ns = now_ns;
		pace->skips = 0;
	}
	pace->last_skip_ns = now_ns;
	if (++pace->skips < SKIPS_MAX || console_interval_ns(console) >= SLOW_NS_MAX)
		return;
	pace->skips = 0;
	pace->slowness++;
	console_update_watch(console);
	console_tell(console, NOTICE_WARNING, "", "slow link: an update every %s",
		     units_duration(duration, console_interval_ns(console)));
}

static void speed_up(struct console *console, uint64_t now_ns)
{
	struct pace *pace = &console->pace;

	if (pace->slowness == 0 || now_ns - pace->last_skip_ns < RECOVER_NS)
		return;
	pace->slowness--;
	pace->last_skip_ns = now_ns;
	console_update_watch(console);
}

static void expire_notice(struct console *console, uint64_t now_ns)
{
	struct notice *notice = &console->notice;

	if (notice->level == NOTICE_NONE || notice->until_ns == 0 || now_ns < notice->until_ns)
		return;
	notice->level = NOTICE_NONE;
	console->pace.wants_frame = true;
}

/* The clock alone is drawn only while something records: at rest nothing is sent. */
static void note_minute(struct console *console)
{
	uint64_t minute = clock_wall_ns() / MINUTE_NS;

	if (!console->pace.is_recording || minute == console->pace.shown_minute)
		return;
	console->pace.shown_minute = minute;
	console->pace.wants_frame |= !console->settings.is_plain;
}

/* When what the message line says of the time changes. */
static uint64_t next_progress_ns(const struct console *console, uint64_t now_ns)
{
	uint64_t began_ns = console->notice.began_ns;

	if (began_ns == 0 || console->notice.level == NOTICE_NONE)
		return UINT64_MAX;
	if (now_ns < began_ns + PROGRESS_AFTER_NS)
		return began_ns + PROGRESS_AFTER_NS;
	return began_ns + ((now_ns - began_ns) / NS_PER_S + 1) * NS_PER_S;
}

static void note_progress(struct console *console, uint64_t now_ns)
{
	uint64_t last_ns = console->pace.last_frame_ns;

	if (next_progress_ns(console, last_ns) <= now_ns)
		console->pace.wants_frame = true;
}

void console_watch_output(struct console *console)
{
	bool is_busy = screen_is_busy(console->screen);

	if (console->output_watch)
		loop_change_watch(console->output_watch, is_busy ? WATCH_WRITE : 0);
	else
		loop_change_watch(console->input_watch,
				  WATCH_READ | (is_busy ? (unsigned int)WATCH_WRITE : 0));
}

/* True: the console has no screen any more. */
bool console_lose_if_lost(struct console *console)
{
	if (!screen_is_lost(console->screen))
		return false;
	console->host.lost(console->host.data);
	return true;
}

static void draw_timed(struct console *console)
{
	uint64_t begin_ns = clock_monotonic_ns();
	uint64_t begin_bytes = screen_bytes(console->screen);
	uint64_t took_ns;

	frame_draw(console);
	screen_present(console->screen, console->canvas);
	took_ns = clock_monotonic_ns() - begin_ns;
	if (took_ns > SLOW_FRAME_NS)
		self_trace_slow_frame(took_ns, screen_bytes(console->screen) - begin_bytes);
}

static void draw(struct console *console, uint64_t now_ns)
{
	struct pace *pace = &console->pace;

	mouse_scroll(console);
	draw_timed(console);
	if (pace->wants_data_frame)
		pace->last_data_frame_ns = now_ns;
	pace->last_frame_ns = now_ns;
	pace->wants_frame = false;
	pace->wants_data_frame = false;
	pace->shown_minute = clock_wall_ns() / MINUTE_NS;
	/* What is arranged differently was drawn. */
	if (now_ns - pace->saved_ns >= MINUTE_NS) {
		pace->saved_ns = now_ns;
		memory_save(console);
	}
	console_update_watch(console);
	wanted_update(console);
	tailing_update(console);
	browser_update(console);
	console_watch_output(console);
}

static uint64_t next_minute_ns(const struct console *console, uint64_t now_ns)
{
	if (!console->pace.is_recording)
		return UINT64_MAX;
	return now_ns + MINUTE_NS - clock_wall_ns() % MINUTE_NS;
}

static void arm(struct console *console, uint64_t now_ns)
{
	struct pace *pace = &console->pace;
	uint64_t at_ns = next_minute_ns(console, now_ns);

	if (pace->wants_frame && pace->last_frame_ns + KEY_FRAME_NS < at_ns)
		at_ns = pace->last_frame_ns + KEY_FRAME_NS;
	if (pace->wants_data_frame && data_frame_ns(console) < at_ns)
		at_ns = data_frame_ns(console);
	if (console->notice.level != NOTICE_NONE && console->notice.until_ns &&
	    console->notice.until_ns < at_ns)
		at_ns = console->notice.until_ns;
	if (next_progress_ns(console, now_ns) < at_ns)
		at_ns = next_progress_ns(console, now_ns);
	if (at_ns == UINT64_MAX)
		timer_disarm(pace->timer);
	else
		timer_arm(pace->timer, at_ns);
}

void console_draw_when_due(struct console *console)
{
	struct pace *pace = &console->pace;
	uint64_t now_ns = clock_monotonic_ns();
	bool is_due;

	if (!console->screen || console->is_suspended || !console_is_live(console))
		return;
	expire_notice(console, now_ns);
	note_minute(console);
	note_progress(console, now_ns);
	is_due = (pace->wants_frame && now_ns >= pace->last_frame_ns + KEY_FRAME_NS) ||
		 (pace->wants_data_frame && now_ns >= data_frame_ns(console));
	if (is_due && screen_is_busy(console->screen)) {
		/* Comes again when the terminal has taken what waits. */
		if (pace->wants_data_frame)
			slow_down(console, now_ns);
		timer_disarm(pace->timer);
		console_watch_output(console);
		return;
	}
	if (is_due) {
		speed_up(console, now_ns);
		draw(console, now_ns);
		if (console_lose_if_lost(console))
			return;
	}
	arm(console, now_ns);
}

void console_pace_fired(void *data, uint64_t now_ns)
{
	(void)now_ns;
	console_draw_when_due(data);
}

/* Draws nothing itself: who changes something need not care what else the terminal does. */
void console_draw_soon(struct console *console)
{
	if (!console->screen || console->is_suspended)
		return;
	console->pace.wants_frame = true;
	arm(console, clock_monotonic_ns());
}

void console_data_came(struct console *console)
{
	if (!console->screen)
		return;
	console->pace.wants_data_frame = true;
	console_draw_when_due(console);
}

void console_note_picture(struct console *console)
{
	if (!console->screen)
		return;
	console_show_logged(console);
	if (shown_renew(console))
		console_data_came(console);
}
