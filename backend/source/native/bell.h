/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How an application wakes us that has something to say after a long silence: one page that all
 * applications can read. While the bell is up, whoever opens a sub-buffer rings; that takes it
 * down. Applications may lie: at worst we look at lanes that have nothing.
 */
#ifndef TRACON_SOURCE_NATIVE_BELL_H
#define TRACON_SOURCE_NATIVE_BELL_H

#include <stdbool.h>

struct native_bell;

/* NULL: it can't be had here (Linux before 5.1); looking often is all that is left then. */
struct native_bell *native_bell_create(void);
void native_bell_destroy(struct native_bell *bell); /* NULL passes */
/* For applications; -1 for NULL. */
int native_bell_page_fd(const struct native_bell *bell);
/* Readable when somebody has rung: fd_drain(). */
int native_bell_event_fd(const struct native_bell *bell);

bool native_bell_is_up(const struct native_bell *bell);
/* Who opens a sub-buffer at this moment may not see it: look once more soon. */
void native_bell_raise(struct native_bell *bell);
void native_bell_lower(struct native_bell *bell);

#endif
