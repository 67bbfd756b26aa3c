/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where probes are: places in the kernel ("0xffffffff81000000", "vfs_read", "vfs_read+0x10") and in
 * programs ("elf:/lib/x.so:malloc", "elf:/lib/x.so:malloc%return", "sdt:/bin/x:PROVIDER:NAME").
 */
#ifndef TRACON_SOURCE_LOCATION_H
#define TRACON_SOURCE_LOCATION_H

#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/source/spec.h"

/* Behind a function of a program: where it returns, with what. */
#define LOCATION_RETURN "%return"

enum location_kind { LOCATION_ADDRESS, LOCATION_SYMBOL, LOCATION_ELF, LOCATION_SDT };

struct location {
	enum location_kind kind;
	uint64_t number; /* the address, or what is added to the symbol's */
	char *path;	 /* of a program, as it was given; else NULL */
	char *provider;	 /* of SDT; else NULL */
	char *symbol;	 /* the function (with LOCATION_RETURN), SDT's name; NULL: an address */
};

/* As enable-event takes it for rules of that kind. False with ERROR_INVALID; finish it anyway. */
bool location_parse(const char *text, enum rule_kind kind, struct location *location,
		    struct error *err);
void location_finish(struct location *location);
/* The one text of it, that is parsed again to the same. */
void location_print(const struct location *location, struct text *out);

#endif
