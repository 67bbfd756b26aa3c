/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LTTng's logging agents: the part of a Java or Python program that hands its log records to
 * LTTng-UST. They find us by a port in a file, register, and are told which loggers are wanted;
 * their events then come from the same process as LTTng-UST events. A thread of its own.
 */
#ifndef TRACON_SOURCE_AGENTS_H
#define TRACON_SOURCE_AGENTS_H

#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/base/queue.h"
#include "backend/source/agent/agent_wire.h"

struct agents;
struct point_list;

struct agent_rule {
	uint32_t id; /* unique in its session */
	enum agent_domain domain;
	const char *logger; /* name, stars allowed */
	enum agent_level_match match;
	int32_t loglevel;
};

/*
 * Listens at 127.0.0.1, the first free port from 5345, and writes it to DIRECTORY/agent.port.
 * takes_all_users: root's; else only programs of the own user may register. ERROR_IO, ERROR_BUSY
 * (no port is free).
 */
struct agents *agents_create(const char *directory, bool takes_all_users, struct error *err);
void agents_destroy(struct agents *agents); /* NULL passes */

/*
 * From now on these are the session's rules (copied; none: it is over). One part of the task passes
 * to the call and is done when all agents know, or were dropped for not answering within 5 s. Any
 * thread; calls for one session in order.
 */
void agents_apply(struct agents *agents, uint64_t session_id, const struct agent_rule *rules,
		  size_t rule_count, struct task *task);

/* Loggers of programs that `uid` may see. As source_class's list_points. */
void agents_list(struct agents *agents, enum agent_domain domain, uid_t uid, bool is_root,
		 struct point_list *list, struct task *task);

#endif
