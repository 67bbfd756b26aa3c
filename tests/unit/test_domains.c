/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a domain can be traced: one of its sources is enough, as in a build without LTTng-UST. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/model/model.h"
#include "backend/source/native/native.h"

/* Only the sources of this model are there, and only that one works; NULL: none. */
static struct model model_with(const struct source_class *working)
{
	static struct source source;
	struct model model = {.sources = mem_zalloc(source_count * sizeof(*model.sources))};

	for (size_t i = 0; i < source_count; i++) {
		error_set(&model.sources[i].missing, ERROR_UNSUPPORTED, "%s is not here",
			  source_table[i].class->title);
		if (source_table[i].class == working)
			model.sources[i].source = &source;
	}
	return model;
}

static void native_applications_are_enough_for_user_space(void **state)
{
	struct model model = model_with(&native_source_class);
	struct error err = ERROR_INIT;
	size_t user_space, loggers;

	(void)state;
	assert_true(model_find_source(&model, "UST", &user_space));
	assert_true(model_can_trace(&model, user_space, &err));
	assert_true(model_find_source(&model, "JUL", &loggers));
	assert_false(model_can_trace(&model, loggers, &err));
	free(model.sources);
}

static void what_is_missing_is_said_of_the_main_source(void **state)
{
	struct model model = model_with(NULL);
	struct error err = ERROR_INIT;
	size_t user_space;

	(void)state;
	assert_true(model_find_source(&model, "UST", &user_space));
	assert_false(model_can_trace(&model, user_space, &err));
	assert_string_equal(err.message, "User space is not here");
	free(model.sources);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(native_applications_are_enough_for_user_space),
		cmocka_unit_test(what_is_missing_is_said_of_the_main_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
