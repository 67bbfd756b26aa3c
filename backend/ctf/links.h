/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which fields of a type tree mean which others: a sequence its length, a variant its tag. The
 * parts of ctf/ share it; others need only ctf_type_check().
 */
#ifndef TRACON_CTF_LINKS_H
#define TRACON_CTF_LINKS_H

#include "backend/ctf/type.h"

#define CTF_LINK_COUNT_MAX 64 /* lengths and tags in one type; scan.c remembers so many */

struct ctf_link {
	const struct ctf_type *user;	  /* sequence or variant */
	const struct ctf_type *structure; /* holds the field that is meant */
	size_t index;			  /* of that field */
};

struct ctf_links {
	struct ctf_link *items;
	size_t count;
	size_t room;
	const struct ctf_type *unresolved; /* first user without a target, or NULL */
};

/* Nothing deeper than CTF_NESTING_MAX is looked at. The tree must outlive the links. */
void ctf_links_collect(struct ctf_links *links, const struct ctf_type *type);
void ctf_links_finish(struct ctf_links *links);

/* NULL if `user` has no target. */
const struct ctf_link *ctf_links_of_user(const struct ctf_links *links,
					 const struct ctf_type *user);
const struct ctf_type *ctf_link_target(const struct ctf_link *link);
/* The first user that `target` is the length or tag of, or NULL. */
const struct ctf_type *ctf_links_user_of(const struct ctf_links *links,
					 const struct ctf_type *target);

/*
 * The variant's choice that an enum label selects: named the same, or without the label's leading
 * underscore (LTTng-UST's labels carry TSDL's underscore already). field_count if none.
 */
size_t ctf_variant_choice(const struct ctf_type *variant, const char *label);

#endif
