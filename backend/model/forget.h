/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Archived chunks whose files are gone. Control thread. */
#ifndef TRACON_MODEL_FORGET_H
#define TRACON_MODEL_FORGET_H

struct model;

/* The chunk at that path is in no session's list any more once the session's operations that run
 * are done. Unknown paths pass. */
void forget_chunk(struct model *model, const char *path);

#endif
