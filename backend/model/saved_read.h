/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the readers of saved sessions share: elements by table, values with their bounds. */
#ifndef TRACON_MODEL_SAVED_READ_H
#define TRACON_MODEL_SAVED_READ_H

#include "backend/model/saved.h"

struct saved_reader {
	struct model *model;
	const struct saved_wish *wish;
	struct word_list *warnings;
	struct session *session; /* once its name is known */
	struct error *err;
};

/* An element that may be in another one. */
struct saved_grammar {
	const char *element;
	bool (*take)(struct saved_reader *reader, void *object, const struct xml_node *node);
};

/* Inner elements go to their functions; unknown ones are warned of. The table ends with NULL. */
bool saved_take_inner(struct saved_reader *reader, void *object, const struct xml_node *element,
		      const struct saved_grammar *grammar);
/* "line 7: <name> WHAT: its text". Always false. */
bool saved_fail(struct saved_reader *reader, const struct xml_node *node, const char *what);
/* The error has been set: says where. Always false. */
bool saved_fail_at(struct saved_reader *reader, const struct xml_node *node);
void saved_warn(struct saved_reader *reader, const struct xml_node *node, const char *what);

/* False with the error. */
bool saved_read_u64(struct saved_reader *reader, const struct xml_node *node, uint64_t max,
		    uint64_t *value);
bool saved_read_i64(struct saved_reader *reader, const struct xml_node *node, int64_t min,
		    int64_t max, int64_t *value);
bool saved_read_bool(struct saved_reader *reader, const struct xml_node *node, bool *value);
bool saved_read_word(struct saved_reader *reader, const struct xml_node *node,
		     const char *const *words, size_t count, unsigned int *index);
/* Frees what was there. */
void saved_replace_text(char **place, const struct xml_node *node);

/* --- channels (saved_channel.c) */

struct saved_domain {
	char *type;
	unsigned int scheme; /* enum buffer_scheme */
	const struct xml_node *channels, *trackers;
	size_t source_index;
};

/* object: the struct saved_domain. */
bool saved_take_channel(struct saved_reader *reader, void *object, const struct xml_node *node);

#endif
