/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's life: it begins and ends with the engine, a screen comes and goes. Keys are handled
 * as they come; a frame is drawn when something changed, the terminal has taken the last one, and
 * it is time.
 */
#include "console/console.h"

#include <langinfo.h>
#include <locale.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/self_trace.h"
#include "backend/base/units.h"
#include "console/browser.h"
#include "console/complete.h"
#include "console/config.h"
#include "console/details.h"
#include "console/frame.h"
#include "console/help.h"
#include "console/input.h"
#include "console/linger.h"
#include "console/mouse.h"
#include "console/removal.h"
#include "console/state.h"
#include "console/submit.h"
#include "console/tailing.h"
#include "console/verb.h"
#include "console/wanted.h"

#define NOTICE_NS	   (8 * NS_PER_S)
#define SLOW_FRAME_NS	   (16 * NS_PER_MS) /* a key's effect is late by a frame of most screens */
#define KEY_FRAME_NS	   (8 * NS_PER_MS)  /* bursts of keys share a frame */
#define DATA_FRAMES_PER_S  4		    /* of the refresh interval: changes between ticks */
#define UNFOCUSED_NS	   (5 * NS_PER_S)
#define VERY_SLOW_NS	   (5 * NS_PER_S) /* nothing that moves is drawn any more */
#define SLOW_NS_MAX	   (10 * NS_PER_S)
#define SKIPS_MAX	   3
#define SKIPS_NS	   (10 * NS_PER_S)
#define RECOVER_NS	   (30 * NS_PER_S)
#define MINUTE_NS	   (60 * NS_PER_S)
#define LOG_SHOWN_MAX	   500
#define COMPLETE_VERBS_MAX 64

/* ---- the line ---- */

static void accept_line(void *data, const char *line)
{
	struct console *console = data;

	console->answer_lines = 0;
	console->output.scroll = 0;
	submit_text(console, FROM_PROMPT, NULL, line);
}

static size_t complete_line(void *data, const char *line, size_t point, struct word_list *matches)
{
	struct console *console = data;
	struct complete_verb verbs[COMPLETE_VERBS_MAX];
	struct complete_context context = {
		.session_id = console->selection.session_id,
		.verbs = verbs,
		.verb_count = verb_count() < COMPLETE_VERBS_MAX ? verb_count() : COMPLETE_VERBS_MAX,
		.directory = console->directory,
	};
	size_t begin;

	if (!console_is_live(console))
		return point;
	for (size_t i = 0; i < context.verb_count; i++) {
		verbs[i].name = verb_at(i)->name;
		verbs[i].arguments = verb_at(i)->arguments;
	}
	context.picture = console_picture_acquire(console);
	begin = complete_find(&context, line, point, matches);
	console_picture_release(console);
	return begin;
}

/* ---- beginning and end ---- */

/*
 * The engine speaks UTF-8 for its whole life, whatever the terminals take: readline asks the
 * environment for the locale again with each line, and must find what is set already, because other
 * threads run then.
 */
static void use_utf8(void)
{
	static const char *const names[] = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (setlocale(LC_CTYPE, names[i])) {
			setenv("LC_ALL", names[i], 1);
			return;
		}
	}
}

/* NULL where there is no state directory. */
static char *state_path(const struct places *places, const char *name)
{
	if (!places->state || !fd_make_directories(places->state, 0700, NULL))
		return NULL;
	return mem_printf("%s/%s", places->state, name);
}

static void create_views(struct console *console)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		const struct view_class *view = console_view((enum pane)pane);

		if (!view)
			continue;
		console->view_states[pane] = mem_zalloc(view->state_bytes ? view->state_bytes : 1);
		if (view->init)
			view->init(console->view_states[pane]);
	}
}

static void pace_fired(void *data, uint64_t now_ns);

struct console *console_create(struct loop *loop, const struct places *places,
			       const struct console_host *host)
{
	struct console *console = mem_zalloc(sizeof(*console));
	const struct prompt_calls calls = {accept_line, complete_line, console};
	char *history = state_path(places, "history");
	char *layout = state_path(places, "layout");

	use_utf8();
	console->loop = loop;
	console->places = places;
	console->host = *host;
	console->answers = queue_create();
	loop_watch_queue(loop, console->answers);
	settings_init(&console->settings);
	console->keymap = keymap_create();
	console->prompt = prompt_create(history, &calls);
	free(history);
	console->memory = memory_create(layout);
	free(layout);
	output_init(&console->output);
	console->canvas = canvas_create(1, 1);
	console->pace.timer = loop_add_timer(loop, pace_fired, console);
	console->columns = 80;
	create_views(console);
	return console;
}

static void run_config(struct console *console, const char *config)
{
	console->config_path = config ? mem_strdup(config) : NULL;
	if (config)
		config_run(console, config);
}

void console_begin(struct console *console, struct backend *backend, const char *config)
{
	console->backend = backend;
	memory_recall_panes(console);
	run_config(console, config);
}

