/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metrics: numbers of sessions, as Prometheus reads them, here or over HTTP. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/telemetry.h"

#define ADDRESS_DEFAULT "127.0.0.1"

static bool parse_port(const char *text, uint16_t *port, struct error *err)
{
	uint64_t value;

	if (!units_parse_u64(text, &value) || value > UINT16_MAX)
		return error_set(err, ERROR_INVALID,
				 "--port=%s is no port; give 1 to 65535, 0 for a free one, or off",
				 text);
	*port = (uint16_t)value;
	return true;
}

static bool listen_at(struct call *call, const char *port_text, struct error *err)
{
	const char *address = args_text(call->args, "address");
	uint16_t port = 0;

	if (reply_requester(call->reply)->uid != geteuid())
		return error_set(err, ERROR_DENIED, "only the engine's owner may open a port");
	if (strcmp(port_text, "off") == 0) {
		telemetry_hush(call->model);
		reply_print(call->reply, "Metrics are not served any more\n");
		return true;
	}
	if (!address)
		address = ADDRESS_DEFAULT;
	if (!parse_port(port_text, &port, err) ||
	    !telemetry_listen(call->model, address, port, err))
		return error_prefix(err, "cannot serve metrics");
	reply_print(call->reply, "Metrics are at http://%s:%u/metrics\n", address,
		    telemetry_port(call->model));
	return true;
}

struct measuring {
	struct reply *reply;
	struct model *model;
};

static void show(void *data, const struct error *err)
{
	struct measuring *measuring = data;
	const struct model *model = measuring->model;
	struct reply *reply = measuring->reply;
	const struct exporter_state state = telemetry_state(model);
	uid_t uid = reply_requester(reply)->uid;
	struct json *json = reply_json(reply);
	struct text text = {0};

	(void)err; /* what could not be brought now is counted the next time */
	free(measuring);
	telemetry_text(model, uid, &text);
	reply_print(reply, "%s", text_str(&text));
	text_finish(&text);
	json_put(json, "metrics", telemetry_json(model, uid));
	json_put_u64(json, "port", telemetry_port(model));
	common_export_json(json, &state);
	reply_done(reply, STATUS_OK);
}

static void metrics_run(struct call *call)
{
	const char *port = args_text(call->args, "port");
	struct error err = ERROR_INIT;
	struct measuring *measuring;

	if (port) {
		if (!listen_at(call, port, &err)) {
			reply_fail(call->reply, &err);
			return;
		}
		json_put_u64(reply_json(call->reply), "port", telemetry_port(call->model));
		reply_done(call->reply, STATUS_OK);
		return;
	}
	measuring = mem_zalloc(sizeof(*measuring));
	*measuring = (struct measuring){call->reply, call->model};
	model_refresh(call->model, NULL, (struct outcome){show, measuring});
}

static const struct option_spec metrics_options[] = {
	{"port", 0, OPTION_TEXT, "PORT",
	 "serve them over HTTP from now on; 0: a free port; off: no longer", COMPLETE_NOTHING},
	{"address", 0, OPTION_TEXT, "ADDRESS", "where; default 127.0.0.1", COMPLETE_NOTHING},
};

const struct command metrics_command = {
	.name = "metrics",
	.usage = "[--port=PORT | --port=off] [--address=ADDRESS]",
	.help = "Show numbers of all sessions, or serve them to Prometheus.",
	.description =
		"Events recorded and discarded, lost packets and fill for each session and "
		"channel, bytes and archived trace chunks for each session, in the text format "
		"that Prometheus reads. Each session.id is a series of its own. With --port they "
		"are at http://127.0.0.1:PORT/metrics, as with OTEL_METRICS_EXPORTER=prometheus "
		"in the engine's environment.",
	.options = metrics_options,
	.option_count = COUNT_OF(metrics_options),
	.run = metrics_run,
};
