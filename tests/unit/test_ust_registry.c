/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The registry: one id for the same event type of many applications, and everybody told before the
 * application is.
 */
#include "backend/source/ust/registry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/base/text.h"
#include "backend/ctf/scan.h"
#include "backend/source/ust/known.h"
#include "tests/unit/ust_kit.h"

/* A sink that keeps the metadata, and a host that counts. */
struct stage {
	struct sink_trace trace;
	struct sink sink;
	struct text metadata;
	unsigned int told_count;
	uint32_t last_told_id;
	char last_told_name[LTTNG_UST_ABI_SYM_NAME_LEN];
	struct source_host host;
	struct ctf_layout layout;
	struct tally *tally;
	struct scanner *scanner;
	atomic_bool is_declared;
	struct ust_registry *registry;
};

static bool keep_metadata(struct sink_trace *trace, const char *text, size_t length,
			  struct error *err)
{
	struct stage *stage = (struct stage *)trace;

	(void)err;
	text_add_bytes(&stage->metadata, text, length);
	return true;
}

static const struct sink_class keeping_class = {.name = "keeping",
						.append_metadata = keep_metadata};

/* The tally stands in for its real self: only references are counted here. */
static void count_event(void *data, uint64_t session_id, uint32_t channel_id, struct tally *tally,
			uint32_t type_id, const char *name, int loglevel)
{
	struct stage *stage = data;

	assert_int_equal(session_id, 5);
	assert_int_equal(channel_id, 1);
	assert_int_equal(loglevel, 13);
	stage->told_count++;
	stage->last_told_id = type_id;
	snprintf(stage->last_told_name, sizeof(stage->last_told_name), "%s", name);
	atomic_fetch_sub(&tally->references, 1);
}

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct ust_registry_place place;

	stage->sink.class = &keeping_class;
	stage->trace.sink = &stage->sink;
	stage->trace.label = trace_label_create();
	stage->host = (struct source_host){.data = stage, .event_type_added = count_event};
	stage->layout = (struct ctf_layout){64, 8, 8, 8, 8, false};
	stage->tally = calloc(1, sizeof(*stage->tally));
	atomic_init(&stage->tally->references, 1);
	stage->scanner = scanner_create(&stage->layout, CTF_HEADER_LARGE);
	place = (struct ust_registry_place){5, &stage->host, &stage->layout, &stage->trace, NULL};
	stage->registry = ust_registry_create(&place);
	ust_registry_add_channel(stage->registry, 1, stage->tally, stage->scanner,
				 &stage->is_declared);
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	ust_registry_destroy(stage->registry);
	scanner_unref(stage->scanner);
	assert_int_equal(atomic_load(&stage->tally->references), 1);
	free(stage->tally);
	text_finish(&stage->metadata);
	trace_label_unref(stage->trace.label);
	free(stage);
	return 0;
}

static uint32_t add_event(struct stage *stage, const char *name,
			  const struct lttng_ust_ctl_field *fields, size_t count)
{
	struct ust_event_description event = {.name = name,
					      .loglevel = 13,
					      .signature = "int, x",
					      .fields = fields,
					      .field_count = count};
	struct error err = ERROR_INIT;
	uint32_t id = UINT32_MAX;

	assert_true(ust_registry_add_event(stage->registry, 1, &event, &id, &err));
	return id;
}

static void begin(struct stage *stage)
{
	assert_true(ust_registry_begin_channel(stage->registry, 1, NULL, 0, NULL));
}

static void same_event_gets_the_same_id(void **state)
{
	struct stage *stage = *state;
	struct lttng_ust_ctl_field field = ust_kit_integer("x", 32);
	size_t length;

	begin(stage);
	assert_int_equal(add_event(stage, "p:one", &field, 1), 0);
	assert_int_equal(add_event(stage, "p:two", &field, 1), 1);
	length = stage->metadata.length;
	assert_int_equal(add_event(stage, "p:one", &field, 1), 0);
	assert_int_equal(stage->told_count, 2);
	assert_int_equal(stage->metadata.length, length); /* declared once */
	assert_string_equal(stage->last_told_name, "p:two");
	assert_int_equal(stage->last_told_id, 1);
}

static void another_field_makes_another_event(void **state)
{
	struct stage *stage = *state;
	struct lttng_ust_ctl_field field = ust_kit_integer("x", 32);

	begin(stage);
	assert_int_equal(add_event(stage, "p:one", &field, 1), 0);
	field.type.u.integer.size = 64;
	assert_int_equal(add_event(stage, "p:one", &field, 1), 1);
	assert_int_equal(add_event(stage, "p:one", NULL, 0), 2);
}

