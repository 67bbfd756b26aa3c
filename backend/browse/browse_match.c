/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a search looks for, event by event. Text that can only stand in a string of the trace is
 * looked for in the raw packets first: where its bytes aren't, nothing needs to be decoded.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/browse/browse_parts.h"

#define NEEDLE_MIN  3	      /* shorter ones are everywhere */
#define READ_BYTES  (1 << 20) /* of a packet, at once */
#define PATTERN_MAX 4096

/* Horspool's search: how far to go on, by the byte under the needle's end. */
struct needle {
	size_t length;
	unsigned char fold[256], folded[PATTERN_MAX];
	size_t steps[256];
};

static void make_needle(struct needle *needle, const char *text, bool ignores_case)
{
	needle->length = strlen(text);
	for (unsigned int i = 0; i < 256; i++) {
		needle->fold[i] =
			(unsigned char)(ignores_case && i < 128 ? tolower((int)i) : (int)i);
		needle->steps[i] = needle->length;
	}
	for (size_t i = 0; i < needle->length; i++)
		needle->folded[i] = needle->fold[(unsigned char)text[i]];
	for (unsigned int i = 0; i < 256; i++) {
		for (size_t j = 0; j + 1 < needle->length; j++) {
			if (needle->folded[j] == needle->fold[i])
				needle->steps[i] = needle->length - 1 - j;
		}
	}
}

static bool find_needle(const struct needle *needle, const unsigned char *bytes, size_t length)
{
	size_t at = 0, last = needle->length - 1;

	while (at + needle->length <= length) {
		unsigned char byte = bytes[at + last];
		size_t i = last;

		if (needle->fold[byte] == needle->folded[last]) {
			while (i > 0 && needle->fold[bytes[at + i - 1]] == needle->folded[i - 1])
				i--;
			if (i == 0)
				return true;
		}
		at += needle->steps[byte];
	}
	return false;
}

/* --- matchers --------------------------------------------------------------------------------- */

struct matcher {
	int kind; /* of struct browse_find */
	char *pattern;
	bool ignores_case;
	struct needle text;
	regex_t regex;
	struct filter *filter;
};

static bool has_capital(const char *pattern)
{
	for (; *pattern; pattern++) {
		if (isupper((unsigned char)*pattern))
			return true;
	}
	return false;
}

static bool compile_regex(struct matcher *matcher, struct error *err)
{
	char why[160];
	int status = regcomp(&matcher->regex, matcher->pattern,
			     REG_EXTENDED | REG_NOSUB | (matcher->ignores_case ? REG_ICASE : 0));

	if (!status)
		return true;
	regerror(status, &matcher->regex, why, sizeof(why));
	return error_set(err, ERROR_INVALID, "this is no regular expression: %s", why);
}

static bool compile_filter(struct matcher *matcher, struct error *err)
{
	struct filter_problem problem = {0};

	matcher->filter = filter_parse(matcher->pattern, &problem);
	if (matcher->filter)
		return true;
	error_copy(err, &problem.error);
	return false;
}

static bool check_pattern(const struct browse_find *find, struct error *err)
{
	if (find->kind == BROWSE_FIND_GAP)
		return true;
	if (!find->pattern || !*find->pattern)
		return error_set(err, ERROR_INVALID, "there is nothing to look for");
	if (find->kind != BROWSE_FIND_FILTER && strlen(find->pattern) > PATTERN_MAX)
		return error_set(err, ERROR_INVALID, "what to look for is too long");
	return true;
}

struct matcher *matcher_create(const struct browse_find *find, struct error *err)
{
	struct matcher *matcher;

	if (!check_pattern(find, err))
		return NULL;
	matcher = mem_zalloc(sizeof(*matcher));
	matcher->kind = (int)find->kind;
	matcher->pattern = mem_strdup(find->pattern ? find->pattern : "");
	matcher->ignores_case = !has_capital(matcher->pattern);
	if (find->kind == BROWSE_FIND_TEXT)
		make_needle(&matcher->text, matcher->pattern, matcher->ignores_case);
	if ((find->kind == BROWSE_FIND_REGEX && !compile_regex(matcher, err)) ||
	    (find->kind == BROWSE_FIND_FILTER && !compile_filter(matcher, err))) {
		free(matcher->pattern);
		free(matcher);
		return NULL;
	}
	return matcher;
}

void matcher_destroy(struct matcher *matcher)
{
	if (!matcher)
		return;
	if (matcher->kind == BROWSE_FIND_REGEX)
		regfree(&matcher->regex);
	filter_destroy(matcher->filter);
	free(matcher->pattern);
	free(matcher);
}

