/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames: the cells of a canvas that differ from what the terminal shows go to ncurses, in the
 * colours of the theme; what it makes of them goes out, between the marks of a synchronized update
 * where the terminal knows them.
 */
#include "console/screen_parts.h"

#include <string.h>

#define SYNC_BEGIN "\033[?2026h"

static attr_t attributes_of(const struct style *style)
{
	attr_t attributes = A_NORMAL;

	if (style->attributes & STYLE_BOLD)
		attributes |= A_BOLD;
	if (style->attributes & STYLE_DIM)
		attributes |= A_DIM;
	if (style->attributes & STYLE_REVERSE)
		attributes |= A_REVERSE;
	if (style->attributes & STYLE_UNDERLINE)
		attributes |= A_UNDERLINE;
	return attributes;
}

/*
 * The terminal's own colours have a pair of their own, as the background too: from a colour back to
 * pair 0, ncurses would reset all attributes, which is 6 bytes more each time.
 */
#define PLAIN_PAIR 1

static void set_plain_background(short pair)
{
	cchar_t blank;

	setcchar(&blank, L" ", A_NORMAL, pair, NULL);
	bkgrndset(&blank);
}

/* Roles that look the same share a pair, so that ncurses sees no change between them. */
static short pair_of(const struct screen *screen, const struct style *styles, int role)
{
	for (int other = 0; other < role; other++) {
		if (styles[other].foreground == styles[role].foreground &&
		    styles[other].background == styles[role].background)
			return screen->pairs[other];
	}
	return (short)(PLAIN_PAIR + role);
}

/* ROLE_NORMAL, the first of all, has the terminal's own colours in every theme. */
void screen_apply_theme(struct screen *screen)
{
	const struct style *styles = theme_styles(screen->theme, screen->is_mono ? 0 : COLORS);

	for (int role = 0; role < ROLE_COUNT; role++) {
		screen->attributes[role] = attributes_of(&styles[role]);
		screen->pairs[role] = screen->is_mono ? 0 : pair_of(screen, styles, role);
		if (!screen->is_mono)
			init_pair(screen->pairs[role], styles[role].foreground,
				  styles[role].background);
	}
	if (!screen->is_mono)
		set_plain_background(PLAIN_PAIR);
	screen->shown_is_valid = false;
}

void screen_set_theme(struct screen *screen, const struct theme *theme)
{
	screen->theme = theme;
	screen_apply_theme(screen);
}

/* ---- frames ---- */

static bool needs_rewriting(const struct cell *cells, int columns)
{
	for (int i = 0; i < columns; i++) {
		if (cells[i].width == 2 || (cells[i].chars[0] && cells[i].chars[1]))
			return true;
	}
	return false;
}

static void set_character(const struct screen *screen, const struct cell *cell, wchar_t out[])
{
	int count = 0;

	for (; count < CELL_CHARS && cell->chars[count]; count++)
		out[count] = (wchar_t)cell->chars[count];
	if (count == 0)
		out[count++] = L' ';
	out[count] = L'\0';
	if (!screen->is_utf8 && out[0] >= 0x80) {
		out[0] = L'?';
		out[1] = L'\0';
	}
	if (out[0] < 0x20 || out[0] == 0x7f) /* the canvas has none; a second wall */
		out[0] = L' ';
}

static bool is_blank(const struct cell *cell)
{
	return cell->chars[0] == ' ' && !cell->chars[1] && cell->role == ROLE_NORMAL;
}

/*
 * Blanks between two cells of one colour take it: nobody sees it, and the terminal need not be told
 * to change colours twice. Not where a blank would show it.
 */
static int role_of(const struct screen *screen, const struct cell *cells, int column, int before)
{
	const struct style *styles = theme_styles(screen->theme, screen->is_mono ? 0 : COLORS);
	int role = cells[column].role < ROLE_COUNT ? cells[column].role : ROLE_NORMAL;
	int next = column;

	if (!is_blank(&cells[column]) || before == ROLE_NORMAL || styles[before].attributes ||
	    styles[before].background != STYLE_DEFAULT_COLOR)
		return role;
	while (next < screen->columns && is_blank(&cells[next]))
		next++;
	if (next == screen->columns || cells[next].role >= ROLE_COUNT ||
	    screen->attributes[cells[next].role] != screen->attributes[before] ||
	    screen->pairs[cells[next].role] != screen->pairs[before])
		return role;
	return before;
}

