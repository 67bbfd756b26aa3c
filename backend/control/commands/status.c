/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: the current session, as list shows it. */
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"

static void warn_about_sources(struct call *call)
{
	for (size_t i = 0; i < source_count; i++) {
		const struct model_source *source = &call->model->sources[i];

		if (source->source && error_is_set(&source->warning))
			reply_warn(call->reply, "%s", source->warning.message);
		if (!source->source && source_carrier(i) == i &&
		    !source_table[i].class->is_optional)
			reply_warn(call->reply, "%s", source->missing.message);
	}
}

static void status_run(struct call *call)
{
	struct session *session = common_session(call, NULL);

	if (!session)
		return;
	warn_about_sources(call);
	common_warn_left(call);
	listing_show_session(call, session, (struct listing){0});
}

const struct command status_command = {
	.name = "status",
	.usage = "",
	.help = "Show the current session.",
	.run = status_run,
};
