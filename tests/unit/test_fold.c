/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What records about sessions fold to, row by row and in any order; and what is read of OTLP. */
#include "backend/identity/fold.h"

#include <ctype.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/identity/otlp.h"

/* "S A 10" start, "S B 20 A" start that continues A, "E A 15" end, "O A 5" another record; small:
 * of another emitter. */
static void add(struct fold *fold, const char *line)
{
	char kind, id[16] = "", previous[16] = "";
	unsigned long wall_ns = 0;

	bool is_other = false;

	assert_true(sscanf(line, "%c %15s %lu %15s", &kind, id, &wall_ns, previous) >= 3);
	is_other = islower((unsigned char)kind) != 0;
	kind = (char)toupper((unsigned char)kind);
	fold_add(fold, &(struct fold_record){
			       .kind = kind == 'S'   ? FOLD_START
				       : kind == 'E' ? FOLD_END
						     : FOLD_OTHER,
			       .id = id,
			       .previous = previous,
			       .wall_ns = wall_ns,
			       .emitter = is_other ? "two" : "one",
		       });
}

/* "A active 10 -; B ended 20 30 <A (notes)" by lineage. */
static void print(const struct fold *fold, struct text *out)
{
	static const char *const states[] = {"unknown", "active", "ended"};
	size_t count;
	struct fold_session *sessions = fold_sessions(fold, &count);

	for (size_t i = 0; i < count; i++) {
		const struct fold_session *one = &sessions[i];

		text_addf(out, "%s%s %s", i ? "; " : "", one->id, states[one->state]);
		if (one->has_begin)
			text_addf(out, " from %lu", (unsigned long)one->begin_ns);
		if (one->has_end)
			text_addf(out, " %s %lu", one->is_implied ? "implied" : "to",
				  (unsigned long)one->end_ns);
		if (*one->previous)
			text_addf(out, " after %s", one->previous);
		for (unsigned int bit = 0; bit < FOLD_NOTE_COUNT; bit++)
			if (one->notes & 1U << bit)
				text_addf(out, " %s", fold_note_name((enum fold_note)(1U << bit)));
	}
	free(sessions);
}

struct row {
	const char *input[5];
	const char *result;
};

static const struct row rows[] = {
	{{"S A 10"}, "A active from 10"},
	{{"S A 10", "E A 20"}, "A ended from 10 to 20"},
	{{"S A 10", "S B 20 A"}, "A ended from 10 implied 20; B active from 20 after A"},
	{{"S A 10", "S B 20 A", "E A 25"},
	 "A ended from 10 to 25 late-end; B active from 20 after A"},
	{{"S B 20 A"}, "A ended implied 20; B active from 20 after A"},
	{{"S A 10", "S A 10"}, "A active from 10"},
	{{"S A 10", "S A 12"}, "A active from 10 conflict"},
	{{"S A 10", "E A 20", "E A 30"}, "A ended from 10 to 20"},
	{{"E A 20", "S A 10"}, "A ended from 10 to 20"},
	{{"E A 20"}, "A ended to 20"},
	{{"S A 20", "E A 10"}, "A ended from 20 to 10 skew"},
	{{"S A 10", "E A 20", "S A 30"}, "A ended from 10 to 20 conflict id-reused"},
	{{"S A 10 A"}, "A active from 10 self-link"},
	{{"S A 10", "S B 20 A", "S C 30 A"},
	 "A ended from 10 implied 20 fork; B active from 20 after A; C active from 30 after A"},
	{{"S A 10 B", "S B 20 A"},
	 "A ended from 10 implied 20 after B cycle; B ended from 20 implied 10 after A skew cycle"},
	{{"S A 10", "E A 20", "O A 30"}, "A ended from 10 to 20 late"},
	{{"O A 30", "O A 20"}, "A active from 20 no-start"},
	{{"S A 10", "O A 20"}, "A active from 10"}, /* however long ago: only its emitter ends it */
	{{"S A 10", "s A 10"}, "A active from 10 emitters"},
	{{"S A 10", "o A 20"}, "A active from 10"}, /* a console and a relay may share one */
	{{"S A 10", "S B 20 A", "E A 15"}, "A ended from 10 to 15; B active from 20 after A"},
};

static void each_input_has_its_result(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct fold *fold = fold_create();
		struct text result = {0};

		for (size_t j = 0; j < COUNT_OF(rows[i].input) && rows[i].input[j]; j++)
			add(fold, rows[i].input[j]);
		print(fold, &result);
		assert_string_equal(text_str(&result), rows[i].result);
		text_finish(&result);
		fold_destroy(fold);
	}
}

