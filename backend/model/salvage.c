/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From sources, who know buffers, to the sink, which knows files; see salvage.h. */
#include "backend/model/salvage.h"

#include "backend/base/log.h"
#include "backend/sink/rescue.h"
#include "backend/source/source.h"

struct salvage {
	struct rescue *rescue;
	uint64_t packet_count;
	struct error err; /* the first one */
};

static bool begin(void *data, const struct salvaged_stream *stream, struct salvage_mark *mark)
{
	struct salvage *salvage = data;
	struct error err = ERROR_INIT;
	struct rescue_last last;

	if (!rescue_begin(salvage->rescue,
			  &(struct rescue_stream){
				  .trace = stream->trace,
				  .name = stream->name,
				  .id = stream->stream_id,
				  .instance = stream->instance,
				  .metadata = stream->metadata,
				  .metadata_length = stream->metadata_length,
			  },
			  &last, &err)) {
		if (!error_is_set(&salvage->err))
			salvage->err = err;
		return false;
	}
	*mark = (struct salvage_mark){last.is_there, last.begin_clock, last.sequence,
				      last.discarded};
	return true;
}

static bool add(void *data, const struct packet *packet)
{
	struct salvage *salvage = data;
	struct error err = ERROR_INIT;

	if (rescue_add(salvage->rescue, packet, &err)) {
		salvage->packet_count++;
		return true;
	}
	if (!error_is_set(&salvage->err))
		salvage->err = err;
	return false;
}

static void end(void *data)
{
	rescue_end(((struct salvage *)data)->rescue);
}

uint64_t salvage_left(const struct leftover_place *place, const char *shm_path,
		      const char *session_name)
{
	struct salvage salvage = {.rescue = rescue_create(place), .err = ERROR_INIT};
	const struct salvage_host host = {&salvage, begin, add, end};
	struct error err = ERROR_INIT;
	bool is_good = true;
	AS_USER(place->owner);

	for (size_t i = 0; i < source_count && is_good; i++)
		if (source_table[i].class->salvage)
			is_good = source_table[i].class->salvage(shm_path, &host, &err);
	rescue_destroy(salvage.rescue);
	if (salvage.packet_count > 0)
		log_write(LOG_LEVEL_WARNING,
			  "%llu packets that session '%s' had in its buffers when its engine was "
			  "killed were recovered",
			  (unsigned long long)salvage.packet_count, session_name);
	if (!is_good)
		log_write(LOG_LEVEL_WARNING,
			  "some of what session '%s' had in its buffers stays "
			  "there: %s; %s",
			  session_name, err.message,
			  error_is_set(&salvage.err) ? salvage.err.message : "it can't be read");
	return salvage.packet_count;
}
