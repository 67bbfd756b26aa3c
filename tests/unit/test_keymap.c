/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default keys, and what bind changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/keymap.h"
#include "console/keys.h"
#include "console/layout.h"

static void default_keys_are_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *entry = keymap_default_at(i);

		assert_int_not_equal(keys_parse(entry->key), KEYS_NONE);
		assert_true(!entry->help || strlen(entry->help) <= 25);
		assert_true(!entry->pane || layout_pane_of(entry->pane) != PANE_NONE);
		for (size_t j = 0; j < i; j++) {
			const struct binding *other = keymap_default_at(j);

			if (other->pane == entry->pane ||
			    (other->pane && entry->pane && !strcmp(other->pane, entry->pane)))
				assert_string_not_equal(other->key, entry->key);
		}
	}
}

static void every_action_is_explained_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < keymap_default_count(); i++) {
		const struct binding *entry = keymap_default_at(i);
		size_t count = 0;

		for (size_t j = 0; j < keymap_default_count(); j++) {
			const struct binding *other = keymap_default_at(j);

			if (!strcmp(other->action, entry->action) && other->pane == entry->pane)
				count += other->help != NULL;
		}
		assert_true(count <= 1);
	}
}

static void pane_wins_over_all(void **state)
{
	struct keymap *keymap = keymap_create();

	(void)state;
	assert_string_equal(keymap_action(keymap, "sessions", 'c'), "form create");
	assert_null(keymap_action(keymap, "chunks", 'c'));
	assert_string_equal(keymap_action(keymap, "chunks", KEYS_F1 + 7), "rotate");
	assert_string_equal(keymap_action(keymap, "nowhere", 'q'), "close");
	keymap_destroy(keymap);
}

static void own_keys_win(void **state)
{
	struct keymap *keymap = keymap_create();
	struct error err = ERROR_INIT;

	(void)state;
	assert_true(keymap_bind(keymap, "all", "C", "stop web", &err));
	assert_string_equal(keymap_action(keymap, "chunks", 'C'), "stop web");
	assert_string_equal(keymap_action(keymap, "sessions", 'C'), "stop web");
	assert_true(keymap_bind(keymap, "sessions", "C", "start web", &err));
	assert_string_equal(keymap_action(keymap, "sessions", 'C'), "start web");
	assert_true(keymap_bind(keymap, "all", "C", "list", &err));
	assert_string_equal(keymap_action(keymap, "chunks", 'C'), "list");
	assert_true(keymap_bind(keymap, "all", "q", "none", &err));
	assert_null(keymap_action(keymap, "chunks", 'q'));
	assert_string_equal(keymap_own_at(keymap, 1)->pane, "sessions");
	assert_null(keymap_own_at(keymap, 4));
	keymap_destroy(keymap);
}

static void wrong_bindings_are_refused(void **state)
{
	struct keymap *keymap = keymap_create();
	struct error err = ERROR_INIT;

	(void)state;
	assert_false(keymap_bind(keymap, "panes", "x", "quit", &err));
	assert_non_null(strstr(err.message, "no pane is called 'panes'"));
	assert_false(keymap_bind(keymap, "all", "Hyper-x", "quit", &err));
	assert_non_null(strstr(err.message, "no key is called 'Hyper-x'"));
	assert_false(keymap_bind(keymap, "all", "x", "", &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_null(keymap_own_at(keymap, 0));
	keymap_destroy(keymap);
}

static void actions_are_known(void **state)
{
	(void)state;
	assert_true(keymap_is_action("zoom"));
	assert_true(keymap_is_action("pane"));
	assert_true(keymap_is_action("none"));
	assert_false(keymap_is_action("zoo"));
	assert_false(keymap_is_action("enable-event"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_keys_are_keys),
		cmocka_unit_test(every_action_is_explained_once),
		cmocka_unit_test(pane_wins_over_all),
		cmocka_unit_test(own_keys_win),
		cmocka_unit_test(wrong_bindings_are_refused),
		cmocka_unit_test(actions_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
