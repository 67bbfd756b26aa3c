/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A short stack; the oldest step is forgotten when it is full. */
#include "console/undo.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/state.h"
#include "console/submit.h"

static void step_finish(struct undo_step *step)
{
	free(step->title);
	free(step->command);
	free(step->memo);
	*step = (struct undo_step){0};
}

static void push(struct undo *undo, struct undo_step step)
{
	if (undo->count == UNDO_STEPS_MAX) {
		step_finish(&undo->steps[0]);
		memmove(undo->steps, undo->steps + 1, --undo->count * sizeof(*undo->steps));
	}
	undo->steps[undo->count++] = step;
}

void undo_push_command(struct undo *undo, const char *title, const char *command)
{
	push(undo, (struct undo_step){.title = mem_strdup(title), .command = mem_strdup(command)});
}

void undo_push_final(struct undo *undo, const char *title)
{
	push(undo, (struct undo_step){.title = mem_strdup(title)});
}

void undo_push_view(struct undo *undo, const char *title, enum pane pane, const char *memo)
{
	push(undo, (struct undo_step){
			   .title = mem_strdup(title), .memo = mem_strdup(memo), .pane = pane});
}

void undo_run(struct console *console)
{
	struct undo_step step;

	if (console->undo.count == 0) {
		console_tell(console, NOTICE_INFO, "", "there is nothing to undo");
		return;
	}
	step = console->undo.steps[--console->undo.count];
	console->undo.steps[console->undo.count] = (struct undo_step){0};
	if (step.command) {
		submit_text(console, FROM_UNDO, NULL, step.command);
	} else if (!step.memo) {
		console_tell(console, NOTICE_WARNING, "", "%s can't be undone%s", step.title,
			     console->undo.count > 0 ? "; u again undoes what was before it" : "");
	} else {
		console_view(step.pane)->recall(console->view_states[step.pane], step.memo);
		console_tell(console, NOTICE_INFO, "", "undone: %s in %s", step.title,
			     console_view(step.pane)->title);
	}
	step_finish(&step);
}

void undo_finish(struct undo *undo)
{
	while (undo->count > 0)
		step_finish(&undo->steps[--undo->count]);
}
