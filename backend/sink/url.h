/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses of relay daemons, in lttng's grammar: PROTO://HOST[:PORT[:PORT2]][/SUBDIR]. */
#ifndef TRACON_SINK_URL_H
#define TRACON_SINK_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

#define URL_CONTROL_PORT 5342 /* lttng-relayd(8) */
#define URL_DATA_PORT	 5343
#define URL_HOST_MAX	 256
#define URL_SUBDIR_MAX	 2048

struct relay_url {
	char host[URL_HOST_MAX]; /* "": none. A name or an address, without brackets */
	char subdir[URL_SUBDIR_MAX];
	bool is_v6;
	uint16_t control_port;
	uint16_t data_port;
};

/* Whether the text names a protocol of a relay daemon. */
bool relay_url_is_meant(const char *text);
/* Both sockets in one: net, net4, net6. ERROR_INVALID in lttng's words. */
bool relay_url_parse(const char *text, struct relay_url *url, struct error *err);
/* One of each; either may be NULL, which is an error. */
bool relay_url_parse_pair(const char *control, const char *data, struct relay_url *url,
			  struct error *err);

/* One text for both sockets, as relay_url_parse() takes it. */
void relay_url_text(const struct relay_url *url, struct text *out);
/* As lttng shows it: "tcp4://HOST:5342/SUBDIR [data: 5343]". */
void relay_url_show(const struct relay_url *url, struct text *out);
/* "tcp4://HOST:PORT/SUBDIR", as saved sessions have each of them. */
void relay_url_show_control(const struct relay_url *url, struct text *out);
void relay_url_show_data(const struct relay_url *url, struct text *out);

#endif
