/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ncurses is given a memory file to write to, so it can never block on the terminal; after each
 * update the bytes are taken from there and written as far as the terminal takes them. Keys are
 * read byte-wise: wide-character input loses characters that are split over two reads.
 */
#include "console/screen.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#undef columns /* a macro of term.h */

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/units.h"
#include "backend/base/utf8.h"
#include "console/keys.h"

/* ncurses numbers the extended keys of xterm-256color 522 … 585: ours start far above. */
#define OWN_CODE(key) (0x4000 + (key)-KEYS_UP)
#define OWN_KEY(code) ((code)-0x4000 + KEYS_UP)

#define ESCAPE_WAIT_MS	25
#define LEAVE_WAIT_MS	250
#define EMPTY_READS_MAX 3     /* readable but empty this often in a row: the terminal is gone */
#define CLIPBOARD_MAX	74994 /* encoded bytes; what terminals are known to take */
#define BELL_PAUSE_NS	NS_PER_S

#define SYNC_BEGIN "\033[?2026h"
#define SYNC_END   "\033[?2026l"
#define SYNC_ASK   "\033[?2026$p"
#define PASTE_ON   "\033[?2004h"
#define PASTE_OFF  "\033[?2004l"
#define FOCUS_ON   "\033[?1004h"
#define FOCUS_OFF  "\033[?1004l"
#define MOUSE_ON   "\033[?1000h\033[?1006h"
#define MOUSE_OFF  "\033[?1006l\033[?1000l"
#define MOUSE	   0x3fff /* begins a report; below OWN_CODE's numbers */

const char screen_modes_off[] = SYNC_END FOCUS_OFF PASTE_OFF
	"\033[?1006l\033[?1000l\033[?1l\033>\033[0m\033[?25h\033[?1049l\r\n";

struct screen {
	SCREEN *curses;
	WINDOW *keys; /* a pad: reading from it never refreshes the screen */
	FILE *curses_output;
	FILE *curses_input;
	int memory; /* what ncurses writes to */
	int input;
	int output;
	struct termios saved; /* as the shell left them */
	bool has_saved;
	bool is_mono;
	bool is_utf8;
	bool has_focus_reports;
	bool asks_for_sync;
	bool has_mouse;
	bool is_suspended;
	bool is_lost;
	enum screen_sync sync;
	bool sync_is_known; /* the terminal said that it knows synchronized output */
	const struct theme *theme;
	char term[64];
	attr_t attributes[ROLE_COUNT];
	short pairs[ROLE_COUNT];
	struct cell *shown; /* the last frame: only rows that differ go to ncurses */
	int rows;
	int columns;
	bool shown_is_valid;
	char *pending; /* bytes for the terminal */
	size_t pending_length;
	size_t pending_room;
	size_t pending_sent;
	char partial[UTF8_BYTES_MAX]; /* of a character whose end has not come yet */
	size_t partial_length;
	bool partial_is_alt;
	char report[24]; /* of the mouse, as far as it has come */
	size_t report_length;
	bool has_report; /* one has begun */
	int unread;	 /* a key that was read too far, or ERR */
	unsigned int dropped_keys;
	unsigned int empty_reads;
	uint64_t last_bell_ns;
	uint64_t bytes;
};

/* Terminals whose own description may be missing here but that understand xterm's. */
static const char *const xterm_like[] = {
	"xterm",   "screen", "tmux", "rxvt",  "foot",  "alacritty", "kitty", "wezterm", "ghostty",
	"konsole", "gnome",  "vte",  "iterm", "putty", "mintty",    "st-",   "contour",
};

/* Those that are known to answer, or to ignore, questions about modes. */
static const char *const modern[] = {
	"xterm", "tmux", "foot", "alacritty", "kitty", "wezterm", "ghostty",
};

/* Those that report the focus. */
static const char *const reports_focus[] = {
	"xterm", "tmux", "screen", "foot", "alacritty", "kitty", "wezterm", "ghostty",
};

