/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies over the panes, on the sizes of terminals from the smallest to the largest: forms with
 * all kinds of fields, empty, full and wrong, and the help of a pane. What is expected is in
 * tests/views/golden/scenes-form and scenes-help; with SCENES_OUT=FOLDER it is written there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "console/form.h"
#include "tests/views/expect.h"
#include "views/help_view.h"

static const struct {
	int rows, columns;
} sizes[] = {{4, 20}, {8, 40}, {24, 80}, {40, 120}, {60, 200}};

static struct canvas *canvas;
static struct text shown;

static int setup(void **state)
{
	(void)state;
	expect_setup();
	canvas = canvas_create(1, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	canvas_destroy(canvas);
	text_finish(&shown);
	return 0;
}

static void keep(const char *name, size_t size)
{
	struct text text = {0};

	canvas_print(canvas, &text);
	while (text.length > 1 && text.bytes[text.length - 2] == '\n')
		text.bytes[--text.length] = '\0';
	text_addf(&shown, "== %s %dx%d ==\n%s", name, sizes[size].columns, sizes[size].rows,
		  text_str(&text));
	text_finish(&text);
}

static void expect_kept(const char *name)
{
	const char *folder = getenv("SCENES_OUT");
	char *path;
	FILE *file;

	if (!folder) {
		expect_golden_text(text_str(&shown), name);
		return;
	}
	path = mem_printf("%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text_str(&shown), file);
	fclose(file);
	free(path);
}

/* ---- forms ---- */

static const char *const kinds[] = {"local", "snapshot", "live", NULL};
static const struct form_field fields[] = {
	{.label = "name", .hint = "none: auto-DATE-TIME"},
	{.label = "kind", .kind = FORM_CHOICE, .choices = kinds, .hint = "where events go"},
	{.label = "all events", .kind = FORM_SWITCH, .hint = "a switch"},
	{.label = "context", .kind = FORM_PICK, .hint = "type to narrow; Up and Down choose"},
	{.label = "a label that is long", .hint = "the last field"},
};

static void write_line(const struct form *form, struct text *line)
{
	text_add(line,
		 "create --output /home/somebody/a/folder/that/is/deep/in/others --snapshot ");
	text_add_quoted(line, field_text(&form->values[0].text));
}

static void complain(const struct form *form, struct text *complaint)
{
	if (form->focus == COUNT_OF(fields) - 1)
		text_add(complaint, "context: something is needed here");
}

static const struct form_class class = {
	.name = "test",
	.title = "Create a session",
	.command = "create",
	.write = write_line,
	.check = complain,
};

static void draw_forms(const char *name, struct form *form)
{
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		canvas_resize(canvas, sizes[i].rows, sizes[i].columns);
		canvas_set_glyphs(canvas, i == 3 ? GLYPHS_ASCII : GLYPHS_UTF8);
		form_draw(form, canvas);
		keep(name, i);
	}
}

static void forms_look_as_drawn(void **state)
{
	struct form *form = mem_zalloc(sizeof(*form));

	(void)state;
	form->class = &class;
	form->count = COUNT_OF(fields);
	for (size_t i = 0; i < form->count; i++)
		form->values[i].field = &fields[i];
	draw_forms("empty", form);
	field_set(&form->values[0].text,
		  "\033]0;x\a a name with blanks that is longer than a field");
	form->values[2].is_on = true;
	form->focus = 3;
	for (int i = 0; i < 9; i++) {
		char word[16];

		snprintf(word, sizeof(word), "context_%d", i);
		word_list_add(&form->words, word);
	}
	form->picked = 4;
	draw_forms("full", form);
	word_list_finish(&form->words);
	form->words = (struct word_list){0};
	form->focus = COUNT_OF(fields) - 1;
	draw_forms("wrong", form);
	for (size_t i = 0; i < form->count; i++)
		field_finish(&form->values[i].text);
	free(form);
	expect_kept("scenes-form");
}

/* ---- help ---- */

#define KEYS 50

static const struct view_class pane = {
	.name = "pane",
	.title = "Pane",
	.help = "What one sees here, in a sentence that is as long as these are. And another one.",
};

/* Every third is the pane's own. */
static void fill_keys(struct help_key keys[KEYS], struct text names[KEYS])
{
	for (int i = 0; i < KEYS; i++) {
		text_addf(&names[i], "F%d %c", i, 'A' + i % 26);
		keys[i] = (struct help_key){
			.keys = text_str(&names[i]),
			.action = i % 10 ? "move" : "rotate",
			.help = i % 2 ? "what it does, shortly" : "moves; j k g G C-d C-u",
			.pane = i % 3 ? NULL : "pane",
		};
	}
}

static void draw_help(const char *name, struct help_view *help, const struct help_content *content)
{
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		canvas_resize(canvas, sizes[i].rows, sizes[i].columns);
		help_view_fit(help, content, canvas);
		help_view_draw(help, canvas);
		keep(name, i);
	}
}

static void help_looks_as_drawn(void **state)
{
	struct help_key keys[KEYS];
	struct text names[KEYS] = {0};
	const struct help_content content = {.view = &pane, .keys = keys, .key_count = KEYS};
	struct help_view help;
	const char *action;

	(void)state;
	fill_keys(keys, names);
	help_view_init(&help);
	draw_help("all", &help, &content);
	help_view_act(&help, &content, "filter", "rotate", &action);
	draw_help("narrowed", &help, &content);
	help_view_finish(&help);
	for (int i = 0; i < KEYS; i++)
		text_finish(&names[i]);
	expect_kept("scenes-help");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(forms_look_as_drawn),
		TEST(help_looks_as_drawn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
