/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One key to the innermost thing that is open. Pastes never answer, run or move anything. */
#include "console/input.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/base/utf8.h"
#include "console/action.h"
#include "console/browser.h"
#include "console/details.h"
#include "console/help.h"
#include "console/keys.h"
#include "console/mouse.h"
#include "console/submit.h"

#define PASTE_BYTES_MAX 65536
#define PASTE_GAP_NS	(2 * NS_PER_S)

/* ---- paste ---- */

/* One line without controls. Returns how many newlines became blanks. */
static unsigned int sanitise_paste(const struct text *pasted, struct text *out)
{
	struct text valid = {0};
	unsigned int newlines = 0;

	utf8_add_valid(&valid, text_str(pasted), pasted->length);
	while (valid.length > 0 && strchr("\r\n", valid.bytes[valid.length - 1]))
		valid.length--;
	for (size_t i = 0; i < valid.length; i++) {
		char byte = valid.bytes[i];

		if (byte == '\r' || byte == '\n') {
			newlines++;
			byte = ' ';
		}
		if (byte == '\t')
			byte = ' ';
		if ((unsigned char)byte >= 0x20 && byte != 0x7f)
			text_add_char(out, byte);
	}
	text_finish(&valid);
	return newlines;
}

/* Each line on its own, without controls. */
static void keep_lines(struct console *console)
{
	const char *rest = text_str(&console->pasted);
	size_t left = console->pasted.length;

	text_clear(&console->pasted_lines);
	while (left > 0) {
		struct text part = {0}, line = {0};
		size_t length = 0;

		while (length < left && rest[length] != '\r' && rest[length] != '\n')
			length++;
		text_add_bytes(&part, rest, length);
		sanitise_paste(&part, &line);
		if (line.length > 0)
			text_addf(&console->pasted_lines, "%s\n", text_str(&line));
		text_finish(&part);
		text_finish(&line);
		length += length < left;
		rest += length;
		left -= length;
	}
}

static void run_lines(void *asker, void *data, char letter)
{
	struct console *console = asker;

	(void)data;
	if (letter != 'y') {
		console_tell(console, NOTICE_INFO, "", "nothing was done");
		return;
	}
	prompt_set_line(console->prompt, "");
	submit_text(console, FROM_PROMPT, NULL, text_str(&console->pasted_lines));
	text_clear(&console->pasted_lines);
}

/* Alt-Enter after a paste of several lines. */
static void ask_to_run_lines(struct console *console)
{
	size_t count = 0;

	for (const char *byte = text_str(&console->pasted_lines); *byte; byte++)
		count += *byte == '\n';
	if (count < 2) {
		console_tell(console, NOTICE_INFO, "",
			     "no lines were pasted that could be run one by one");
		return;
	}
	console->question.answer = run_lines;
	console->question.data = NULL;
	question_open(&console->question, QUESTION_LETTER,
		      mem_printf("Run the %zu pasted lines one by one? [y/N]", count), "y",
		      loop_now_ns(console->loop));
}

static void insert_paste(struct console *console, const struct text *line, unsigned int newlines)
{
	bool is_prompt = !console->entry.is_open && !console->form.is_open;

	if (console->entry.is_open)
		field_insert(&console->entry.field, text_str(line), line->length);
	else if (console->form.is_open)
		form_paste(console, text_str(line), line->length);
	else
		prompt_insert(console->prompt, text_str(line));
	if (is_prompt)
		keep_lines(console);
	if (newlines == 0)
		console_tell(console, NOTICE_INFO, "", "pasted %zu bytes", line->length);
	else
		console_tell(console, NOTICE_INFO, "", "pasted %zu bytes, %u newline%s joined%s",
			     line->length, newlines, newlines == 1 ? "" : "s",
			     is_prompt ? "; Alt-Enter runs the lines one by one" : "");
}

static void end_paste(struct console *console)
{
	struct text line = {0};
	unsigned int newlines = sanitise_paste(&console->pasted, &line);

	console->is_pasting = false;
	if (console->is_paste_too_long)
		console_tell(console, NOTICE_WARNING, "",
			     "pasted text was ignored: it is longer than 64 kB");
	else if (console->question.is_open || console->help.is_open || console->details.is_open ||
		 (!console->entry.is_open && !console->form.is_open && !console->prompt_has_focus))
		console_tell(console, NOTICE_WARNING, "",
			     "pasted text was ignored: it goes into fields and the command line");
	else
		insert_paste(console, &line, newlines);
	text_finish(&line);
	text_clear(&console->pasted);
}

static void take_paste(struct console *console, const struct screen_key *key)
{
	console->pasted_ns = loop_now_ns(console->loop);
	if (key->code == KEYS_PASTE_END)
		end_paste(console);
	else if (console->pasted.length + key->length <= PASTE_BYTES_MAX)
		text_add_bytes(&console->pasted, key->bytes, key->length);
	else
		console->is_paste_too_long = true;
}

/* ---- the innermost first ---- */

static void answer_question(struct console *console, int code)
{
	char letter;

	if (!question_key(&console->question, code, loop_now_ns(console->loop), &letter))
		return;
	console->question.answer(console, console->question.data, letter);
}

/* The sentence stays until the text is changed. */
static void edit_wrong(struct entry *entry, int code)
{
	size_t length = entry->field.text.length;

	if (field_key(&entry->field, code) && entry->field.text.length != length)
		entry->problem[0] = '\0';
}

