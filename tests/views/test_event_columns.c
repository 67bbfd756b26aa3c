/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns of events: which there are, what they remember, and values of fields for them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "views/event_columns.h"
#include "views/event_text.h"

static const struct event_field fields[] = {
	{"id", "7", 0, EVENT_PAYLOAD, false},	   {"vpid", "own", 0, EVENT_PAYLOAD, true},
	{"point", "", 0, EVENT_PAYLOAD, false},	   {"x", "1", 1, EVENT_PAYLOAD, false},
	{"deep", "", 1, EVENT_PAYLOAD, false},	   {"y", "-2", 2, EVENT_PAYLOAD, false},
	{"y", "9", 0, EVENT_PAYLOAD, false},	   {"list", "", 0, EVENT_PAYLOAD, false},
	{"[0]", "3", 1, EVENT_PAYLOAD, false},	   {"[1]", "4", 1, EVENT_PAYLOAD, false},
	{"vpid", "4711", 0, EVENT_CONTEXT, false}, {"cpu_id", "1", 0, EVENT_PACKET, false},
};
static const struct event_row row = {.name = "a:b", .field_count = COUNT_OF(fields)};
static const struct event_page page = {.rows = &row, .row_count = 1, .fields = fields};

static void assert_value(const char *name, const char *expected)
{
	struct text out = {0};

	assert_int_equal(event_text_value(&page, &row, name, &out), expected != NULL);
	assert_string_equal(text_str(&out), expected ? expected : "");
	text_finish(&out);
}

static void values_are_found_by_their_names(void **state)
{
	(void)state;
	assert_value("id", "7");
	assert_value("vpid", "own");
	assert_value("$ctx.vpid", "4711");
	assert_value("y", "9");
	assert_value("point.x", "1");
	assert_value("point.deep.y", "-2");
	assert_value("point", "{x = 1, deep = {y = -2}}");
	assert_value("list", "[3, 4]");
	assert_value("list.[1]", "4");
	assert_value("x", NULL);
	assert_value("id.x", NULL);
	assert_value("point.nowhere", NULL);
	assert_value("$ctx.id", NULL);
	assert_value("cpu_id", NULL);
	assert_value("", NULL);
}

static void names_are_those_that_can_be_found(void **state)
{
	static const char *const expected[] = {"id", "vpid", "point", "y", "list", "$ctx.vpid"};
	struct word_list names = {0};

	(void)state;
	event_text_field_names(&page, &row, &names);
	assert_int_equal(names.count, COUNT_OF(expected));
	for (size_t i = 0; i < names.count; i++)
		assert_string_equal(names.words[i], expected[i]);
	word_list_finish(&names);
}

/* words: as after "columns". */
static void recall(struct event_columns *columns, const char *words)
{
	struct word_list list = {0};
	struct error err = ERROR_INIT;
	const char *rest;
	char *line = mem_printf("columns %s", words);

	assert_true(text_split_command(line, &list, &rest, &err));
	event_columns_recall(columns, list.count, list.words);
	word_list_finish(&list);
	free(line);
}

static void assert_remembered(const struct event_columns *columns, const char *expected)
{
	struct text out = {0};

	event_columns_remember(columns, &out);
	assert_string_equal(text_str(&out), expected);
	text_finish(&out);
}

static void what_is_chosen_is_remembered(void **state)
{
	struct event_columns columns;

	(void)state;
	event_columns_init(&columns);
	assert_remembered(&columns, "columns = +time +delta +cpu +level -stream +name +fields\n");
	recall(&columns, "-delta '+an odd name' +vpid +vpid plain '' +");
	assert_remembered(&columns, "columns = +time -delta +cpu +level -stream +name +fields "
				    "'+an odd name' +vpid\n");
	recall(&columns, "'-an odd name' -never");
	assert_remembered(&columns,
			  "columns = +time -delta +cpu +level -stream +name +fields +vpid\n");
	assert_true(event_columns_shows(&columns, EVENT_COLUMN_OWN));
	assert_false(event_columns_shows(&columns, EVENT_COLUMN_OWN + 1));
	recall(&columns, "= +delta +id");
	assert_remembered(&columns,
			  "columns = +time +delta +cpu +level -stream +name +fields +id\n");
	event_columns_finish(&columns);
}

static void one_column_stays(void **state)
{
	static const char none[] = "-time -delta -cpu -level -stream -name -fields";
	struct event_columns columns;

	(void)state;
	event_columns_init(&columns);
	recall(&columns, none);
	assert_true(event_columns_shows(&columns, EVENT_COLUMN_NAME));
	recall(&columns, "+id");
	recall(&columns, none);
	assert_false(event_columns_shows(&columns, EVENT_COLUMN_NAME));
	for (int i = 0; i < 2 * EVENT_OWN_COLUMNS_MAX; i++) {
		char *word = mem_printf("+field_%d", i);

		recall(&columns, word);
		free(word);
	}
	assert_int_equal(columns.fields.count, EVENT_OWN_COLUMNS_MAX);
	event_columns_finish(&columns);
}

static void presets_leave_own_columns(void **state)
{
	struct event_columns columns;

	(void)state;
	event_columns_init(&columns);
	recall(&columns, "+id -name");
	event_columns_cycle(&columns);
	assert_true(event_columns_shows(&columns, EVENT_COLUMN_NAME));
	assert_false(event_columns_shows(&columns, EVENT_COLUMN_STREAM));
	event_columns_cycle(&columns);
	assert_true(event_columns_shows(&columns, EVENT_COLUMN_STREAM));
	event_columns_cycle(&columns);
	assert_false(event_columns_shows(&columns, EVENT_COLUMN_TIME));
	assert_true(event_columns_shows(&columns, EVENT_COLUMN_OWN));
	event_columns_finish(&columns);
}

static void each_column_has_its_place(void **state)
{
	unsigned int seen = 0;

	(void)state;
	for (size_t i = 0; i < EVENT_COLUMN_COUNT; i++)
		seen |= 1u << event_columns_at(i);
	assert_int_equal(seen, (1u << EVENT_COLUMN_COUNT) - 1);
	assert_int_equal(event_columns_at(0), EVENT_COLUMN_TIME);
	assert_int_equal(event_columns_at(EVENT_COLUMN_COUNT - 1), EVENT_COLUMN_FIELDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_found_by_their_names),
		cmocka_unit_test(names_are_those_that_can_be_found),
		cmocka_unit_test(what_is_chosen_is_remembered),
		cmocka_unit_test(one_column_stays),
		cmocka_unit_test(presets_leave_own_columns),
		cmocka_unit_test(each_column_has_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
