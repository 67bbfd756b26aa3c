/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A library with a provider of its own, which `native_emit --plugin` loads and unloads. */
#include <stdlib.h>
#include <unistd.h>

#include <tracon/tracepoint.h>

#define PLUGIN_EVENTS(EVENT)                                                                       \
	EVENT(plugin, number, TRACON_INFO, (int, uint32_t, id), (int, uint64_t, number))
TRACON_PROVIDER(plugin, PLUGIN_EVENTS)
TRACON_PROVIDER_DEFINE(plugin, PLUGIN_EVENTS)

void plugin_emit(uint32_t id, uint64_t number);

/* As soon as somebody records it. */
void plugin_emit(uint32_t id, uint64_t number)
{
	for (int i = 0; !tracon_is_enabled(plugin, number); i++) {
		if (i == 60000)
			exit(3);
		usleep(1000);
	}
	tracon_event(plugin, number, id, number);
}
