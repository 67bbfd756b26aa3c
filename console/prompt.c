/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that knows readline. It gets bytes from a queue that holds whole characters only,
 * writes to /dev/null, leaves the terminal, signals and the environment alone, and its "redisplay"
 * does nothing: the frame draws the line.
 */
#include "console/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "console/complete.h"
#include "console/field.h"
#include "console/keys.h"

#define HISTORY_LINES_MAX 5000
#define QUEUE_BYTES	  256
#define PREFIX		  "tracon> "

struct prompt {
	struct prompt_calls calls;
	struct completion completion;
	char *history; /* NULL: none is kept */
	FILE *nothing_in;
	FILE *nothing_out;
	unsigned char queue[QUEUE_BYTES];
	size_t queue_begin, queue_end;
	bool takes_next; /* quoted-insert waits for the key to insert */
};

/* readline's callbacks carry no data, and there is one readline in a process. */
static struct prompt *the_prompt;

/* ---- history ---- */

static bool is_worth_keeping(const char *line)
{
	HIST_ENTRY *last;

	if (!*line || *line == ' ')
		return false;
	last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
	return !last || strcmp(last->line, line) != 0;
}

static void keep_line(const char *history, const char *line)
{
	if (!is_worth_keeping(line))
		return;
	add_history(line);
	if (history)
		append_history(1, history);
}

/* What was typed is nobody else's business. */
static void load_history(const char *history)
{
	int fd;

	using_history();
	stifle_history(HISTORY_LINES_MAX);
	if (!history)
		return;
	fd = open(history, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return;
	fd_close(&fd);
	read_history(history);
	history_truncate_file(history, HISTORY_LINES_MAX);
}

/* ---- readline's callbacks ---- */

static int next_byte(FILE *stream)
{
	(void)stream;
	if (the_prompt->queue_begin == the_prompt->queue_end)
		return 0; /* never EOF: that would end the line */
	return the_prompt->queue[the_prompt->queue_begin++];
}

static int has_byte(void)
{
	return the_prompt->queue_begin < the_prompt->queue_end;
}

static void draw_nothing(void)
{
}

static void accept_line(char *line)
{
	if (!line)
		return;
	keep_line(the_prompt->history, line);
	using_history();
	the_prompt->calls.accept(the_prompt->calls.data, line);
	free(line);
}

static void replace_from(size_t begin, const char *replacement)
{
	rl_begin_undo_group();
	rl_delete_text((int)begin, rl_point);
	rl_point = (int)begin;
	rl_insert_text(replacement);
	rl_end_undo_group();
}

static int complete_key(int count, int key)
{
	struct completion *completion = &the_prompt->completion;
	struct text replacement = {0};

	(void)count;
	(void)key;
	if (completion_step(completion, the_prompt->calls.complete, the_prompt->calls.data,
			    rl_line_buffer, (size_t)rl_point, &replacement))
		replace_from(completion->begin, text_str(&replacement));
	text_finish(&replacement);
	return 0;
}

/* For keys that an inputrc binds to readline's own completion functions. */
static char **attempt_completion(const char *word, int start, int end)
{
	struct word_list matches = {0};
	size_t begin;

	(void)word;
	rl_attempted_completion_over = 1;
	begin = the_prompt->calls.complete(the_prompt->calls.data, rl_line_buffer, (size_t)end,
					   &matches);
	if (begin != (size_t)start || matches.count != 1) {
		word_list_finish(&matches);
		return NULL;
	}
	return matches.words; /* one word and NULL; readline frees both */
}

static void show_no_matches(char **matches, int count, int longest)
{
	(void)matches;
	(void)count;
	(void)longest;
}

/* ---- setting up ---- */

static void bind_tab(Keymap map)
{
	if (rl_function_of_keyseq("\t", map, NULL) == rl_complete)
		rl_bind_key_in_map('\t', complete_key, map);
}

static void initialize_readline(struct prompt *prompt)
{
	rl_readline_name = "tracon";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0; /* LINES and COLUMNS would freeze the screen's size */
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_instream = prompt->nothing_in;
	rl_outstream = prompt->nothing_out;
	rl_getc_function = next_byte;
	rl_input_available_hook = has_byte;
	rl_redisplay_function = draw_nothing;
	rl_attempted_completion_function = attempt_completion;
	rl_completion_display_matches_hook = show_no_matches;
	rl_add_defun("tracon-complete", complete_key, -1);
	rl_variable_bind("show-all-if-ambiguous", "on"); /* an inputrc may say otherwise */
	rl_initialize();
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off");
	bind_tab(emacs_standard_keymap);
	bind_tab(vi_insertion_keymap);
}

struct prompt *prompt_create(const char *history, const struct prompt_calls *calls)
{
	struct prompt *prompt = mem_zalloc(sizeof(*prompt));

	prompt->calls = *calls;
	prompt->history = history ? mem_strdup(history) : NULL;
	prompt->nothing_in = fopen("/dev/null", "re");
	prompt->nothing_out = fopen("/dev/null", "we");
	the_prompt = prompt;
	initialize_readline(prompt);
	load_history(history);
	rl_callback_handler_install(PREFIX, accept_line);
	return prompt;
}

void prompt_destroy(struct prompt *prompt)
{
	if (!prompt)
		return;
	rl_callback_handler_remove();
	rl_instream = NULL;
	rl_outstream = NULL;
	clear_history();
	completion_end(&prompt->completion);
	if (prompt->nothing_in)
		fclose(prompt->nothing_in);
	if (prompt->nothing_out)
		fclose(prompt->nothing_out);
	free(prompt->history);
	free(prompt);
	the_prompt = NULL;
}

void prompt_set_terminal(struct prompt *prompt, const char *term)
{
	(void)prompt;
	rl_reset_terminal(term);
}

void prompt_set_size(struct prompt *prompt, int rows, int columns)
{
	(void)prompt;
	rl_set_screen_size(rows, columns);
}

/* ---- editing ---- */

void prompt_key(struct prompt *prompt, int code, const char *bytes, size_t length)
{
	bool took_it = prompt->takes_next;

	if (code != KEYS_TAB)
		completion_end(&prompt->completion);
	if (length > sizeof(prompt->queue))
		return;
	memcpy(prompt->queue, bytes, length);
	prompt->queue_begin = 0;
	prompt->queue_end = length;
	while (has_byte())
		rl_callback_read_char();
	prompt->takes_next = !took_it && rl_last_func == rl_quoted_insert;
}

void prompt_insert(struct prompt *prompt, const char *text)
{
	completion_end(&prompt->completion);
	rl_begin_undo_group();
	rl_insert_text(text);
	rl_end_undo_group();
}

void prompt_set_line(struct prompt *prompt, const char *line)
{
	prompt_cancel(prompt);
	rl_replace_line(line, 1);
	rl_point = rl_end;
}

void prompt_cancel(struct prompt *prompt)
{
	completion_end(&prompt->completion);
	prompt->takes_next = false;
	rl_callback_sigcleanup();
	rl_free_line_state();
	rl_replace_line("", 1);
	using_history(); /* else the place that Up left stays */
}

const char *prompt_line(const struct prompt *prompt)
{
	(void)prompt;
	return rl_line_buffer ? rl_line_buffer : "";
}

static bool is_vi_command_mode(void)
{
	return rl_editing_mode == 0 && rl_get_keymap() == vi_movement_keymap;
}

bool prompt_wants_escape(const struct prompt *prompt)
{
	if (prompt->takes_next)
		return true;
	if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_NUMERICARG))
		return true;
	return rl_editing_mode == 0 && !is_vi_command_mode();
}

