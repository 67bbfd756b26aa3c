/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers GET /metrics over HTTP: libmicrohttpd's place, opened when somebody wants to listen. Its
 * own thread; what it asks for is made by another, which may take its time.
 */
#ifndef TRACON_IDENTITY_SCRAPE_H
#define TRACON_IDENTITY_SCRAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

struct scrape;

struct scrape_settings {
	const char *host; /* an address of this machine; "localhost": 127.0.0.1 */
	uint16_t port;	  /* 0: a free one */
	/* On the listener's thread: somebody asks; scrape_answer() follows, on any thread. */
	void (*asked)(void *data);
	void *data;
};

/* ERROR_UNSUPPORTED (built without the library, or it is not installed), ERROR_INVALID (host),
 * ERROR_IO (the port is taken). */
struct scrape *scrape_create(const struct scrape_settings *settings, struct error *err);
/* Who waits for an answer gets none. NULL passes. */
void scrape_destroy(struct scrape *scrape);

uint16_t scrape_port(const struct scrape *scrape);
/* Takes the text over. Any thread. */
void scrape_answer(struct scrape *scrape, char *text);

#endif
