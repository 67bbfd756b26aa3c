/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: the current session, as list shows it. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"
#include "backend/model/telemetry.h"

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

static void show_export(struct call *call)
{
	const struct exporter_state state = telemetry_state(call->model);
	const unsigned long long sent = state.sent_logs + state.sent_metrics;
	const unsigned long long dropped = state.dropped_logs + state.dropped_metrics;

	common_export_json(reply_json(call->reply), &state);
	if (!state.sends_logs && !state.sends_metrics)
		return;
	reply_print(call->reply, "OTLP export: %llu records sent, %llu dropped, %llu retries\n",
		    sent, dropped, (unsigned long long)state.retries);
	if (state.dropped_points)
		reply_warn(call->reply,
			   "OTLP export: the receiver refused %llu data points of metrics",
			   (unsigned long long)state.dropped_points);
	if (state.is_failing)
		reply_warn(call->reply, "OTLP export does not arrive at present: %s",
			   state.last_failure);
}

static void status_run(struct call *call)
{
	struct listing listing = {0};
	struct session *session;

	if (!listing_parse(call, &listing))
		return;
	session = common_session(call, NULL);
	if (!session)
		return;
	warn_about_sources(call);
	common_warn_left(call);
	show_export(call);
	listing_show_session(call, session, listing);
}

static const struct option_spec status_options[] = {LISTING_OPTIONS};

const struct command status_command = {
	.name = "status",
	.usage = "[--mem-usage=WHAT] [--style=STYLE]",
	.help = "Show the current session.",
	.options = status_options,
	.option_count = COUNT_OF(status_options),
	.run = status_run,
};
