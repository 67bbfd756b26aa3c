/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libraries print on standard error goes to the log: nothing may print over the screen. */
#ifndef TRACON_CONSOLE_STRAY_H
#define TRACON_CONSOLE_STRAY_H

struct loop;
struct stray;

/* From now on. NULL when there are no descriptors left. */
struct stray *stray_catch(struct loop *loop);
/* Standard error is what it was before. NULL passes. */
void stray_release(struct stray *stray);

#endif
