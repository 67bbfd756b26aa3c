/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fields of the event that came last: as rows of a page, as one line for searches, and one by one
 * for filters. Whatever a trace declares, an event's fields, their depth and their length are
 * bounded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/browse/page_make.h"
#include "backend/ctf/decode_parts.h"

/* Where fields go: a page or a line. */
struct writer {
	struct decoder_view *view;
	struct event_page *page;
	struct text *line;
	uint8_t scope;
	unsigned int field_count;
};

/* --- values as text --------------------------------------------------------------------------- */

static void add_unsigned(struct text *out, uint64_t value)
{
	char digits[24], *at = digits + sizeof(digits);

	do
		*--at = (char)('0' + value % 10);
	while (value /= 10);
	text_add_bytes(out, at, (size_t)(digits + sizeof(digits) - at));
}

static void add_signed(struct text *out, int64_t value)
{
	if (value < 0)
		text_add_char(out, '-');
	add_unsigned(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

/* In base 2, 8 or 16. */
static void add_bits(struct text *out, const char *prefix, uint64_t value, unsigned int shift_bits)
{
	char digits[64], *at = digits + sizeof(digits);

	do
		*--at = "0123456789ABCDEF"[value & ((1U << shift_bits) - 1)];
	while (value >>= shift_bits);
	text_add(out, prefix);
	text_add_bytes(out, at, (size_t)(digits + sizeof(digits) - at));
}

/* Bits of a negative number are shown as wide as its field. */
void decode_add_integer(struct text *out, const bt_field_class *class, uint64_t bits,
			bool is_signed)
{
	uint64_t range = bt_field_class_integer_get_field_value_range(class);
	uint64_t own = range < 64 ? bits & ((UINT64_C(1) << range) - 1) : bits;

	switch (bt_field_class_integer_get_preferred_display_base(class)) {
	case BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_HEXADECIMAL:
		add_bits(out, "0x", own, 4);
		return;
	case BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_OCTAL:
		add_bits(out, "0", own, 3);
		return;
	case BT_FIELD_CLASS_INTEGER_PREFERRED_DISPLAY_BASE_BINARY:
		add_bits(out, "0b", own, 1);
		return;
	default:
		break;
	}
	if (is_signed)
		add_signed(out, (int64_t)bits);
	else
		add_unsigned(out, bits);
}

/* The shortest of %g that reads back as the same number. */
void decode_add_real(struct text *out, double value, int digits_max)
{
	char digits[40];

	for (int i = 6; i <= digits_max; i++) {
		snprintf(digits, sizeof(digits), "%.*g", i, value);
		if (digits_max == 9 ? strtof(digits, NULL) == (float)value
				    : strtod(digits, NULL) == value)
			break;
	}
	text_add(out, digits);
}

static void add_label(struct text *out, const bt_field *field, const bt_field_class *class,
		      bool is_signed)
{
	bt_field_class_enumeration_mapping_label_array labels;
	uint64_t count = 0;
	int status = is_signed ? (int)bt_field_enumeration_signed_get_mapping_labels(field, &labels,
										     &count)
			       : (int)bt_field_enumeration_unsigned_get_mapping_labels(
					 field, &labels, &count);
	bool is_found = status == BT_FIELD_ENUMERATION_GET_MAPPING_LABELS_STATUS_OK && count > 0;

	text_add(out, is_found ? labels[0] : "<unknown>");
	text_add(out, " (");
	decode_add_integer(out, class,
			   is_signed ? (uint64_t)bt_field_integer_signed_get_value(field)
				     : bt_field_integer_unsigned_get_value(field),
			   is_signed);
	text_add_char(out, ')');
}

/* --- the tree --------------------------------------------------------------------------------- */

static void put(struct writer *writer, const char *name, const char *value, size_t length,
		unsigned int depth, bool is_text)
{
	struct event_field *field;

	writer->field_count++;
	if (writer->line) {
		text_add_bytes(writer->line, writer->field_count == 1 ? ": " : ", ", 2);
		text_add(writer->line, name);
		if (is_text || length > 0) {
			text_add_bytes(writer->line, is_text ? " = \"" : " = ", is_text ? 4 : 3);
			text_add_bytes(writer->line, value, length);
		}
		if (is_text)
			text_add_char(writer->line, '"');
		return;
	}
	field = event_page_add_field(writer->page);
	field->name = event_page_string(writer->page, name, strlen(name));
	field->value = length > 0 ? event_page_string(writer->page, value, length) : "";
	field->depth = (uint8_t)depth;
	field->scope = writer->scope;
	field->is_text = is_text;
}

static void put_scratch(struct writer *writer, const char *name, unsigned int depth)
{
	const struct text *scratch = &writer->view->scratch;

	put(writer, name, scratch->bytes, scratch->length, depth, false);
}

static void put_string(struct writer *writer, const char *name, const char *value,
		       unsigned int depth)
{
	struct text *scratch = &writer->view->scratch;
	size_t length = strlen(value);

	if (length <= DECODE_STRING_MAX) {
		put(writer, name, value, length, depth, true);
		return;
	}
	text_clear(scratch);
	text_add_bytes(scratch, value, DECODE_STRING_MAX);
	text_addf(scratch, "…(+%zu B)", length - DECODE_STRING_MAX);
	put(writer, name, scratch->bytes, scratch->length, depth, true);
}

static void put_field(struct writer *writer, const char *name, const bt_field *field,
		      unsigned int depth);

static void put_note(struct writer *writer, unsigned int depth, uint64_t count)
{
	text_clear(&writer->view->scratch);
	text_addf(&writer->view->scratch, "%" PRIu64 " more", count);
	put_scratch(writer, "…", depth);
}

static void put_array(struct writer *writer, const char *name, const bt_field *field,
		      unsigned int depth)
{
	uint64_t count = bt_field_array_get_length(field);
	uint64_t shown = count < DECODE_ELEMENTS_MAX ? count : DECODE_ELEMENTS_MAX;
	char element[24];

	put(writer, name, "", 0, depth, false);
	for (uint64_t i = 0; i < shown && writer->field_count < DECODE_FIELDS_MAX; i++) {
		snprintf(element, sizeof(element), "[%" PRIu64 "]", i);
		put_field(writer, element,
			  bt_field_array_borrow_element_field_by_index_const(field, i), depth + 1);
	}
	if (shown < count)
		put_note(writer, depth + 1, count - shown);
}

static void put_members(struct writer *writer, const bt_field *structure, unsigned int depth)
{
	const bt_field_class *class = bt_field_borrow_class_const(structure);
	uint64_t count = bt_field_class_structure_get_member_count(class);

	for (uint64_t i = 0; i < count; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(class, i);

		if (writer->field_count >= DECODE_FIELDS_MAX) {
			put_note(writer, depth, count - i);
			return;
		}
		put_field(writer, bt_field_class_structure_member_get_name(member),
			  bt_field_structure_borrow_member_field_by_index_const(structure, i),
			  depth);
	}
}

static void put_nested(struct writer *writer, const char *name, const bt_field *field,
		       bt_field_class_type type, unsigned int depth)
{
	if (depth >= DECODE_DEPTH_MAX) {
		put(writer, name, "…", strlen("…"), depth, false);
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY)) {
		put_array(writer, name, field, depth);
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_VARIANT)) {
		put_field(writer, name, bt_field_variant_borrow_selected_option_field_const(field),
			  depth);
	} else {
		put(writer, name, "", 0, depth, false);
		put_members(writer, field, depth + 1);
	}
}