const struct word_list *prompt_matches(const struct prompt *prompt)
{
	return prompt->completion.matches.count > 0 ? &prompt->completion.matches : NULL;
}

void prompt_draw(const struct prompt *prompt, struct canvas *canvas, int row, bool has_focus)
{
	struct text prefix = {0};

	if (has_focus && rl_editing_mode == 0)
		text_add(&prefix, is_vi_command_mode() ? "[cmd] " : "[ins] ");
	text_add(&prefix, rl_display_prompt ? rl_display_prompt : PREFIX);
	field_draw(canvas, row, text_str(&prefix), has_focus ? ROLE_TITLE : ROLE_DIM,
		   prompt_line(prompt), (size_t)rl_point, has_focus);
	text_finish(&prefix);
}

/* ---- line mode ---- */

static char *read_plain_line(void)
{
	char *line = NULL;
	size_t room = 0;
	ssize_t length = getline(&line, &room, stdin);

	if (length < 0) {
		free(line);
		return NULL;
	}
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	return line;
}

/* Kept until the process ends. */
static char *line_history;

void prompt_set_line_history(const char *history)
{
	free(line_history);
	line_history = history ? mem_strdup(history) : NULL;
	load_history(history);
}

char *prompt_read_line(const char *prefix)
{
	char *line;

	if (!isatty(STDIN_FILENO))
		return read_plain_line();
	rl_readline_name = "tracon";
	line = readline(prefix);
	if (line)
		keep_line(line_history, line);
	return line;
}
