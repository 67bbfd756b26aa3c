/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's life: it begins and ends with the engine. What views are given to draw, what the
 * message line says, focus and settings.
 */
#include "console/console.h"

#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/units.h"
#include "console/browser.h"
#include "console/complete.h"
#include "console/config.h"
#include "console/console_parts.h"
#include "console/details.h"
#include "console/help.h"
#include "console/removal.h"
#include "console/state.h"
#include "console/submit.h"
#include "console/tailing.h"
#include "console/verb.h"
#include "console/wanted.h"

#define NOTICE_NS	   (8 * NS_PER_S)
#define VERY_SLOW_NS	   (5 * NS_PER_S) /* nothing that moves is drawn any more */
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
	console->pace.timer = loop_add_timer(loop, console_pace_fired, console);
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
	shown_pause(console, false);
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

void console_update_watch(struct console *console)
{
	bool is_looked_at = console->screen && !console->is_suspended;
	uint64_t interval_ns = is_looked_at ? console_interval_ns(console) : 0;
	uint64_t session_id = console->selection.session_id;

	if (!console->backend || (interval_ns == console->watched_interval_ns &&
				  session_id == console->watched_session_id))
		return;
	if (session_id != console->watched_session_id)
		shown_outdate(console);
	console->watched_interval_ns = interval_ns;
	console->watched_session_id = session_id;
	backend_watch(console->backend, interval_ns, &session_id, session_id ? 1 : 0);
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

void console_complain(struct console *console, const char *command, const struct error *err)
{
	log_command(LOG_LEVEL_ERROR, command, err->message);
	console_tell(console, NOTICE_ERROR, command, "%s", err->message);
	output_add(&console->output, ROLE_ERR, err->message, strlen(err->message));
	output_end_line(&console->output, ROLE_ERR);
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

void console_apply_glyphs(struct console *console)
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
	console_apply_glyphs(console);
	console_update_watch(console);
	console_draw_soon(console);
}