void console_begin_viewer(struct console *console, const char *path, const char *config)
{
	console->is_viewer = true;
	console_focus(console, PANE_BROWSER);
	memory_recall_panes(console);
	run_config(console, config);
	browser_open(console, path);
}

void console_end(struct console *console)
{
	tailing_stop(console);
	if (console->question.is_open) {
		console->question.is_open = false;
		console->question.answer(console, console->question.data, QUESTION_NO);
	}
	wanted_forget(console);
	console->backend = NULL;
	console->is_viewer = false;
}

static void destroy_views(struct console *console)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		const struct view_class *view = console_view((enum pane)pane);

		if (console->view_states[pane] && view->finish)
			view->finish(console->view_states[pane]);
		free(console->view_states[pane]);
	}
}

void console_destroy(struct console *console)
{
	if (!console)
		return;
	removal_end(console);
	browser_close(console);
	queue_drain(console->answers); /* of commands that ended with the backend */
	loop_unwatch_queue(console->loop, console->answers);
	tailing_finish(console);
	queue_destroy(console->answers);
	loop_remove_timer(console->loop, console->pace.timer);
	destroy_views(console);
	help_close(console);
	details_close(console);
	field_finish(&console->help.filter);
	question_finish(&console->question);
	entry_finish(&console->entry);
	form_finish(&console->form);
	undo_finish(&console->undo);
	alias_finish(&console->aliases);
	memory_destroy(console->memory);
	prompt_destroy(console->prompt);
	keymap_destroy(console->keymap);
	output_finish(&console->output);
	canvas_destroy(console->canvas);
	text_finish(&console->pasted);
	text_finish(&console->pasted_lines);
	free(console->directory);
	free(console->config_path);
	free(console->log);
	free(console);
}

/* ---- pictures ---- */

bool console_is_live(const struct console *console)
{
	return console->backend || console->is_viewer;
}

const struct picture *console_picture_acquire(struct console *console)
{
	static const struct picture nothing = {.serial = 1, .host_name = "", .warning = ""};

	return console->backend ? backend_picture_acquire(console->backend) : &nothing;
}

void console_picture_release(struct console *console)
{
	if (console->backend)
		backend_picture_release(console->backend);
}

const struct view_class *console_view(enum pane pane)
{
	return view_find(layout_pane_name(pane));
}

unsigned int console_missing_panes(void)
{
	unsigned int missing = 0;

	for (int pane = 0; pane < PANE_COUNT; pane++) {
		if (!console_view((enum pane)pane))
			missing |= 1u << pane;
	}
	return missing;
}

static bool shows_messages(const struct console *console)
{
	return console->focus == PANE_MESSAGES || layout_find(&console->layout, PANE_MESSAGES) >= 0;
}

static void read_log(struct console *console)
{
	uint64_t last = log_last_serial();

	if (last == console->log_serial || !shows_messages(console))
		return;
	if (!console->log)
		console->log = mem_zalloc(LOG_SHOWN_MAX * sizeof(*console->log));
	console->log_count = log_read(last > LOG_SHOWN_MAX ? last - LOG_SHOWN_MAX : 0, console->log,
				      LOG_SHOWN_MAX);
	console->log_serial = last;
}

static bool is_very_slow(const struct console *console)
{
	return console->pace.slowness > 0 && console_interval_ns(console) >= VERY_SLOW_NS;
}

void console_view_input(struct console *console, const struct picture *picture,
			struct view_input *input)
{
	read_log(console);
	console->pace.is_recording = picture->active_count > 0;
	*input = (struct view_input){
		.picture = picture,
		.selection = &console->selection,
		.now_wall_ns = clock_wall_ns(),
		.is_paused = console->is_paused,
		.paused_wall_ns = console->paused_wall_ns,
		.interval_ns = console_interval_ns(console),
		.is_slow_link = console->pace.slowness > 0,
		.has_common_scale = console->settings.has_common_scale,
		.has_no_sparklines = console->settings.is_plain || is_very_slow(console),
		.has_no_clock = console->settings.is_plain,
		.glyphs = canvas_glyphs(console->canvas),
		.log = console->log,
		.log_count = console->log_count,
		.points = wanted_points(console),
	};
	tailing_fill_input(console, input);
	browser_fill_input(console, input);
}

/* What others did wrong: our own commands' answers are shown already. */
void console_show_logged(struct console *console)
{
	struct log_entry entries[8];
	uint64_t last = log_last_serial();
	size_t count;

	if (last == console->noticed_serial)
		return;
	count = log_read(last > COUNT_OF(entries) ? last - COUNT_OF(entries) : 0, entries,
			 COUNT_OF(entries));
	for (size_t i = 0; i < count; i++) {
		if (entries[i].serial <= console->noticed_serial || entries[i].command[0] ||
		    entries[i].level > LOG_LEVEL_WARNING)
			continue;
		console_tell(console,
			     entries[i].level == LOG_LEVEL_ERROR ? NOTICE_ERROR : NOTICE_WARNING,
			     "", "%s", entries[i].text);
	}
	console->noticed_serial = last;
}

