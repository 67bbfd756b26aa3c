/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's list of events, and a channel that follows it while modules come and go: in a folder
 * that looks like tracefs. What is switched on is read back from its files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/source/kernel/channel.h"
#include "tests/unit/trace_kit.h"

#define CLASS_COUNT 400

struct fixture {
	char *folder;
	struct tracefs tracefs;
	struct kernel_catalog catalog;
	struct kernel_instance instance;
	struct kernel_class *classes[CLASS_COUNT];
	struct kernel_channel channel;
	struct sink sink;
	struct sink_trace trace;
	struct text metadata;
};

static bool keep_metadata(struct sink_trace *trace, const char *text, size_t length,
			  struct error *err)
{
	struct fixture *fixture =
		(struct fixture *)((char *)trace - offsetof(struct fixture, trace));

	(void)err;
	text_add_bytes(&fixture->metadata, text, length);
	return true;
}

static const struct sink_class keeping_class = {.name = "keeping",
						.append_metadata = keep_metadata};

/* --- the folder */

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", fixture->folder, name);

	kit_write_file(path, text, strlen(text));
	free(path);
}

/* With its files, and those of the channel's instance, as the kernel makes them. */
static void add_event(const struct fixture *fixture, const char *name, unsigned int id,
		      const char *field)
{
	char *format =
		mem_printf("name: %s\nID: %u\nformat:\n"
			   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			   "\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
			   "\tfield:int %s;\toffset:8;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n",
			   strchr(name, '/') + 1, id, field);
	char *format_path = mem_printf("events/%s/format", name);
	char *enable_path = mem_printf("own/events/%s/enable", name);
	struct text out = {0};

	kit_run(&out, "cd '%s' && mkdir -p events/%s own/events/%s", fixture->folder, name, name);
	write_file(fixture, format_path, format);
	write_file(fixture, enable_path, "0");
	text_finish(&out);
	free(enable_path);
	free(format_path);
	free(format);
}

static void remove_event(const struct fixture *fixture, const char *name)
{
	struct text out = {0};

	kit_run(&out, "cd '%s' && rm -r events/%s own/events/%s", fixture->folder, name, name);
	text_finish(&out);
}

static bool is_on(const struct fixture *fixture, const char *name)
{
	char *path = mem_printf("own/events/%s/enable", name);
	struct error err = ERROR_INIT;
	size_t length;
	char *text;
	bool is_on;

	assert_true(tracefs_read(&fixture->tracefs, path, 16, &text, &length, &err));
	is_on = strcmp(text, "1") == 0;
	free(text);
	free(path);
	return is_on;
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	struct error err = ERROR_INIT;

	fixture->folder = kit_make_directory();
	assert_true(tracefs_open(&fixture->tracefs, fixture->folder, &err));
	fixture->instance.tracefs = &fixture->tracefs;
	fixture->instance.path = mem_strdup("own");
	fixture->sink.class = &keeping_class;
	fixture->trace.sink = &fixture->sink;
	fixture->trace.label = trace_label_create();
	fixture->channel = (struct kernel_channel){
		.instance = &fixture->instance,
		.scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE),
		.classes = {.by_id = fixture->classes, .count = CLASS_COUNT},
	};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	kernel_channel_finish_events(&fixture->channel, &fixture->tracefs);
	scanner_unref(fixture->channel.scanner);
	kernel_catalog_finish(&fixture->catalog);
	trace_label_unref(fixture->trace.label);
	text_finish(&fixture->metadata);
	tracefs_close(&fixture->tracefs);
	kit_remove_tree(fixture->folder);
	free(fixture->folder);
	free(fixture->instance.path);
	free(fixture);
	return 0;
}

/* --- what a rule means */

static void read_list(struct fixture *fixture, const char *list)
{
	struct error err = ERROR_INIT;

	write_file(fixture, "available_events", list);
	assert_true(kernel_catalog_read(&fixture->catalog, &fixture->tracefs, &err));
}

static bool look_again(struct fixture *fixture, const char *list)
{
	write_file(fixture, "available_events", list);
	return kernel_catalog_look_again(&fixture->catalog, &fixture->tracefs);
}

static void assert_meant(const struct fixture *fixture, const char *pattern, const char *wanted)
{
	const struct rule_spec rule = {.kind = RULE_TRACEPOINT, .pattern = pattern};
	struct text names = {0};

	for (size_t i = 0; i < fixture->catalog.count; i++)
		if (kernel_event_is_meant(&fixture->catalog.events[i], &rule))
			text_addf(&names, "%s ", fixture->catalog.events[i].name);
	assert_string_equal(text_str(&names), wanted);
	text_finish(&names);
}

