/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Field descriptions of applications: each kind becomes a type, and nonsense is refused. */
#include "backend/source/ust/types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/ust_kit.h"

static struct lttng_ust_ctl_enum_entry labels[2];

static bool find_labels(void *data, uint64_t id, const struct lttng_ust_ctl_enum_entry **entries,
			size_t *count)
{
	(void)data;
	*entries = labels;
	*count = 2;
	return id == 7;
}

static const struct ust_enum_finder enums = {NULL, find_labels};

static struct ctf_type *build(const struct lttng_ust_ctl_field *fields, size_t count)
{
	struct error err = ERROR_INIT;
	struct ctf_type *type = ust_types_build(fields, count, &enums, &err);

	if (!type)
		print_message("# %s\n", err.message);
	assert_non_null(type);
	assert_int_equal(type->kind, CTF_STRUCT);
	return type;
}

static void assert_refused(const struct lttng_ust_ctl_field *fields, size_t count)
{
	struct error err = ERROR_INIT;

	assert_null(ust_types_build(fields, count, &enums, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	assert_true(*err.message);
}

static void no_fields_are_an_empty_struct(void **state)
{
	struct ctf_type *type = build(NULL, 0);

	(void)state;
	assert_int_equal(type->field_count, 0);
	ctf_type_destroy(type);
}

static void integer_keeps_its_properties(void **state)
{
	struct lttng_ust_ctl_field field = ust_kit_integer("port", 16);
	struct ctf_type *type;

	(void)state;
	field.type.u.integer.base = 16;
	field.type.u.integer.signedness = 1;
	field.type.u.integer.reverse_byte_order = 1;
	type = build(&field, 1);
	assert_int_equal(type->field_count, 1);
	assert_string_equal(type->fields[0].name, "port");
	assert_int_equal(type->fields[0].type->kind, CTF_INTEGER);
	assert_int_equal(type->fields[0].type->size_bits, 16);
	assert_int_equal(type->fields[0].type->align_bits, 8);
	assert_int_equal(type->fields[0].type->base, 16);
	assert_true(type->fields[0].type->is_signed);
	assert_true(type->fields[0].type->is_reverse_order);
	ctf_type_destroy(type);
}

static void float_and_double_are_told_apart(void **state)
{
	struct lttng_ust_ctl_field fields[2] = {
		ust_kit_field("f", lttng_ust_ctl_atype_float),
		ust_kit_field("d", lttng_ust_ctl_atype_float),
	};
	struct ctf_type *type;

	(void)state;
	fields[0].type.u._float.exp_dig = 8;
	fields[0].type.u._float.mant_dig = 24;
	fields[0].type.u._float.alignment = 8;
	fields[1].type.u._float.exp_dig = 11;
	fields[1].type.u._float.mant_dig = 53;
	fields[1].type.u._float.alignment = 8;
	type = build(fields, 2);
	assert_int_equal(type->fields[0].type->size_bits, 32);
	assert_int_equal(type->fields[1].type->size_bits, 64);
	ctf_type_destroy(type);
	fields[1].type.u._float.mant_dig = 64; /* long double */
	assert_refused(fields, 2);
}

static void array_takes_the_entry_behind_it(void **state)
{
	struct lttng_ust_ctl_field fields[3] = {
		ust_kit_field("list", lttng_ust_ctl_atype_array_nestable),
		ust_kit_integer("", 8),
		ust_kit_integer("behind", 32),
	};
	struct ctf_type *type;

	(void)state;
	fields[0].type.u.array_nestable.length = 5;
	fields[1].type.u.integer.encoding = lttng_ust_ctl_encode_UTF8;
	type = build(fields, 3);
	assert_int_equal(type->field_count, 2);
	assert_int_equal(type->fields[0].type->kind, CTF_ARRAY);
	assert_int_equal(type->fields[0].type->length, 5);
	assert_true(type->fields[0].type->element->is_text);
	assert_string_equal(type->fields[1].name, "behind");
	ctf_type_destroy(type);
	assert_refused(fields, 1); /* the element is missing */
}

static void sequence_names_the_field_before_it(void **state)
{
	struct lttng_ust_ctl_field fields[3] = {
		ust_kit_integer("length", 32),
		ust_kit_field("bytes", lttng_ust_ctl_atype_sequence_nestable),
		ust_kit_integer("", 8),
	};
	struct ctf_type *type;

	(void)state;
	strcpy(fields[1].type.u.sequence_nestable.length_name, "length");
	type = build(fields, 3);
	assert_int_equal(type->field_count, 2);
	assert_int_equal(type->fields[1].type->kind, CTF_SEQUENCE);
	assert_string_equal(type->fields[1].type->length_field, "length");
	ctf_type_destroy(type);
	strcpy(fields[1].type.u.sequence_nestable.length_name, "nothing");
	assert_refused(fields, 3);
}

static void old_sequence_brings_its_length_along(void **state)
{
	struct lttng_ust_ctl_field field = ust_kit_field("bytes", lttng_ust_ctl_atype_sequence);
	struct ctf_type *type;

	(void)state;
	field.type.u.legacy.sequence.length_type.atype = lttng_ust_ctl_atype_integer;
	field.type.u.legacy.sequence.length_type.u.basic.integer = ust_kit_integer_type(32, false);
	field.type.u.legacy.sequence.elem_type.atype = lttng_ust_ctl_atype_integer;
	field.type.u.legacy.sequence.elem_type.u.basic.integer = ust_kit_integer_type(8, true);
	type = build(&field, 1);
	assert_int_equal(type->field_count, 2);
	assert_int_equal(type->fields[0].type->kind, CTF_INTEGER);
	assert_int_equal(type->fields[0].type->size_bits, 32);
	assert_string_equal(type->fields[1].name, "bytes");
	assert_string_equal(type->fields[1].type->length_field, type->fields[0].name);
	assert_true(type->fields[1].type->element->is_signed);
	ctf_type_destroy(type);
	field.type.u.legacy.sequence.elem_type.atype = lttng_ust_ctl_atype_struct;
	assert_refused(&field, 1);
}

static void enum_gets_its_labels_by_id(void **state)
{
	struct lttng_ust_ctl_field fields[2] = {
		ust_kit_field("state", lttng_ust_ctl_atype_enum_nestable),
		ust_kit_integer("", 8),
	};
	struct ctf_type *type;

	(void)state;
	labels[0] = ust_kit_label("idle", 0, 0);
	labels[1] = ust_kit_label("busy", 1, 9);
	fields[0].type.u.enum_nestable.id = 7;
	type = build(fields, 2);
	assert_int_equal(type->field_count, 1);
	assert_int_equal(type->fields[0].type->kind, CTF_ENUM);
	assert_int_equal(type->fields[0].type->entry_count, 2);
	assert_string_equal(type->fields[0].type->entries[1].label, "busy");
	assert_int_equal(type->fields[0].type->entries[1].end, 9);
	ctf_type_destroy(type);
	fields[0].type.u.enum_nestable.id = 8; /* never described */
	assert_refused(fields, 2);
	fields[0].type.u.enum_nestable.id = 7;
	fields[1].type.atype = lttng_ust_ctl_atype_string; /* an enum of strings */
	assert_refused(fields, 2);
}

/* What an application context looks like: tag, then an old variant of labelled choices. */
static void variant_takes_its_choices(void **state)
{
	struct lttng_ust_ctl_field fields[5] = {
		ust_kit_field("app_tag", lttng_ust_ctl_atype_enum_nestable),
		ust_kit_integer("", 8),
		ust_kit_field("app", lttng_ust_ctl_atype_variant),
		ust_kit_field("none", lttng_ust_ctl_atype_struct_nestable),
		ust_kit_field("text", lttng_ust_ctl_atype_string),
	};
	struct ctf_type *type;

	(void)state;
	labels[0] = ust_kit_label("none", 0, 0);
	labels[1] = ust_kit_label("text", 1, 1);
	fields[0].type.u.enum_nestable.id = 7;
	fields[2].type.u.legacy.variant.nr_choices = 2;
	strcpy(fields[2].type.u.legacy.variant.tag_name, "app_tag");
	type = build(fields, 5);
	assert_int_equal(type->field_count, 2);
	assert_int_equal(type->fields[1].type->kind, CTF_VARIANT);
	assert_int_equal(type->fields[1].type->field_count, 2);
	assert_int_equal(type->fields[1].type->fields[0].type->field_count, 0);
	ctf_type_destroy(type);
	fields[2].type.u.legacy.variant.nr_choices = 3; /* more than there are */
	assert_refused(fields, 5);
}

static void impossible_sizes_are_refused(void **state)
{
	struct lttng_ust_ctl_field field = ust_kit_integer("x", 65);

	(void)state;
	assert_refused(&field, 1);
	field = ust_kit_integer("x", 0);
	assert_refused(&field, 1);
	field = ust_kit_integer("x", 32);
	field.type.u.integer.alignment = 24;
	assert_refused(&field, 1);
	field = ust_kit_field("x", (enum lttng_ust_ctl_abstract_types)99);
	assert_refused(&field, 1);
}

static void endless_nesting_is_refused(void **state)
{
	enum { COUNT = 100 };
	struct lttng_ust_ctl_field *fields = calloc(COUNT, sizeof(*fields));

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		fields[i] = ust_kit_field("a", lttng_ust_ctl_atype_array_nestable);
		fields[i].type.u.array_nestable.length = 1;
	}
	assert_refused(fields, COUNT);
	free(fields);
}

static void unterminated_names_are_cut(void **state)
{
	struct lttng_ust_ctl_field field = ust_kit_integer("", 32);
	struct ctf_type *type;

	(void)state;
	memset(field.name, 'n', sizeof(field.name));
	type = build(&field, 1);
	assert_int_equal(strlen(type->fields[0].name), sizeof(field.name));
	ctf_type_destroy(type);
}

/* Whatever bytes come, the result is a type or a sentence. */
static void random_descriptions_do_no_harm(void **state)
{
	enum { COUNT = 6, ROUNDS = 20000 };
	struct lttng_ust_ctl_field fields[COUNT];
	uint32_t seed = 1;

	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		unsigned char *bytes = (unsigned char *)fields;
		struct error err = ERROR_INIT;
		struct ctf_type *type;

		for (size_t i = 0; i < sizeof(fields); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = (seed >> 24) < 200 ? 0 : (unsigned char)(seed >> 16);
		}
		for (size_t i = 0; i < COUNT; i++) {
			seed = seed * 1664525 + 1013904223;
			fields[i].type.atype =
				(enum lttng_ust_ctl_abstract_types)((seed >> 20) % 14);
		}
		type = ust_types_build(fields, COUNT, &enums, &err);
		assert_true(type || err.code == ERROR_PROTOCOL);
		ctf_type_destroy(type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_fields_are_an_empty_struct),
		cmocka_unit_test(integer_keeps_its_properties),
		cmocka_unit_test(float_and_double_are_told_apart),
		cmocka_unit_test(array_takes_the_entry_behind_it),
		cmocka_unit_test(sequence_names_the_field_before_it),
		cmocka_unit_test(old_sequence_brings_its_length_along),
		cmocka_unit_test(enum_gets_its_labels_by_id),
		cmocka_unit_test(variant_takes_its_choices),
		cmocka_unit_test(impossible_sizes_are_refused),
		cmocka_unit_test(endless_nesting_is_refused),
		cmocka_unit_test(unterminated_names_are_cut),
		cmocka_unit_test(random_descriptions_do_no_harm),
	};

	return cmocka_run_group_tests_name("ust types", tests, NULL, NULL);
}