static void events_wait_for_their_channel(void **state)
{
	struct stage *stage = *state;
	const char *stream, *event;

	add_event(stage, "p:early", NULL, 0);
	assert_int_equal(stage->told_count, 1);
	assert_int_equal(stage->metadata.length, 0);
	begin(stage);
	stream = strstr(text_str(&stage->metadata), "stream {");
	event = strstr(text_str(&stage->metadata), "p:early");
	assert_non_null(stream);
	assert_non_null(event);
	assert_true(stream < event);
}

static void other_context_is_refused(void **state)
{
	struct stage *stage = *state;
	struct lttng_ust_ctl_field context = ust_kit_integer("vpid", 32);
	struct error err = ERROR_INIT;

	assert_true(ust_registry_begin_channel(stage->registry, 1, &context, 1, &err));
	assert_true(ust_registry_begin_channel(stage->registry, 1, &context, 1, &err));
	strcpy(context.name, "vtid");
	assert_false(ust_registry_begin_channel(stage->registry, 1, &context, 1, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	assert_non_null(strstr(text_str(&stage->metadata), "vpid"));
	assert_null(strstr(text_str(&stage->metadata), "vtid"));
}

static void same_enum_gets_the_same_id(void **state)
{
	struct stage *stage = *state;
	struct lttng_ust_ctl_enum_entry labels[2] = {ust_kit_label("a", 0, 0),
						     ust_kit_label("b", 1, 5)};
	uint64_t first, second, third;

	assert_true(ust_registry_add_enum(stage->registry, "e", labels, 2, &first, NULL));
	assert_true(ust_registry_add_enum(stage->registry, "e", labels, 2, &second, NULL));
	labels[1].end.value = 6;
	assert_true(ust_registry_add_enum(stage->registry, "e", labels, 2, &third, NULL));
	assert_int_equal(first, second);
	assert_int_not_equal(first, third);
}

static void refused_event_leaves_no_trace(void **state)
{
	struct stage *stage = *state;
	struct lttng_ust_ctl_field field = ust_kit_integer("x", 99);
	struct ust_event_description event = {.name = "p:bad",
					      .loglevel = 13,
					      .signature = "",
					      .fields = &field,
					      .field_count = 1};
	struct error err = ERROR_INIT;
	uint32_t id;

	begin(stage);
	assert_false(ust_registry_add_event(stage->registry, 1, &event, &id, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	assert_int_equal(stage->told_count, 0);
	assert_null(strstr(text_str(&stage->metadata), "p:bad"));
	assert_int_equal(add_event(stage, "p:good", NULL, 0), 0);
	assert_false(ust_registry_add_event(stage->registry, 2, &event, &id, &err));
}

static void thousands_of_events_keep_their_ids(void **state)
{
	enum { COUNT = 3000 };
	struct stage *stage = *state;
	char name[32];

	begin(stage);
	for (unsigned int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < COUNT; i++) {
			snprintf(name, sizeof(name), "p:e%u", i);
			assert_int_equal(add_event(stage, name, NULL, 0), i);
		}
	assert_int_equal(stage->told_count, COUNT);
}

static void packing_keeps_differences(void **state)
{
	const unsigned char plain[] = {1, 0, 0, 0, 2, 0};
	const unsigned char shifted[] = {1, 0, 0, 2, 0, 0};
	unsigned char zeros[1000] = {0};
	struct text one = {0}, other = {0}, many = {0};

	(void)state;
	known_pack(&one, plain, sizeof(plain));
	known_pack(&other, shifted, sizeof(shifted));
	assert_false(one.length == other.length && !memcmp(one.bytes, other.bytes, one.length));
	known_pack(&many, zeros, sizeof(zeros));
	assert_true(many.length < 20);
	text_clear(&one);
	known_pack(&one, zeros, sizeof(zeros) - 1);
	assert_false(one.length == many.length && !memcmp(one.bytes, many.bytes, one.length));
	text_finish(&one);
	text_finish(&other);
	text_finish(&many);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(same_event_gets_the_same_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_field_makes_another_event, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(events_wait_for_their_channel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(other_context_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(same_enum_gets_the_same_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(refused_event_leaves_no_trace, set_up, tear_down),
		cmocka_unit_test_setup_teardown(thousands_of_events_keep_their_ids, set_up,
						tear_down),
		cmocka_unit_test(packing_keeps_differences),
	};

	return cmocka_run_group_tests_name("ust registry", tests, NULL, NULL);
}
