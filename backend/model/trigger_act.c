/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Actions of triggers; see trigger_act.h. */
#include "backend/model/trigger_act.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/model/recording.h"
#include "backend/model/snapshot.h"

/* What is left when the trigger may be gone. */
struct acting {
	struct model *model;
	uint64_t token;
	size_t index;
	char *name;
	const char *what;
};

static struct acting *begin(struct model *model, const struct trigger *trigger,
			    const struct trigger_action *action, const char *what)
{
	struct acting *acting = mem_zalloc(sizeof(*acting));

	acting->model = model;
	acting->token = trigger->token;
	acting->index = (size_t)(action - trigger->actions);
	acting->name = mem_strdup(trigger->name);
	acting->what = what;
	return acting;
}

static void count_failure(const struct acting *acting)
{
	struct trigger *trigger = trigger_find(acting->model, acting->token);

	if (trigger)
		trigger->actions[acting->index].failure_count++;
}

static void end(void *data, const struct error *err)
{
	struct acting *acting = data;

	if (err) {
		log_write(LOG_LEVEL_WARNING, "trigger '%s' could not %s: %s", acting->name,
			  acting->what, err->message);
		count_failure(acting);
	}
	free(acting->name);
	free(acting);
}

static void rotated(void *data, const struct chunk_row *chunk, const struct error *err)
{
	(void)chunk;
	end(data, err);
}

static void recorded(void *data, const struct snapshot_result *result, const struct error *err)
{
	struct acting *acting = data;

	for (size_t i = 0; result && i < result->row_count; i++)
		log_write(LOG_LEVEL_INFO, "trigger '%s' recorded a snapshot: %s", acting->name,
			  shared_text_str(result->rows[i].path));
	end(data, err);
}

static void start(struct model *model, const struct trigger *trigger,
		  const struct trigger_action *action, struct session *session)
{
	recording_start(session,
			(struct outcome){end, begin(model, trigger, action, "start a session")});
}

static void stop(struct model *model, const struct trigger *trigger,
		 const struct trigger_action *action, struct session *session)
{
	recording_stop(session,
		       (struct outcome){end, begin(model, trigger, action, "stop a session")});
}

static void rotate(struct model *model, const struct trigger *trigger,
		   const struct trigger_action *action, struct session *session)
{
	recording_rotate(session, (struct rotation_outcome){.done = rotated,
							    .data = begin(model, trigger, action,
									  "rotate a session")});
}

static void snapshot(struct model *model, const struct trigger *trigger,
		     const struct trigger_action *action, struct session *session)
{
	struct snapshot_wish wish = {
		.name = action->name,
		.path = action->path,
		.bytes_max = action->bytes_max,
	};

	snapshot_record(session, &wish,
			(struct snapshot_outcome){
				recorded, begin(model, trigger, action, "record a snapshot")});
}

/* By enum trigger_action_kind; notify has no session. */
static void (*const acts[])(struct model *model, const struct trigger *trigger,
			    const struct trigger_action *action, struct session *session) = {
	NULL, start, stop, rotate, snapshot,
};

static bool is_due(const struct trigger *trigger, const struct trigger_action *action)
{
	return action->is_once ? trigger->match_count == action->count
			       : trigger->match_count % action->count == 0;
}

void trigger_act(struct model *model, struct trigger *trigger, struct trigger_action *action)
{
	struct session *session;

	if (!is_due(trigger, action))
		return;
	if (action->kind == TRIGGER_NOTIFY) {
		log_write(LOG_LEVEL_INFO, "trigger '%s': its condition was met (%llu)%s%s",
			  trigger->name, (unsigned long long)trigger->match_count,
			  trigger->captured ? ": " : "",
			  trigger->captured ? trigger->captured : "");
		return;
	}
	session = model_find_session(model, trigger->uid, action->session);
	if (session)
		acts[action->kind](model, trigger, action, session);
}

bool trigger_has_more(const struct trigger *trigger)
{
	bool has_more = false;

	for (size_t i = 0; i < trigger->action_count; i++)
		has_more = has_more || !trigger->actions[i].is_once ||
			   trigger->match_count < trigger->actions[i].count;
	return has_more;
}
