/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whole events for files: lines as babeltrace2's own text output has them, and JSON with numbers as
 * numbers. Nothing is cut but what is nested too deep: an event isn't longer than its packet.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/json.h"
#include "backend/ctf/decode_parts.h"

/* --- text ------------------------------------------------------------------------------------- */

static void print_field(struct text *out, const bt_field *field, unsigned int depth);

/* Controls and quotes as in a C string; other bytes as they are. */
static void print_string(struct text *out, const char *string)
{
	text_add_char(out, '"');
	for (const char *at = string; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '"' || byte == '\\')
			text_addf(out, "\\%c", byte);
		else if (byte == '\n')
			text_add(out, "\\n");
		else if (byte == '\t')
			text_add(out, "\\t");
		else if (byte == '\r')
			text_add(out, "\\r");
		else if (byte < ' ' || byte == 127)
			text_addf(out, "\\x%02x", byte);
		else
			text_add_char(out, *at);
	}
	text_add_char(out, '"');
}

static void print_enum(struct text *out, const bt_field *field, const bt_field_class *class,
		       bool is_signed)
{
	bt_field_class_enumeration_mapping_label_array labels;
	uint64_t count = 0;

	if (is_signed)
		bt_field_enumeration_signed_get_mapping_labels(field, &labels, &count);
	else
		bt_field_enumeration_unsigned_get_mapping_labels(field, &labels, &count);
	text_add(out, "( ");
	if (count == 0)
		text_add(out, "<unknown>");
	for (uint64_t i = 0; i < count; i++) {
		text_add(out, i > 0 ? ", " : "");
		print_string(out, labels[i]);
	}
	text_add(out, " : container = ");
	decode_add_integer(out, class,
			   is_signed ? (uint64_t)bt_field_integer_signed_get_value(field)
				     : bt_field_integer_unsigned_get_value(field),
			   is_signed);
	text_add(out, " )");
}

static void print_struct(struct text *out, const bt_field *field, unsigned int depth)
{
	const bt_field_class *class = bt_field_borrow_class_const(field);
	uint64_t count = bt_field_class_structure_get_member_count(class);

	text_add(out, "{");
	for (uint64_t i = 0; i < count; i++) {
		text_addf(out, "%s%s = ", i > 0 ? ", " : " ",
			  bt_field_class_structure_member_get_name(
				  bt_field_class_structure_borrow_member_by_index_const(class, i)));
		print_field(out, bt_field_structure_borrow_member_field_by_index_const(field, i),
			    depth + 1);
	}
	text_add(out, " }");
}

static void print_array(struct text *out, const bt_field *field, unsigned int depth)
{
	uint64_t count = bt_field_array_get_length(field);

	text_add(out, "[");
	for (uint64_t i = 0; i < count; i++) {
		text_addf(out, "%s[%" PRIu64 "] = ", i > 0 ? ", " : " ", i);
		print_field(out, bt_field_array_borrow_element_field_by_index_const(field, i),
			    depth + 1);
	}
	text_add(out, " ]");
}

static void print_field(struct text *out, const bt_field *field, unsigned int depth)
{
	bt_field_class_type type = bt_field_get_class_type(field);
	const bt_field_class *class = bt_field_borrow_class_const(field);

	if (depth > DECODE_DEPTH_MAX)
		text_add(out, "…");
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ENUMERATION))
		print_enum(out, field, class, type == BT_FIELD_CLASS_TYPE_SIGNED_ENUMERATION);
	else if (type == BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER)
		decode_add_integer(out, class, bt_field_integer_unsigned_get_value(field), false);
	else if (type == BT_FIELD_CLASS_TYPE_SIGNED_INTEGER)
		decode_add_integer(out, class, (uint64_t)bt_field_integer_signed_get_value(field),
				   true);
	else if (type == BT_FIELD_CLASS_TYPE_SINGLE_PRECISION_REAL)
		text_addf(out, "%g", (double)bt_field_real_single_precision_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL)
		text_addf(out, "%g", bt_field_real_double_precision_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_STRING)
		print_string(out, bt_field_string_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_STRUCTURE)
		print_struct(out, field, depth);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY))
		print_array(out, field, depth);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_VARIANT)) {
		text_add(out, "{ ");
		print_field(out, bt_field_variant_borrow_selected_option_field_const(field),
			    depth + 1);
		text_add(out, " }");
	} else if (type == BT_FIELD_CLASS_TYPE_BOOL)
		text_add(out, bt_field_bool_get_value(field) ? "true" : "false");
	else
		text_add(out, "?");
}

static void print_scope(struct text *out, const bt_field *field, const char **before)
{
	if (!field)
		return;
	text_add(out, *before);
	print_struct(out, field, 0);
	*before = ", ";
}