bool matcher_is_gap(const struct matcher *matcher)
{
	return matcher->kind == BROWSE_FIND_GAP;
}

bool matcher_accepts(const struct matcher *matcher, const struct read_event *event,
		     struct text *line)
{
	if (matcher->kind == BROWSE_FIND_FILTER)
		return decoder_matches(event->decoder, matcher->filter);
	text_clear(line);
	decoder_print(event->decoder, line);
	if (matcher->kind == BROWSE_FIND_REGEX)
		return regexec(&matcher->regex, text_str(line), 0, NULL, 0) == 0;
	return find_needle(&matcher->text, (const unsigned char *)text_str(line), line->length);
}

/* --- needles ---------------------------------------------------------------------------------- */

/* What joins names and values in an event's line, and stands around numbers in it. */
static const char separators[] = " ,:=\"()[]";

/* Words that a line may have though they are nowhere in the trace. */
static const char own_words[] = "more true false <unknown> inf nan -inf -nan ?";

static bool can_be_number(const char *word)
{
	return !word[strspn(word, "0123456789abcdefABCDEFxX+-.")];
}

static bool has_text(const char *text, const char *word, bool ignores_case)
{
	return (ignores_case ? strcasestr(text, word) : strstr(text, word)) != NULL;
}

/* Escapes are spelled differently in the declarations: such words say nothing. */
static bool is_plain(const char *word)
{
	for (; *word; word++) {
		if ((unsigned char)*word <= ' ' || (unsigned char)*word > '~' || *word == '\\')
			return false;
	}
	return true;
}

/* Whether the word, if an event's line has it, must be part of a string in the event. */
static bool is_string_only(const struct map *map, const char *word, bool ignores_case)
{
	if (strlen(word) < NEEDLE_MIN || can_be_number(word) || !is_plain(word) ||
	    has_text(own_words, word, ignores_case))
		return false;
	for (size_t i = 0; i < map->trace_count; i++) {
		const struct ctf_outline *outline = map->traces[i]->outline;

		if (outline &&
		    (outline->has_bit_text || has_text(outline->text, word, ignores_case)))
			return false;
	}
	return true;
}

char *matcher_needle(const struct matcher *matcher, const struct map *map, bool *ignores_case)
{
	char *words, *word, *rest, *longest = NULL;

	*ignores_case = matcher->ignores_case;
	if (matcher->kind != BROWSE_FIND_TEXT || map->has_units)
		return NULL;
	words = mem_strdup(matcher->pattern);
	for (word = strtok_r(words, separators, &rest); word;
	     word = strtok_r(NULL, separators, &rest)) {
		if (is_string_only(map, word, *ignores_case) &&
		    (!longest || strlen(word) > strlen(longest)))
			longest = word;
	}
	longest = longest ? mem_strdup(longest) : NULL;
	free(words);
	return longest;
}

/* Pieces overlap, so that none falls between them. */
static bool is_in_packet(const struct needle *needle, int fd, const struct map_packet *packet,
			 unsigned char *bytes)
{
	uint64_t at = packet->offset_bytes, end = at + packet->size_bytes;

	while (at < end) {
		size_t part = end - at < READ_BYTES ? (size_t)(end - at) : READ_BYTES;
		ssize_t got = pread(fd, bytes, part, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 || find_needle(needle, bytes, (size_t)got))
			return true;
		if (at + (uint64_t)got >= end || (size_t)got < needle->length)
			return false;
		at += (uint64_t)got - needle->length + 1;
	}
	return false;
}

static bool is_in_range(const struct needle *needle, const struct map_stream *stream,
			struct map_range range, unsigned char *bytes)
{
	bool is_there = false;

	for (size_t i = range.first; i < range.first + range.count && !is_there; i++) {
		struct map_file *file = stream->spans[i].file;
		int fd = map_file_open(file, NULL);

		if (fd < 0)
			return true;
		is_there = is_in_packet(needle, fd, stream->spans[i].packet, bytes);
		map_file_close(file, fd);
	}
	return is_there;
}

bool needle_is_between(const struct map *map, const char *needle, bool ignores_case,
		       uint64_t from_ns, uint64_t until_ns)
{
	unsigned char *bytes = mem_alloc(READ_BYTES);
	struct needle *made = mem_alloc(sizeof(*made));
	bool is_there = false;

	make_needle(made, needle, ignores_case);
	for (size_t i = 0; i < map->stream_count && !is_there; i++)
		is_there =
			is_in_range(made, &map->streams[i],
				    map_stream_range(&map->streams[i], from_ns, until_ns), bytes);
	free(made);
	free(bytes);
	return is_there;
}
