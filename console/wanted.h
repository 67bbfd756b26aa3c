/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the backend gathers only while its pane is on the screen: instrumentation points. */
#ifndef TRACON_CONSOLE_WANTED_H
#define TRACON_CONSOLE_WANTED_H

#include "console/state.h"

/* Tells the backend what is wanted now; after each frame, and when the screen goes. */
void wanted_update(struct console *console);
/* Everything that is wanted is to be gathered anew. */
void wanted_refresh(struct console *console);
/* The newest points, NULL: none yet. They stay until the next call. */
const struct points *wanted_points(struct console *console);
/* The backend ends. */
void wanted_forget(struct console *console);

#endif