static uint64_t doubled(uint64_t interval_ns, unsigned int times)
{
	while (times-- > 0 && interval_ns < SLOW_NS_MAX)
		interval_ns *= 2;
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

void console_update_watch(struct console *console)
{
	bool is_looked_at = console->screen && !console->is_suspended;
	uint64_t interval_ns = is_looked_at ? console_interval_ns(console) : 0;
	uint64_t session_id = console->selection.session_id;

	if (!console->backend || (interval_ns == console->watched_interval_ns &&
				  session_id == console->watched_session_id))
		return;
	console->watched_interval_ns = interval_ns;
	console->watched_session_id = session_id;
	backend_watch(console->backend, interval_ns, &session_id, session_id ? 1 : 0);
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
	if (!console->is_paused)
		console_data_came(console);
}

/* ---- frames ---- */

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

static void watch_output(struct console *console)
{
	bool is_busy = screen_is_busy(console->screen);

	if (console->output_watch)
		loop_change_watch(console->output_watch, is_busy ? WATCH_WRITE : 0);
	else
		loop_change_watch(console->input_watch,
				  WATCH_READ | (is_busy ? (unsigned int)WATCH_WRITE : 0));
}

/* True: the console has no screen any more. */
static bool lose_if_lost(struct console *console)
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
	watch_output(console);
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
		watch_output(console);
		return;
	}
	if (is_due) {
		speed_up(console, now_ns);
		draw(console, now_ns);
		if (lose_if_lost(console))
			return;
	}
	arm(console, now_ns);
}

static void pace_fired(void *data, uint64_t now_ns)
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

/* ---- messages ---- */

void console_tell(struct console *console, enum notice_level level, const char *command,
		  const char *format, ...)
{
	struct notice *notice = &console->notice;
	va_list arguments;

	notice->level = level;
	notice->began_ns = 0;
	console->tell_count++;
	snprintf(notice->command, sizeof(notice->command), "%s", command);
	va_start(arguments, format);
	vsnprintf(notice->text, sizeof(notice->text), format, arguments);
	va_end(arguments);
	memcpy(console->last_message, notice->text, sizeof(console->last_message));
	if (level == NOTICE_ERROR && console->screen && console->settings.bell != BELL_OFF)
		screen_bell(console->screen, console->settings.bell == BELL_VISIBLE);
	notice->until_ns = level == NOTICE_ERROR ? 0 : clock_monotonic_ns() + NOTICE_NS;
	console_draw_soon(console);
}

void console_tell_begun(struct console *console, const char *command)
{
	console_tell(console, NOTICE_INFO, command, "…");
	console->notice.until_ns = UINT64_MAX;
	console->notice.began_ns = clock_monotonic_ns();
	console_draw_soon(console);
}

void console_notice(struct console *console, const char *text)
{
	log_write(LOG_LEVEL_INFO, "%s", text);
	console_tell(console, NOTICE_INFO, "", "%s", text);
}

/* ---- focus and settings ---- */

void console_focus(struct console *console, enum pane pane)
{
	console->focus = pane;
	console->prompt_has_focus = false;
}

void console_focus_prompt(struct console *console, bool has_focus)
{
	console->prompt_has_focus = has_focus;
	if (!has_focus)
		console->answer_lines = 0;
}

bool console_wants_quit_on_hangup(const struct console *console)
{
	return console->settings.quits_on_hangup;
}

void console_quit(struct console *console)
{
	submit_confirmed(console, "quit --force");
}

static void apply_glyphs(struct console *console)
{
	static const enum glyphs chosen[] = {
		[SETTINGS_ASCII] = GLYPHS_ASCII,
		[SETTINGS_UTF8] = GLYPHS_UTF8,
		[SETTINGS_BRAILLE] = GLYPHS_BRAILLE,
	};

	if (console->settings.is_plain)
		canvas_set_glyphs(console->canvas, GLYPHS_ASCII);
	else if (console->settings.glyphs == SETTINGS_GLYPHS_AUTO)
		canvas_set_glyphs(console->canvas, screen_glyphs(console->screen));
	else
		canvas_set_glyphs(console->canvas, chosen[console->settings.glyphs]);
}

void console_apply_settings(struct console *console)
{
	if (!console->screen)
		return;
	settings_theme(&console->settings, &console->theme);
	screen_set_theme(console->screen, &console->theme);
	screen_set_sync(console->screen, console->settings.sync);
	screen_set_mouse(console->screen, console->settings.has_mouse);
	apply_glyphs(console);
	console_update_watch(console);
	console_draw_soon(console);
}

/* ---- the terminal ---- */

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
	if (lose_if_lost(console))
		return;
	console->pace.wants_frame = true;
	console_draw_when_due(console);
}

static void terminal_ready(void *data, unsigned int events)
{
	struct console *console = data;

	if (events & WATCH_WRITE) {
		screen_flush(console->screen);
		if (lose_if_lost(console))
			return;
		watch_output(console);
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
	if (lose_if_lost(console))
		return;
	watch_output(console);
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
	console->pace.slowness = 0;
	console->pace.last_frame_ns = 0;
	console->pace.last_data_frame_ns = 0;
	apply_glyphs(console);
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
