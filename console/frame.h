/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One frame: the whole screen drawn into the console's canvas. */
#ifndef TRACON_CONSOLE_FRAME_H
#define TRACON_CONSOLE_FRAME_H

#include "console/state.h"

void frame_draw(struct console *console);
/* What a click on the last frame meant: a tab or PANE_NONE; 1 for F1 … 10, or 0. */
enum pane frame_tab_at(const struct console *console, int row, int column);
int frame_function_at(const struct console *console, int row, int column);

#endif
