/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions as files: the XML that lttng save writes and lttng load reads. What its schema has no
 * element for is a processing instruction, which lttng passes over. Control thread.
 */
#ifndef TRACON_MODEL_SAVED_H
#define TRACON_MODEL_SAVED_H

#include "backend/base/xml.h"
#include "backend/model/model.h"

/* A whole document with this one session. */
void saved_write(const struct session *session, struct text *out);

struct saved_wish {
	uid_t uid;
	gid_t gid;
	const char *traces; /* the requester's lttng-traces */
	const char *name;   /* instead of the saved one, or NULL */
	const char *output; /* likewise: an absolute path */
};

/* The <session> elements of a document, one after the other; NULL: no (further) one. */
const struct xml_node *saved_first(const struct xml *document, struct error *err);
const struct xml_node *saved_next(const struct xml_node *session);
/* Caller frees. "" if it has none. */
char *saved_name(const struct xml_node *session);

/*
 * The session as it was saved, but never started. NULL with ERROR_INVALID and the line,
 * ERROR_SESSION_EXISTS, or what its parts are refused for; then nothing is left of it.
 * *was_started: it recorded when it was saved. warnings: what this version knows no use for.
 */
struct session *saved_restore(struct model *model, const struct xml_node *saved,
			      const struct saved_wish *wish, bool *was_started,
			      struct word_list *warnings, struct error *err);

#endif
