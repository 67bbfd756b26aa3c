/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines that views ask for, with names quoted. Several on one line are separated by ';'.
 */
#ifndef TRACON_VIEWS_REQUEST_H
#define TRACON_VIEWS_REQUEST_H

#include "views/view.h"

/* "rotate web" */
void request_session(struct text *command, const char *verb, const struct picture_session *session);
/* "disable-channel -u -s web ust0" */
void request_channel(struct text *command, const char *verb, const struct picture_session *session,
		     const struct picture_channel *channel);
/* "disable-event -u -s web -c ust0 'my_app:*'" */
void request_event(struct text *command, const char *verb, const struct picture_session *session,
		   const struct picture_channel *channel, const struct picture_event *event);
/* The name of an event that occurs, as a pattern that matches only it. */
void request_add_literal(struct text *pattern, const char *name, size_t length);
/*
 * "enable-event -u -s web -c ust0 'a:*',b": as many lines as it takes for all patterns. channel
 * NULL: none is named. options: more of them, or "".
 */
void request_patterns(struct text *command, const char *verb, const char *domain,
		      const struct picture_session *session, const char *channel,
		      const char *options, const struct word_list *patterns);
/* One rule with all its options, in its channel: "… --filter 'a > 1' --loglevel INFO 'my_app:*'".
 */
void request_rule(struct text *command, const char *verb, const struct picture_session *session,
		  const struct picture_channel *channel, const struct picture_rule *rule);
/* The same rule and no other of its name is disabled. */
void request_rule_end(struct text *command, const struct picture_session *session,
		      const struct picture_channel *channel, const struct picture_rule *rule);
/*
 * Whether events of that domain can have the log level, without its '='; "" is all of them. False:
 * `problem` says which there are. Where this is not known here the command decides.
 */
bool request_check_level(const char *domain, const char *text, struct text *problem);
/* True if `action` is one on a session; then `verb` is its command (session may be NULL). */
bool request_session_verb(const char *action, const struct picture_session *session,
			  const char **verb);
/* What every pane can do with the selected session. False: no such action. */
bool request_session_act(const struct view_input *input, const char *action, struct text *command);
const char *request_session_label(const struct picture_session *session, const char *action);

#endif
