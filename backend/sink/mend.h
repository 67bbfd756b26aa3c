/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an engine that was killed left on disk is made readable again: a packet or a declaration
 * that was being written is cut off, index files say what the stream files hold. Nobody writes
 * there any more. Any thread, with the rights of the files' owner.
 */
#ifndef TRACON_SINK_MEND_H
#define TRACON_SINK_MEND_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

struct mend_result {
	uint64_t bytes;		 /* of whole packets */
	uint64_t cut_bytes;	 /* of packets and declarations that were not whole */
	uint64_t newest_wall_ns; /* when a stream's file was written last; 0: there is none */
	unsigned int odd_count;	 /* files that hold something else, left as they are */
};

/*
 * All traces in the folder NAME below `directory`. Adds to *result. False with ERROR_IO or
 * ERROR_DENIED when something could not be read or written; the rest is mended all the same. A
 * second call changes nothing.
 */
bool mend_folder(int directory, const char *name, struct mend_result *result, struct error *err);

/* How many leading bytes of plain metadata are whole declarations. */
uint64_t mend_whole_declarations(const char *text, uint64_t length);

#endif
