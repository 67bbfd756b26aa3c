/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that somebody waits for and whose message found no room: applications count them, in
 * memory that all of a user's share. Each thing that is waited for has a slot there. Any thread.
 */
#ifndef TRACON_SOURCE_UST_MISSED_H
#define TRACON_SOURCE_UST_MISSED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <lttng/ust-ctl.h>

#include "backend/base/error.h"

#define MISSED_SLOT_COUNT 4096 /* what lttng-sessiond has unless it is told otherwise */
#define MISSED_SLOT_NONE  0    /* counts for nobody */

struct missed;

struct missed *missed_create(void);
void missed_destroy(struct missed *missed); /* nobody uses it; NULL passes */

/* Counts from 0. MISSED_SLOT_NONE: all are in use. */
uint32_t missed_take_slot(struct missed *missed);
/* No application has anything to count in it any more. */
void missed_give_slot(struct missed *missed, uint32_t slot);
/* Of all users. */
uint64_t missed_read(struct missed *missed, uint32_t slot);

/*
 * The user's memory, made if need be; as long as `missed` lives. NULL with ERROR_NO_SPACE or
 * ERROR_IO.
 */
struct lttng_ust_ctl_daemon_counter *missed_counter(struct missed *missed, uid_t uid,
						    struct error *err);
/*
 * Gives it to an application whose group of notifiers has been made. 0, or what the library says.
 */
int missed_send(struct lttng_ust_ctl_daemon_counter *counter, int command_fd, int group_handle);

#endif
