/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of actions. Whatever changes tracing becomes a command line, so that keys teach commands.
 */
#include "console/action.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/control/command.h"
#include "console/browser.h"
#include "console/details.h"
#include "console/help.h"
#include "console/state.h"
#include "console/submit.h"
#include "console/tailing.h"
#include "console/wanted.h"

/* ---- views ---- */

void action_copy(struct console *console, const char *text)
{
	if (console->screen && screen_copy(console->screen, text, console->settings.copies_always))
		console_tell(console, NOTICE_INFO, "", "copied: %s", text);
	else
		console_tell(console, NOTICE_INFO, "", "%s", text);
}

static void go_to(struct console *console, const char *name)
{
	enum pane pane = layout_pane_of(name);

	if (console->is_viewer && pane != PANE_BROWSER)
		console_tell(console, NOTICE_INFO, "", BROWSER_ONLY);
	else if (pane == PANE_BROWSER && !browser_is_open(console))
		console_tell(console, NOTICE_INFO, "",
			     "no trace is open: Enter on a chunk opens it, or view PATH");
	else if (pane == PANE_NONE || !console_view(pane))
		console_tell(console, NOTICE_WARNING, "", "this build has no pane '%s'", name);
	else
		console_focus(console, pane);
}

/* "CURSOR PROBLEM", up to its end. */
static void complain(struct entry *entry, const char *bytes, const char *end)
{
	char *problem;
	size_t cursor = strtoul(bytes, &problem, 10);

	problem = mem_strndup(problem + 1, (size_t)(end - problem - 1));
	entry_complain(entry, problem, cursor);
	free(problem);
}

/*
 * "ACTION[@CURSOR PROBLEM]\nTITLE\nTEXT": a field whose text the view gets back with the action.
 */
static void edit(struct console *console, const char *wanted)
{
	const char *title = strchr(wanted, '\n');
	const char *text = title ? strchr(title + 1, '\n') : NULL;
	size_t action_length = strcspn(wanted, "@\n");

	if (!text)
		return;
	entry_open_for_view(&console->entry, wanted, action_length, title + 1,
			    (size_t)(text - title - 1), text + 1);
	if (wanted[action_length] == '@')
		complain(&console->entry, wanted + action_length + 1, title);
}

/* What a view asked for. */
static void obey(struct console *console, const char *command)
{
	if (!strcmp(command, "@acknowledge"))
		backend_acknowledge_losses(console->backend, console->selection.session_id);
	else if (!strncmp(command, "@copy ", 6))
		action_copy(console, command + 6);
	else if (!strcmp(command, "@details"))
		details_open(console);
	else if (!strncmp(command, "@say ", 5))
		console_tell(console, NOTICE_INFO, "", "%s", command + 5);
	else if (!strncmp(command, "@window ", 8))
		backend_set_window(console->backend, (unsigned int)atoi(command + 8));
	else if (!strncmp(command, "@edit ", 6))
		edit(console, command + 6);
	else if (!strncmp(command, "@browse ", 8))
		browser_open(console, command + 8);
	else if (!strncmp(command, "@tail ", 6))
		tailing_show_event(console, command + 6);
	else if (!strncmp(command, "@form ", 6))
		form_open(console, command + 6);
	else if (command[0] == '@')
		go_to(console, command + 1);
	else if (command[0])
		submit_text(console, FROM_KEY, NULL, command);
}

/* What the user arranged differently can be undone. */
static void keep_view(struct console *console, enum pane pane, const char *action,
		      const char *before)
{
	const struct view_class *view = console_view(pane);
	struct text after = {0};

	if (!view->remember)
		return;
	view->remember(console->view_states[pane], true, &after);
	if (strcmp(before, text_str(&after)) != 0)
		undo_push_view(&console->undo, action, pane, before);
	text_finish(&after);
}

bool action_on_pane(struct console *console, enum pane pane, const char *action,
		    const char *argument)
{
	const struct view_class *view = console_view(pane);
	const struct picture *picture;
	struct view_input input;
	struct text command = {0}, before = {0};
	bool is_known;

	if (!view || !console_is_live(console))
		return false;
	picture = shown_acquire(console);
	console_view_input(console, picture, &input);
	if (view->remember)
		view->remember(console->view_states[pane], true, &before);
	is_known = view->act(console->view_states[pane], &input, action, argument, &command);
	console_picture_release(console);
	keep_view(console, pane, action, text_str(&before));
	obey(console, text_str(&command));
	text_finish(&command);
	text_finish(&before);
	return is_known;
}

