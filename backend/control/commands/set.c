/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set: the engine's settings. Those of the screen are the console's. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/live.h"
#include "backend/model/telemetry.h"

struct setting {
	const char *name;
	const char *help;
	void (*show)(struct model *model, struct text *out);
	bool (*change)(struct model *model, const char *value, struct error *err);
};

static void show_address(struct model *model, struct text *out)
{
	text_add(out, live_service_place(model)->address);
}

static bool change_address(struct model *model, const char *value, struct error *err)
{
	struct live_place wanted = *live_service_place(model);

	return live_place_set_address(&wanted, value, err) &&
	       live_service_move(model, &wanted, err);
}

static void show_port(struct model *model, struct text *out)
{
	text_addf(out, "%u", live_service_place(model)->port);
}

static bool change_port(struct model *model, const char *value, struct error *err)
{
	struct live_place wanted = *live_service_place(model);
	uint64_t port;

	if (!units_parse_u64(value, &port) || port > UINT16_MAX)
		return error_set(err, ERROR_INVALID,
				 "a port is a number from 1 to 65535, or 0 for any that is free");
	wanted.port = (uint16_t)port;
	wanted.is_exact = port != 0;
	return live_service_move(model, &wanted, err);
}

static void show_metrics_port(struct model *model, struct text *out)
{
	if (telemetry_port(model))
		text_addf(out, "%u", telemetry_port(model));
	else
		text_add(out, "off");
}

static bool change_metrics_port(struct model *model, const char *value, struct error *err)
{
	uint64_t port;

	if (strcmp(value, "off") == 0) {
		telemetry_hush(model);
		return true;
	}
	if (!units_parse_u64(value, &port) || port > UINT16_MAX)
		return error_set(err, ERROR_INVALID,
				 "a port is a number from 1 to 65535, 0 for any that is free, or "
				 "off");
	return telemetry_listen(model, "127.0.0.1", (uint16_t)port, err);
}

/* NULL: there is no source whose programs bring rings of their own. */
static struct source *ring_source(const struct model *model)
{
	for (size_t i = 0; i < source_count; i++)
		if (source_table[i].class->set_rings && model->sources[i].source)
			return model->sources[i].source;
	return NULL;
}

static void show_lanes(struct model *model, struct text *out)
{
	const struct source *source = ring_source(model);
	struct source_rings rings;

	if (!source) {
		text_add(out, "none");
		return;
	}
	rings = source->class->rings(source);
	text_addf(out, "%llux%lluk", (unsigned long long)rings.count,
		  (unsigned long long)rings.bytes / 1024);
}

/* "128", "128x4M" */
static bool change_lanes(struct model *model, const char *value, struct error *err)
{
	struct source *source = ring_source(model);
	const char *size = strchr(value, 'x');
	struct source_rings rings;
	char count[24];

	if (!source)
		return error_set(err, ERROR_UNSUPPORTED,
				 "native applications can't be traced here");
	rings = source->class->rings(source);
	snprintf(count, sizeof(count), "%.*s", size ? (int)(size - value) : 23, value);
	if (!units_parse_u64(count, &rings.count) ||
	    (size && !units_parse_size(size + 1, &rings.bytes)))
		return error_set(err, ERROR_INVALID,
				 "lanes are a number, and if you like the size of each: 128x4M");
	return source->class->set_rings(source, &rings, err);
}

static const struct setting settings[] = {
	{"live-address", "where live viewers connect: an IPv4 address of this machine",
	 show_address, change_address},
	{"live-port", "and its port; 0: any that is free", show_port, change_port},
	{"metrics-port", "where Prometheus finds metrics, at 127.0.0.1; 0: any that is free",
	 show_metrics_port, change_metrics_port},
	{"native-lanes", "buffers of a native application: one for each thread, and their size",
	 show_lanes, change_lanes},
};

static const struct setting *find_setting(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (strcmp(settings[i].name, name) == 0)
			return &settings[i];
	return NULL;
}

static void show(struct call *call, const struct setting *setting)
{
	struct text value = {0};

	setting->show(call->model, &value);
	reply_print(call->reply, "%-14s %-16s %s\n", setting->name, text_str(&value),
		    setting->help);
	json_put_text(reply_json(call->reply), setting->name, text_str(&value));
	text_finish(&value);
}

static bool is_open_to_others(const struct model *model)
{
	return strncmp(live_service_place((struct model *)(uintptr_t)model)->address, "127.", 4);
}

static bool change(struct call *call, const struct setting *setting, struct error *err)
{
	const char *value = args_at(call->args, 1);
	uid_t uid = reply_requester(call->reply)->uid;

	if (uid != 0 && uid != geteuid())
		return error_set(err, ERROR_DENIED,
				 "cannot set %s: that is for who runs this engine", setting->name);
	if (!setting->change(call->model, value, err))
		return error_prefix(err, "cannot set %s to '%s'", setting->name, value);
	if (is_open_to_others(call->model))
		reply_warn(call->reply,
			   "live viewers can connect from other machines: whoever reaches port %u "
			   "can read every live session",
			   live_service_place(call->model)->port);
	return true;
}

static void set_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	const struct setting *setting = name ? find_setting(name) : NULL;
	struct error err = ERROR_INIT;

	if (name && !setting)
		error_set(&err, ERROR_INVALID, "there is no setting '%s'; set lists them", name);
	else if (setting && args_count(call->args) == 2)
		change(call, setting, &err);
	if (error_is_set(&err)) {
		reply_fail(call->reply, &err);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(settings); i++)
		if (!setting || setting == &settings[i])
			show(call, &settings[i]);
	reply_done(call->reply, STATUS_OK);
}

const struct command set_command = {
	.name = "set",
	.usage = "[NAME [VALUE]]",
	.help = "Change a setting of the engine, or list them.",
	.description =
		"Live viewers connect to live-address (127.0.0.1: from this machine alone) and "
		"live-port (5344, or the next free port from 5355). The protocol knows no users: "
		"whoever reaches the port can read every live session, whose ever it is. "
		"Prometheus finds metrics at metrics-port, if it is not off. Native applications "
		"that come from now on have native-lanes (64x2M): when there are more threads, "
		"some "
		"share a few, which is slower; when one fills before it is read, events are "
		"discarded. In the "
		"console the settings of the screen are set by the same word.",
	.argument_max = 2,
	.flags = COMMAND_STARTS_ENGINE,
	.run = set_run,
};
