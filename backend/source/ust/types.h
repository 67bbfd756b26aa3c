/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application's description of fields, a flat array in prefix order, made a tree of types. It
 * comes from outside: whatever it says, the result is a type that can be printed and walked, or
 * ERROR_PROTOCOL.
 */
#ifndef TRACON_SOURCE_UST_TYPES_H
#define TRACON_SOURCE_UST_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include <lttng/ust-ctl.h>

#include "backend/base/error.h"
#include "backend/ctf/type.h"

/* Finds the entries of an enumeration by the id that fields name it with. */
struct ust_enum_finder {
	void *data;
	/* False: unknown. Borrowed as long as the finder's owner lives. */
	bool (*find)(void *data, uint64_t id, const struct lttng_ust_ctl_enum_entry **entries,
		     size_t *count);
};

/* A struct of all fields; caller owns it. NULL with ERROR_PROTOCOL. */
struct ctf_type *ust_types_build(const struct lttng_ust_ctl_field *fields, size_t count,
				 const struct ust_enum_finder *enums, struct error *err);

#endif