static bool is_nested(bt_field_class_type type)
{
	return type == BT_FIELD_CLASS_TYPE_STRUCTURE ||
	       bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY) ||
	       bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_VARIANT);
}

static void put_field(struct writer *writer, const char *name, const bt_field *field,
		      unsigned int depth)
{
	bt_field_class_type type = bt_field_get_class_type(field);
	const bt_field_class *class = bt_field_borrow_class_const(field);
	struct text *scratch = &writer->view->scratch;

	if (is_nested(type)) {
		put_nested(writer, name, field, type, depth);
		return;
	}
	if (type == BT_FIELD_CLASS_TYPE_STRING) {
		put_string(writer, name, bt_field_string_get_value(field), depth);
		return;
	}
	text_clear(scratch);
	if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ENUMERATION))
		add_label(scratch, field, class, type == BT_FIELD_CLASS_TYPE_SIGNED_ENUMERATION);
	else if (type == BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)
		decode_add_integer(scratch, class, bt_field_integer_unsigned_get_value(field),
				   false);
	else if (type == BT_FIELD_CLASS_TYPE_SIGNED_INTEGER)
		decode_add_integer(scratch, class,
				   (uint64_t)bt_field_integer_signed_get_value(field), true);
	else if (type == BT_FIELD_CLASS_TYPE_SINGLE_PRECISION_REAL)
		decode_add_real(scratch, (double)bt_field_real_single_precision_get_value(field),
				9);
	else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL)
		decode_add_real(scratch, bt_field_real_double_precision_get_value(field), 17);
	else if (type == BT_FIELD_CLASS_TYPE_BOOL)
		text_add(scratch, bt_field_bool_get_value(field) ? "true" : "false");
	else if (type == BT_FIELD_CLASS_TYPE_BIT_ARRAY)
		text_addf(scratch, "0x%" PRIX64, bt_field_bit_array_get_value_as_integer(field));
	else
		text_add(scratch, "?");
	put_scratch(writer, name, depth);
}

/* --- what the decoder offers ------------------------------------------------------------------ */