static bool is_alike(const struct cell *one, const struct cell *other)
{
	return one->width == other->width && one->role == other->role &&
	       memcmp(one->chars, other->chars, sizeof(one->chars)) == 0;
}

/*
 * The columns [*begin, *end) that may look different from what is shown: what changed, with the
 * blanks around it, whose colour goes by their neighbours, and no half of a character.
 */
static void find_changes(const struct cell *cells, const struct cell *shown, int columns,
			 int *begin, int *end)
{
	*begin = 0;
	*end = columns;
	while (*begin < columns && is_alike(&cells[*begin], &shown[*begin]))
		++*begin;
	while (*end > *begin && is_alike(&cells[*end - 1], &shown[*end - 1]))
		--*end;
	while (*begin > 0 && (cells[*begin].width == 0 || shown[*begin].width == 0 ||
			      is_blank(&cells[*begin - 1])))
		--*begin;
	while (*end < columns &&
	       (cells[*end].width == 0 || shown[*end].width == 0 || is_blank(&cells[*end])))
		++*end;
}

static void blit_row(struct screen *screen, int row, const struct cell *cells, int begin, int end)
{
	int column = 0;
	int role = ROLE_NORMAL;

	while (column < end) {
		const struct cell *cell = &cells[column];
		wchar_t characters[CELL_CHARS + 1];
		cchar_t character;

		role = role_of(screen, cells, column, role);
		if (column < begin) {
			column += cell->width == 2 ? 2 : 1;
			continue;
		}
		set_character(screen, cell, characters);
		setcchar(&character, characters, screen->attributes[role], screen->pairs[role],
			 NULL);
		mvadd_wch(row, column, &character);
		if (cell->width == 2 && characters[0] == L'?' && column + 1 < screen->columns)
			mvadd_wch(row, column + 1, &character);
		column += cell->width == 2 ? 2 : 1;
	}
	/* Terminals differ about the width of such characters: don't let a mismatch smear. */
	if (needs_rewriting(cells, screen->columns))
		wredrawln(stdscr, row, 1);
}

static void blit(struct screen *screen, const struct canvas *canvas)
{
	size_t row_bytes = (size_t)screen->columns * sizeof(struct cell);
	int rows = canvas_rows(canvas) < screen->rows ? canvas_rows(canvas) : screen->rows;

	for (int row = 0; row < rows; row++) {
		const struct cell *cells = canvas_cell(canvas, row, 0);
		struct cell *shown = screen->shown + (size_t)row * (size_t)screen->columns;
		int begin = 0, end = screen->columns;

		if (screen->shown_is_valid && !memcmp(cells, shown, row_bytes))
			continue;
		if (screen->shown_is_valid)
			find_changes(cells, shown, screen->columns, &begin, &end);
		blit_row(screen, row, cells, begin, end);
		memcpy(shown, cells, row_bytes);
	}
	screen->shown_is_valid = true;
}

static void place_cursor(const struct canvas *canvas)
{
	int row;
	int column;

	if (canvas_cursor(canvas, &row, &column)) {
		curs_set(1);
		move(row, column);
	} else {
		curs_set(0);
	}
}

void screen_present(struct screen *screen, const struct canvas *canvas)
{
	bool is_synchronized = screen->sync == SCREEN_SYNC_ON ||
			       (screen->sync == SCREEN_SYNC_AUTO && screen->sync_is_known);
	size_t before;
	size_t body;

	if (screen->is_suspended || canvas_columns(canvas) != screen->columns)
		return;
	blit(screen, canvas);
	place_cursor(canvas);
	before = screen->pending_length;
	if (is_synchronized)
		screen_add_sequence(screen, SYNC_BEGIN);
	body = screen->pending_length;
	wnoutrefresh(stdscr);
	doupdate();
	screen_take_memory(screen);
	if (screen->pending_length == body)
		screen->pending_length = before;
	else if (is_synchronized)
		screen_add_sequence(screen, SYNC_END);
	screen_flush(screen);
}