static bool begins_with_one_of(const char *term, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!strncmp(term, names[i], strlen(names[i])))
			return true;
	}
	return false;
}

/* newterm() takes "dumb" too and then prints garbage. */
static bool can_move_cursor(void)
{
	const char *move = tigetstr("cup");
	const char *clear = tigetstr("clear");
	const char *erase = tigetstr("ed");

	if (!move || move == (char *)-1)
		return false;
	return (clear && clear != (char *)-1) || (erase && erase != (char *)-1);
}

static bool description_is_usable(const char *term)
{
	TERMINAL *before = cur_term;
	bool is_usable;
	int status;

	if (setupterm(term, STDOUT_FILENO, &status) != OK)
		return false;
	is_usable = can_move_cursor();
	del_curterm(set_curterm(before));
	return is_usable;
}

/* The name under which the terminal can be driven, or NULL. */
static const char *usable_term(const char *term)
{
	if (!term || !*term)
		return NULL;
	if (description_is_usable(term))
		return term;
	if (begins_with_one_of(term, xterm_like, COUNT_OF(xterm_like)) &&
	    description_is_usable("xterm-256color"))
		return "xterm-256color";
	return NULL;
}

bool screen_term_is_usable(const char *term)
{
	return usable_term(term) != NULL;
}

/* ---- output ---- */

static void add_pending(struct screen *screen, const char *bytes, size_t length)
{
	while (screen->pending_room - screen->pending_length < length) {
		screen->pending_room = screen->pending_room ? 2 * screen->pending_room : 16384;
		screen->pending = mem_realloc_array(screen->pending, screen->pending_room, 1);
	}
	memcpy(screen->pending + screen->pending_length, bytes, length);
	screen->pending_length += length;
}

static void add_sequence(struct screen *screen, const char *sequence)
{
	add_pending(screen, sequence, strlen(sequence));
}

/* What was written stays there, below what comes: its pages are used again. */
static void clear_memory(struct screen *screen)
{
	if (lseek(screen->memory, 0, SEEK_SET) != 0)
		screen->is_lost = true;
}

/* Moves what ncurses wrote since the last time to the pending bytes. */
static void take_memory(struct screen *screen)
{
	off_t length = lseek(screen->memory, 0, SEEK_CUR);
	char bytes[8192];
	off_t at = 0;

	while (at < length) {
		size_t wanted =
			length - at < (off_t)sizeof(bytes) ? (size_t)(length - at) : sizeof(bytes);
		ssize_t got = pread(screen->memory, bytes, wanted, at);

		if (got <= 0)
			break;
		add_pending(screen, bytes, (size_t)got);
		at += got;
	}
	if (length > 0)
		clear_memory(screen);
}

bool screen_is_busy(const struct screen *screen)
{
	return screen->pending_sent < screen->pending_length;
}

void screen_flush(struct screen *screen)
{
	while (screen_is_busy(screen)) {
		ssize_t sent = write(screen->output, screen->pending + screen->pending_sent,
				     screen->pending_length - screen->pending_sent);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0 && errno == EAGAIN)
			return;
		if (sent <= 0) {
			screen->is_lost = true;
			break;
		}
		screen->pending_sent += (size_t)sent;
		screen->bytes += (size_t)sent;
	}
	screen->pending_sent = 0;
	screen->pending_length = 0;
}

/* ---- colours ---- */

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
static void apply_theme(struct screen *screen)
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
	apply_theme(screen);
}

/* ---- modes ---- */

static void enter_modes(struct screen *screen)
{
	add_sequence(screen, PASTE_ON);
	if (screen->has_focus_reports)
		add_sequence(screen, FOCUS_ON);
	if (screen->has_mouse)
		add_sequence(screen, MOUSE_ON);
	if (screen->asks_for_sync && !screen->sync_is_known)
		add_sequence(screen, SYNC_ASK);
	screen_flush(screen);
}

static void leave_modes(struct screen *screen)
{
	if (screen->has_mouse)
		add_sequence(screen, MOUSE_OFF);
	if (screen->has_focus_reports)
		add_sequence(screen, FOCUS_OFF);
	add_sequence(screen, PASTE_OFF);
}

