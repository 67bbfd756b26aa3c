/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements by table and values with their bounds; see saved_read.h. */
#include "backend/model/saved_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

bool saved_fail(struct saved_reader *reader, const struct xml_node *node, const char *what)
{
	char *text = xml_text(node);

	error_set(reader->err, ERROR_INVALID, "line %u: <%.40s> %s%s%.60s", xml_line(node),
		  xml_name(node), what, *text ? ": " : "", text);
	free(text);
	return false;
}

/* What a part of the session was refused for. */
bool saved_fail_at(struct saved_reader *reader, const struct xml_node *node)
{
	return error_prefix(reader->err, "line %u", xml_line(node));
}

void saved_warn(struct saved_reader *reader, const struct xml_node *node, const char *what)
{
	char *warning = mem_printf("line %u: <%.40s> %s", xml_line(node), xml_name(node), what);

	word_list_add(reader->warnings, warning);
	free(warning);
}

bool saved_take_inner(struct saved_reader *reader, void *object, const struct xml_node *element,
		      const struct saved_grammar *grammar)
{
	for (const struct xml_node *node = xml_first(element); node; node = xml_next(node)) {
		const struct saved_grammar *rule = grammar;

		while (rule->element && strcmp(rule->element, xml_name(node)) != 0)
			rule++;
		if (!rule->element && !xml_is_instruction(node))
			saved_warn(reader, node, "is not known and was left out");
		else if (rule->element && !rule->take(reader, object, node))
			return false;
	}
	return true;
}

/* --- values */

bool saved_read_u64(struct saved_reader *reader, const struct xml_node *node, uint64_t max,
		    uint64_t *value)
{
	char *text = xml_text(node);
	bool is_number = *text >= '0' && *text <= '9';
	char *end = text;

	errno = 0;
	*value = is_number ? strtoull(text, &end, 10) : 0;
	is_number = is_number && errno == 0 && *end == '\0' && *value <= max;
	free(text);
	return is_number || saved_fail(reader, node, "is no acceptable number");
}

bool saved_read_i64(struct saved_reader *reader, const struct xml_node *node, int64_t min,
		    int64_t max, int64_t *value)
{
	char *text = xml_text(node);
	char *end = text;
	bool is_number;

	errno = 0;
	*value = strtoll(text, &end, 10);
	is_number = *text && errno == 0 && *end == '\0' && *value >= min && *value <= max;
	free(text);
	return is_number || saved_fail(reader, node, "is no acceptable number");
}

bool saved_read_bool(struct saved_reader *reader, const struct xml_node *node, bool *value)
{
	char *text = xml_text(node);
	bool is_known;

	*value = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	is_known = *value || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
	free(text);
	return is_known || saved_fail(reader, node, "is neither true nor false");
}

bool saved_read_word(struct saved_reader *reader, const struct xml_node *node,
		     const char *const *words, size_t count, unsigned int *index)
{
	char *text = xml_text(node);
	bool is_known = false;

	for (unsigned int i = 0; i < count; i++) {
		if (strcmp(words[i], text) != 0)
			continue;
		*index = i;
		is_known = true;
	}
	free(text);
	return is_known || saved_fail(reader, node, "has no such value");
}

void saved_replace_text(char **place, const struct xml_node *node)
{
	free(*place);
	*place = xml_text(node);
}