static void edit_entry(struct console *console, int code)
{
	struct entry *entry = &console->entry;

	if (code == KEYS_ENTER)
		action_accept_entry(console);
	else if (code == KEYS_ESCAPE || code == KEYS_CTRL('c'))
		action_cancel_entry(console);
	else if (entry->is_live && code == KEYS_DOWN)
		action_on_view(console, "find-next", "");
	else if (entry->is_live && code == KEYS_UP)
		action_on_view(console, "find-previous", "");
	else if (entry->problem[0] && code != KEYS_ENTER)
		edit_wrong(entry, code);
	else if (field_key(&entry->field, code) && entry->is_live)
		action_on_view(console, entry->action, field_text(&entry->field));
}

static bool runs_from_prompt(int code)
{
	if (code >= KEYS_F1 && code <= KEYS_F12)
		return true;
	if (code & KEYS_ALT && (code & ~KEYS_ALT) >= '0' && (code & ~KEYS_ALT) <= '9')
		return true;
	return code == KEYS_CTRL('o') || code == (KEYS_ALT | 'l');
}

/* What only arranges the screen says no more than how it is written. */
static bool is_echoed(const char *action)
{
	static const char *const echoed[] = {
		"acknowledge",	"all-channels",	 "bare",	"columns",
		"expand-all",	"follow",	 "freeze",	"measure",
		"next-session", "output",	 "pause",	"previous-session",
		"refresh",	"regroup",	 "repeats",	"sort-invert",
		"sort-next",	"sort-previous", "time-format", "unmark-all",
		"window",	"wrap",		 "zoom",
	};

	for (size_t i = 0; i < COUNT_OF(echoed); i++) {
		if (!strcmp(echoed[i], action))
			return true;
	}
	return false;
}

void input_run_key(struct console *console, int code)
{
	const char *action = keymap_action(console->keymap, layout_pane_name(console->focus), code);
	unsigned int tell_count = console->tell_count;
	char name[KEYS_NAME_MAX];

	if (action && action_run(console, action)) {
		if (console->tell_count == tell_count && is_echoed(action))
			console_tell(console, NOTICE_INFO, action, "%s", "");
		return;
	}
	console_tell(console, NOTICE_INFO, "", "%s: no action here, ? for keys",
		     keys_name(name, code));
}

/* True: not for the editor. */
static bool scroll_output(struct console *console, int code)
{
	int page = console->layout.output.rows;

	if (page == 0)
		return false;
	if (code == KEYS_PAGE_UP)
		output_scroll(&console->output, page, page);
	else if (code == KEYS_PAGE_DOWN)
		output_scroll(&console->output, -page, page);
	else if (code == (KEYS_ALT | KEYS_UP))
		output_scroll(&console->output, 1, page);
	else if (code == (KEYS_ALT | KEYS_DOWN))
		output_scroll(&console->output, -1, page);
	else
		return false;
	return true;
}

static void edit_prompt(struct console *console, const struct screen_key *key)
{
	bool is_empty = !*prompt_line(console->prompt);

	if (key->code == KEYS_CTRL('c') && !is_empty) {
		prompt_cancel(console->prompt);
	} else if ((key->code == KEYS_CTRL('c') || key->code == KEYS_CTRL('d')) && is_empty &&
		   !prompt_wants_escape(console->prompt)) {
		console_focus_prompt(console, false);
	} else if (key->code == KEYS_CTRL('c')) {
		prompt_cancel(console->prompt);
	} else if (key->code == KEYS_ESCAPE && prompt_matches(console->prompt)) {
		prompt_key(console->prompt, key->code, "", 0); /* the list goes, no more */
	} else if (key->code == KEYS_ESCAPE && !prompt_wants_escape(console->prompt)) {
		console_focus_prompt(console, false);
	} else if (key->code == (KEYS_ALT | KEYS_ENTER)) {
		ask_to_run_lines(console);
	} else if (runs_from_prompt(key->code)) {
		input_run_key(console, key->code);
	} else if (!scroll_output(console, key->code)) {
		prompt_key(console->prompt, key->code, key->bytes, key->length);
	}
}

static bool take_report(struct console *console, int code)
{
	switch (code) {
	case KEYS_FOCUS_IN:
	case KEYS_FOCUS_OUT:
		console->pace.is_unfocused = code == KEYS_FOCUS_OUT;
		console_update_watch(console);
		return true;
	case KEYS_REPORT_SYNC_ON:
	case KEYS_REPORT_SYNC_OFF:
		screen_sync_answered(console->screen, code == KEYS_REPORT_SYNC_ON);
		return true;
	case KEYS_PASTE_BEGIN:
		console->is_pasting = true;
		console->is_paste_too_long = false;
		console->pasted_ns = loop_now_ns(console->loop);
		text_clear(&console->pasted);
		return true;
	case KEYS_PASTE_END:
	case KEYS_NONE:
		return true;
	default:
		return false;
	}
}

void input_key(struct console *console, const struct screen_key *key)
{
	/* A paste whose end was lost must not swallow keys for ever. */
	if (console->is_pasting && loop_now_ns(console->loop) - console->pasted_ns > PASTE_GAP_NS)
		end_paste(console);
	if (console->is_pasting) {
		take_paste(console, key);
		return;
	}
	if (take_report(console, key->code) || mouse_key(console, key))
		return;
	if (console->notice.until_ns == 0)
		console->notice.level = NOTICE_NONE;
	if (key->code == KEYS_CTRL('l'))
		screen_repaint(console->screen);
	else if (key->code == KEYS_CTRL('z'))
		action_run(console, "suspend");
	else if (console->question.is_open)
		answer_question(console, key->code);
	else if (console->entry.is_open)
		edit_entry(console, key->code);
	else if (console->form.is_open)
		form_key(console, key->code);
	else if (console->help.is_open)
		help_key(console, key->code);
	else if (console->details.is_open)
		details_key(console, key->code);
	else if (console->prompt_has_focus)
		edit_prompt(console, key);
	else if (!browser_take_key(console, key->code))
		input_run_key(console, key->code);
}
