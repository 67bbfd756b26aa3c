/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the selection of all panes stands for in a picture, and how it outlives what vanishes. */
#ifndef TRACON_VIEWS_SELECTION_H
#define TRACON_VIEWS_SELECTION_H

#include "views/view.h"

/* NULL: none. */
const struct picture_session *selection_session(const struct view_input *input);
const struct picture_channel *selection_channel(const struct view_input *input);
/* The channel of that id in the selected session. NULL: none. */
const struct picture_channel *selection_find_channel(const struct view_input *input,
						     uint64_t channel_id);
/* Forgets channel, event and chunk if it is another session. */
void selection_set_session(struct selection *selection, uint64_t session_id);
/*
 * Takes another session if the selected one is gone (the first active one, else the newest), and
 * forgets a channel that is gone.
 */
void selection_follow(const struct view_input *input);

#endif
