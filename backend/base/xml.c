/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Documents of others through libxml2; see xml.h. The writer is in xml_write.c. */
#include "backend/base/xml.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/xml_library.h"

/* No flag that loads or expands anything; libxml2's own limits stay on. */
#define PARSE_FLAGS (XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA)

/* Who has a document has loaded it. */
static const struct xml_library *library(void)
{
	return xml_library_open(NULL);
}

static xmlDoc *their_document(const struct xml *document)
{
	return (xmlDoc *)(uintptr_t)document;
}

static xmlNode *their_node(const struct xml_node *node)
{
	return (xmlNode *)(uintptr_t)node;
}

/* A document type could define entities that grow without end, or name files to read. */
static void refuse_document_type(void *data, const xmlChar *name, const xmlChar *external,
				 const xmlChar *system)
{
	xmlParserCtxt *context = data;
	bool *has_document_type = context->_private;

	(void)name;
	(void)external;
	(void)system;
	*has_document_type = true;
	library()->xmlStopParser(context);
}

/* The library ends its sentences with a newline. */
static int sentence_length(const char *sentence)
{
	size_t length = strcspn(sentence, "\n");

	return (int)length;
}

static void tell(const xmlError *what, const char *otherwise, struct error *err)
{
	if (what && what->message)
		error_set(err, ERROR_INVALID, "line %d: %.*s", what->line,
			  sentence_length(what->message), what->message);
	else
		error_set(err, ERROR_INVALID, "%s", otherwise);
}

struct xml *xml_parse(const char *bytes, size_t length, struct error *err)
{
	xmlParserCtxt *context;
	xmlDoc *document;
	bool has_document_type = false;

	if (length > XML_BYTES_MAX) {
		error_set(err, ERROR_INVALID, "larger than %zu bytes", XML_BYTES_MAX);
		return NULL;
	}
	if (!xml_library_open(err))
		return NULL;
	context = library()->xmlNewParserCtxt();
	if (!context)
		abort(); /* no memory */
	context->_private = &has_document_type;
	context->sax->internalSubset = refuse_document_type;
	document =
		library()->xmlCtxtReadMemory(context, bytes, (int)length, NULL, NULL, PARSE_FLAGS);
	if (has_document_type)
		error_set(err, ERROR_INVALID, "line %d: a document type is not accepted",
			  library()->xmlSAX2GetLineNumber(context));
	else if (!document)
		tell(library()->xmlCtxtGetLastError(context), "no XML document", err);
	if (has_document_type && document) {
		library()->xmlFreeDoc(document);
		document = NULL;
	}
	library()->xmlFreeParserCtxt(context);
	return (struct xml *)document;
}

void xml_destroy(struct xml *document)
{
	if (document)
		library()->xmlFreeDoc(their_document(document));
}

const struct xml_node *xml_root(const struct xml *document)
{
	return (const struct xml_node *)library()->xmlDocGetRootElement(their_document(document));
}

static const struct xml_node *skip_others(const xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE && node->type != XML_PI_NODE)
		node = node->next;
	return (const struct xml_node *)node;
}

const struct xml_node *xml_first(const struct xml_node *element)
{
	return xml_is_instruction(element) ? NULL : skip_others(their_node(element)->children);
}

const struct xml_node *xml_next(const struct xml_node *node)
{
	return skip_others(their_node(node)->next);
}

const char *xml_name(const struct xml_node *node)
{
	return (const char *)their_node(node)->name;
}

bool xml_is_instruction(const struct xml_node *node)
{
	return their_node(node)->type == XML_PI_NODE;
}

static void add_own_text(struct text *out, const xmlNode *node)
{
	if (node->type == XML_PI_NODE && node->content)
		text_add(out, (const char *)node->content);
	if (node->type != XML_ELEMENT_NODE)
		return;
	for (const xmlNode *inner = node->children; inner; inner = inner->next)
		if (inner->type == XML_TEXT_NODE && inner->content)
			text_add(out, (const char *)inner->content);
}

char *xml_text(const struct xml_node *node)
{
	struct text text = {0};
	const char *begin;
	size_t length;
	char *copy;

	add_own_text(&text, their_node(node));
	begin = text_str(&text);
	begin += strspn(begin, " \t\r\n");
	length = strlen(begin);
	while (length > 0 && strchr(" \t\r\n", begin[length - 1]))
		length--;
	copy = mem_strndup(begin, length);
	text_finish(&text);
	return copy;
}

unsigned int xml_line(const struct xml_node *node)
{
	long line = library()->xmlGetLineNo(their_node(node));

	return line > 0 ? (unsigned int)line : 0;
}

/* --- validation */

static void note_first(void *data, xmlError *what)
{
	struct error *err = data;

	if (!error_is_set(err))
		tell(what, "not valid", err);
}

static xmlSchema *load_schema(const char *path, struct error *err)
{
	xmlSchemaParserCtxt *context = library()->xmlSchemaNewParserCtxt(path);
	struct error reason = ERROR_INIT;
	xmlSchema *schema = NULL;

	if (context) {
		library()->xmlSchemaSetParserStructuredErrors(context, note_first, &reason);
		schema = library()->xmlSchemaParse(context);
		library()->xmlSchemaFreeParserCtxt(context);
	}
	if (!schema)
		error_set(err, ERROR_IO, "cannot use the schema '%s'%s%s", path,
			  error_is_set(&reason) ? ": " : "", reason.message);
	return schema;
}

bool xml_validate(const struct xml *document, const char *schema_path, struct error *err)
{
	xmlSchema *schema = load_schema(schema_path, err);
	struct error reason = ERROR_INIT;
	xmlSchemaValidCtxt *context;
	int result;

	if (!schema)
		return false;
	context = library()->xmlSchemaNewValidCtxt(schema);
	if (!context)
		abort(); /* no memory */
	library()->xmlSchemaSetValidStructuredErrors(context, note_first, &reason);
	result = library()->xmlSchemaValidateDoc(context, their_document(document));
	library()->xmlSchemaFreeValidCtxt(context);
	library()->xmlSchemaFree(schema);
	if (result == 0)
		return true;
	if (!error_is_set(&reason))
		error_set(&reason, ERROR_INVALID, "not valid by '%s'", schema_path);
	error_copy(err, &reason);
	return false;
}
