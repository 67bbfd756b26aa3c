/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything lives: one instance's directories, sockets and files, from the environment of
 * the process that asks. Root with LTTNG_HOME set is a private instance and follows the users'
 * rules.
 */
#ifndef TRACON_BASE_PLACES_H
#define TRACON_BASE_PLACES_H

#include <stdbool.h>

#include "backend/base/error.h"

struct places {
	bool is_root_instance; /* root without LTTNG_HOME */
	char *home;	       /* HOME, or "" */
	char *lttng_home;      /* LTTNG_HOME, default HOME */
	char *runtime;	       /* /run/tracon, $XDG_RUNTIME_DIR/tracon or /tmp/tracon-UID */
	char *engine_socket;   /* RUNTIME/engine.sock */
	char *native_socket;   /* RUNTIME/native.sock */
	char *engine_lock;     /* RUNTIME/engine.lock */
	char *apps_directory; /* /var/run/lttng or LTTNG_HOME/.lttng: where lttng's own would listen
			       */
	char *apps_fallback;  /* where to listen when somebody answers there: HOME/.lttng or
				 RUNTIME/home/.lttng */
	char *state;	      /* $XDG_STATE_HOME/tracon, or NULL without a home */
	char *config;	      /* $XDG_CONFIG_HOME/tracon/config, or NULL */
	char *traces;	      /* LTTNG_HOME/lttng-traces */
};

/* Pure but for getuid and getenv; makes nothing. */
void places_find(struct places *places);
void places_finish(struct places *places);

/*
 * Makes the runtime directory (0755 for root's instance, else 0700) and refuses one that is a link,
 * another user's, or open to others. ERROR_DENIED, ERROR_IO.
 */
bool places_make_runtime(const struct places *places, struct error *err);
/* The same care for a folder of ours anywhere; mode as given. */
bool places_make_private(const char *path, unsigned int mode, struct error *err);

#endif
