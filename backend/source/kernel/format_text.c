/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See format_text.h. The shapes are those of f_show() in the kernel's kernel/trace/trace_events.c.
 */
#include "backend/source/kernel/format_text.h"

#include <string.h>

#include "backend/source/kernel/format.h"

#define WORD_MAX   128			    /* bytes of a name */
#define WORDS_MAX  32			    /* of a declaration, stars and brackets too */
#define FIELDS_MAX (KERNEL_FIELDS_MAX + 16) /* with the common ones */
#define DIGITS	   "0123456789"
#define LETTERS	   DIGITS "_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

struct reader {
	const char *at, *end;
};

static bool has_text(const struct reader *reader, const char *wanted)
{
	size_t length = strlen(wanted);

	return (size_t)(reader->end - reader->at) >= length &&
	       memcmp(reader->at, wanted, length) == 0;
}

static bool skip(struct reader *reader, const char *wanted)
{
	if (!has_text(reader, wanted))
		return false;
	reader->at += strlen(wanted);
	return true;
}

/* How many bytes from here on are of that set. */
static size_t run_of(const struct reader *reader, const char *set)
{
	const char *at = reader->at;

	while (at < reader->end && *at && strchr(set, *at))
		at++;
	return (size_t)(at - reader->at);
}

static bool take_number(struct reader *reader, unsigned int digits_max, struct text *out)
{
	size_t length = run_of(reader, DIGITS);

	if (length == 0 || length > digits_max)
		return false;
	text_add_bytes(out, reader->at, length);
	reader->at += length;
	return true;
}

static bool take_word(struct reader *reader, struct text *out)
{
	size_t length = run_of(reader, LETTERS);

	if (length == 0 || length > WORD_MAX)
		return false;
	text_add_bytes(out, reader->at, length);
	reader->at += length;
	return true;
}

/* Lengths are numbers, or what the kernel's source has: then the field's size tells. */
static bool take_brackets(struct reader *reader, struct text *out)
{
	size_t digits, length;

	if (!skip(reader, "["))
		return false;
	digits = run_of(reader, DIGITS);
	length = run_of(reader, LETTERS " +-*/()");
	text_add_char(out, '[');
	if (digits == length && digits <= 5)
		text_add_bytes(out, reader->at, digits);
	text_add_char(out, ']');
	reader->at += length;
	return length <= WORD_MAX && skip(reader, "]");
}

/* What compilers and checkers are told of a pointer says nothing of the record. */
static bool skip_attribute(struct reader *reader)
{
	unsigned int depth = 0;

	if (!skip(reader, "__attribute__"))
		return false;
	while (reader->at < reader->end && *reader->at != ';') {
		char byte = *reader->at++;

		depth += byte == '(';
		if (byte == ')' && (depth == 0 || --depth == 0))
			return true;
	}
	return true;
}

/* "__data_loc" or "__rel_loc": what follows is elsewhere in the record. */
static bool is_placed(const struct reader *reader)
{
	return has_text(reader, "__data_loc ") || has_text(reader, "__rel_loc ");
}

/* TYPE NAME, TYPE NAME[LENGTH], __data_loc TYPE[] NAME: the name is the last word. */
static bool take_declaration(struct reader *reader, struct text *out)
{
	unsigned int words_before_name = is_placed(reader) ? 2 : 1;
	bool is_dynamic = words_before_name == 2;
	unsigned int words = 0, brackets = 0;
	bool is_word_last = false; /* which may be the name */

	for (unsigned int i = 0; i < WORDS_MAX; i++) {
		reader->at += run_of(reader, " ");
		if (has_text(reader, ";"))
			break;
		if (skip_attribute(reader))
			continue;
		if (skip(reader, "*")) {
			text_add(out, " *");
			is_word_last = false;
		} else if (has_text(reader, "[")) {
			if (!is_word_last || ++brackets > 1 || !take_brackets(reader, out))
				return false;
		} else {
			if ((brackets > 0 && !is_dynamic) || (words > 0 && is_placed(reader)))
				return false;
			text_add(out, words > 0 ? " " : "");
			if (!take_word(reader, out))
				return false;
			words++;
			is_word_last = true;
		}
	}
	return words > words_before_name && is_word_last && has_text(reader, ";");
}

static bool take_field(struct reader *reader, struct text *out)
{
	static const struct {
		const char *before;
		unsigned int digits_max;
	} numbers[] = {{";\toffset:", 5}, {";\tsize:", 5}, {";\tsigned:", 1}};

	text_add(out, "\tfield:");
	if (!take_declaration(reader, out))
		return false;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		text_add(out, numbers[i].before);
		if (!skip(reader, numbers[i].before) ||
		    !take_number(reader, numbers[i].digits_max, out))
			return false;
	}
	text_add(out, ";\n");
	return skip(reader, ";\n");
}

static bool take_fields(struct reader *reader, struct text *out)
{
	unsigned int count = 0;

	for (;;) {
		if (skip(reader, "\n")) { /* after the common ones */
			text_add_char(out, '\n');
			continue;
		}
		if (!skip(reader, "\tfield:") && !skip(reader, "\tfield special:"))
			return reader->at == reader->end || has_text(reader, "print fmt:");
		if (++count > FIELDS_MAX || !take_field(reader, out))
			return false;
	}
}

static bool take_all(struct reader *reader, struct text *out)
{
	text_add(out, "name: ");
	if (!skip(reader, "name: ") || !take_word(reader, out))
		return false;
	text_add(out, "\nID: ");
	if (!skip(reader, "\nID: ") || !take_number(reader, 5, out) || !skip(reader, "\nformat:\n"))
		return false;
	text_add(out, "\nformat:\n");
	if (!take_fields(reader, out))
		return false;
	text_add(out, "\nprint fmt: \"\"\n");
	return true;
}

bool kernel_format_clean(const char *bytes, size_t length, struct text *clean, struct error *err)
{
	struct reader reader = {bytes, bytes + length};
	size_t line = 1;

	if (take_all(&reader, clean))
		return true;
	for (const char *at = bytes; at < reader.at; at++)
		line += *at == '\n';
	return error_set(err, ERROR_INVALID, "line %zu of its format is none that is known", line);
}
