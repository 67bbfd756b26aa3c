/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of the LTTng-UST source: field descriptions as applications send them. */
#ifndef TRACON_TESTS_UST_KIT_H
#define TRACON_TESTS_UST_KIT_H

#include <string.h>

#include <lttng/ust-ctl.h>

static inline struct lttng_ust_ctl_field ust_kit_field(const char *name,
						       enum lttng_ust_ctl_abstract_types kind)
{
	struct lttng_ust_ctl_field field;

	memset(&field, 0, sizeof(field));
	strncpy(field.name, name, sizeof(field.name) - 1);
	field.type.atype = kind;
	return field;
}

static inline struct lttng_ust_ctl_integer_type ust_kit_integer_type(uint32_t size, bool is_signed)
{
	struct lttng_ust_ctl_integer_type type;

	memset(&type, 0, sizeof(type));
	type.size = size;
	type.signedness = is_signed;
	type.base = 10;
	type.alignment = 8;
	return type;
}

static inline struct lttng_ust_ctl_field ust_kit_integer(const char *name, uint32_t size)
{
	struct lttng_ust_ctl_field field = ust_kit_field(name, lttng_ust_ctl_atype_integer);

	field.type.u.integer = ust_kit_integer_type(size, false);
	return field;
}

static inline struct lttng_ust_ctl_enum_entry ust_kit_label(const char *label, uint64_t begin,
							    uint64_t end)
{
	struct lttng_ust_ctl_enum_entry entry;

	memset(&entry, 0, sizeof(entry));
	strncpy(entry.string, label, sizeof(entry.string) - 1);
	entry.start.value = begin;
	entry.end.value = end;
	return entry;
}

#endif
