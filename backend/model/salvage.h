/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session of a killed engine had in its buffers, if these were files (create --shm-path),
 * comes to the chunks that it left. Control thread.
 */
#ifndef TRACON_MODEL_SALVAGE_H
#define TRACON_MODEL_SALVAGE_H

#include <stdint.h>

#include "backend/sink/leftover.h"

/*
 * place: mended before; and after, if packets came (their number is returned). What can't be
 * brought there stays where it is. Both are told in the log.
 */
uint64_t salvage_left(const struct leftover_place *place, const char *shm_path,
		      const char *session_name);

#endif
