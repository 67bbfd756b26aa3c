/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refuses field types from outside that CTF readers would refuse, or that have no bounds. */
#include "backend/ctf/links.h"

#include <string.h>

#include "backend/base/mem.h"

#define ALIGN_BITS_MAX	 512		    /* a cache line: more than any writer's */
#define ARRAY_LENGTH_MAX UINT64_C(16777216) /* far above a sub-buffer's sensible content */
#define NODE_COUNT_MAX	 1024		    /* printing is quadratic in it */

#define TAG_LABEL_COUNT_MAX 256 /* scan.c looks through them at each event */

struct check {
	struct ctf_links links;
	size_t node_count;
	struct error *err;
};

static bool check_align(const struct check *check, const struct ctf_type *type)
{
	unsigned int align = type->align_bits;

	if (align == 0 || align > ALIGN_BITS_MAX || (align & (align - 1)))
		return error_set(check->err, ERROR_INVALID, "alignment of %u bits", align);
	if (type->kind == CTF_STRING && align > 8)
		return error_set(check->err, ERROR_INVALID, "string aligned to %u bits", align);
	return true;
}

static bool check_integer(const struct check *check, const struct ctf_type *type)
{
	if (type->size_bits == 0 || type->size_bits > 64)
		return error_set(check->err, ERROR_INVALID, "integer of %u bits", type->size_bits);
	if (type->base != 2 && type->base != 8 && type->base != 10 && type->base != 16)
		return error_set(check->err, ERROR_INVALID, "integer of base %u", type->base);
	return true;
}

static bool check_float(const struct check *check, const struct ctf_type *type)
{
	bool is_single =
		type->size_bits == 32 && type->exponent_bits == 8 && type->mantissa_bits == 24;
	bool is_double =
		type->size_bits == 64 && type->exponent_bits == 11 && type->mantissa_bits == 53;

	if (is_single || is_double)
		return true;
	return error_set(check->err, ERROR_INVALID, "floating point number of %u bits",
			 type->size_bits);
}

static bool check_enum(const struct check *check, const struct ctf_type *type)
{
	for (size_t i = 0; i < type->entry_count; i++) {
		const struct ctf_enum_entry *entry = &type->entries[i];
		bool is_reversed = type->is_signed ? entry->begin > entry->end
						   : (uint64_t)entry->begin > (uint64_t)entry->end;

		if (!entry->is_auto && is_reversed)
			return error_set(check->err, ERROR_INVALID,
					 "enumeration with a range that ends before it begins");
	}
	return check_integer(check, type);
}

static bool check_sequence(const struct check *check, const struct ctf_type *type)
{
	const struct ctf_link *link = ctf_links_of_user(&check->links, type);

	if (link && ctf_link_target(link)->kind == CTF_INTEGER)
		return true;
	return error_set(check->err, ERROR_INVALID, "sequence without a length field before it");
}

static bool has_label(const struct ctf_type *tag, const struct ctf_type *variant, size_t choice)
{
	for (size_t i = 0; i < tag->entry_count; i++) {
		if (ctf_variant_choice(variant, tag->entries[i].label) == choice)
			return true;
	}
	return false;
}

static bool check_variant(const struct check *check, const struct ctf_type *type)
{
	const struct ctf_link *link = ctf_links_of_user(&check->links, type);

	if (!link || ctf_link_target(link)->kind != CTF_ENUM)
		return error_set(check->err, ERROR_INVALID, "variant without a tag before it");
	/* One tag for two variants: its labels could be printed to suit only one of them. */
	if (ctf_links_user_of(&check->links, ctf_link_target(link)) != type)
		return error_set(check->err, ERROR_INVALID, "two variants with one tag");
	if (type->field_count == 0)
		return error_set(check->err, ERROR_INVALID, "variant without choices");
	if (ctf_link_target(link)->entry_count > TAG_LABEL_COUNT_MAX)
		return error_set(check->err, ERROR_INVALID,
				 "variant whose tag has too many labels");
	for (size_t i = 0; i < type->field_count; i++) {
		if (!has_label(ctf_link_target(link), type, i))
			return error_set(check->err, ERROR_INVALID,
					 "variant with a choice that its tag doesn't know");
	}
	return true;
}

static bool check_kind(const struct check *check, const struct ctf_type *type)
{
	switch (type->kind) {
	case CTF_INTEGER:
		return check_integer(check, type);
	case CTF_FLOAT:
		return check_float(check, type);
	case CTF_ENUM:
		return check_enum(check, type);
	case CTF_SEQUENCE:
		return check_sequence(check, type);
	case CTF_VARIANT:
		return check_variant(check, type);
	case CTF_ARRAY:
		if (type->length > ARRAY_LENGTH_MAX)
			return error_set(check->err, ERROR_INVALID, "array is too long");
		return true;
	case CTF_STRING:
	case CTF_STRUCT:
		return true;
	}
	return error_set(check->err, ERROR_INVALID, "unknown kind of field");
}

static bool check_type(struct check *check, const struct ctf_type *type, unsigned int depth);

static bool check_inside(struct check *check, const struct ctf_type *type, unsigned int depth)
{
	bool has_element = type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE;

	if (has_element != (type->element != NULL))
		return error_set(check->err, ERROR_INVALID, "array without elements");
	if (has_element && !check_type(check, type->element, depth + 1))
		return false;
	for (size_t i = 0; i < type->field_count; i++) {
		if (!check_type(check, type->fields[i].type, depth + 1))
			return error_prefix(check->err, "field '%s'", type->fields[i].name);
	}
	return true;
}

static bool check_type(struct check *check, const struct ctf_type *type, unsigned int depth)
{
	if (depth > CTF_NESTING_MAX)
		return error_set(check->err, ERROR_INVALID, "fields are nested too deeply");
	if (++check->node_count > NODE_COUNT_MAX)
		return error_set(check->err, ERROR_INVALID, "too many fields");
	return check_align(check, type) && check_kind(check, type) &&
	       check_inside(check, type, depth);
}

bool ctf_type_check(const struct ctf_type *type, struct error *err)
{
	struct check check = {.err = err};
	bool is_good;

	if (type->kind != CTF_STRUCT)
		return error_set(err, ERROR_INVALID, "not a struct");
	ctf_links_collect(&check.links, type);
	if (check.links.count > CTF_LINK_COUNT_MAX)
		is_good = error_set(err, ERROR_INVALID, "too many sequences and variants");
	else
		is_good = check_type(&check, type, 0);
	ctf_links_finish(&check.links);
	return is_good;
}
