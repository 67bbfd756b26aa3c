/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing XML; see xml.h. */
#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "backend/base/utf8.h"
#include "backend/base/xml.h"

/* XML 1.0 §2.2: these can't be in a document, not even escaped. */
static bool is_forbidden(uint32_t code_point)
{
	return (code_point < 0x20 && code_point != '\t' && code_point != '\n' &&
		code_point != '\r') ||
	       code_point == 0xfffe || code_point == 0xffff;
}

static const char *escape_of(uint32_t code_point)
{
	switch (code_point) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\r': /* a plain one would be read as a newline */
		return "&#13;";
	default:
		return NULL;
	}
}

static void add_escaped(struct text *out, const char *value)
{
	struct text valid = {0};
	const char *at;
	size_t left;

	utf8_add_valid(&valid, value, strlen(value));
	at = text_str(&valid);
	left = valid.length;
	while (left > 0) {
		uint32_t code_point;
		size_t length = utf8_decode(at, left, &code_point);
		const char *escape = escape_of(code_point);

		if (escape)
			text_add(out, escape);
		else if (is_forbidden(code_point))
			text_add(out, "\xef\xbf\xbd"); /* U+FFFD */
		else
			text_add_bytes(out, at, length);
		at += length;
		left -= length;
	}
	text_finish(&valid);
}

static void close_tag(struct xml_writer *writer)
{
	if (writer->is_tag_open)
		text_add_char(writer->out, '>');
	writer->is_tag_open = false;
}

static void new_line(struct xml_writer *writer)
{
	if (!writer->is_indented)
		return;
	text_add_char(writer->out, '\n');
	for (unsigned int i = 0; i < writer->depth; i++)
		text_add_char(writer->out, '\t');
}

void xml_write_begin(struct xml_writer *writer, struct text *out, bool is_indented)
{
	*writer = (struct xml_writer){.out = out, .is_indented = is_indented};
	text_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
	if (!is_indented)
		text_add_char(out, '\n');
}

void xml_begin(struct xml_writer *writer, const char *name)
{
	assert(writer->depth < XML_DEPTH_MAX);
	close_tag(writer);
	new_line(writer);
	text_addf(writer->out, "<%s", name);
	writer->open[writer->depth++] = name;
	writer->is_tag_open = true;
	writer->has_inner = false;
}

void xml_put_attribute(struct xml_writer *writer, const char *name, const char *value)
{
	assert(writer->is_tag_open);
	text_addf(writer->out, " %s=\"", name);
	add_escaped(writer->out, value);
	text_add_char(writer->out, '"');
}

void xml_end(struct xml_writer *writer)
{
	assert(writer->depth > 0);
	writer->depth--;
	if (writer->is_tag_open) {
		text_add(writer->out, "/>");
	} else {
		if (writer->has_inner)
			new_line(writer);
		text_addf(writer->out, "</%s>", writer->open[writer->depth]);
	}
	writer->is_tag_open = false;
	writer->has_inner = true;
	if (writer->depth == 0)
		text_add_char(writer->out, '\n');
}

void xml_put_text(struct xml_writer *writer, const char *name, const char *value)
{
	xml_begin(writer, name);
	if (*value) {
		close_tag(writer);
		add_escaped(writer->out, value);
	}
	xml_end(writer);
}

void xml_put_u64(struct xml_writer *writer, const char *name, uint64_t value)
{
	xml_begin(writer, name);
	close_tag(writer);
	text_addf(writer->out, "%" PRIu64, value);
	xml_end(writer);
}

void xml_put_i64(struct xml_writer *writer, const char *name, int64_t value)
{
	xml_begin(writer, name);
	close_tag(writer);
	text_addf(writer->out, "%" PRId64, value);
	xml_end(writer);
}

void xml_put_bool(struct xml_writer *writer, const char *name, bool value)
{
	xml_put_text(writer, name, value ? "true" : "false");
}

void xml_put_instruction(struct xml_writer *writer, const char *target, const char *value)
{
	/* "?>" would end it; no name of ours has it. */
	assert(!strstr(value, "?>"));
	close_tag(writer);
	new_line(writer);
	text_addf(writer->out, "<?%s ", target);
	utf8_add_valid(writer->out, value, strlen(value));
	text_add(writer->out, "?>");
	writer->has_inner = true;
}
