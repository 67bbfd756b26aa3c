/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An answer sink that keeps what a command says, for tests to look at. */
#ifndef TRACON_TESTS_CONTROL_SINK_H
#define TRACON_TESTS_CONTROL_SINK_H

#include <stdbool.h>

#include "backend/base/text.h"
#include "backend/control/request.h"

struct kept_answer {
	struct text output;
	struct text error;
	int status; /* -1 until done */
};

static inline void kept_answer_write(void *data, enum answer_kind kind, const char *bytes,
				     size_t length)
{
	struct kept_answer *kept = data;

	text_add_bytes(kind == ANSWER_OUTPUT ? &kept->output : &kept->error, bytes, length);
}

static inline void kept_answer_done(void *data, int status)
{
	((struct kept_answer *)data)->status = status;
}

static inline struct answer_sink kept_answer_init(struct kept_answer *kept)
{
	*kept = (struct kept_answer){.status = -1};
	return (struct answer_sink){
		.write = kept_answer_write,
		.done = kept_answer_done,
		.data = kept,
	};
}

static inline void kept_answer_finish(struct kept_answer *kept)
{
	text_finish(&kept->output);
	text_finish(&kept->error);
}

#endif
