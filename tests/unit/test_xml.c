/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written can be read again, and what is hostile is refused with its line. */
#include "backend/base/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static struct xml *parse(const char *text, struct error *err)
{
	return xml_parse(text, strlen(text), err);
}

static void elements_are_indented_with_tabs(void **state)
{
	struct text text = {0};
	struct xml_writer writer;

	(void)state;
	xml_write_begin(&writer, &text, true);
	xml_begin(&writer, "a");
	xml_put_u64(&writer, "number", UINT64_MAX);
	xml_begin(&writer, "empty");
	xml_end(&writer);
	xml_begin(&writer, "b");
	xml_put_instruction(&writer, "ours", "x y");
	xml_put_i64(&writer, "below", -1);
	xml_end(&writer);
	xml_put_text(&writer, "none", "");
	xml_end(&writer);
	assert_string_equal(text_str(&text), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					     "<a>\n"
					     "\t<number>18446744073709551615</number>\n"
					     "\t<empty/>\n"
					     "\t<b>\n"
					     "\t\t<?ours x y?>\n"
					     "\t\t<below>-1</below>\n"
					     "\t</b>\n"
					     "\t<none/>\n"
					     "</a>\n");
	text_finish(&text);
}

static void one_line_has_attributes(void **state)
{
	struct text text = {0};
	struct xml_writer writer;

	(void)state;
	xml_write_begin(&writer, &text, false);
	xml_begin(&writer, "a");
	xml_put_attribute(&writer, "b", "\"<");
	xml_put_bool(&writer, "c", true);
	xml_end(&writer);
	assert_string_equal(text_str(&text), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
					     "<a b=\"&quot;&lt;\"><c>true</c></a>\n");
	text_finish(&text);
}

static void assert_comes_back(const char *value, const char *expected)
{
	struct text text = {0};
	struct error err = ERROR_INIT;
	struct xml_writer writer;
	struct xml *document;
	char *read;

	xml_write_begin(&writer, &text, true);
	xml_begin(&writer, "a");
	xml_put_text(&writer, "b", value);
	xml_end(&writer);
	document = xml_parse(text.bytes, text.length, &err);
	assert_non_null(document);
	read = xml_text(xml_first(xml_root(document)));
	assert_string_equal(read, expected);
	free(read);
	xml_destroy(document);
	text_finish(&text);
}

static void every_value_can_be_read_again(void **state)
{
	(void)state;
	assert_comes_back("<&>\"'", "<&>\"'");
	assert_comes_back("a\tb\nc\rd", "a\tb\nc\rd");
	assert_comes_back("gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\xba",
			  "gr\xc3\xbc\xc3\x9f \xf0\x9f\x8d\xba");
	assert_comes_back("a\x01\x1b[31m", "a\xef\xbf\xbd\xef\xbf\xbd[31m");
	assert_comes_back("a\xff"
			  "b",
			  "a\xef\xbf\xbd"
			  "b");
	assert_comes_back("]]>", "]]>");
}

static void nodes_are_elements_and_instructions(void **state)
{
	struct error err = ERROR_INIT;
	struct xml *document =
		parse("<a>t<!-- c --><b>  x <i>y</i> z </b>\n<?p q ?><c/></a>", &err);
	const struct xml_node *node;
	char *text;

	(void)state;
	assert_non_null(document);
	node = xml_first(xml_root(document));
	assert_string_equal(xml_name(node), "b");
	text = xml_text(node);
	assert_string_equal(text, "x  z");
	free(text);
	node = xml_next(node);
	assert_true(xml_is_instruction(node));
	assert_string_equal(xml_name(node), "p");
	assert_int_equal(xml_line(node), 2);
	assert_null(xml_first(node));
	text = xml_text(node);
	assert_string_equal(text, "q");
	free(text);
	node = xml_next(node);
	assert_string_equal(xml_name(node), "c");
	assert_null(xml_next(node));
	xml_destroy(document);
}

static void assert_refused(const char *text, const char *sentence)
{
	struct error err = ERROR_INIT;

	assert_null(parse(text, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	if (!strstr(err.message, sentence))
		print_message("# %s\n", err.message);
	assert_non_null(strstr(err.message, sentence));
}

static void hostile_documents_are_refused(void **state)
{
	(void)state;
	assert_refused("", "");
	assert_refused("a", "line 1");
	assert_refused("<a>\n<b></a>", "line 2");
	assert_refused("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "document type");
	assert_refused("<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>",
		       "document type");
	assert_refused("<a>&b;</a>", "line 1");
	assert_refused("<a/><b/>", "line 1");
}

static void depth_and_size_have_bounds(void **state)
{
	struct text text = {0};
	struct error err = ERROR_INIT;
	char *large = mem_zalloc(XML_BYTES_MAX + 2);

	(void)state;
	for (int i = 0; i < 100000; i++)
		text_add(&text, "<a>");
	assert_null(xml_parse(text.bytes, text.length, &err));
	assert_null(xml_parse(large, XML_BYTES_MAX + 1, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	free(large);
	text_finish(&text);
}

static void schemas_name_the_line(void **state)
{
	static const char schema[] = "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\">"
				     "<xs:element name=\"a\" type=\"xs:integer\"/></xs:schema>";
	struct error err = ERROR_INIT;
	struct xml *good = parse("<a>5</a>", &err), *bad = parse("\n<a>x</a>", &err);
	FILE *file = fopen("schema.xsd", "w");

	(void)state;
	assert_non_null(file);
	fputs(schema, file);
	fclose(file);
	assert_true(xml_validate(good, "schema.xsd", &err));
	assert_false(xml_validate(bad, "schema.xsd", &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_non_null(strstr(err.message, "line 2"));
	assert_false(xml_validate(good, "no.xsd", &err));
	assert_int_equal(err.code, ERROR_IO);
	remove("schema.xsd");
	xml_destroy(good);
	xml_destroy(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_indented_with_tabs),
		cmocka_unit_test(one_line_has_attributes),
		cmocka_unit_test(every_value_can_be_read_again),
		cmocka_unit_test(nodes_are_elements_and_instructions),
		cmocka_unit_test(hostile_documents_are_refused),
		cmocka_unit_test(depth_and_size_have_bounds),
		cmocka_unit_test(schemas_name_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
