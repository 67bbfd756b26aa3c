/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines into words as sh does it (POSIX.1-2017, 2.2 Quoting), and back; comma lists. */
#include <string.h>

#include "backend/base/text.h"

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool is_command_end(char byte)
{
	return byte == '\0' || byte == ';' || byte == '\n';
}

/* Each reader below starts behind its opening mark and returns what follows, or NULL. */

static const char *read_single_quoted(const char *line, struct text *word)
{
	const char *end = strchr(line, '\'');

	if (!end)
		return NULL;
	text_add_bytes(word, line, (size_t)(end - line));
	return end + 1;
}

static const char *read_double_quoted(const char *line, struct text *word)
{
	for (; *line && *line != '"'; line++) {
		if (*line == '\\' && line[1] && strchr("$`\"\\\n", line[1])) {
			line++;
			if (*line == '\n')
				continue;
		}
		text_add_char(word, *line);
	}
	return *line ? line + 1 : NULL;
}

/* Behind a backslash outside quotes. Before a newline it joins lines; the last one is itself. */
static const char *read_escaped(const char *line, struct text *word)
{
	if (!*line) {
		text_add_char(word, '\\');
		return line;
	}
	if (*line != '\n')
		text_add_char(word, *line);
	return line + 1;
}

/* Reads one word; NULL when a quote stays open. */
static const char *read_word(const char *line, struct text *word, char *open_quote)
{
	while (line && !is_blank(*line) && !is_command_end(*line)) {
		char byte = *line++;

		*open_quote = byte;
		if (byte == '\'')
			line = read_single_quoted(line, word);
		else if (byte == '"')
			line = read_double_quoted(line, word);
		else if (byte == '\\')
			line = read_escaped(line, word);
		else
			text_add_char(word, byte);
	}
	return line;
}

/* Blanks, joined lines and a comment before the next word. */
static const char *skip_blanks(const char *line)
{
	for (;;) {
		if (is_blank(*line))
			line++;
		else if (line[0] == '\\' && line[1] == '\n')
			line += 2;
		else
			break;
	}
	if (*line == '#')
		line += strcspn(line, "\n");
	return line;
}

bool text_split_command(const char *line, struct word_list *words, const char **rest,
			struct error *err)
{
	struct text word = {0};
	char open_quote = '\0';

	for (line = skip_blanks(line); !is_command_end(*line); line = skip_blanks(line)) {
		const char *next = read_word(line, &word, &open_quote);

		if (!next) {
			*rest = line + strlen(line);
			text_finish(&word);
			word_list_finish(words);
			return error_set(err, ERROR_INVALID, "quote %c is not closed", open_quote);
		}
		line = next;
		word_list_add(words, text_str(&word));
		text_clear(&word);
	}
	*rest = *line ? line + 1 : line;
	text_finish(&word);
	return true;
}

/* Safe in sh and here without quotes, anywhere in a word. Bytes of UTF-8 are. */
static bool is_plain(char byte)
{
	return (unsigned char)byte >= 0x80 || (byte >= '0' && byte <= '9') ||
	       (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
	       (byte && strchr("_-./:,=@%+", byte));
}

static bool needs_quotes(const char *word)
{
	if (!*word)
		return true;
	while (is_plain(*word))
		word++;
	return *word;
}

void text_add_quoted(struct text *text, const char *word)
{
	if (!needs_quotes(word)) {
		text_add(text, word);
		return;
	}
	text_add_char(text, '\'');
	for (; *word; word++) {
		if (*word == '\'')
			text_add(text, "'\\''");
		else
			text_add_char(text, *word);
	}
	text_add_char(text, '\'');
}

/* Of the escapes only "\," is undone: the others belong to the globs inside. */
void text_split_commas(const char *list, struct word_list *items)
{
	struct text item = {0};

	for (; *list; list++) {
		if (*list == ',') {
			word_list_add(items, text_str(&item));
			text_clear(&item);
			continue;
		}
		if (list[0] == '\\' && list[1]) {
			if (list[1] != ',')
				text_add_char(&item, *list);
			list++;
		}
		text_add_char(&item, *list);
	}
	word_list_add(items, text_str(&item));
	text_finish(&item);
}