static void make_raw(struct screen *screen)
{
	struct termios raw_settings = screen->saved;

	cfmakeraw(&raw_settings);
	tcsetattr(screen->input, TCSANOW, &raw_settings);
}

/* Strings that terminfo lacks for some terminals, or that it gives no usable number. */
static const struct {
	const char *sequence;
	int code;
} extra_keys[] = {
	{"\033[A", KEY_UP},
	{"\033[B", KEY_DOWN},
	{"\033[C", KEY_RIGHT},
	{"\033[D", KEY_LEFT},
	{"\033[H", KEY_HOME},
	{"\033[F", KEY_END},
	{"\033OH", KEY_HOME},
	{"\033OF", KEY_END},
	{"\033[1~", KEY_HOME},
	{"\033[4~", KEY_END},
	{"\033[7~", KEY_HOME},
	{"\033[8~", KEY_END},
	{"\033[2~", KEY_IC},
	{"\033[3~", KEY_DC},
	{"\033[5~", KEY_PPAGE},
	{"\033[6~", KEY_NPAGE},
	{"\033[Z", KEY_BTAB},
	{"\033OP", KEY_F(1)},
	{"\033OQ", KEY_F(2)},
	{"\033OR", KEY_F(3)},
	{"\033OS", KEY_F(4)},
	{"\033[11~", KEY_F(1)},
	{"\033[12~", KEY_F(2)},
	{"\033[13~", KEY_F(3)},
	{"\033[14~", KEY_F(4)},
	{"\033[15~", KEY_F(5)},
	{"\033[[A", KEY_F(1)},
	{"\033[[B", KEY_F(2)},
	{"\033[[C", KEY_F(3)},
	{"\033[[D", KEY_F(4)},
	{"\033[[E", KEY_F(5)},
	{"\033[1;2D", OWN_CODE(KEYS_SHIFT_LEFT)},
	{"\033[1;2C", OWN_CODE(KEYS_SHIFT_RIGHT)},
	{"\033[d", OWN_CODE(KEYS_SHIFT_LEFT)},
	{"\033[c", OWN_CODE(KEYS_SHIFT_RIGHT)},
	{"\033[1;5D", OWN_CODE(KEYS_CTRL_LEFT)},
	{"\033[1;5C", OWN_CODE(KEYS_CTRL_RIGHT)},
	{"\033Od", OWN_CODE(KEYS_CTRL_LEFT)},
	{"\033Oc", OWN_CODE(KEYS_CTRL_RIGHT)},
	{"\033[200~", OWN_CODE(KEYS_PASTE_BEGIN)},
	{"\033[201~", OWN_CODE(KEYS_PASTE_END)},
	{"\033[<", MOUSE},
	{"\033[I", OWN_CODE(KEYS_FOCUS_IN)},
	{"\033[O", OWN_CODE(KEYS_FOCUS_OUT)},
	{"\033[?2026;0$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
	{"\033[?2026;1$y", OWN_CODE(KEYS_REPORT_SYNC_ON)},
	{"\033[?2026;2$y", OWN_CODE(KEYS_REPORT_SYNC_ON)},
	{"\033[?2026;3$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
	{"\033[?2026;4$y", OWN_CODE(KEYS_REPORT_SYNC_OFF)},
};

/*
 * Else ncurses cuts bit 8 off. What it tells the terminal besides is dropped: an xterm would send
 * Alt keys as characters with bit 8.
 */
static void keep_bit_8(struct screen *screen)
{
	delay_output(0); /* flushes, nothing else */
	take_memory(screen);
	meta(screen->keys, TRUE);
	delay_output(0);
	clear_memory(screen);
}

static void prepare_keys(struct screen *screen)
{
	screen->keys = newpad(1, 1);
	keypad(screen->keys, TRUE);
	nodelay(screen->keys, TRUE);
	keep_bit_8(screen);
	for (size_t i = 0; i < COUNT_OF(extra_keys); i++)
		define_key(extra_keys[i].sequence, extra_keys[i].code);
}

static void prepare_curses(struct screen *screen)
{
	raw();
	noecho();
	nonl();
	leaveok(stdscr, FALSE);
	typeahead(-1); /* keys are read before a frame is drawn; a frame goes to memory */
	prepare_keys(screen);
	if (!screen->is_mono && has_colors()) {
		start_color();
		use_default_colors();
	} else {
		screen->is_mono = true;
	}
	apply_theme(screen);
}

static void set_size(struct screen *screen, int rows, int columns)
{
	screen->rows = rows > 0 ? rows : 1;
	screen->columns = columns > 0 ? columns : 1;
	resize_term(screen->rows, screen->columns);
	free(screen->shown);
	screen->shown =
		mem_zalloc((size_t)screen->rows * (size_t)screen->columns * sizeof(struct cell));
	screen->shown_is_valid = false;
	clearok(curscr, TRUE);
}

static bool start_curses(struct screen *screen, const char *term, struct error *err)
{
	int input_copy = fcntl(screen->input, F_DUPFD_CLOEXEC, 0);
	int output_copy;

	screen->memory = memfd_create("tracon-screen", MFD_CLOEXEC);
	output_copy = screen->memory < 0 ? -1 : fcntl(screen->memory, F_DUPFD_CLOEXEC, 0);
	screen->curses_input = input_copy < 0 ? NULL : fdopen(input_copy, "r");
	screen->curses_output = output_copy < 0 ? NULL : fdopen(output_copy, "w");
	if (!screen->curses_input || !screen->curses_output)
		return error_set_errno(err, errno, "cannot prepare the screen");
	use_env(FALSE);	  /* LINES and COLUMNS would freeze the size */
	use_tioctl(TRUE); /* else newterm fails where terminfo has no size, as for "linux" */
	set_escdelay(ESCAPE_WAIT_MS);
	screen->curses = newterm(term, screen->curses_output, screen->curses_input);
	if (!screen->curses)
		return error_set(err, ERROR_UNSUPPORTED, "cannot drive a terminal of type '%s'",
				 term);
	return true;
}

static struct screen *screen_create(const struct screen_settings *settings)
{
	struct screen *screen = mem_zalloc(sizeof(*screen));

	screen->memory = -1;
	screen->input = settings->input;
	screen->output = settings->output;
	screen->is_mono = settings->is_mono;
	screen->is_utf8 = settings->is_utf8;
	screen->sync = settings->sync;
	screen->theme = settings->theme;
	screen->unread = ERR;
	screen->has_focus_reports =
		begins_with_one_of(settings->term, reports_focus, COUNT_OF(reports_focus));
	screen->asks_for_sync = begins_with_one_of(settings->term, modern, COUNT_OF(modern));
	snprintf(screen->term, sizeof(screen->term), "%s", settings->term);
	screen->has_mouse = settings->has_mouse &&
			    begins_with_one_of(settings->term, xterm_like, COUNT_OF(xterm_like));
	return screen;
}

struct screen *screen_open(const struct screen_settings *settings, struct error *err)
{
	struct screen *screen = screen_create(settings);
	const char *term = usable_term(settings->term);

	if (!term) {
		error_set(err, ERROR_UNSUPPORTED,
			  "the terminal type '%s' has no full screen; use tracon --line",
			  settings->term);
		goto fail;
	}
	if (tcgetattr(screen->input, &screen->saved) < 0) {
		error_set_errno(err, errno, "cannot read the terminal's settings");
		goto fail;
	}
	screen->has_saved = true;
	if (!start_curses(screen, term, err))
		goto fail;
	make_raw(screen);
	prepare_curses(screen);
	set_size(screen, settings->rows, settings->columns);
	enter_modes(screen);
	return screen;

fail:
	screen_close(screen, false);
	return NULL;
}

static void close_descriptors(struct screen *screen)
{
	if (screen->output != screen->input)
		fd_close(&screen->output);
	screen->output = -1;
	fd_close(&screen->input);
	fd_close(&screen->memory);
	if (screen->curses_output)
		fclose(screen->curses_output);
	if (screen->curses_input)
		fclose(screen->curses_input);
}

void screen_close(struct screen *screen, bool is_lost)
{
	if (!screen)
		return;
	screen->is_lost |= is_lost;
	if (screen->curses) {
		screen_suspend(screen);
		delwin(screen->keys);
		delscreen(screen->curses);
	}
	close_descriptors(screen);
	free(screen->shown);
	free(screen->pending);
	free(screen);
}

/* Here alone it waits: the shell must find the modes off. A stuck terminal costs this once. */
static void flush_patiently(struct screen *screen)
{
	uint64_t give_up_ns = clock_monotonic_ns() + LEAVE_WAIT_MS * NS_PER_MS;

	screen_flush(screen);
	while (screen_is_busy(screen) && !screen->is_lost && clock_monotonic_ns() < give_up_ns) {
		struct pollfd waits = {.fd = screen->output, .events = POLLOUT};

		poll(&waits, 1, LEAVE_WAIT_MS / 10);
		screen_flush(screen);
	}
}

void screen_suspend(struct screen *screen)
{
	if (screen->is_suspended)
		return;
	screen->is_suspended = true;
	leave_modes(screen);
	endwin();
	take_memory(screen);
	flush_patiently(screen);
	if (screen->has_saved)
		tcsetattr(screen->input, TCSANOW, &screen->saved);
}

void screen_resume(struct screen *screen, int rows, int columns)
{
	screen->is_suspended = false;
	screen->pending_sent = 0;
	screen->pending_length = 0;
	make_raw(screen);
	enter_modes(screen);
	set_size(screen, rows, columns);
}

void screen_resize(struct screen *screen, int rows, int columns)
{
	set_size(screen, rows, columns);
}

void screen_repaint(struct screen *screen)
{
	screen->shown_is_valid = false;
	clearok(curscr, TRUE);
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
		add_sequence(screen, SYNC_BEGIN);
	body = screen->pending_length;
	wnoutrefresh(stdscr);
	doupdate();
	take_memory(screen);
	if (screen->pending_length == body)
		screen->pending_length = before;
	else if (is_synchronized)
		add_sequence(screen, SYNC_END);
	screen_flush(screen);
}

/* ---- keys ---- */

static const struct {
	int curses;
	int code;
} curses_keys[] = {
	{KEY_UP, KEYS_UP},
	{KEY_DOWN, KEYS_DOWN},
	{KEY_LEFT, KEYS_LEFT},
	{KEY_RIGHT, KEYS_RIGHT},
	{KEY_HOME, KEYS_HOME},
	{KEY_END, KEYS_END},
	{KEY_FIND, KEYS_HOME},
	{KEY_SELECT, KEYS_END},
	{KEY_PPAGE, KEYS_PAGE_UP},
	{KEY_NPAGE, KEYS_PAGE_DOWN},
	{KEY_IC, KEYS_INSERT},
	{KEY_DC, KEYS_DELETE},
	{KEY_BACKSPACE, KEYS_BACKSPACE},
	{127, KEYS_BACKSPACE},
	{KEY_BTAB, KEYS_BACK_TAB},
	{KEY_SLEFT, KEYS_SHIFT_LEFT},
	{KEY_SRIGHT, KEYS_SHIFT_RIGHT},
	{KEY_ENTER, KEYS_ENTER},
	{'\n', KEYS_ENTER},
};

static int code_of(int curses_code)
{
	if (curses_code >= OWN_CODE(KEYS_UP) && curses_code <= OWN_CODE(KEYS_REPORT_SYNC_OFF))
		return OWN_KEY(curses_code);
	if (curses_code >= KEY_F(1) && curses_code <= KEY_F(12))
		return KEYS_F1 + curses_code - KEY_F(1);
	for (size_t i = 0; i < COUNT_OF(curses_keys); i++) {
		if (curses_keys[i].curses == curses_code)
			return curses_keys[i].code;
	}
	return curses_code < 0x80 ? curses_code : KEYS_NONE;
}

static void add_key_bytes(struct screen_key *key, const char *bytes, size_t length)
{
	if (length > sizeof(key->bytes) - key->length)
		return;
	memcpy(key->bytes + key->length, bytes, length);
	key->length += length;
}

static void add_sequence_of(struct screen_key *key, int curses_code)
{
	char *sequence = keybound(curses_code, 0);

	if (sequence)
		add_key_bytes(key, sequence, strlen(sequence));
	free(sequence);
}

static int next_byte_or_code(struct screen *screen)
{
	int code = screen->unread;

	if (code != ERR) {
		screen->unread = ERR;
		return code;
	}
	return wgetch(screen->keys);
}

/* One byte of a character beyond ASCII. True when the character is whole. */
static bool collect(struct screen *screen, char byte, struct screen_key *key)
{
	uint32_t code_point;

	screen->partial[screen->partial_length++] = byte;
	if (utf8_decode(screen->partial, screen->partial_length, &code_point)) {
		key->code = (int)code_point | (screen->partial_is_alt ? KEYS_ALT : 0);
		if (screen->partial_is_alt)
			add_key_bytes(key, "\033", 1);
		add_key_bytes(key, screen->partial, screen->partial_length);
		screen->partial_length = 0;
		if (screen->is_utf8 && code_point >= 0xa0)
			return true;
		screen->dropped_keys++;
		return false;
	}
	if (screen->partial_length == sizeof(screen->partial)) {
		screen->partial_length = 0;
		screen->dropped_keys++;
	}
	return false;
}

static bool is_continuation(int code)
{
	return code >= 0x80 && code < 0xc0;
}

static void drop_partial(struct screen *screen)
{
	if (screen->partial_length == 0)
		return;
	screen->partial_length = 0;
	screen->dropped_keys++;
}

/* code: what ncurses gave after a possible Esc. False: nothing whole came of it. */
static bool make_key(struct screen *screen, int code, bool is_alt, struct screen_key *key)
{
	key->code = KEYS_NONE;
	key->length = 0;
	if (!is_continuation(code))
		drop_partial(screen);
	if (code >= 0x80 && code < 0x100) {
		if (screen->partial_length == 0) {
			/* A byte that starts no character: nothing waits for its end. */
			if (code < 0xc2 || code > 0xf4) {
				screen->dropped_keys++;
				return false;
			}
			screen->partial_is_alt = is_alt;
		}
		return collect(screen, (char)code, key);
	}
	key->code = code_of(code) | (is_alt ? KEYS_ALT : 0);
	if (is_alt)
		add_key_bytes(key, "\033", 1);
	if (code >= 0x100)
		add_sequence_of(key, code);
	else
		add_key_bytes(key, &(char){(char)code}, 1);
	return true;
}

/* "0;12;5M": button, column and row from 1, pressed. Releases and motions are no keys. */
static bool read_report(const struct screen *screen, struct screen_key *key)
{
	int button, column, row;
	char end;

	if (sscanf(screen->report, "%4d;%5d;%5d%c", &button, &column, &row, &end) != 4 ||
	    end != 'M' || row < 1 || column < 1)
		return false;
	if (button == 0)
		key->code = KEYS_CLICK;
	else if (button == 64 || button == 65)
		key->code = button == 64 ? KEYS_WHEEL_UP : KEYS_WHEEL_DOWN;
	else
		return false;
	key->length = 0;
	key->row = row - 1;
	key->column = column - 1;
	return true;
}

/* One byte of a report. True when it is whole and means something. */
static bool collect_report(struct screen *screen, int code, struct screen_key *key)
{
	bool is_end = code == 'M' || code == 'm';

	if (!is_end && code != ';' && (code < '0' || code > '9')) {
		screen->has_report = false;
		return false;
	}
	screen->report[screen->report_length++] = (char)code;
	screen->report[screen->report_length] = '\0';
	if (screen->report_length == sizeof(screen->report) - 1)
		is_end = true;
	screen->has_report = !is_end;
	return is_end && read_report(screen, key);
}

bool screen_read(struct screen *screen, struct screen_key *key)
{
	int code;

	while ((code = next_byte_or_code(screen)) != ERR) {
		bool is_alt = false;

		screen->empty_reads = 0;
		if (screen->has_report) {
			if (collect_report(screen, code, key))
				return true;
			continue;
		}
		if (code == MOUSE) {
			screen->has_report = true;
			screen->report_length = 0;
			continue;
		}
		if (code == KEYS_ESCAPE) {
			int second = next_byte_or_code(screen);

			is_alt = second != ERR && second != KEYS_ESCAPE;
			if (is_alt)
				code = second;
			else
				screen->unread = second;
		}
		if (make_key(screen, code, is_alt, key))
			return true;
	}
	return false;
}

void screen_note_empty_read(struct screen *screen)
{
	if (++screen->empty_reads >= EMPTY_READS_MAX)
		screen->is_lost = true;
}

unsigned int screen_dropped_keys(const struct screen *screen)
{
	return screen->dropped_keys;
}

bool screen_is_lost(const struct screen *screen)
{
	return screen->is_lost;
}

/* ---- the rest ---- */

int screen_input(const struct screen *screen)
{
	return screen->input;
}

int screen_output(const struct screen *screen)
{
	return screen->output;
}

uint64_t screen_bytes(const struct screen *screen)
{
	return screen->bytes;
}

void screen_set_sync(struct screen *screen, enum screen_sync sync)
{
	screen->sync = sync;
}

void screen_set_mouse(struct screen *screen, bool is_on)
{
	/* Only where mice are known; others would show the switch as text. */
	is_on = is_on && begins_with_one_of(screen->term, xterm_like, COUNT_OF(xterm_like));
	if (is_on == screen->has_mouse)
		return;
	screen->has_mouse = is_on;
	if (screen->is_suspended)
		return;
	add_sequence(screen, is_on ? MOUSE_ON : MOUSE_OFF);
	screen_flush(screen);
}

void screen_sync_answered(struct screen *screen, bool knows)
{
	screen->sync_is_known = knows;
}

enum glyphs screen_glyphs(const struct screen *screen)
{
	bool is_plain = !strncmp(screen->term, "linux", 5) || !strncmp(screen->term, "vt", 2);

	return screen->is_utf8 && !is_plain ? GLYPHS_UTF8 : GLYPHS_ASCII;
}

void screen_bell(struct screen *screen, bool is_visible)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (screen->is_suspended || now_ns - screen->last_bell_ns < BELL_PAUSE_NS)
		return;
	screen->last_bell_ns = now_ns;
	if (is_visible)
		flash();
	else
		beep();
	take_memory(screen);
	screen_flush(screen);
}

static void add_base64(struct text *out, const char *bytes, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;

		if (left > 1)
			group |= (uint32_t)(unsigned char)bytes[i + 1] << 8;
		if (left > 2)
			group |= (uint32_t)(unsigned char)bytes[i + 2];
		text_add_char(out, digits[group >> 18 & 63]);
		text_add_char(out, digits[group >> 12 & 63]);
		text_add_char(out, left > 1 ? digits[group >> 6 & 63] : '=');
		text_add_char(out, left > 2 ? digits[group & 63] : '=');
	}
}

bool screen_copy(struct screen *screen, const char *text, bool even_if_unknown)
{
	const char *capability = tigetstr("Ms");
	bool is_known = capability && capability != (char *)-1;
	struct text sequence = {0};

	if (screen->is_suspended || (!is_known && !even_if_unknown))
		return false;
	if (strlen(text) > CLIPBOARD_MAX / 4 * 3)
		return false;
	text_add(&sequence, "\033]52;c;");
	add_base64(&sequence, text, strlen(text));
	text_add_char(&sequence, '\a');
	add_pending(screen, text_str(&sequence), sequence.length);
	text_finish(&sequence);
	screen_flush(screen);
	return true;
}
