/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which terminals can be driven, by the name of their type. */
#include "console/screen_parts.h"

#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"

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

bool screen_term_is_xterm_like(const char *term)
{
	return begins_with_one_of(term, xterm_like, COUNT_OF(xterm_like));
}

bool screen_term_answers(const char *term)
{
	return begins_with_one_of(term, modern, COUNT_OF(modern));
}

bool screen_term_reports_focus(const char *term)
{
	return begins_with_one_of(term, reports_focus, COUNT_OF(reports_focus));
}

static bool has_capability(const char *name)
{
	const char *sequence = tigetstr(name);

	return sequence && sequence != (char *)-1;
}

bool screen_term_has_alternate(void)
{
	return has_capability("smcup");
}

/* newterm() takes "dumb" too and then prints garbage. */
static bool can_move_cursor(void)
{
	return has_capability("cup") && (has_capability("clear") || has_capability("ed"));
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
const char *screen_usable_term(const char *term)
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
	return screen_usable_term(term) != NULL;
}
