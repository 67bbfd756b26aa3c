/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The popup over the panes: details of a row (keys i, Enter), statistics, whatever is a list. */
#ifndef TRACON_CONSOLE_DETAILS_H
#define TRACON_CONSOLE_DETAILS_H

#include "console/state.h"
#include "views/popup.h"

/* Those of the focused view's row. False: it has none to show. */
bool details_open(struct console *console);
/* An empty one with this title, to be filled by the caller; shown with the next frame. */
struct popup *details_begin(struct console *console, const char *title);
void details_close(struct console *console);
/* j k PgUp PgDn and what else moves; y copies; q, Esc, Enter, i close. */
void details_key(struct console *console, int code);
void details_draw(struct console *console, struct canvas *canvas);

#endif
