/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command that takes a command back, worked out before it runs. */
#ifndef TRACON_CONSOLE_INVERSE_H
#define TRACON_CONSOLE_INVERSE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/model/picture.h"

/*
 * Adds the way back to `inverse`, commands divided by "; "; adds nothing when there is none or
 * nothing would change. session_id: the selected one, which commands without --session mean.
 * False: it may change something that can't be taken back.
 */
bool inverse_add(const struct picture *picture, uint64_t session_id, const struct word_list *words,
		 struct text *inverse);

/* Afterwards: destroys the sessions that a command has made, those with higher ids. */
void inverse_add_made(const struct picture *picture, uint64_t newest_session_id,
		      const struct word_list *words, struct text *inverse);

struct places;

/* Where configurations are saved before their sessions are destroyed; NULL: nowhere. Caller frees.
 */
char *inverse_directory(const struct places *places);

/*
 * Sessions that a `destroy` command means, by name. False: it is no destroy, or a wrong one.
 */
bool inverse_destroyed(const struct picture *picture, uint64_t session_id,
		       const struct word_list *words, struct word_list *names);

#endif