bool action_on_view(struct console *console, const char *action, const char *argument)
{
	return action_on_pane(console, console->focus, action, argument);
}

/* ---- the console's own ---- */

static bool help(struct console *console, const char *argument)
{
	(void)argument;
	help_open(console);
	return true;
}

static bool details(struct console *console, const char *argument)
{
	(void)argument;
	return details_open(console);
}

static bool setup(struct console *console, const char *argument)
{
	(void)argument;
	form_open(console, "set");
	return true;
}

static bool find(struct console *console, const char *argument)
{
	(void)argument;
	if (!action_on_view(console, "find-start", ""))
		return false;
	entry_open(&console->entry, "find", "find", true, "");
	return true;
}

static bool filter(struct console *console, const char *argument)
{
	(void)argument;
	if (!action_on_view(console, "filter", ""))
		return false;
	entry_open(&console->entry, "filter", "filter", true, "");
	return true;
}

static bool form(struct console *console, const char *argument)
{
	form_open(console, argument);
	return true;
}

static bool mouse(struct console *console, const char *argument)
{
	(void)argument;
	submit_text(console, FROM_KEY, NULL,
		    console->settings.has_mouse ? "set mouse off" : "set mouse on");
	return true;
}

static bool undo(struct console *console, const char *argument)
{
	(void)argument;
	undo_run(console);
	return true;
}

static bool tail_filter(struct console *console, const char *argument)
{
	(void)argument;
	tailing_ask_filter(console);
	return true;
}

/* What the message line shows; else what makes the row. */
static bool copy_command(struct console *console, const char *argument)
{
	const struct notice *notice = &console->notice;
	char *command;

	(void)argument;
	if (notice->level == NOTICE_NONE || !notice->command[0] ||
	    strlen(notice->command) + 1 == sizeof(notice->command)) /* cut: not all of it */
		return action_on_view(console, "copy-command", "");
	command = mem_strdup(notice->command);
	action_copy(console, command);
	free(command);
	return true;
}

static bool focus_pane(struct console *console, const char *argument)
{
	go_to(console, argument);
	return true;
}

static bool can_focus(const struct console *console, enum pane pane)
{
	if (pane == PANE_BROWSER)
		return browser_is_open(console);
	return console_view(pane) && !console->is_viewer;
}

static bool focus_step(struct console *console, int step)
{
	int pane = console->focus;

	do
		pane = (pane + step + PANE_COUNT) % PANE_COUNT;
	while (!can_focus(console, (enum pane)pane) && pane != (int)console->focus);
	console_focus(console, (enum pane)pane);
	return true;
}

static bool next_pane(struct console *console, const char *argument)
{
	(void)argument;
	return focus_step(console, 1);
}

static bool previous_pane(struct console *console, const char *argument)
{
	(void)argument;
	return focus_step(console, -1);
}

static bool overview(struct console *console, const char *argument)
{
	(void)argument;
	console->is_zoomed = false;
	console->is_bare = false;
	console->output_size = OUTPUT_AUTO;
	go_to(console, layout_pane_name(PANE_SESSIONS));
	return true;
}

static bool session_step(struct console *console, size_t step)
{
	const struct picture *picture = console_picture_acquire(console);
	size_t count = picture->session_count;

	if (count < 2)
		console_tell(console, NOTICE_INFO, "", "there is no other session");
	for (size_t i = 0; i < count; i++) {
		if (picture->sessions[i].id != console->selection.session_id)
			continue;
		console->selection = (struct selection){
			.session_id = picture->sessions[(i + count + step) % count].id};
		break;
	}
	console_picture_release(console);
	return true;
}

static bool next_session(struct console *console, const char *argument)
{
	(void)argument;
	return session_step(console, 1);
}

static bool previous_session(struct console *console, const char *argument)
{
	(void)argument;
	return session_step(console, (size_t)-1);
}

static bool back(struct console *console, const char *argument)
{
	(void)argument;
	if (console->is_bare || console->is_zoomed) {
		console->is_bare = false;
		console->is_zoomed = false;
		return true;
	}
	if (!action_on_view(console, "back", "") && console->focus != PANE_SESSIONS)
		console_focus(console, PANE_SESSIONS);
	return true;
}

static bool zoom(struct console *console, const char *argument)
{
	(void)argument;
	console->is_zoomed = !console->is_zoomed;
	return true;
}