static void silence_makes_stale_and_ends_nothing(void **state)
{
	struct fold *fold = fold_create();
	struct fold_session *sessions;
	size_t count;

	(void)state;
	add(fold, "S A 10");
	add(fold, "O A 50");
	add(fold, "S B 20");
	add(fold, "E B 30");
	sessions = fold_sessions(fold, &count);
	assert_int_equal(count, 2);
	assert_false(fold_is_stale(&sessions[0], 100, 150));
	assert_true(fold_is_stale(&sessions[0], 100, 151));
	assert_false(fold_is_stale(&sessions[0], 100, 5)); /* a clock that was put back */
	assert_int_equal(sessions[0].state, FOLD_ACTIVE);
	assert_false(fold_is_stale(&sessions[1], 100, 1000)); /* it has ended */
	free(sessions);
	fold_destroy(fold);
}

static void repeated_records_are_counted(void **state)
{
	struct fold *fold = fold_create();

	(void)state;
	add(fold, "S A 10");
	add(fold, "S A 10");
	add(fold, "E A 20");
	add(fold, "E A 20");
	assert_int_equal(fold_counts(fold)->records, 4);
	assert_int_equal(fold_counts(fold)->duplicates, 2);
	fold_destroy(fold);
}

/* --- any order */

#define LOG_LINES  40
#define LOG_COUNT  1000
#define LINE_BYTES 48

static unsigned int random_state;

static unsigned int random_below(unsigned int limit)
{
	random_state = random_state * 1103515245U + 12345U; /* the C standard's example */
	return (random_state >> 16) % limit;
}

static void make_line(char line[LINE_BYTES])
{
	char kind = "SSSEEO"[random_below(6)];

	if (kind == 'S' && random_below(2))
		snprintf(line, LINE_BYTES, "S %c %u %c", (int)('A' + random_below(8)),
			 random_below(30), (int)('A' + random_below(8)));
	else
		snprintf(line, LINE_BYTES, "%c %c %u", kind, (int)('A' + random_below(8)),
			 random_below(30));
}

