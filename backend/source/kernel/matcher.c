/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See matcher.h. Which field of the record an expression means is found once. */
#include "backend/source/kernel/matcher.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/source/kernel/state.h"

enum meaning { MEANS_NOTHING, MEANS_FIELD, MEANS_CONTEXT };

struct place {
	enum meaning meaning;
	const struct kernel_field *field;
	bool has_index;
	uint64_t index;
	int context; /* kernel_context_find() */
};

struct expression {
	struct filter *filter;
	struct place *places; /* by the number of the filter's field */
};

struct kernel_matcher {
	size_t count;
	struct expression expressions[];
};

static const struct kernel_field *find_field(const struct kernel_format *format, const char *name)
{
	for (size_t i = 0; i < format->field_count; i++)
		if (strcmp(format->fields[i].name, name) == 0)
			return &format->fields[i];
	return NULL;
}

static struct place find_place(const struct kernel_format *format, const struct filter_node *node)
{
	const struct filter_step *steps = node->field.steps;
	struct place place = {MEANS_NOTHING, NULL, false, 0, -1};

	if (!steps[0].name || node->field.step_count > 2)
		return place;
	if (node->field.scope == FILTER_CONTEXT) {
		if (node->field.step_count == 1)
			place.context = kernel_context_find(steps[0].name);
		if (place.context >= 0)
			place.meaning = MEANS_CONTEXT;
		return place;
	}
	if (node->field.scope != FILTER_PAYLOAD)
		return place;
	place.field = find_field(format, steps[0].name);
	if (node->field.step_count == 2) {
		if (steps[1].name)
			return place;
		place.has_index = true;
		place.index = steps[1].index;
	}
	if (place.field)
		place.meaning = MEANS_FIELD;
	return place;
}

struct kernel_matcher *kernel_matcher_create(const struct kernel_format *format,
					     const char *const *texts, size_t count)
{
	struct kernel_matcher *matcher =
		mem_zalloc(sizeof(*matcher) + count * sizeof(matcher->expressions[0]));

	matcher->count = count;
	for (size_t i = 0; i < count; i++) {
		struct expression *expression = &matcher->expressions[i];
		struct filter_problem problem = {.error = ERROR_INIT};
		size_t field_count;

		expression->filter = filter_parse(texts[i], &problem);
		if (!expression->filter)
			continue; /* lets nothing pass, has no value */
		field_count = filter_field_count(expression->filter);
		expression->places = mem_zalloc((field_count + 1) * sizeof(*expression->places));
		for (size_t j = 0; j < field_count; j++)
			expression->places[j] =
				find_place(format, filter_field(expression->filter, j));
	}
	return matcher;
}

void kernel_matcher_destroy(struct kernel_matcher *matcher)
{
	if (!matcher)
		return;
	for (size_t i = 0; i < matcher->count; i++) {
		filter_destroy(matcher->expressions[i].filter);
		free(matcher->expressions[i].places);
	}
	free(matcher);
}

/* --- values */

static void read_integer(const unsigned char *bytes, const struct kernel_field *field,
			 struct filter_value *value)
{
	unsigned int unused_bits = 64 - 8U * field->element_bytes;
	uint64_t bits = 0;

	memcpy(&bits, bytes, field->element_bytes);
	if (field->is_signed) {
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = (int64_t)(bits << unused_bits) >> unused_bits;
	} else {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = bits;
	}
}

static void read_text(const unsigned char *bytes, size_t length, struct filter_value *value)
{
	value->kind = FILTER_VALUE_STRING;
	value->string.bytes = (const char *)bytes;
	value->string.length = strnlen((const char *)bytes, length);
}