static bool bare(struct console *console, const char *argument)
{
	(void)argument;
	console->is_bare = !console->is_bare;
	return true;
}

static bool pause_display(struct console *console, const char *argument)
{
	(void)argument;
	console->is_paused = !console->is_paused;
	shown_pause(console, console->is_paused);
	console->paused_wall_ns = clock_wall_ns();
	if (console->layout.header < 0)
		console_tell(console, NOTICE_INFO, "",
			     console->is_paused ? "PAUSED, p goes on" : "the display goes on");
	return true;
}

static bool output(struct console *console, const char *argument)
{
	(void)argument;
	console->output_size = (console->output_size + 1) % OUTPUT_SIZE_COUNT;
	return true;
}

static bool refresh(struct console *console, const char *argument)
{
	(void)argument;
	shown_outdate(console);
	console->watched_interval_ns = 0; /* told again: the backend looks at once */
	console_update_watch(console);
	wanted_refresh(console);
	return true;
}

static bool repaint(struct console *console, const char *argument)
{
	(void)argument;
	if (console->screen)
		screen_repaint(console->screen);
	return true;
}

static bool go_to_prompt(struct console *console, const char *argument)
{
	(void)argument;
	console_focus_prompt(console, true);
	return true;
}

static size_t program_count(struct console *console)
{
	size_t count = console_picture_acquire(console)->program_count;

	console_picture_release(console);
	return count;
}

static bool cancel(struct console *console, const char *argument)
{
	struct text command = {0};

	(void)argument;
	if (console->notice.began_ns) {
		text_add(&command, console->notice.command);
		console_tell(console, NOTICE_INFO, text_str(&command),
			     "goes on in the background; its answer comes here");
	} else if (program_count(console) > 0) {
		submit_text(console, FROM_KEY, NULL, "run-place --interrupt");
	} else {
		console_tell(console, NOTICE_INFO, "", "q quits or detaches, ? explains the keys");
	}
	text_finish(&command);
	return true;
}

/* ---- leaving ---- */

static size_t active_count(struct console *console)
{
	const struct picture *picture = console_picture_acquire(console);
	size_t count = picture->active_count;

	console_picture_release(console);
	return count;
}

static void leave(void *asker, void *data, char letter)
{
	struct console *console = asker;

	(void)data;
	if (letter == 'd' && console->host.can_detach)
		console->host.release(console->host.data,
				      "detached; tracing goes on, tracon comes back to it");
	else if (letter == 's')
		submit_confirmed(console, "quit --force");
}

static bool quit(struct console *console, const char *argument)
{
	size_t count = active_count(console);
	bool can_detach = console->host.can_detach;

	(void)argument;
	if (console->is_viewer) {
		browser_leave(console);
		return true;
	}
	if (count == 0) {
		submit_confirmed(console, "quit");
		return true;
	}
	console->question.answer = leave;
	console->question.data = NULL;
	question_open(&console->question, QUESTION_LETTER,
		      mem_printf("%zu session%s recording: %s[s]top all and quit  [c]ancel", count,
				 count == 1 ? " is" : "s are",
				 can_detach ? "[d]etach (keep tracing)  " : ""),
		      can_detach ? "ds" : "s", loop_now_ns(console->loop));
	return true;
}

static bool close_or_quit(struct console *console, const char *argument)
{
	if (console->is_bare || console->is_zoomed || console->output_size != OUTPUT_AUTO) {
		console->is_bare = false;
		console->is_zoomed = false;
		console->output_size = OUTPUT_AUTO;
		return true;
	}
	return quit(console, argument);
}

static void suspend_anyway(void *asker, void *data, char letter)
{
	(void)data;
	if (letter == 'y')
		console_suspend(asker);
}

static bool suspend(struct console *console, const char *argument)
{
	(void)argument;
	if (console->host.can_detach || active_count(console) == 0) {
		console_suspend(console);
		return true;
	}
	/* Without a holder the tracer itself would be stopped. */
	console->question.answer = suspend_anyway;
	console->question.data = NULL;
	question_open(&console->question, QUESTION_LETTER,
		      mem_strdup("Stop this program? Events are lost meanwhile. [y/N]"), "y",
		      loop_now_ns(console->loop));
	return true;
}

