/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that the kernel does not have by itself: places in it and in programs. Their definitions
 * are the whole machine's, in a group whose name says which engine made them. The kernel's thread.
 */
#ifndef TRACON_SOURCE_KERNEL_PROBE_H
#define TRACON_SOURCE_KERNEL_PROBE_H

#include "backend/base/text.h"
#include "backend/source/kernel/tracefs.h"
#include "backend/source/spec.h"

/* What one rule has defined. */
struct kernel_probe {
	struct kernel_probe *next;
	uint32_t rule_id;
	const char *list;	 /* tracefs' file that has its definitions */
	char *group;		 /* "tracon_1234_5678" */
	struct word_list names;	 /* of the kernel's events */
	struct word_list titles; /* of the trace's: same places */
};

/* False: what is missing, in the kernel or in the program. Any thread. */
bool kernel_probe_check(const struct tracefs *tracefs, const struct rule_spec *rule,
			struct error *err);
/* NULL with err: nothing is left behind. */
struct kernel_probe *kernel_probe_define(const struct tracefs *tracefs, uint64_t session_id,
					 const struct rule_spec *rule, struct error *err);
/* Its events must be off everywhere, their instances gone. NULL passes. */
void kernel_probe_remove(const struct tracefs *tracefs, struct kernel_probe *probe);
struct kernel_event;
/*
 * For the begin of a system call that has addresses of strings: an event of the same fields, which
 * has the strings. The event's format is read. NULL with err: the kernel refused.
 */
struct kernel_probe *kernel_probe_define_strings(const struct tracefs *tracefs, uint64_t session_id,
						 uint32_t channel_id,
						 const struct kernel_event *event,
						 struct error *err);
/* Whether the kernel takes such probes at all: one is tried. */
void kernel_probe_look(struct tracefs *tracefs);
/* Removes what engines that are gone have left. */
unsigned int kernel_probe_clean_up(const struct tracefs *tracefs);

/* An argument of SDT's as the kernel fetches it ("%di:s32"). False: it can't. */
bool kernel_probe_argument(const char *operand, struct text *out);

#endif
