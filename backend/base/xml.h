/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * XML: a writer that makes elements one after the other, and documents that others wrote, read by
 * the one place that knows libxml2. What is read is hostile until checked: no document type, no
 * entities but the five of XML itself, nothing from the network, bounded size and depth.
 */
#ifndef TRACON_BASE_XML_H
#define TRACON_BASE_XML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

/* --- writing */

#define XML_DEPTH_MAX 32

struct xml_writer {
	struct text *out;
	bool is_indented;		 /* a line per element, with tabs; else all in one line */
	const char *open[XML_DEPTH_MAX]; /* borrowed names */
	unsigned int depth;
	bool is_tag_open; /* "<name" waits for its end */
	bool has_inner;	  /* the innermost element has elements */
};

/* The line that says what it is; the rest as the struct is set. */
void xml_write_begin(struct xml_writer *writer, struct text *out, bool is_indented);
/* An element around what follows; the name must live until xml_end(). */
void xml_begin(struct xml_writer *writer, const char *name);
/* Of the element that has just begun. */
void xml_put_attribute(struct xml_writer *writer, const char *name, const char *value);
/* One without inner elements is written <name/>. */
void xml_end(struct xml_writer *writer);
/* <name>value</name>; what XML can't hold becomes U+FFFD. */
void xml_put_text(struct xml_writer *writer, const char *name, const char *value);
void xml_put_u64(struct xml_writer *writer, const char *name, uint64_t value);
void xml_put_i64(struct xml_writer *writer, const char *name, int64_t value);
void xml_put_bool(struct xml_writer *writer, const char *name, bool value);
/* <?target value?>: what others pass over. */
void xml_put_instruction(struct xml_writer *writer, const char *target, const char *value);

/* --- reading */

#define XML_BYTES_MAX ((size_t)16 << 20)

struct xml;
struct xml_node; /* an element, or an instruction */

/* NULL with ERROR_INVALID, the line in the sentence. */
struct xml *xml_parse(const char *bytes, size_t length, struct error *err);
void xml_destroy(struct xml *document); /* NULL passes */
const struct xml_node *xml_root(const struct xml *document);
/* Inner elements and instructions; NULL: no (further) one. */
const struct xml_node *xml_first(const struct xml_node *element);
const struct xml_node *xml_next(const struct xml_node *node);
/* Of the element, or the instruction's target. */
const char *xml_name(const struct xml_node *node);
bool xml_is_instruction(const struct xml_node *node);
/* What stands in it itself, without white space around it. Caller frees. */
char *xml_text(const struct xml_node *node);
unsigned int xml_line(const struct xml_node *node);
/* Checks it against the XSD in this file. ERROR_INVALID (document), ERROR_IO (schema). */
bool xml_validate(const struct xml *document, const char *schema_path, struct error *err);

#endif