static const struct own_action {
	const char *name;
	bool (*run)(struct console *console, const char *argument);
	const char *needs;   /* what the view must know for it; NULL: nothing */
	bool is_about_panes; /* those that a viewer does not have */
} actions[] = {
	{"help", help, NULL, false},
	{"details", details, NULL, false},
	{"setup", setup, NULL, false},
	{"find", find, "find-start", false},
	{"filter", filter, "filter", false},
	{"form", form, NULL, false},
	{"undo", undo, NULL, false},
	{"mouse", mouse, NULL, false},
	{"tail-filter", tail_filter, NULL, true},
	{"copy-command", copy_command, "copy-command", false},
	{"pane", focus_pane, NULL, true},
	{"next-pane", next_pane, NULL, true},
	{"previous-pane", previous_pane, NULL, true},
	{"overview", overview, NULL, true},
	{"next-session", next_session, NULL, true},
	{"previous-session", previous_session, NULL, true},
	{"back", back, NULL, false},
	{"close", close_or_quit, NULL, false},
	{"quit", quit, NULL, false},
	{"repl", go_to_prompt, NULL, false},
	{"zoom", zoom, NULL, false},
	{"bare", bare, NULL, false},
	{"pause", pause_display, NULL, false},
	{"output", output, NULL, false},
	{"refresh", refresh, NULL, false},
	{"repaint", repaint, NULL, false},
	{"cancel", cancel, NULL, false},
	{"suspend", suspend, NULL, false},
};

/* The first word of the line is its name. */
static const struct own_action *find_own(const char *line)
{
	size_t length = strcspn(line, " ");

	for (size_t i = 0; i < COUNT_OF(actions); i++) {
		if (strlen(actions[i].name) == length && !strncmp(actions[i].name, line, length))
			return &actions[i];
	}
	return NULL;
}

bool action_run(struct console *console, const char *action)
{
	const struct own_action *own = find_own(action);
	size_t length = strcspn(action, " ");
	const char *argument = action[length] ? action + length + 1 : "";

	if (!console_is_live(console))
		return false;
	if (browser_act(console, action))
		return true;
	if (own)
		return own->run(console, argument);
	if (!argument[0] && action_on_view(console, action, ""))
		return true;
	if (keymap_is_action(action) && !command_find(action))
		return false;
	submit_text(console, FROM_KEY, NULL, action);
	return true;
}

static bool is_own_known(const struct console *console, const struct own_action *own)
{
	const struct view_class *view = console_view(console->focus);

	if (own->is_about_panes && console->is_viewer)
		return false;
	return !own->needs || (view && view_knows(view, own->needs));
}

bool action_is_known(const struct console *console, const char *action)
{
	const struct view_class *view = console_view(console->focus);
	const struct own_action *own = find_own(action);

	if (browser_knows(console, action))
		return true;
	if (own)
		return is_own_known(console, own);
	if (view && view_knows(view, action))
		return true;
	/* Somebody's own command line. */
	return !keymap_is_action(action) || (command_find(action) && !console->is_viewer);
}

/* ---- fields ---- */

/* The view may open the next field meanwhile. */
static void accept_for_view(struct console *console)
{
	char *action = mem_strdup(console->entry.action);
	char *text = mem_strdup(field_text(&console->entry.field));

	action_on_view(console, action, text);
	free(action);
	free(text);
}

/* Fields of the tail and the browser. What is wrong opens the field again: the text is copied. */
static bool accept_here(struct console *console)
{
	char *action = mem_strdup(console->entry.action);
	char *text = mem_strdup(field_text(&console->entry.field));
	bool is_taken = browser_take_entry(console, action, text) ||
			tailing_take_entry(console, action, text);

	free(action);
	free(text);
	return is_taken;
}

void action_accept_entry(struct console *console)
{
	struct text command = {0};

	console->entry.is_open = false;
	if (console->entry.is_live) {
		if (!strcmp(console->entry.action, "find"))
			action_on_view(console, "find-end", "");
		return;
	}
	if (console->entry.is_for_view) {
		accept_for_view(console);
		return;
	}
	if (accept_here(console))
		return;
	text_add(&command, console->entry.action);
	if (*field_text(&console->entry.field)) {
		text_add_char(&command, ' ');
		text_add_quoted(&command, field_text(&console->entry.field));
	}
	submit_text(console, FROM_KEY, NULL, text_str(&command));
	text_finish(&command);
}

void action_cancel_entry(struct console *console)
{
	console->entry.is_open = false;
	if (console->entry.is_live)
		action_on_view(console, console->entry.action, "");
}
