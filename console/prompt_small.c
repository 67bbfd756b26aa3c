/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of a build without readline: the fields' small editor, with a history. */
#include "console/prompt.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "console/complete.h"
#include "console/field.h"
#include "console/keys.h"

#define HISTORY_LINES_MAX 5000
#define HISTORY_BYTES_MAX (1024 * 1024)
#define PREFIX		  "tracon> "

struct prompt {
	struct prompt_calls calls;
	struct completion completion;
	struct field field;
	struct word_list lines; /* oldest first */
	size_t at;		/* lines.count: the line that is being typed */
	char *typed;		/* it, while an older one is shown */
	char *history;
};

/* ---- history ---- */

static void forget_oldest(struct word_list *lines)
{
	free(lines->words[0]);
	lines->count--;
	memmove(lines->words, lines->words + 1, (lines->count + 1) * sizeof(*lines->words));
}

static bool remember(struct word_list *lines, const char *line)
{
	if (!*line || *line == ' ')
		return false;
	if (lines->count > 0 && !strcmp(lines->words[lines->count - 1], line))
		return false;
	if (lines->count == HISTORY_LINES_MAX)
		forget_oldest(lines);
	word_list_add(lines, line);
	return true;
}

static void append_line(const char *history, const char *line)
{
	int fd = open(history, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return;
	dprintf(fd, "%s\n", line);
	fd_close(&fd);
}

static void load_history(struct prompt *prompt)
{
	char *bytes;
	size_t length;
	char *rest;

	if (!prompt->history ||
	    !fd_read_file(prompt->history, HISTORY_BYTES_MAX, &bytes, &length, NULL))
		return;
	rest = bytes;
	while (rest) {
		char *line = strsep(&rest, "\n");

		remember(&prompt->lines, line);
	}
	free(bytes);
	prompt->at = prompt->lines.count;
}

static void show_line(struct prompt *prompt, size_t index)
{
	if (prompt->at == prompt->lines.count) {
		free(prompt->typed);
		prompt->typed = mem_strdup(field_text(&prompt->field));
	}
	prompt->at = index;
	field_set(&prompt->field,
		  index < prompt->lines.count ? prompt->lines.words[index] : prompt->typed);
}

/* ---- editing ---- */

struct prompt *prompt_create(const char *history, const struct prompt_calls *calls)
{
	struct prompt *prompt = mem_zalloc(sizeof(*prompt));

	prompt->calls = *calls;
	prompt->history = history ? mem_strdup(history) : NULL;
	load_history(prompt);
	return prompt;
}

void prompt_destroy(struct prompt *prompt)
{
	if (!prompt)
		return;
	completion_end(&prompt->completion);
	field_finish(&prompt->field);
	word_list_finish(&prompt->lines);
	free(prompt->typed);
	free(prompt->history);
	free(prompt);
}

void prompt_set_terminal(struct prompt *prompt, const char *term)
{
	(void)prompt;
	(void)term;
}

void prompt_set_size(struct prompt *prompt, int rows, int columns)
{
	(void)prompt;
	(void)rows;
	(void)columns;
}

static void accept_line(struct prompt *prompt)
{
	char *line = mem_strdup(field_text(&prompt->field));

	if (remember(&prompt->lines, line) && prompt->history)
		append_line(prompt->history, line);
	prompt->at = prompt->lines.count;
	field_set(&prompt->field, "");
	prompt->calls.accept(prompt->calls.data, line);
	free(line);
}

static void complete_word(struct prompt *prompt)
{
	struct text replacement = {0};

	if (completion_step(&prompt->completion, prompt->calls.complete, prompt->calls.data,
			    field_text(&prompt->field), prompt->field.point, &replacement))
		field_replace_word(&prompt->field, prompt->completion.begin,
				   text_str(&replacement));
	text_finish(&replacement);
}

void prompt_key(struct prompt *prompt, int code, const char *bytes, size_t length)
{
	(void)bytes;
	(void)length;
	if (code == KEYS_TAB) {
		complete_word(prompt);
		return;
	}
	completion_end(&prompt->completion);
	if (code == KEYS_ENTER)
		accept_line(prompt);
	else if ((code == KEYS_UP || code == KEYS_CTRL('p')) && prompt->at > 0)
		show_line(prompt, prompt->at - 1);
	else if ((code == KEYS_DOWN || code == KEYS_CTRL('n')) && prompt->at < prompt->lines.count)
		show_line(prompt, prompt->at + 1);
	else
		field_key(&prompt->field, code);
}

void prompt_insert(struct prompt *prompt, const char *text)
{
	completion_end(&prompt->completion);
	field_insert(&prompt->field, text, strlen(text));
}

void prompt_set_line(struct prompt *prompt, const char *line)
{
	prompt_cancel(prompt);
	field_set(&prompt->field, line);
}

void prompt_cancel(struct prompt *prompt)
{
	completion_end(&prompt->completion);
	prompt->at = prompt->lines.count;
	field_set(&prompt->field, "");
}

const char *prompt_line(const struct prompt *prompt)
{
	return field_text(&prompt->field);
}

bool prompt_wants_escape(const struct prompt *prompt)
{
	(void)prompt;
	return false;
}

const struct word_list *prompt_matches(const struct prompt *prompt)
{
	return prompt->completion.matches.count > 0 ? &prompt->completion.matches : NULL;
}

void prompt_draw(const struct prompt *prompt, struct canvas *canvas, int row, bool has_focus)
{
	field_draw(canvas, row, PREFIX, has_focus ? ROLE_TITLE : ROLE_DIM, prompt_line(prompt),
		   prompt->field.point, has_focus);
}

/* ---- line mode ---- */

/* Kept until the process ends. */
static char *line_history;

void prompt_set_line_history(const char *history)
{
	free(line_history);
	line_history = history ? mem_strdup(history) : NULL;
}

char *prompt_read_line(const char *prefix)
{
	bool is_terminal = isatty(STDIN_FILENO);
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	if (is_terminal) {
		fputs(prefix, stdout);
		fflush(stdout);
	}
	length = getline(&line, &room, stdin);
	if (length < 0) {
		free(line);
		return NULL;
	}
	if (length > 0 && line[length - 1] == '\n')
		line[length - 1] = '\0';
	if (is_terminal && line_history && *line && *line != ' ')
		append_line(line_history, line);
	return line;
}
