/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which loggers the agents know, gathered to one list. Private to source/agent/; its thread. */
#ifndef TRACON_SOURCE_AGENT_LISTING_H
#define TRACON_SOURCE_AGENT_LISTING_H

#include "backend/base/queue.h"
#include "backend/source/agent/agent_program.h"

struct agent_listing;
struct point_list;

/* The task's part passes: it is done when all that were asked have answered or gone. */
struct agent_listing *agent_listing_create(struct point_list *list, struct task *task);
void agent_listing_ask(struct agent_listing *listing, struct agent_program *program);
/* No more will be asked. */
void agent_listing_done(struct agent_listing *listing);

#endif
