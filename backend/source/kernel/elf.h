/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in a program's file a probe goes: of a function by the symbol tables, of a statically
 * defined point (SDT) by its notes. 64-bit, little-endian; nothing in the file is trusted.
 */
#ifndef TRACON_SOURCE_KERNEL_ELF_H
#define TRACON_SOURCE_KERNEL_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

/* Offset of the function's first instruction in the file. False: ERROR_NOT_FOUND, _INVALID, _IO. */
bool kernel_elf_find_function(int fd, const char *name, uint64_t *offset, struct error *err);

struct kernel_sdt_site {
	uint64_t offset;	   /* in the file */
	uint64_t semaphore_offset; /* 0: none */
	char *arguments;	   /* "-4@%edi 8@16(%rsp)", as the compiler wrote it */
};

#define KERNEL_SDT_SITES_MAX 1024

/* All places of the point, at least one. The caller frees with kernel_elf_free_sites(). */
bool kernel_elf_find_sdt(int fd, const char *provider, const char *name,
			 struct kernel_sdt_site **sites, size_t *count, struct error *err);
void kernel_elf_free_sites(struct kernel_sdt_site *sites, size_t count);

#endif
