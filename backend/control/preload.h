/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `run` needs wherever the program becomes a child: LTTng-UST's wrappers, and a session's
 * name. */
#ifndef TRACON_CONTROL_PRELOAD_H
#define TRACON_CONTROL_PRELOAD_H

struct args;

/*
 * The value of LD_PRELOAD for the wrapper options given, `before` (NULL: none) behind them. NULL if
 * there is nothing to preload. Caller frees.
 */
char *preload_value(const struct args *args, const char *before);

/* A session name after the program: no slash, none of lttng's reserved ones. Caller frees. */
char *preload_session_name(const char *program);

#endif
