/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor walks the flat array; a field of a nesting kind takes the entries behind it: an element,
 * a container, choices, members. The kinds without "nestable" are those of LTTng-UST up to 2.12
 * (and of application contexts still): they carry their element inside.
 */
#include "backend/source/ust/types.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define DEPTH_MAX 16

struct cursor {
	const struct lttng_ust_ctl_field *next;
	const struct lttng_ust_ctl_field *end;
	const struct ust_enum_finder *enums;
	unsigned int depth;
	struct error *err;
};

static struct ctf_type *build_type(struct cursor *cursor, const struct lttng_ust_ctl_field *field);

static struct ctf_type *refuse(struct cursor *cursor, const char *why)
{
	error_set(cursor->err, ERROR_PROTOCOL, "an event's description makes no sense: %s", why);
	return NULL;
}

static const struct lttng_ust_ctl_field *take(struct cursor *cursor)
{
	return cursor->next < cursor->end ? cursor->next++ : NULL;
}

/* Names arrive in arrays that need not be terminated. */
static char *copy_name(const char *name)
{
	return mem_strndup(name, LTTNG_UST_ABI_SYM_NAME_LEN);
}

static bool is_alignment(uint32_t bits)
{
	return bits && bits <= 4096 && !(bits & (bits - 1));
}

static struct ctf_type *build_integer(struct cursor *cursor,
				      const struct lttng_ust_ctl_integer_type *integer)
{
	uint32_t base = integer->base;
	struct ctf_type *type;

	if (integer->size < 1 || integer->size > 64)
		return refuse(cursor, "an integer of an impossible size");
	if (!is_alignment(integer->alignment))
		return refuse(cursor, "an integer of an impossible alignment");
	if (base != 2 && base != 8 && base != 16)
		base = 10;
	type = ctf_type_create_integer(integer->size, integer->alignment, integer->signedness,
				       base);
	type->is_reverse_order = integer->reverse_byte_order;
	type->is_text = integer->encoding != lttng_ust_ctl_encode_none;
	return type;
}

static struct ctf_type *build_float(struct cursor *cursor,
				    const struct lttng_ust_ctl_float_type *number)
{
	struct ctf_type *type;

	if (!(number->exp_dig == 8 && number->mant_dig == 24) &&
	    !(number->exp_dig == 11 && number->mant_dig == 53))
		return refuse(cursor, "a floating point number that is neither float nor double");
	if (!is_alignment(number->alignment))
		return refuse(cursor, "a floating point number of an impossible alignment");
	type = ctf_type_create(CTF_FLOAT);
	type->size_bits = number->exp_dig + number->mant_dig;
	type->exponent_bits = number->exp_dig;
	type->mantissa_bits = number->mant_dig;
	type->align_bits = number->alignment;
	type->is_reverse_order = number->reverse_byte_order;
	return type;
}

static struct ctf_type *build_string(int32_t encoding)
{
	struct ctf_type *type = ctf_type_create(CTF_STRING);

	type->align_bits = 8;
	type->is_text = encoding != lttng_ust_ctl_encode_none;
	return type;
}

static struct ctf_type *build_enum(struct cursor *cursor, uint64_t id,
				   const struct lttng_ust_ctl_integer_type *container)
{
	const struct lttng_ust_ctl_enum_entry *entries;
	struct ctf_type *type;
	size_t count;

	if (!cursor->enums || !cursor->enums->find(cursor->enums->data, id, &entries, &count))
		return refuse(cursor, "an enumeration that was never described");
	type = build_integer(cursor, container);
	if (!type)
		return NULL;
	type->kind = CTF_ENUM;
	for (size_t i = 0; i < count; i++) {
		char *label = copy_name(entries[i].string);

		ctf_type_add_entry(
			type, label, (int64_t)entries[i].start.value, (int64_t)entries[i].end.value,
			entries[i].u.extra.options & LTTNG_UST_CTL_UST_ENUM_ENTRY_OPTION_IS_AUTO);
		free(label);
	}
	return type;
}

