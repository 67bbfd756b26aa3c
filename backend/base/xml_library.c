/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See xml_library.h. What is loaded stays. */
#include "backend/base/xml_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

static struct xml_library library; /* set once, by open_once() */
static bool is_open;
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define XML_LIBRARY_PLACE(name) {#name, offsetof(struct xml_library, name)},

static const struct {
	const char *name;
	size_t at;
} places[] = {XML_LIBRARY_FUNCTIONS(XML_LIBRARY_PLACE)};

static void open_once(void)
{
	void *handle = dlopen(XML_SONAME, RTLD_NOW | RTLD_LOCAL);

	is_open = handle != NULL;
	for (size_t i = 0; is_open && i < sizeof(places) / sizeof(places[0]); i++) {
		void **place = (void **)((char *)&library + places[i].at);

		*place = dlsym(handle, places[i].name);
		is_open = *place != NULL;
	}
}

const struct xml_library *xml_library_open(struct error *err)
{
	pthread_once(&once, open_once);
	if (is_open)
		return &library;
	error_set(err, ERROR_UNSUPPORTED,
		  "'" XML_SONAME "' can't be loaded; install the package libxml2 that tracon was "
		  "built with");
	return NULL;
}
