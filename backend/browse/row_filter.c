/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row's fields are text: numbers are read back from it. */
#include "backend/browse/row_filter.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct subject {
	const struct event_page *page;
	const struct event_row *row;
};

static void set_string(struct filter_value *value, const char *bytes)
{
	value->kind = FILTER_VALUE_STRING;
	value->string.bytes = bytes;
	value->string.length = strlen(bytes);
}

/* The whole text is an integer of that base; 0: as in C. */
static bool read_integer(const char *text, int base, struct filter_value *value)
{
	char *end;

	if (*text == '\0')
		return false;
	errno = 0;
	if (*text == '-') {
		value->signed_value = strtoll(text, &end, base);
		value->kind = FILTER_VALUE_SIGNED;
	} else {
		value->unsigned_value = strtoull(text, &end, base);
		value->kind = FILTER_VALUE_UNSIGNED;
	}
	return errno == 0 && *end == '\0';
}

static bool read_number(const char *text, struct filter_value *value)
{
	char *end;

	if (text[0] == '0' && text[1] == 'b')
		return read_integer(text + 2, 2, value);
	if (read_integer(text, 0, value))
		return true;
	value->float_value = strtod(text, &end);
	value->kind = FILTER_VALUE_FLOAT;
	return *text && *end == '\0';
}

/* "LABEL (3)" of an enumeration. */
static bool read_label(const char *text, struct filter_value *value)
{
	const char *open = strrchr(text, '(');
	size_t length = open ? strcspn(open + 1, ")") : 0;
	char digits[72];

	if (length == 0 || length >= sizeof(digits) || open[length + 1] != ')')
		return false;
	memcpy(digits, open + 1, length);
	digits[length] = '\0';
	return read_number(digits, value);
}

static void read_value(const struct event_field *field, struct filter_value *value)
{
	if (field->is_text) {
		set_string(value, field->value);
	} else if (!strcmp(field->value, "true") || !strcmp(field->value, "false")) {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = field->value[0] == 't';
	} else if (!read_number(field->value, value) && !read_label(field->value, value)) {
		value->kind = FILTER_VALUE_MISSING;
	}
}

static bool is_in_scope(const struct event_field *field, bool is_payload)
{
	return (field->scope == EVENT_PAYLOAD) == is_payload;
}

/* The field of that name and depth at `at` or behind it, before anything that is less deep. */
static const struct event_field *find(const struct subject *subject, size_t at, const char *name,
				      unsigned int depth, bool is_payload)
{
	size_t end = subject->row->first_field + subject->row->field_count;

	for (; at < end && subject->page->fields[at].depth >= depth; at++) {
		const struct event_field *field = &subject->page->fields[at];

		if (field->depth == depth && is_in_scope(field, is_payload) &&
		    strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

static const struct event_field *find_path(const struct subject *subject,
					   const struct filter_node *node, const char *first)
{
	bool is_payload = node->field.scope == FILTER_PAYLOAD;
	const struct event_field *field =
		find(subject, subject->row->first_field, first, 0, is_payload);

	for (size_t i = 1; field && i < node->field.step_count; i++) {
		const struct filter_step *step = &node->field.steps[i];
		char element[24];

		snprintf(element, sizeof(element), "[%llu]", (unsigned long long)step->index);
		field = find(subject, (size_t)(field - subject->page->fields) + 1,
			     step->name ? step->name : element, (unsigned int)i, is_payload);
	}
	return field;
}

static bool own_value(const struct event_row *row, const char *name, struct filter_value *value)
{
	if (!strcmp(name, "event_name")) {
		set_string(value, row->name);
	} else if (!strcmp(name, "stream")) {
		set_string(value, row->stream);
	} else if (!strcmp(name, "cpu")) {
		if (row->cpu >= 0)
			value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = row->cpu;
	} else {
		return false;
	}
	return true;
}

static void value_of(void *data, const struct filter_node *node, struct filter_value *value)
{
	const struct subject *subject = data;
	const char *name = node->field.steps[0].name;
	const struct event_field *field;
	char app_name[256];

	value->kind = FILTER_VALUE_MISSING;
	if (!name || (node->field.scope == FILTER_CONTEXT && node->field.step_count == 1 &&
		      own_value(subject->row, name, value)))
		return;
	if (node->field.scope == FILTER_APP_CONTEXT) {
		snprintf(app_name, sizeof(app_name), "app_%s", name);
		for (char *at = app_name; *at; at++)
			*at = *at == ':' ? '_' : *at;
		name = app_name;
	}
	field = find_path(subject, node, name);
	if (field)
		read_value(field, value);
}

bool row_filter_matches(const struct filter *filter, const struct event_page *page,
			const struct event_row *row)
{
	struct subject subject = {page, row};

	return !filter || filter_matches(filter, value_of, &subject);
}
