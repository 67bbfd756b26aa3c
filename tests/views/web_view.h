/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One view on the machine at work of pictures_init_web(), made anew for each test of a program that
 * tests that view, and what all such views are tested for.
 */
#ifndef TRACON_TESTS_VIEWS_WEB_VIEW_H
#define TRACON_TESTS_VIEWS_WEB_VIEW_H

#include "tests/views/expect.h"

extern struct pictures pictures;
extern struct shown shown;

/* The initial state is the view_class. */
int web_view_setup(void **state);
int web_view_teardown(void **state);
#define WEB_VIEW_TEST(name, view)                                                                  \
	cmocka_unit_test_prestate_setup_teardown(name, web_view_setup, web_view_teardown,          \
						 (void *)&(view))

void it_looks_as_drawn(void **state);
void it_lives_at_any_size(void **state);

#endif