static void put_scope(struct writer *writer, enum event_scope scope, const bt_field *structure)
{
	writer->scope = (uint8_t)scope;
	if (structure && bt_field_get_class_type(structure) == BT_FIELD_CLASS_TYPE_STRUCTURE)
		put_members(writer, structure, 0);
}

const bt_field *decode_packet_context(const bt_event *event)
{
	const bt_stream_class *class =
		bt_stream_borrow_class_const(bt_event_borrow_stream_const(event));

	if (!bt_stream_class_supports_packets(class))
		return NULL;
	return bt_packet_borrow_context_field_const(bt_event_borrow_packet_const(event));
}

void decoder_add_row(struct decoder *decoder, struct event_page *page)
{
	struct decoder_view *view = decoder_view(decoder);
	const bt_event_class *class = bt_event_borrow_class_const(view->event);
	struct writer writer = {.view = view, .page = page};
	struct event_row *row = event_page_add_row(page);
	const char *name = bt_event_class_get_name(class), *loglevel;
	int64_t cpu;

	row->place.wall_ns = view->wall_ns;
	row->name = name ? event_page_string(page, name, strlen(name)) : "";
	row->stream = event_page_string(page, view->stream->name, strlen(view->stream->name));
	row->loglevel = decode_loglevel(class, &loglevel);
	row->loglevel_text = loglevel;
	row->lost_before = view->lost_events;
	row->lost_packets_before = view->lost_packets;
	if (decode_cpu(view->event, &cpu))
		row->cpu = (int)cpu;
	put_scope(&writer, EVENT_PACKET, decode_packet_context(view->event));
	put_scope(&writer, EVENT_STREAM_CONTEXT,
		  bt_event_borrow_common_context_field_const(view->event));
	put_scope(&writer, EVENT_CONTEXT,
		  bt_event_borrow_specific_context_field_const(view->event));
	put_scope(&writer, EVENT_PAYLOAD, bt_event_borrow_payload_field_const(view->event));
}

void decoder_print(struct decoder *decoder, struct text *out)
{
	struct decoder_view *view = decoder_view(decoder);
	struct writer writer = {.view = view, .line = out};
	const char *name = bt_event_class_get_name(bt_event_borrow_class_const(view->event));

	text_add(out, name ? name : "");
	put_scope(&writer, EVENT_PAYLOAD, bt_event_borrow_payload_field_const(view->event));
}

/* --- single fields ---------------------------------------------------------------------------- */

static const bt_field *member(const bt_field *structure, const char *name)
{
	if (!structure || bt_field_get_class_type(structure) != BT_FIELD_CLASS_TYPE_STRUCTURE)
		return NULL;
	return bt_field_structure_borrow_member_field_by_name_const(structure, name);
}

static const bt_field *element(const bt_field *array, uint64_t index)
{
	if (!bt_field_class_type_is(bt_field_get_class_type(array), BT_FIELD_CLASS_TYPE_ARRAY) ||
	    index >= bt_field_array_get_length(array))
		return NULL;
	return bt_field_array_borrow_element_field_by_index_const(array, index);
}

static const bt_field *chosen(const bt_field *field)
{
	while (field &&
	       bt_field_class_type_is(bt_field_get_class_type(field), BT_FIELD_CLASS_TYPE_VARIANT))
		field = bt_field_variant_borrow_selected_option_field_const(field);
	return field;
}

static const bt_field *context_member(const bt_event *event, const char *name)
{
	const bt_field *field = member(bt_event_borrow_specific_context_field_const(event), name);

	if (!field)
		field = member(bt_event_borrow_common_context_field_const(event), name);
	return field ? field : member(decode_packet_context(event), name);
}

