/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libxml2 as xml.c calls it: loaded with the first document, for it brings a dozen other libraries,
 * and most commands of a client see no document at all. Its functions keep their names and types.
 */
#ifndef TRACON_BASE_XML_LIBRARY_H
#define TRACON_BASE_XML_LIBRARY_H

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>

#include "backend/base/error.h"

#define XML_LIBRARY_FUNCTIONS(X)                                                                   \
	X(xmlCtxtGetLastError)                                                                     \
	X(xmlCtxtReadMemory)                                                                       \
	X(xmlDocGetRootElement)                                                                    \
	X(xmlFreeDoc)                                                                              \
	X(xmlFreeParserCtxt)                                                                       \
	X(xmlGetLineNo)                                                                            \
	X(xmlNewParserCtxt)                                                                        \
	X(xmlSAX2GetLineNumber)                                                                    \
	X(xmlSchemaFree)                                                                           \
	X(xmlSchemaFreeParserCtxt)                                                                 \
	X(xmlSchemaFreeValidCtxt)                                                                  \
	X(xmlSchemaNewParserCtxt)                                                                  \
	X(xmlSchemaNewValidCtxt)                                                                   \
	X(xmlSchemaParse)                                                                          \
	X(xmlSchemaSetParserStructuredErrors)                                                      \
	X(xmlSchemaSetValidStructuredErrors)                                                       \
	X(xmlSchemaValidateDoc)                                                                    \
	X(xmlStopParser)

/* A declared name takes no parentheses. NOLINTNEXTLINE(bugprone-macro-parentheses) */
#define XML_LIBRARY_MEMBER(name) __typeof__(name) *name;

struct xml_library {
	XML_LIBRARY_FUNCTIONS(XML_LIBRARY_MEMBER)
};

/* NULL with ERROR_UNSUPPORTED; the same for the rest of the process. Any thread. */
const struct xml_library *xml_library_open(struct error *err);

#endif
