/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of contexts: which there are, in which domain, and what counters mean to the kernel. */
#include "backend/source/context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <linux/perf_event.h>

static enum error_code resolve(const char *name, enum context_domain domain,
			       char resolved[CONTEXT_NAME_MAX])
{
	struct error err = ERROR_INIT;
	bool is_resolved = context_resolve(name, domain, resolved, &err);

	assert_int_equal(is_resolved, !error_is_set(&err));
	return err.code;
}

static void domains_have_their_own_contexts(void **state)
{
	char name[CONTEXT_NAME_MAX];

	(void)state;
	assert_int_equal(resolve("vpid", CONTEXT_USER, name), ERROR_NONE);
	assert_string_equal(name, "vpid");
	assert_int_equal(resolve("vpid", CONTEXT_KERNEL, name), ERROR_NONE);
	assert_int_equal(resolve("pthread_id", CONTEXT_KERNEL, name), ERROR_UNSUPPORTED);
	assert_int_equal(resolve("prio", CONTEXT_USER, name), ERROR_UNSUPPORTED);
	assert_int_equal(resolve("$app.web:user", CONTEXT_USER, name), ERROR_NONE);
	assert_int_equal(resolve("$app.web:user", CONTEXT_KERNEL, name), ERROR_UNSUPPORTED);
	assert_int_equal(resolve("perf:cpu:cycles", CONTEXT_USER, name), ERROR_UNSUPPORTED);
	assert_int_equal(resolve("perf:thread:cycles", CONTEXT_KERNEL, name), ERROR_UNSUPPORTED);
}

static void what_is_no_context_is_not_found(void **state)
{
	static const char *const names[] = {"",
					    "VPID",
					    "vpid ",
					    "perf:",
					    "perf:thread:",
					    "$app.",
					    "$app.web",
					    "$app.:user",
					    "$app.web:",
					    "perf:thread:raw:r:x",
					    "vpids",
					    "perf:disk:x",
					    "perf:thread:no",
					    "perf:thread:raw:r1",
					    "app.web:user",
					    "perf:thread:raw:r1:",
					    "perf:thread:raw:rfffffffffffffffff:much"};
	char name[CONTEXT_NAME_MAX], longest[2 * CONTEXT_NAME_MAX] = "";

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(resolve(names[i], CONTEXT_USER, name), ERROR_NOT_FOUND);
	memset(longest, 'x', sizeof(longest) - 1);
	memcpy(longest, "$app.web:", 9);
	assert_int_equal(resolve(longest, CONTEXT_USER, name), ERROR_NOT_FOUND);
}

static void counters_without_a_place_are_the_domains(void **state)
{
	char name[CONTEXT_NAME_MAX];

	(void)state;
	assert_int_equal(resolve("perf:faults", CONTEXT_USER, name), ERROR_NONE);
	assert_string_equal(name, "perf:thread:faults");
	assert_int_equal(resolve("perf:faults", CONTEXT_KERNEL, name), ERROR_NONE);
	assert_string_equal(name, "perf:cpu:faults");
}

static void counters_are_the_kernels_numbers(void **state)
{
	struct context_perf perf;

	(void)state;
	assert_true(context_parse_perf("perf:thread:cpu-cycles", &perf));
	assert_true(perf.is_per_thread);
	assert_int_equal(perf.type, PERF_TYPE_HARDWARE);
	assert_int_equal(perf.config, PERF_COUNT_HW_CPU_CYCLES);
	assert_string_equal(perf.field, "perf_thread_cpu_cycles");
	assert_true(context_parse_perf("perf:cpu:dTLB-store-misses", &perf));
	assert_false(perf.is_per_thread);
	assert_int_equal(perf.type, PERF_TYPE_HW_CACHE);
	assert_int_equal(perf.config, 3 | 1 << 8 | 1 << 16); /* dTLB, write, miss */
	assert_true(context_parse_perf("perf:thread:raw:r1b2:mine", &perf));
	assert_int_equal(perf.type, PERF_TYPE_RAW);
	assert_int_equal(perf.config, 0x1b2);
}

static void symbols_and_names_belong_together(void **state)
{
	(void)state;
	for (size_t i = 0; i < context_type_count; i++) {
		const struct context_type *type = &context_type_table[i];

		assert_ptr_equal(context_type_find(type->name), type);
		assert_ptr_equal(context_type_find_symbol(type->symbol), type);
	}
	assert_null(context_type_find_symbol("vpid"));
}

static void application_contexts_are_taken_apart(void **state)
{
	struct context_app app;

	(void)state;
	assert_true(context_parse_app("$app.web:user:id", &app));
	assert_string_equal(app.provider, "web");
	assert_string_equal(app.type, "user:id");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_have_their_own_contexts),
		cmocka_unit_test(what_is_no_context_is_not_found),
		cmocka_unit_test(counters_without_a_place_are_the_domains),
		cmocka_unit_test(counters_are_the_kernels_numbers),
		cmocka_unit_test(symbols_and_names_belong_together),
		cmocka_unit_test(application_contexts_are_taken_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