/* The integer that an enumeration's values lie in follows it. */
static struct ctf_type *build_nested_enum(struct cursor *cursor,
					  const struct lttng_ust_ctl_field *field)
{
	const struct lttng_ust_ctl_field *container = take(cursor);

	if (!container || container->type.atype != lttng_ust_ctl_atype_integer)
		return refuse(cursor, "an enumeration of no integer");
	return build_enum(cursor, field->type.u.enum_nestable.id, &container->type.u.integer);
}

/* alignment: in bytes, 0 for none. */
static struct ctf_type *build_list(struct cursor *cursor, enum ctf_kind kind,
				   struct ctf_type *element, uint32_t alignment)
{
	struct ctf_type *type;

	if (!element)
		return NULL;
	if (alignment && (alignment > 512 || !is_alignment(alignment * 8))) {
		ctf_type_destroy(element);
		return refuse(cursor, "a list of an impossible alignment");
	}
	type = ctf_type_create(kind);
	type->element = element;
	type->align_bits = alignment ? alignment * 8 : 1;
	return type;
}

static struct ctf_type *build_element(struct cursor *cursor)
{
	const struct lttng_ust_ctl_field *element = take(cursor);

	return element ? build_type(cursor, element) : refuse(cursor, "a list of nothing");
}

static struct ctf_type *build_array(struct cursor *cursor, struct ctf_type *element,
				    uint32_t length, uint32_t alignment)
{
	struct ctf_type *type = build_list(cursor, CTF_ARRAY, element, alignment);

	if (type)
		type->length = length;
	return type;
}

static struct ctf_type *build_sequence(struct cursor *cursor, struct ctf_type *element,
				       const char *length_name, uint32_t alignment)
{
	struct ctf_type *type = build_list(cursor, CTF_SEQUENCE, element, alignment);

	if (type)
		type->length_field = copy_name(length_name);
	return type;
}

/* Adds the next `count` fields to a struct or, as its choices, to a variant. */
static struct ctf_type *add_fields(struct cursor *cursor, struct ctf_type *type, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct lttng_ust_ctl_field *field = take(cursor);
		struct ctf_type *member;
		char *name;

		member = field ? build_type(cursor, field)
			       : refuse(cursor, "fields are announced that do not come");
		if (!member) {
			ctf_type_destroy(type);
			return NULL;
		}
		name = copy_name(field->name);
		ctf_type_add_field(type, name, member);
		free(name);
	}
	return type;
}

static struct ctf_type *build_struct(struct cursor *cursor, uint32_t count)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);

	type->align_bits = 1;
	return add_fields(cursor, type, count);
}

static struct ctf_type *build_variant(struct cursor *cursor, const char *tag_name, uint32_t count)
{
	struct ctf_type *type = ctf_type_create(CTF_VARIANT);

	type->align_bits = 1;
	type->length_field = copy_name(tag_name);
	return add_fields(cursor, type, count);
}

/* What old lists carry as their element. */
static struct ctf_type *build_basic(struct cursor *cursor,
				    const struct lttng_ust_ctl_basic_type *basic)
{
	const union _lttng_ust_ctl_basic_type *content = &basic->u.basic;

	switch (basic->atype) {
	case lttng_ust_ctl_atype_integer:
		return build_integer(cursor, &content->integer);
	case lttng_ust_ctl_atype_float:
		return build_float(cursor, &content->_float);
	case lttng_ust_ctl_atype_string:
		return build_string(content->string.encoding);
	case lttng_ust_ctl_atype_enum:
		return build_enum(cursor, content->enumeration.id,
				  &content->enumeration.container_type);
	default:
		return refuse(cursor, "a list of an unknown kind");
	}
}

static struct ctf_type *build_one(struct cursor *cursor, const struct lttng_ust_ctl_field *field)
{
	const struct lttng_ust_ctl_type *type = &field->type;

