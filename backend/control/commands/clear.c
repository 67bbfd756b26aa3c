/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clear: forgets what sessions recorded since their last rotation; archives stay. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct cleared {
	struct several_part part; /* first */
	char *name;
};

static enum exit_status tell(struct several_part *part, const struct error *err)
{
	struct cleared *cleared = (struct cleared *)part;
	struct reply *reply = part->several->reply;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot clear session '%s'", cleared->name);
		reply_error(reply, &sentence);
	} else {
		reply_print(reply, "Session \"%s\" cleared\n", cleared->name);
	}
	free(cleared->name);
	free(cleared);
	return err ? STATUS_ERROR : STATUS_OK;
}

static void clear_one(struct several *several, struct session *session)
{
	struct cleared *cleared = mem_zalloc(sizeof(*cleared));

	cleared->name = mem_strdup(session_name(session));
	recording_clear(session, several_add(several, &cleared->part, tell));
}

static void clear_run(struct call *call)
{
	common_each_session(call, clear_one);
}

static const struct option_spec clear_options[] = {OPTION_ALL, OPTION_GLOB};

const struct command clear_command = {
	.name = "clear",
	.usage = "[--all | --glob=PATTERN | SESSION]",
	.help = "Forget what a session recorded since its last rotation.",
	.description = "The files of the current trace chunk are removed, the buffers emptied, and "
		       "counters begin at zero. Archived chunks and snapshots stay. A session that "
		       "records goes on: what happens after the answer is kept.",
	.options = clear_options,
	.option_count = COUNT_OF(clear_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.flags = COMMAND_ASKS,
	.run = clear_run,
};
