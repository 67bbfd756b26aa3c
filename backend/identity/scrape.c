/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See scrape.h. The lock protects the answer; the listener waits for it, not longer than WAIT_NS.
 */
#include "backend/identity/scrape.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"

#ifndef HAVE_MICROHTTPD

struct scrape *scrape_create(const struct scrape_settings *settings, struct error *err)
{
	(void)settings;
	error_set(err, ERROR_UNSUPPORTED, "this tracon was built without libmicrohttpd");
	return NULL;
}

void scrape_destroy(struct scrape *scrape)
{
	(void)scrape;
}

uint16_t scrape_port(const struct scrape *scrape)
{
	(void)scrape;
	return 0;
}

void scrape_answer(struct scrape *scrape, char *text)
{
	(void)scrape;
	free(text);
}

#else

#include <microhttpd.h>

#define LIBRARY_NAME   "libmicrohttpd.so.12"
#define WAIT_NS	       (5 * NS_PER_S)
#define CONNECTION_MAX 16
#define TIMEOUT_S      10
#define MEMORY_MAX     ((size_t)16 * 1024) /* of one connection: its request */

struct scrape {
	struct scrape_settings settings;
	void *library;
	struct MHD_Daemon *daemon;
	uint16_t port;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char *answer; /* NULL: not there yet */
	bool is_ending;
	struct MHD_Daemon *(*start)(unsigned int flags, uint16_t port, MHD_AcceptPolicyCallback apc,
				    void *apc_data, MHD_AccessHandlerCallback handler, void *data,
				    ...);
	void (*stop)(struct MHD_Daemon *daemon);
	const union MHD_DaemonInfo *(*info)(struct MHD_Daemon *daemon, enum MHD_DaemonInfoType type,
					    ...);
	struct MHD_Response *(*make_response)(size_t size, void *bytes,
					      enum MHD_ResponseMemoryMode mode);
	enum MHD_Result (*add_header)(struct MHD_Response *response, const char *name,
				      const char *value);
	enum MHD_Result (*queue)(struct MHD_Connection *connection, unsigned int status,
				 struct MHD_Response *response);
	void (*free_response)(struct MHD_Response *response);
};

static bool find_functions(struct scrape *scrape, struct error *err)
{
	const struct {
		const char *name;
		void **place;
	} functions[] = {
		{"MHD_start_daemon", (void **)&scrape->start},
		{"MHD_stop_daemon", (void **)&scrape->stop},
		{"MHD_get_daemon_info", (void **)&scrape->info},
		{"MHD_create_response_from_buffer", (void **)&scrape->make_response},
		{"MHD_add_response_header", (void **)&scrape->add_header},
		{"MHD_queue_response", (void **)&scrape->queue},
		{"MHD_destroy_response", (void **)&scrape->free_response},
	};

	scrape->library = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!scrape->library)
		return error_set(err, ERROR_UNSUPPORTED,
				 "%s can't be opened: apt install libmicrohttpd12", LIBRARY_NAME);
	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		*functions[i].place = dlsym(scrape->library, functions[i].name);
		if (!*functions[i].place)
			return error_set(err, ERROR_UNSUPPORTED, "%s has no %s", LIBRARY_NAME,
					 functions[i].name);
	}
	return true;
}

/* --- on the listener's thread */

/* NULL: it did not come. The caller frees it. */
static char *wait_for_answer(struct scrape *scrape)
{
	uint64_t at_ns = clock_monotonic_ns() + WAIT_NS;
	struct timespec until = {(time_t)(at_ns / NS_PER_S), (long)(at_ns % NS_PER_S)};
	char *answer;

	scrape->settings.asked(scrape->settings.data);
	pthread_mutex_lock(&scrape->lock);
	while (!scrape->answer && !scrape->is_ending && clock_monotonic_ns() < at_ns)
		pthread_cond_timedwait(&scrape->changed, &scrape->lock, &until);
	answer = scrape->answer;
	scrape->answer = NULL;
	pthread_mutex_unlock(&scrape->lock);
	return answer;
}

