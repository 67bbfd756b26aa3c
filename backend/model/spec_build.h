/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes down what a session wants from one source, as the source reads it. Control thread. */
#ifndef TRACON_MODEL_SPEC_BUILD_H
#define TRACON_MODEL_SPEC_BUILD_H

#include "backend/model/session.h"
#include "backend/source/spec.h"

/* One reference, the caller's. */
struct session_spec *spec_build(const struct session *session, size_t source_index, bool is_over);

#endif
