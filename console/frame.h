/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One frame: the whole screen drawn into the console's canvas. */
#ifndef TRACON_CONSOLE_FRAME_H
#define TRACON_CONSOLE_FRAME_H

#include "console/state.h"

void frame_draw(struct console *console);

#endif
