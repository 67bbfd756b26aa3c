/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting the source together, and taking it apart in an order in which nobody is missed. */
#include "backend/source/ust/ust.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/agent/agents.h"
#include "backend/source/ust/bytecode.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/place.h"
#include "backend/source/ust/shm.h"

#define OPEN_FILES_WANTED 65536 /* per application two sockets, per ring and channel five */

struct call {
	struct message message;
	void (*call)(void *data);
	void *data;
};

static void run_call(struct message *message)
{
	struct call call = *(struct call *)message;

	free(message);
	call.call(call.data);
}

void ust_send_call(struct queue *queue, void (*call)(void *data), void *data)
{
	struct call *message = mem_zalloc(sizeof(*message));

	message->message.run = run_call;
	message->call = call;
	message->data = data;
	queue_send(queue, &message->message);
}

/* As many as we may have; root may have more. */
static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= OPEN_FILES_WANTED)
		return;
	if (limit.rlim_max < OPEN_FILES_WANTED) {
		struct rlimit wanted = {OPEN_FILES_WANTED, OPEN_FILES_WANTED};

		if (setrlimit(RLIMIT_NOFILE, &wanted) == 0)
			return;
	}
	limit.rlim_cur = limit.rlim_max < OPEN_FILES_WANTED ? limit.rlim_max : OPEN_FILES_WANTED;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_write(LOG_LEVEL_INFO, "the limit of open files stays as it is");
}

static void ust_destroy(struct source *base)
{
	struct ust_source *source = (struct ust_source *)base;

	if (!source)
		return;
	/* Nobody comes any more; all applications are dropped, their end jobs posted. */
	ust_register_stop(source->registration);
	agents_destroy(source->agents);
	ust_place_destroy(source->place);
	/* The jobs run; they may still tell the other two threads something. */
	ust_work_destroy(source->work);
	ust_notify_destroy(source->notify);
	ust_register_destroy(source->registration);
	ust_watched_end(source);
	pthread_mutex_destroy(&source->lock);
	free(source);
}

static struct source *ust_create(const struct places *places, const struct source_host *host,
				 struct error *warning, struct error *err)
{
	struct ust_source *source = mem_zalloc(sizeof(*source));

	source->base.class = &ust_source_class;
	source->host = *host;
	pthread_mutex_init(&source->lock, NULL);
	raise_file_limit();
	if (!ust_watched_begin(source, err))
		goto fail;
	source->work = ust_work_create(err);
	if (!source->work)
		goto fail;
	source->notify = ust_notify_create(err);
	if (!source->notify)
		goto fail;
	source->registration = ust_register_create(source);
	/* Last: from here on applications come. */
	source->place = ust_place_create(places, warning, err);
	if (!source->place)
		goto fail;
	source->agents = agents_create(ust_place_directory(source->place), places->is_root_instance,
				       &source->agents_missing);
	if (!ust_register_start(source->registration, err))
		goto fail;
	return &source->base;

fail:
	ust_destroy(&source->base);
	error_prefix(err, "LTTng-UST applications can't be traced");
	return NULL;
}

static const char *ust_home(const struct source *base)
{
	return ust_place_home(((const struct ust_source *)base)->place);
}

const struct source_class ust_source_class = {
	.name = "ust",
	.domain = "UST",
	.title = "User space",
	.create = ust_create,
	.destroy = ust_destroy,
	.apply = ust_session_apply,
	.list_points = ust_points_list,
	.list_points_of = ust_points_list_of,
	.check_filter = ust_bytecode_check,
	.home = ust_home,
	.watch = ust_watch,
	.unwatch = ust_unwatch,
	.notice_fd = ust_notice_fd,
	.missed = ust_missed,
	.take_notices = ust_take_notices,
	.salvage = ust_shm_salvage,
	.trace_directory = "ust",
};