static void what_comes_and_goes_is_noticed(void **state)
{
	struct fixture *fixture = *state;

	read_list(fixture, "sched:one\nsched:two\ntracon_7_8:s1_r1_0\nnonsense\n");
	assert_meant(fixture, "*", "one two ");
	assert_false(look_again(fixture, "sched:one\nsched:two\ntracon_7_8:s1_r1_0\nnonsense\n"));
	assert_true(look_again(fixture, "module:three\nsched:one\nsched:two\nmodule:four\n"));
	assert_meant(fixture, "*", "one two three four ");
	assert_true(look_again(fixture, "sched:two\nmodule:four\nother:one\n"));
	assert_meant(fixture, "*", "two four one ");
	assert_true(look_again(fixture, "sched:one\nsched:two\n"));
	assert_meant(fixture, "*", "one two ");
	assert_int_equal(fixture->catalog.count, 5);
}

static void probes_of_others_are_meant_by_name_only(void **state)
{
	struct fixture *fixture = *state;

	write_file(fixture, "dynamic_events",
		   "p:others/here /bin/sh:0x10 arg1=%di\nr16:others/back vfs_read\n"
		   "s:synthetic/made int a\nbroken\n:\n");
	read_list(fixture, "others:here\nothers:back\nsynthetic:made\nmodule:here\nsched:one\n");
	assert_meant(fixture, "*", "made here one ");
	assert_meant(fixture, "here", "here here ");
	assert_meant(fixture, "back", "back ");
}

/* --- what is switched on */

static bool follow(struct fixture *fixture, const char *pattern)
{
	const struct rule_spec rule = {
		.id = 1, .kind = RULE_TRACEPOINT, .pattern = pattern, .is_enabled = true};
	const struct channel_spec wanted = {.is_enabled = true, .rules = &rule, .rule_count = 1};
	struct error err = ERROR_INIT;

	return kernel_channel_follow(&fixture->channel, &fixture->catalog, &fixture->tracefs,
				     &wanted, &fixture->trace, &err);
}

static unsigned int count_declared(const struct fixture *fixture, const char *name)
{
	char *line = mem_printf("name = \"%s\";", name);
	const char *at = text_str(&fixture->metadata);
	unsigned int count = 0;

	while ((at = strstr(at, line))) {
		count++;
		at++;
	}
	free(line);
	return count;
}

static void a_modules_events_are_recorded_when_they_come(void **state)
{
	struct fixture *fixture = *state;

	add_event(fixture, "net/module_first", 300, "a");
	read_list(fixture, "net:module_first\n");
	assert_true(follow(fixture, "module_*"));
	assert_true(is_on(fixture, "net/module_first"));
	add_event(fixture, "net/module_next", 301, "b");
	add_event(fixture, "net/other", 302, "c");
	assert_true(look_again(fixture, "net:module_first\nnet:module_next\nnet:other\n"));
	assert_true(follow(fixture, "module_*"));
	assert_true(is_on(fixture, "net/module_next"));
	assert_false(is_on(fixture, "net/other"));
	assert_string_equal(fixture->classes[301]->name, "module_next");
	assert_int_equal(count_declared(fixture, "module_first"), 1);
	assert_int_equal(count_declared(fixture, "module_next"), 1);
}

static void one_that_comes_back_is_recorded_again(void **state)
{
	struct fixture *fixture = *state;

	add_event(fixture, "net/module_a", 300, "a");
	add_event(fixture, "net/module_b", 301, "b");
	read_list(fixture, "net:module_a\nnet:module_b\n");
	assert_true(follow(fixture, "module_*"));
	remove_event(fixture, "net/module_a");
	remove_event(fixture, "net/module_b");
	assert_true(look_again(fixture, "sched:one\n"));
	assert_true(follow(fixture, "module_*"));
	/* By the same number, and by another one. */
	add_event(fixture, "net/module_a", 300, "a");
	add_event(fixture, "net/module_b", 303, "b");
	assert_true(look_again(fixture, "net:module_a\nnet:module_b\n"));
	assert_true(follow(fixture, "module_*"));
	assert_true(is_on(fixture, "net/module_a"));
	assert_true(is_on(fixture, "net/module_b"));
	assert_int_equal(count_declared(fixture, "module_a"), 1);
	assert_int_equal(count_declared(fixture, "module_b"), 2);
	assert_string_equal(fixture->classes[303]->name, "module_b");
}

/* The trace has said already what that number is. */
static void a_number_that_was_anothers_is_refused(void **state)
{
	struct fixture *fixture = *state;

	add_event(fixture, "net/module_a", 300, "a");
	read_list(fixture, "net:module_a\n");
	assert_true(follow(fixture, "module_*"));
	remove_event(fixture, "net/module_a");
	add_event(fixture, "net/module_b", 300, "b");
	add_event(fixture, "net/module_c", 301, "c");
	assert_true(look_again(fixture, "net:module_b\nnet:module_c\n"));
	assert_false(follow(fixture, "module_*"));
	assert_false(is_on(fixture, "net/module_b"));
	assert_true(is_on(fixture, "net/module_c"));
	assert_string_equal(fixture->classes[300]->name, "module_a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_comes_and_goes_is_noticed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(probes_of_others_are_meant_by_name_only, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_modules_events_are_recorded_when_they_come,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_that_comes_back_is_recorded_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_number_that_was_anothers_is_refused, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