static void fold_shuffled(char (*lines)[LINE_BYTES], struct text *result)
{
	struct fold *fold = fold_create();
	size_t order[LOG_LINES] = {0};

	for (size_t i = 0; i < LOG_LINES; i++) {
		size_t other = random_below((unsigned int)i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (size_t i = 0; i < LOG_LINES; i++) {
		add(fold, lines[order[i]]);
		if (random_below(3) == 0)
			add(fold, lines[order[random_below(LOG_LINES)]]);
	}
	print(fold, result);
	fold_destroy(fold);
}

static void order_and_repetition_do_not_matter(void **state)
{
	char lines[LOG_LINES][LINE_BYTES];

	(void)state;
	random_state = 1;
	for (int i = 0; i < LOG_COUNT; i++) {
		struct text first = {0};
		struct text second = {0};

		for (size_t j = 0; j < LOG_LINES; j++)
			make_line(lines[j]);
		fold_shuffled(lines, &first);
		fold_shuffled(lines, &second);
		assert_string_equal(text_str(&first), text_str(&second));
		text_finish(&first);
		text_finish(&second);
	}
}

static void sets_that_overflow_keep_the_smallest(void **state)
{
	struct fold *fold = fold_create();
	struct text result = {0};
	char line[LINE_BYTES];

	(void)state;
	for (int i = 100; i > 0; i--) {
		snprintf(line, sizeof(line), "E A %d", i);
		add(fold, line);
	}
	print(fold, &result);
	assert_string_equal(text_str(&result), "A ended to 1 overflow");
	text_finish(&result);
	fold_destroy(fold);
}

static void long_lineages_are_traced(void **state)
{
	struct fold *fold = fold_create();
	struct fold_session *sessions;
	char line[LINE_BYTES];
	size_t count;

	(void)state;
	for (unsigned int i = 20000; i > 0; i--) {
		snprintf(line, sizeof(line), "S s%u %u s%u", i, i, i - 1);
		add(fold, line);
	}
	sessions = fold_sessions(fold, &count);
	assert_int_equal(count, 20001);
	assert_string_equal(sessions[0].id, "s0");
	assert_string_equal(sessions[20000].id, "s20000");
	assert_int_equal(sessions[20000].root, 0);
	assert_int_equal(sessions[20000].ordinal, 20000);
	free(sessions);
	fold_destroy(fold);
}

/* --- OTLP */

static void read_text(const char *content, struct fold *fold, struct otlp_counts *counts,
		      bool is_good)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_true(fd_write_all(ends[1], content, strlen(content)));
	fd_close(&ends[1]);
	assert_int_equal(otlp_read_file(ends[0], UINT64_MAX, fold, counts, NULL), is_good);
	fd_close(&ends[0]);
}

#define LOG(record)                                                                                \
	"{\"resourceLogs\":[{\"resource\":{\"attributes\":[]},\"scopeLogs\":[{\"logRecords\":["    \
	"{" record "}],\"schemaUrl\":\"x\"}]}]}\n"
#define ID(id) "{\"key\":\"session.id\",\"value\":{\"stringValue\":\"" id "\"}}"

static void times_are_texts_or_numbers(void **state)
{
	static const char content[] =
		LOG("\"timeUnixNano\":1795321399119000001,\"body\":{},\"droppedAttributesCount\":0,"
		    "\"eventName\":\"session.start\",\"attributes\":[" ID(
			    "A") "]") "\n" LOG("\"timeUnixNano\":\"0\",\"observedTimeUnixNano\":"
					       "\"1795321399119000002\","
					       "\"attributes\":[{\"key\":\"event.name\",\"value\":{"
					       "\"stringValue\":"
					       "\"session.end\"}}," ID("A") "]");
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct text result = {0};

	(void)state;
	read_text(content, fold, &counts, true);
	print(fold, &result);
	assert_string_equal(text_str(&result),
			    "A ended from 1795321399119000001 to 1795321399119000002");
	assert_int_equal(counts.lines, 2);
	assert_int_equal(counts.records, 2);
	text_finish(&result);
	fold_destroy(fold);
}

static void what_is_no_otlp_is_counted(void **state)
{
	static const char content[] =
		"no JSON\n[1]\n" LOG("\"eventName\":\"session.start\",\"attributes\":[]")
			LOG("\"eventName\":\"session.end\",\"attributes\":[{\"key\":\"session.id\","
			    "\"value\":{\"intValue\":\"7\"}}]") "{\"resourceLogs\":[";
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct fold_session *sessions;
	size_t count;

	(void)state;
	read_text(content, fold, &counts, true);
	assert_int_equal(counts.lines, 5);
	assert_int_equal(counts.bad_lines, 3);
	assert_int_equal(counts.invalid, 2);
	sessions = fold_sessions(fold, &count);
	assert_int_equal(count, 0);
	free(sessions);
	fold_destroy(fold);
}

static void one_object_may_have_many_lines(void **state)
{
	static const char content[] =
		"{\n \"resourceLogs\": [{\n  \"scopeLogs\": [{\"logRecords\": [\n   "
		"{\"timeUnixNano\":"
		" \"5\", \"eventName\": \"session.start\", \"attributes\": [" ID(
			"A") "]}\n]}]}]\n}\n";
	struct fold *fold = fold_create();
	struct otlp_counts counts = {0};
	struct text result = {0};

	(void)state;
	read_text(content, fold, &counts, true);
	print(fold, &result);
	assert_string_equal(text_str(&result), "A active from 5");
	assert_int_equal(counts.bad_lines, 0);
	text_finish(&result);
	fold_destroy(fold);
}

static void other_files_are_refused_and_empty_ones_are_not(void **state)
{
	struct fold *fold = fold_create();
	struct otlp_counts bad = {0};
	struct otlp_counts none = {0};

	(void)state;
	read_text("root:x:0:0\n", fold, &bad, false);
	read_text("", fold, &none, true);
	assert_int_equal(none.lines, 0);
	fold_destroy(fold);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_input_has_its_result),
		cmocka_unit_test(silence_makes_stale_and_ends_nothing),
		cmocka_unit_test(repeated_records_are_counted),
		cmocka_unit_test(order_and_repetition_do_not_matter),
		cmocka_unit_test(sets_that_overflow_keep_the_smallest),
		cmocka_unit_test(long_lineages_are_traced),
		cmocka_unit_test(times_are_texts_or_numbers),
		cmocka_unit_test(what_is_no_otlp_is_counted),
		cmocka_unit_test(one_object_may_have_many_lines),
		cmocka_unit_test(other_files_are_refused_and_empty_ones_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