void decoder_print_all(struct decoder *decoder, struct text *out)
{
	const bt_event *event = decoder_view(decoder)->event;
	const char *name = bt_event_class_get_name(bt_event_borrow_class_const(event));
	const char *before = " ";

	text_addf(out, "%s:", name ? name : "<unknown>");
	print_scope(out, decode_packet_context(event), &before);
	print_scope(out, bt_event_borrow_common_context_field_const(event), &before);
	print_scope(out, bt_event_borrow_specific_context_field_const(event), &before);
	print_scope(out, bt_event_borrow_payload_field_const(event), &before);
}

/* --- JSON ------------------------------------------------------------------------------------- */

/* One value into an object by its name, or into an array: then name is NULL. */
static void put_value(struct json *into, const char *name, const bt_field *field,
		      unsigned int depth);

static void put_members(struct json *object, const bt_field *field, unsigned int depth)
{
	const bt_field_class *class = bt_field_borrow_class_const(field);
	uint64_t count = bt_field_class_structure_get_member_count(class);

	for (uint64_t i = 0; i < count; i++) {
		const bt_field_class_structure_member *member =
			bt_field_class_structure_borrow_member_by_index_const(class, i);

		put_value(object, bt_field_class_structure_member_get_name(member),
			  bt_field_structure_borrow_member_field_by_index_const(field, i), depth);
	}
}

static void put_text(struct json *into, const char *name, const char *text)
{
	if (name)
		json_put_text(into, name, text);
	else
		json_add_text(into, text);
}

static void put_signed(struct json *into, const char *name, int64_t value)
{
	if (name)
		json_put_i64(into, name, value);
	else
		json_add_i64(into, value);
}

/* Numbers that JSON's readers can't hold are text. */
static void put_unsigned(struct json *into, const char *name, uint64_t value)
{
	char digits[24];

	if (value <= INT64_MAX) {
		put_signed(into, name, (int64_t)value);
		return;
	}
	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	put_text(into, name, digits);
}

static void put_real(struct json *into, const char *name, double value)
{
	if (name)
		json_put_real(into, name, value);
	else
		json_add_real(into, value);
}

static void put_nested(struct json *into, const char *name, struct json *value)
{
	if (name)
		json_put(into, name, value);
	else
		json_add(into, value);
}

static void put_array(struct json *into, const char *name, const bt_field *field,
		      unsigned int depth)
{
	struct json *array = json_create_array();
	uint64_t count = bt_field_array_get_length(field);

	for (uint64_t i = 0; i < count; i++)
		put_value(array, NULL, bt_field_array_borrow_element_field_by_index_const(field, i),
			  depth + 1);
	put_nested(into, name, array);
}

static void put_struct(struct json *into, const char *name, const bt_field *field,
		       unsigned int depth)
{
	struct json *object = json_create_object();

	put_members(object, field, depth + 1);
	put_nested(into, name, object);
}

static void put_value(struct json *into, const char *name, const bt_field *field,
		      unsigned int depth)
{
	bt_field_class_type type = bt_field_get_class_type(field);

	if (depth > DECODE_DEPTH_MAX)
		put_text(into, name, "…");
	else if (type == BT_FIELD_CLASS_TYPE_STRING)
		put_text(into, name, bt_field_string_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_STRUCTURE)
		put_struct(into, name, field, depth);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_ARRAY))
		put_array(into, name, field, depth);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_VARIANT))
		put_value(into, name, bt_field_variant_borrow_selected_option_field_const(field),
			  depth + 1);
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_UNSIGNED_INTEGER))
		put_unsigned(into, name, bt_field_integer_unsigned_get_value(field));
	else if (bt_field_class_type_is(type, BT_FIELD_CLASS_TYPE_SIGNED_INTEGER))
		put_signed(into, name, bt_field_integer_signed_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_SINGLE_PRECISION_REAL)
		put_real(into, name, (double)bt_field_real_single_precision_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_DOUBLE_PRECISION_REAL)
		put_real(into, name, bt_field_real_double_precision_get_value(field));
	else if (type == BT_FIELD_CLASS_TYPE_BOOL)
		put_unsigned(into, name, bt_field_bool_get_value(field) ? 1 : 0);
	else
		put_text(into, name, "?");
}

void decoder_put_json(struct decoder *decoder, struct json *object)
{
	const bt_event *event = decoder_view(decoder)->event;
	struct json *context = json_put_object(object, "context");
	struct json *fields = json_put_object(object, "fields");
	const bt_field *contexts[] = {
		decode_packet_context(event),
		bt_event_borrow_common_context_field_const(event),
		bt_event_borrow_specific_context_field_const(event),
	};

	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		if (contexts[i])
			put_members(context, contexts[i], 0);
	}
	if (bt_event_borrow_payload_field_const(event))
		put_members(fields, bt_event_borrow_payload_field_const(event), 0);
}
