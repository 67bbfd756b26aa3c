/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The start-up file is the person's: all other lines, and comments, stay as they are. */
#include "console/keep.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "console/state.h"
#include "console/verb.h"

#define FILE_BYTES_MAX (1024 * 1024)

/* How many words, with the first, say what a command is about. */
static const struct {
	const char *verb;
	size_t same_words;
} kinds[] = {
	{"set", 2}, {"bind", 3}, {"color", 2}, {"alias", 2}, {"columns", 2},
};

static size_t same_words_of(const char *verb)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!strcmp(kinds[i].verb, verb))
			return kinds[i].same_words;
	}
	return 0;
}

/* ---- the file ---- */

static bool split(const char *bytes, size_t length, struct word_list *words)
{
	char *line = mem_strndup(bytes, length);
	struct error err = ERROR_INIT;
	const char *rest;
	bool is_split = text_split_command(line, words, &rest, &err);

	free(line);
	return is_split;
}

static bool is_about_same(const char *bytes, size_t length, const struct word_list *words,
			  size_t same_words)
{
	struct word_list other = {0};
	bool is_same = split(bytes, length, &other) && other.count >= same_words &&
		       words->count >= same_words;

	for (size_t i = 0; is_same && i < same_words; i++)
		is_same = !strcmp(other.words[i], words->words[i]);
	word_list_finish(&other);
	return is_same;
}

void keep_replace(const char *file, const char *line, size_t same_words, bool forgets,
		  struct text *out)
{
	struct word_list words = {0};

	split(line, strlen(line), &words);
	while (*file) {
		size_t length = strcspn(file, "\n");

		if (!is_about_same(file, length, &words, same_words)) {
			text_add_bytes(out, file, length);
			text_add_char(out, '\n');
		}
		file += length + (file[length] == '\n');
	}
	if (!forgets)
		text_addf(out, "%s\n", line);
	word_list_finish(&words);
}

static bool make_directory(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char *directory;
	bool is_made;

	if (!slash || slash == path)
		return true;
	directory = mem_strndup(path, (size_t)(slash - path));
	is_made = fd_make_directories(directory, 0700, err);
	free(directory);
	return is_made;
}

static bool write_line(const char *path, const char *line, size_t same_words, bool forgets,
		       struct error *err)
{
	struct text text = {0};
	char *file = NULL;
	size_t length;
	bool is_written;

	if (access(path, F_OK) == 0 && !fd_read_file(path, FILE_BYTES_MAX, &file, &length, err))
		return false;
	keep_replace(file ? file : "", line, same_words, forgets, &text);
	free(file);
	is_written = make_directory(path, err) &&
		     fd_replace_file(path, text_str(&text), text.length, 0600, err);
	text_finish(&text);
	return is_written;
}

/* ---- the verb ---- */

static void print_words(size_t count, char **words, struct text *line)
{
	for (size_t i = 0; i < count; i++) {
		text_add(line, i > 0 ? " " : "");
		text_add_quoted(line, words[i]);
	}
}

/* All columns as they are now: what is kept must not depend on what was before. */
static void print_columns(struct console *console, const struct verb *verb, char **words,
			  struct text *line)
{
	struct error err = ERROR_INIT;

	text_clear(line);
	verb_run(verb, console, 2, words, line, &err);
	while (line->length > 0 && line->bytes[line->length - 1] == '\n')
		line->bytes[--line->length] = '\0';
}

/* Without more words these only show something. */
static bool forgets_nothing(const char *verb)
{
	return !strcmp(verb, "set") || !strcmp(verb, "columns") || !strcmp(verb, "bind");
}

/* "bind all C default", "alias halt ''", "color err": nothing is left to be kept. */
static bool is_forgetting(const char *verb, size_t count, char **words)
{
	if (!strcmp(verb, "bind"))
		return !strcmp(words[count - 1], "default");
	if (!strcmp(verb, "alias"))
		return count < 3 || !*words[2];
	return !strcmp(verb, "color") && count < 3;
}

bool keep_run(struct console *console, size_t word_count, char **words, struct text *out,
	      struct error *err)
{
	size_t same_words = same_words_of(words[1]);
	const struct verb *verb = same_words ? verb_find(word_count - 1, words + 1) : NULL;
	struct text line = {0};
	bool is_done, forgets;

	if (!verb || word_count - 1 < same_words || (forgets_nothing(verb->name) && word_count < 4))
		return error_set(err, ERROR_INVALID,
				 "usage: keep set|bind|color|alias|columns WORD...");
	if (!console->config_path)
		return error_set(err, ERROR_STATE,
				 "cannot keep it: this console was started with --no-config, or "
				 "has no home directory");
	print_words(word_count - 1, words + 1, &line);
	forgets = is_forgetting(verb->name, word_count - 1, words + 1);
	is_done = verb_run(verb, console, word_count - 1, words + 1, out, err);
	if (is_done && !strcmp(verb->name, "columns"))
		print_columns(console, verb, words + 1, &line);
	if (is_done && !write_line(console->config_path, text_str(&line), same_words, forgets, err))
		is_done = error_prefix(err, "done, but cannot keep it");
	text_finish(&line);
	return is_done;
}