static enum MHD_Result reply(struct scrape *scrape, struct MHD_Connection *connection,
			     unsigned int status, const char *text)
{
	struct MHD_Response *response =
		scrape->make_response(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	scrape->add_header(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	result = scrape->queue(connection, status, response);
	scrape->free_response(response);
	return result;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_size, void **state)
{
	static char seen;
	struct scrape *scrape = data;
	enum MHD_Result result;
	char *answer;

	(void)version;
	(void)upload;
	/* Called first with the headers alone; a body is of no interest. */
	if (!*state || *upload_size > 0) {
		*state = &seen;
		*upload_size = 0;
		return MHD_YES;
	}
	if (strcmp(method, "GET") != 0)
		return reply(scrape, connection, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET\n");
	if (strcmp(path, "/metrics") != 0)
		return reply(scrape, connection, MHD_HTTP_NOT_FOUND, "see /metrics\n");
	answer = wait_for_answer(scrape);
	result = reply(scrape, connection, answer ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE,
		       answer ? answer : "the engine did not answer in time\n");
	free(answer);
	return result;
}

/* --- from other threads */

static bool make_address(const struct scrape_settings *settings, struct sockaddr_storage *address,
			 struct error *err)
{
	const char *host = strcmp(settings->host, "localhost") == 0 ? "127.0.0.1" : settings->host;
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

	*address = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, host, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(settings->port);
		return true;
	}
	if (inet_pton(AF_INET6, host, &six->sin6_addr) == 1) {
		six->sin6_family = AF_INET6;
		six->sin6_port = htons(settings->port);
		return true;
	}
	return error_set(err, ERROR_INVALID, "'%s' is no address of this machine", host);
}

static bool listen_at(struct scrape *scrape, struct error *err)
{
	const union MHD_DaemonInfo *info;
	struct sockaddr_storage address;
	unsigned int flags = MHD_USE_INTERNAL_POLLING_THREAD;

	if (!make_address(&scrape->settings, &address, err))
		return false;
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	scrape->daemon = scrape->start(flags, scrape->settings.port, NULL, NULL, handle, scrape,
				       MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_CONNECTION_LIMIT,
				       (unsigned int)CONNECTION_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
				       (unsigned int)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				       MEMORY_MAX, MHD_OPTION_END);
	if (!scrape->daemon)
		return error_set(err, ERROR_IO,
				 "nobody can listen at %s port %u: another program may; choose "
				 "another port",
				 scrape->settings.host, scrape->settings.port);
	info = scrape->info(scrape->daemon, MHD_DAEMON_INFO_BIND_PORT);
	scrape->port = info && info->port ? info->port : scrape->settings.port;
	return true;
}

struct scrape *scrape_create(const struct scrape_settings *settings, struct error *err)
{
	struct scrape *scrape = mem_zalloc(sizeof(*scrape));
	pthread_condattr_t attributes;

	scrape->settings = *settings;
	pthread_mutex_init(&scrape->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&scrape->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (find_functions(scrape, err) && listen_at(scrape, err))
		return scrape;
	scrape_destroy(scrape);
	return NULL;
}

void scrape_destroy(struct scrape *scrape)
{
	if (!scrape)
		return;
	pthread_mutex_lock(&scrape->lock);
	scrape->is_ending = true;
	pthread_cond_broadcast(&scrape->changed);
	pthread_mutex_unlock(&scrape->lock);
	if (scrape->daemon)
		scrape->stop(scrape->daemon);
	if (scrape->library)
		dlclose(scrape->library);
	pthread_cond_destroy(&scrape->changed);
	pthread_mutex_destroy(&scrape->lock);
	free(scrape->answer);
	free(scrape);
}

uint16_t scrape_port(const struct scrape *scrape)
{
	return scrape->port;
}

void scrape_answer(struct scrape *scrape, char *text)
{
	pthread_mutex_lock(&scrape->lock);
	free(scrape->answer);
	scrape->answer = text;
	pthread_cond_broadcast(&scrape->changed);
	pthread_mutex_unlock(&scrape->lock);
}

#endif