bool decode_cpu(const bt_event *event, int64_t *cpu)
{
	const bt_field *field = member(decode_packet_context(event), "cpu_id");

	if (!field || !bt_field_class_type_is(bt_field_get_class_type(field),
					      BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		return false;
	*cpu = (int64_t)(bt_field_integer_unsigned_get_value(field) & INT32_MAX);
	return true;
}

int decode_loglevel(const bt_event_class *class, const char **text)
{
	/* lttng-ust(3): the numbers of its levels; babeltrace2's run the same way. */
	static const char *const names[] = {
		"TRACE_EMERG",		"TRACE_ALERT",
		"TRACE_CRIT",		"TRACE_ERR",
		"TRACE_WARNING",	"TRACE_NOTICE",
		"TRACE_INFO",		"TRACE_DEBUG_SYSTEM",
		"TRACE_DEBUG_PROGRAM",	"TRACE_DEBUG_PROCESS",
		"TRACE_DEBUG_MODULE",	"TRACE_DEBUG_UNIT",
		"TRACE_DEBUG_FUNCTION", "TRACE_DEBUG_LINE",
		"TRACE_DEBUG",
	};
	bt_event_class_log_level level;

	*text = NULL;
	if (bt_event_class_get_log_level(class, &level) != BT_PROPERTY_AVAILABILITY_AVAILABLE ||
	    (size_t)level >= COUNT_OF(names))
		return -1;
	*text = names[level];
	return (int)level;
}

/* "PROVIDER:NAME" is the context app_PROVIDER_NAME in a trace. */
static const bt_field *app_context(struct decoder_view *view, const char *name)
{
	struct text *scratch = &view->scratch;

	text_clear(scratch);
	text_addf(scratch, "app_%s", name);
	for (size_t i = 0; i < scratch->length; i++) {
		if (scratch->bytes[i] == ':')
			scratch->bytes[i] = '_';
	}
	return context_member(view->event, scratch->bytes);
}

static void set_string(struct filter_value *value, const char *bytes)
{
	value->kind = FILTER_VALUE_STRING;
	value->string.bytes = bytes;
	value->string.length = strlen(bytes);
}

/* What every event has, whatever its trace declares. */
static bool own_value(struct decoder_view *view, const char *name, struct filter_value *value)
{
	const char *event_name;

	if (!strcmp(name, "event_name")) {
		event_name = bt_event_class_get_name(bt_event_borrow_class_const(view->event));
		set_string(value, event_name ? event_name : "");
	} else if (!strcmp(name, "stream")) {
		set_string(value, view->stream->name);
	} else if (!strcmp(name, "cpu")) {
		if (decode_cpu(view->event, &value->signed_value))
			value->kind = FILTER_VALUE_SIGNED;
	} else {
		return false;
	}
	return true;
}

static void set_value(const bt_field *field, struct filter_value *value)
{
	bt_field_class_type type = bt_field_get_class_type(field);

	if (type == BT_FIELD_CLASS_TYPE_STRING) {
		value->kind = FILTER_VALUE_STRING;
		value->string.bytes = bt_field_string_get_value(field);
		value->string.length = strlen(value->string.bytes);
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)) {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = bt_field_integer_unsigned_get_value(field);
	} else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER)) {
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = bt_field_integer_signed_get_value(field);
	} else if (type == BT_FIELD_CLASS_TYPE_SINGLE_PRECISION_REAL) {
		value->kind = FILTER_VALUE_FLOAT;
		value->float_value = (double)bt_field_real_single_precision_get_value(field);
	} else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL) {
		value->kind = FILTER_VALUE_FLOAT;
		value->float_value = bt_field_real_double_precision_get_value(field);
	} else if (type == BT_FIELD_CLASS_TYPE_BOOL) {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = bt_field_bool_get_value(field) ? 1 : 0;
	}
}

static const bt_field *first_step(struct decoder_view *view, const struct filter_node *node)
{
	const char *name = node->field.steps[0].name;

	if (!name)
		return NULL;
	switch (node->field.scope) {
	case FILTER_CONTEXT:
		return context_member(view->event, name);
	case FILTER_APP_CONTEXT:
		return app_context(view, name);
	default:
		return member(bt_event_borrow_payload_field_const(view->event), name);
	}
}

static void view_value(void *data, const struct filter_node *node, struct filter_value *value)
{
	struct decoder_view *view = data;
	const bt_field *field;

	value->kind = FILTER_VALUE_MISSING;
	if (node->field.scope == FILTER_CONTEXT && node->field.step_count == 1 &&
	    node->field.steps[0].name && own_value(view, node->field.steps[0].name, value))
		return;
	field = chosen(first_step(view, node));
	for (size_t i = 1; field && i < node->field.step_count; i++) {
		const struct filter_step *step = &node->field.steps[i];

		field = chosen(step->name ? member(field, step->name)
					  : element(field, step->index));
	}
	if (field)
		set_value(field, value);
}

void decoder_value(struct decoder *decoder, const struct filter_node *node,
		   struct filter_value *value)
{
	view_value(decoder_view(decoder), node, value);
}

bool decoder_integer(struct decoder *decoder, const char *name, int64_t *value)
{
	struct decoder_view *view = decoder_view(decoder);
	struct filter_value found = {.kind = FILTER_VALUE_MISSING};
	const bt_field *field =
		chosen(member(bt_event_borrow_payload_field_const(view->event), name));

	if (field)
		set_value(field, &found);
	if (found.kind == FILTER_VALUE_SIGNED)
		*value = found.signed_value;
	else if (found.kind == FILTER_VALUE_UNSIGNED)
		*value = (int64_t)found.unsigned_value;
	else
		return false;
	return true;
}

bool decode_view_matches(struct decoder_view *view, const struct filter *filter)
{
	return !filter || filter_matches(filter, view_value, view);
}

bool decoder_matches(struct decoder *decoder, const struct filter *filter)
{
	return decode_view_matches(decoder_view(decoder), filter);
}
