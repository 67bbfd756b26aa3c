/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filters_decide PROCESS-ID: expressions on standard input, each ended by a NUL. For each a line:
 * the numbers of the rows for which it is true, or "! BEGIN END SENTENCE" where it is wrong.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "tests/tools/emit_rows_table.h"

struct event {
	const struct emit_row *row;
	unsigned int number;
	int64_t process_id;
};

static void set_signed(struct filter_value *value, int64_t number)
{
	value->kind = FILTER_VALUE_SIGNED;
	value->signed_value = number;
}

static void set_unsigned(struct filter_value *value, uint64_t number)
{
	value->kind = FILTER_VALUE_UNSIGNED;
	value->unsigned_value = number;
}

static void set_float(struct filter_value *value, double number)
{
	value->kind = FILTER_VALUE_FLOAT;
	value->float_value = number;
}

static void set_text(struct filter_value *value, const char *bytes, size_t length)
{
	value->kind = FILTER_VALUE_STRING;
	value->string.bytes = bytes;
	value->string.length = length;
}

static bool find_integer(const struct event *event, const char *name, struct filter_value *value)
{
	const struct emit_row *row = event->row;
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{"i8", row->i8},	{"i16", row->i16},	 {"i32", row->i32},
		{"i64", row->i64},	{"u8", row->u8},	 {"u16", row->u16},
		{"net", row->u16},	{"u32", row->u32},	 {"hex", row->u32},
		{"seq", event->number}, {"colour", row->colour},
	};

	if (strcmp(name, "u64") == 0) {
		set_unsigned(value, row->u64);
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(numbers); i++) {
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		set_signed(value, numbers[i].value);
		return true;
	}
	return false;
}

static void find_other(const struct event *event, const char *name, struct filter_value *value)
{
	const struct emit_row *row = event->row;

	if (strcmp(name, "f32") == 0)
		set_float(value, (double)row->f32);
	else if (strcmp(name, "f64") == 0)
		set_float(value, row->f64);
	else if (strcmp(name, "s") == 0)
		set_text(value, row->s, strlen(row->s));
	else if (strcmp(name, "t") == 0 || strcmp(name, "stext") == 0)
		set_text(value, row->t, strlen(row->t));
	else if (strcmp(name, "text") == 0)
		set_text(value, row->text, ROWS_TEXT_BYTES);
}

static void find_element(const struct event *event, const char *name, uint64_t index,
			 struct filter_value *value)
{
	const struct emit_row *row = event->row;

	if (strcmp(name, "array") == 0 && index < ROWS_ARRAY)
		set_signed(value, row->array[index]);
	else if (strcmp(name, "bytes") == 0 && index < ROWS_ARRAY)
		set_unsigned(value, row->bytes[index]);
	else if (strcmp(name, "series") == 0 && index < row->series_count)
		set_signed(value, row->series[index]);
	else if (strcmp(name, "wide") == 0 && index < row->series_count)
		set_unsigned(value, row->wide[index]);
}

static void find_context(const struct event *event, const char *name, struct filter_value *value)
{
	static const char procname[] = "emit_rows";

	if (strcmp(name, "vpid") == 0 || strcmp(name, "vtid") == 0)
		set_signed(value, event->process_id);
	else if (strcmp(name, "procname") == 0)
		set_text(value, procname, strlen(procname));
	else if (strcmp(name, "vuid") == 0 || strcmp(name, "vgid") == 0)
		set_signed(value, 0);
}

static void value_of(void *data, const struct filter_node *field, struct filter_value *value)
{
	const struct event *event = data;
	const struct filter_step *steps = field->field.steps;

	if (field->field.scope == FILTER_CONTEXT && field->field.step_count == 1)
		find_context(event, steps[0].name, value);
	if (field->field.scope != FILTER_PAYLOAD)
		return;
	if (field->field.step_count == 2 && !steps[1].name)
		find_element(event, steps[0].name, steps[1].index, value);
	if (field->field.step_count == 1 && !find_integer(event, steps[0].name, value))
		find_other(event, steps[0].name, value);
}

static void decide(const char *text, int64_t process_id)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct filter *filter = filter_parse(text, &problem);

	if (!filter) {
		printf("! %zu %zu %s\n", problem.begin, problem.end, problem.error.message);
		return;
	}
	for (size_t i = 0; i < emit_row_count; i++) {
		struct event event = {&emit_rows_table[i], (unsigned int)i, process_id};

		if (filter_matches(filter, value_of, &event))
			printf("%zu ", i);
	}
	putchar('\n');
	filter_destroy(filter);
}

int main(int argc, char **argv)
{
	int64_t process_id = argc > 1 ? atoll(argv[1]) : 0;
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getdelim(&line, &room, 0, stdin)) > 0) {
		line[length - 1] = '\0';
		decide(line, process_id);
	}
	free(line);
	return 0;
}