	switch (type->atype) {
	case lttng_ust_ctl_atype_integer:
		return build_integer(cursor, &type->u.integer);
	case lttng_ust_ctl_atype_float:
		return build_float(cursor, &type->u._float);
	case lttng_ust_ctl_atype_string:
		return build_string(type->u.string.encoding);
	case lttng_ust_ctl_atype_enum_nestable:
		return build_nested_enum(cursor, field);
	case lttng_ust_ctl_atype_array_nestable:
		return build_array(cursor, build_element(cursor), type->u.array_nestable.length,
				   type->u.array_nestable.alignment);
	case lttng_ust_ctl_atype_sequence_nestable:
		return build_sequence(cursor, build_element(cursor),
				      type->u.sequence_nestable.length_name,
				      type->u.sequence_nestable.alignment);
	case lttng_ust_ctl_atype_struct_nestable:
		return build_struct(cursor, type->u.struct_nestable.nr_fields);
	case lttng_ust_ctl_atype_variant_nestable:
		return build_variant(cursor, type->u.variant_nestable.tag_name,
				     type->u.variant_nestable.nr_choices);
	case lttng_ust_ctl_atype_enum:
		return build_enum(cursor, type->u.legacy.basic.enumeration.id,
				  &type->u.legacy.basic.enumeration.container_type);
	case lttng_ust_ctl_atype_array:
		return build_array(cursor, build_basic(cursor, &type->u.legacy.array.elem_type),
				   type->u.legacy.array.length, 0);
	case lttng_ust_ctl_atype_struct:
		return build_struct(cursor, type->u.legacy._struct.nr_fields);
	case lttng_ust_ctl_atype_variant:
		return build_variant(cursor, type->u.legacy.variant.tag_name,
				     type->u.legacy.variant.nr_choices);
	default:
		return refuse(cursor, "a field of an unknown kind");
	}
}

static struct ctf_type *build_type(struct cursor *cursor, const struct lttng_ust_ctl_field *field)
{
	struct ctf_type *type;

	if (cursor->depth == DEPTH_MAX)
		return refuse(cursor, "too deep");
	cursor->depth++;
	type = build_one(cursor, field);
	cursor->depth--;
	return type;
}

/* An old sequence has its length inside; it becomes a field before it, named as lttng does. */
static bool add_old_sequence(struct cursor *cursor, struct ctf_type *payload,
			     const struct lttng_ust_ctl_field *field)
{
	const struct lttng_ust_ctl_type *type = &field->type;
	char *name = copy_name(field->name);
	char *length_name = mem_printf("_%s_length", name);
	struct ctf_type *length = build_basic(cursor, &type->u.legacy.sequence.length_type);
	struct ctf_type *list = NULL;

	if (length && length->kind != CTF_INTEGER) {
		ctf_type_destroy(length);
		length = refuse(cursor, "a list whose length is no integer");
	}
	if (length) {
		ctf_type_add_field(payload, length_name, length);
		list = build_list(cursor, CTF_SEQUENCE,
				  build_basic(cursor, &type->u.legacy.sequence.elem_type), 0);
	}
	if (list) {
		list->length_field = mem_strdup(length_name);
		ctf_type_add_field(payload, name, list);
	}
	free(length_name);
	free(name);
	return list;
}

static bool add_field(struct cursor *cursor, struct ctf_type *payload,
		      const struct lttng_ust_ctl_field *field)
{
	struct ctf_type *type;
	char *name;

	if (field->type.atype == lttng_ust_ctl_atype_sequence)
		return add_old_sequence(cursor, payload, field);
	type = build_type(cursor, field);
	if (!type)
		return false;
	name = copy_name(field->name);
	ctf_type_add_field(payload, name, type);
	free(name);
	return true;
}

struct ctf_type *ust_types_build(const struct lttng_ust_ctl_field *fields, size_t count,
				 const struct ust_enum_finder *enums, struct error *err)
{
	struct cursor cursor = {
		.next = fields, .end = fields ? fields + count : NULL, .enums = enums, .err = err};
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	payload->align_bits = 1;
	while (cursor.next < cursor.end) {
		if (!add_field(&cursor, payload, take(&cursor))) {
			ctf_type_destroy(payload);
			return NULL;
		}
	}
	if (ctf_type_check(payload, err))
		return payload;
	if (err)
		err->code = ERROR_PROTOCOL;
	ctf_type_destroy(payload);
	return NULL;
}