/* Where the field's bytes are; false: out of the record. */
static bool find_bytes(const struct kernel_field *field, const struct kernel_record *record,
		       const unsigned char **bytes, size_t *length)
{
	uint32_t place, offset;

	if ((uint32_t)field->offset + field->size_bytes > record->length)
		return false;
	*bytes = record->bytes + field->offset;
	*length = field->size_bytes;
	if (field->kind != KERNEL_STRING && field->kind != KERNEL_SEQUENCE)
		return true;
	place = kernel_u32(*bytes);
	offset = (place & 0xffff) + (field->is_relative ? field->offset + 4U : 0);
	*length = place >> 16;
	if (offset > record->length || *length > record->length - offset)
		return false;
	*bytes = record->bytes + offset;
	return true;
}

static void read_field(const struct place *place, const struct kernel_record *record,
		       struct filter_value *value)
{
	const struct kernel_field *field = place->field;
	const unsigned char *bytes;
	size_t length;
	bool is_text = field->kind == KERNEL_TEXT || field->kind == KERNEL_STRING;
	bool is_array = field->kind == KERNEL_ARRAY || field->kind == KERNEL_SEQUENCE;

	if (!find_bytes(field, record, &bytes, &length) || place->has_index != is_array)
		return;
	if (is_text)
		read_text(bytes, length, value);
	else if (!is_array)
		read_integer(bytes, field, value);
	else if (place->index < length / field->element_bytes)
		read_integer(bytes + place->index * field->element_bytes, field, value);
}

struct evaluation {
	const struct expression *expression;
	const struct kernel_record *record;
	struct kernel_state *state;
};

static void value_of(void *data, const struct filter_node *node, struct filter_value *value)
{
	const struct evaluation *evaluation = data;
	const struct place *place = &evaluation->expression->places[node->field.number];

	value->kind = FILTER_VALUE_MISSING;
	if (place->meaning == MEANS_FIELD) {
		read_field(place, evaluation->record, value);
	} else if (place->meaning == MEANS_CONTEXT && evaluation->state) {
		kernel_state_get(evaluation->state, place->context, evaluation->record, value);
	}
}

bool kernel_matcher_wants(const void *data, const struct kernel_record *record,
			  struct kernel_state *state)
{
	const struct kernel_matcher *matcher = data;

	for (size_t i = 0; i < matcher->count; i++) {
		struct evaluation evaluation = {&matcher->expressions[i], record, state};

		if (evaluation.expression->filter &&
		    filter_matches(evaluation.expression->filter, value_of, &evaluation))
			return true;
	}
	return false;
}

/* --- as text */

static void print_array(const struct kernel_field *field, const struct kernel_record *record,
			struct text *out)
{
	const unsigned char *bytes;
	size_t length;
	bool is_there = find_bytes(field, record, &bytes, &length);

	if (!is_there) {
		text_add(out, "unavailable");
		return;
	}
	text_add_char(out, '[');
	for (size_t i = 0; i < length / field->element_bytes; i++) {
		struct filter_value value;

		read_integer(bytes + i * field->element_bytes, field, &value);
		text_add(out, i > 0 ? ", " : "");
		filter_print_value(&value, out);
	}
	text_add_char(out, ']');
}

void kernel_matcher_print(const struct kernel_matcher *matcher, size_t index,
			  const struct kernel_record *record, struct kernel_state *state,
			  struct text *out)
{
	struct evaluation evaluation = {&matcher->expressions[index], record, state};
	struct filter_value value = {.kind = FILTER_VALUE_MISSING};
	const struct filter *filter = evaluation.expression->filter;
	const struct filter_node *root = filter ? filter_root(filter) : NULL;
	const struct place *place = root && root->kind == FILTER_FIELD
					    ? &evaluation.expression->places[root->field.number]
					    : NULL;

	if (place && place->meaning == MEANS_FIELD && !place->has_index &&
	    (place->field->kind == KERNEL_ARRAY || place->field->kind == KERNEL_SEQUENCE)) {
		print_array(place->field, record, out);
		return;
	}
	if (place)
		value_of(&evaluation, root, &value);
	filter_print_value(&value, out);
}
