/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view on the machine at work: its golden files and its sizes are the same test for all. */
#include "tests/views/web_view.h"

struct pictures pictures;
struct shown shown;

int web_view_setup(void **state)
{
	expect_setup();
	pictures_init_web(&pictures);
	shown_init(&shown, *state, &pictures);
	return 0;
}

int web_view_teardown(void **state)
{
	(void)state;
	shown_finish(&shown);
	return 0;
}

void it_looks_as_drawn(void **state)
{
	(void)state;
	shown_expect_golden(&shown);
}

void it_lives_at_any_size(void **state)
{
	(void)state;
	shown_try_sizes(&shown);
	pictures_init(&pictures);
	shown_try_sizes(&shown);
}
