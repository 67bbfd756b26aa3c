/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON: members in order, hostile text harmless, broken input refused with its place. */
#include "backend/base/json.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void assert_prints(const struct json *value, const char *expected)
{
	struct text text = {0};

	json_print(value, &text);
	assert_string_equal(text_str(&text), expected);
	text_finish(&text);
}

static void members_come_in_order_on_one_line(void **state)
{
	struct json *object = json_create_object();
	struct json *list, *inner;

	(void)state;
	json_put_text(object, "zeta", "first");
	json_put_u64(object, "alpha", 7);
	json_put_i64(object, "minus", -7);
	json_put_bool(object, "yes", true);
	json_put_null(object, "nothing");
	json_put_real(object, "ratio", 0.1);
	list = json_put_array(object, "list");
	json_add_text(list, "a");
	json_add_u64(list, 2);
	inner = json_add_object(list);
	json_put_bool(inner, "no", false);
	inner = json_put_object(object, "object");
	json_put_text(inner, "x", "y");
	json_put_text(object, "zeta", "again");
	assert_prints(object, "{\"zeta\":\"again\",\"alpha\":7,\"minus\":-7,\"yes\":true,"
			      "\"nothing\":null,\"ratio\":0.1,\"list\":[\"a\",2,{\"no\":false}],"
			      "\"object\":{\"x\":\"y\"}}");
	json_unref(object);
	json_unref(NULL);
}

static void values_can_be_handed_over(void **state)
{
	struct json *object = json_create_object();
	struct json *array = json_create_array();

	(void)state;
	json_add(array, json_create_object());
	json_add(array, NULL);
	json_put(object, "array", array);
	json_put(object, "none", NULL);
	json_put_text(object, "no_text", NULL);
	assert_prints(object, "{\"array\":[{},null],\"none\":null,\"no_text\":null}");
	json_unref(object);
}

static void numbers_stay_within_json(void **state)
{
	struct json *object = json_create_object();

	(void)state;
	json_put_u64(object, "a", UINT64_MAX);
	json_put_u64(object, "b", INT64_MAX);
	json_put_i64(object, "c", INT64_MIN);
	json_put_real(object, "d", NAN);
	json_put_real(object, "e", INFINITY);
	json_put_real(object, "f", 2.0);
	assert_prints(object, "{\"a\":9223372036854775807,\"b\":9223372036854775807,"
			      "\"c\":-9223372036854775808,\"d\":null,\"e\":null,\"f\":2.0}");
	json_unref(object);
}

static void hostile_text_is_escaped(void **state)
{
	struct json *object = json_create_object();
	struct text text = {0};

	(void)state;
	json_put_text(object, "a", "\x1b[2J\"\\\n");
	json_put_text(object, "b", "\xff\xc2\x9b\u202e");
	json_put_text(object, "c", "é");
	json_print(object, &text);
	for (size_t i = 0; i < text.length; i++)
		assert_in_range((unsigned char)text.bytes[i], 0x20, 0x7e);
	assert_string_equal(text_str(&text), "{\"a\":\"\\u001B[2J\\\"\\\\\\n\","
					     "\"b\":\"\\uFFFD\\u009B\\u202E\",\"c\":\"\\u00E9\"}");
	text_finish(&text);
	json_unref(object);
}

static struct json *parse(const char *bytes)
{
	struct error err = ERROR_INIT;
	struct json *value = json_parse(bytes, strlen(bytes), &err);

	if (!value) {
		assert_int_equal(err.code, ERROR_INVALID);
		assert_non_null(strstr(err.message, "line"));
		assert_non_null(strstr(err.message, "column"));
	}
	return value;
}

static void parsed_values_are_found(void **state)
{
	struct json *value = parse(" {\"t\":\"x\",\"n\":42,\"neg\":-1,\"r\":1.5,\"l\":[1,\"b\"]} ");
	struct json *list = json_get(value, "l");
	uint64_t number;

	(void)state;
	assert_non_null(value);
	assert_string_equal(json_get_text(value, "t"), "x");
	assert_true(json_get_u64(value, "n", &number) && number == 42);
	assert_false(json_get_u64(value, "neg", &number));
	assert_false(json_get_u64(value, "r", &number));
	assert_false(json_get_u64(value, "t", &number));
	assert_true(number == 0);
	assert_null(json_get_text(value, "n"));
	assert_null(json_get_text(value, "absent"));
	assert_null(json_get(value, "absent"));
	assert_int_equal(json_count(list), 2);
	assert_non_null(json_at(list, 1));
	assert_null(json_at(list, 2));
	/* Of another type, or not there at all. */
	assert_int_equal(json_count(value), 0);
	assert_null(json_get(list, "t"));
	assert_null(json_get(NULL, "t"));
	assert_null(json_get_text(NULL, "t"));
	assert_int_equal(json_count(NULL), 0);
	assert_null(json_at(NULL, 0));
	json_unref(value);
}

static void broken_input_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"{",
		"}",
		"[1,]",
		"{\"a\":}",
		"{a:1}",
		"nul",
		"1 2",
		"\"\xff\"",
		"\"\\ud800\"",
		"\"\\u0000\"",
		"[1e999]",
		"'a'",
		"\"a\nb\"",
		"99999999999999999999",
		"[[[[[",
		"{\"a\":1,,}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		assert_null(parse(broken[i]));
	assert_null(json_parse("[]\0", 3, NULL));
}

static void deep_nesting_is_bounded(void **state)
{
	size_t depth = 1000000;
	char *deep = mem_alloc(depth + 1);

	(void)state;
	memset(deep, '[', depth);
	deep[depth] = '\0';
	assert_null(parse(deep));
	free(deep);
}

static void length_is_bounded(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_null(json_parse("[]", SIZE_MAX, &err)); /* refused before it is read */
	assert_int_equal(err.code, ERROR_INVALID);
}

static void what_is_printed_parses_back(void **state)
{
	struct json *object = json_create_object(), *back;
	struct text first = {0}, second = {0};

	(void)state;
	json_put_text(object, "a\"b", "\U0001f600 é \x01");
	json_put_real(object, "r", 1e300);
	json_print(object, &first);
	back = parse(text_str(&first));
	assert_non_null(back);
	assert_string_equal(json_get_text(back, "a\"b"), "\U0001f600 é \x01");
	json_print(back, &second);
	assert_string_equal(text_str(&first), text_str(&second));
	text_finish(&first);
	text_finish(&second);
	json_unref(back);
	json_unref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_in_order_on_one_line),
		cmocka_unit_test(values_can_be_handed_over),
		cmocka_unit_test(numbers_stay_within_json),
		cmocka_unit_test(hostile_text_is_escaped),
		cmocka_unit_test(parsed_values_are_found),
		cmocka_unit_test(broken_input_is_refused),
		cmocka_unit_test(deep_nesting_is_bounded),
		cmocka_unit_test(length_is_bounded),
		cmocka_unit_test(what_is_printed_parses_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
