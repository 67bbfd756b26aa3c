/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which session's packets are shown to a tap: one at a time. Control thread. */
#ifndef TRACON_MODEL_TAPPING_H
#define TRACON_MODEL_TAPPING_H

#include <stdint.h>

#include "backend/model/model.h"

struct session;
struct tap;

/*
 * From now on the session's packets are offered to the tap, those of streams that come later too;
 * session_id 0 or tap NULL: nobody's. done: the former tap is touched no more, unless its session
 * ends just now (the tap is counted: harmless).
 */
void model_tap(struct model *model, uint64_t session_id, struct tap *tap, struct outcome outcome);
/* The session has got its set of streams. */
void tapping_streams_made(struct session *session);
/* At the end of the model. */
void tapping_finish(struct model *model);

#endif
