/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A difference prints both pictures. */
#include "tests/views/expect.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

void expect_setup(void)
{
	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		fail_msg("no locale C.UTF-8");
	setenv("TZ", "UTC", 1);
}

/* Blanks at ends of lines and empty last lines go. */
static void add_trimmed(struct text *out, const char *picture)
{
	size_t last_end = 0;

	while (*picture) {
		size_t length = strcspn(picture, "\n");
		size_t used = length;

		while (used > 0 && picture[used - 1] == ' ')
			used--;
		text_add_bytes(out, picture, used);
		if (used > 0)
			last_end = out->length;
		text_add_char(out, '\n');
		picture += length + (picture[length] == '\n');
	}
	if (out->length > last_end) {
		out->length = last_end;
		out->bytes[last_end] = '\0';
	}
}

static void expect_same(const char *what, const char *shown, const char *expected)
{
	struct text left = {0}, right = {0};
	bool is_same;

	add_trimmed(&left, shown);
	add_trimmed(&right, expected);
	is_same = !strcmp(text_str(&left), text_str(&right));
	if (!is_same)
		print_error("%s shown:\n%s\nexpected:\n%s\n", what, text_str(&left),
			    text_str(&right));
	text_finish(&left);
	text_finish(&right);
	assert_true(is_same);
}

static void expect_named(const char *name, const struct canvas *canvas, const char *expected,
			 bool is_roles)
{
	struct text text = {0};

	if (is_roles)
		canvas_print_roles(canvas, &text);
	else
		canvas_print(canvas, &text);
	expect_same(name, text_str(&text), expected);
	text_finish(&text);
}

void expect_canvas(const struct canvas *canvas, const char *characters)
{
	expect_named("characters", canvas, characters, false);
}

void expect_roles(const struct canvas *canvas, const char *roles)
{
	expect_named("roles", canvas, roles, true);
}

static void read_file(const char *path, struct text *out)
{
	FILE *file = fopen(path, "re");
	char bytes[4096];
	size_t length;

	if (!file)
		fail_msg("cannot read %s", path);
	while ((length = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_bytes(out, bytes, length);
	fclose(file);
}

void expect_golden(const struct canvas *canvas, const char *name)
{
	static const char separator[] = "roles:\n";
	const char *root = getenv("abs_top_srcdir");
	char *path = mem_printf("%s/tests/views/golden/%s", root ? root : ".", name);
	struct text golden = {0};
	struct text characters = {0};
	const char *roles;

	read_file(path, &golden);
	roles = strstr(text_str(&golden), separator);
	text_add_bytes(&characters, text_str(&golden),
		       roles ? (size_t)(roles - text_str(&golden)) : golden.length);
	expect_named(name, canvas, text_str(&characters), false);
	if (roles)
		expect_named(name, canvas, roles + strlen(separator), true);
	text_finish(&characters);
	text_finish(&golden);
	free(path);
}

void expect_golden_text(const char *shown, const char *name)
{
	const char *root = getenv("abs_top_srcdir");
	char *path = mem_printf("%s/tests/views/golden/%s", root ? root : ".", name);
	struct text golden = {0};

	read_file(path, &golden);
	expect_same(name, shown, text_str(&golden));
	text_finish(&golden);
	free(path);
}

void shown_init(struct shown *shown, const struct view_class *view, struct pictures *pictures)
{
	*shown = (struct shown){.view = view, .pictures = pictures};
	shown->state = mem_zalloc(view->state_bytes);
	view->init(shown->state);
	shown->canvas = canvas_create(1, 1);
}

void shown_finish(struct shown *shown)
{
	shown->view->finish(shown->state);
	free(shown->state);
	canvas_destroy(shown->canvas);
	text_finish(&shown->command);
}

const struct canvas *shown_draw(struct shown *shown, int rows, int columns, enum glyphs glyphs)
{
	canvas_resize(shown->canvas, rows, columns);
	canvas_set_glyphs(shown->canvas, glyphs);
	shown->pictures->input.glyphs = glyphs;
	shown->view->fit(shown->state, &shown->pictures->input, rows, columns);
	shown->view->draw(shown->state, &shown->pictures->input, shown->canvas);
	return shown->canvas;
}

bool shown_act(struct shown *shown, const char *action, const char *argument)
{
	text_clear(&shown->command);
	return shown->view->act(shown->state, &shown->pictures->input, action, argument,
				&shown->command);
}

void shown_expect(struct shown *shown, const char *action, const char *command)
{
	assert_true(shown_act(shown, action, ""));
	assert_string_equal(text_str(&shown->command), command);
}

void shown_expect_golden(struct shown *shown)
{
	static const struct {
		int rows, columns;
	} sizes[] = {{4, 20}, {10, 40}, {24, 80}, {40, 120}, {60, 200}};

	for (size_t i = 0; i < 2 * COUNT_OF(sizes); i++) {
		bool is_ascii = i >= COUNT_OF(sizes);
		int rows = sizes[i % COUNT_OF(sizes)].rows;
		int columns = sizes[i % COUNT_OF(sizes)].columns;
		char *name = mem_printf("%s-%s%dx%d", shown->view->name, is_ascii ? "ascii-" : "",
					columns, rows);

		shown_draw(shown, rows, columns, is_ascii ? GLYPHS_ASCII : GLYPHS_UTF8);
		expect_golden(shown->canvas, name);
		free(name);
	}
}

void shown_try_sizes(struct shown *shown)
{
	for (int rows = 1; rows <= 30; rows++)
		for (int columns = 1; columns <= 130; columns++)
			shown_draw(shown, rows, columns, (enum glyphs)((rows + columns) % 3));
}
