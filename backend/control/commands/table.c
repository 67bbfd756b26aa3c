/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command table, by name: the order of help and of --list-commands. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"

const struct command *const command_table[] = {
	&add_context_command,
	&add_trigger_command,
	&clear_command,
	&create_command,
	&demo_command,
	&destroy_command,
	&detach_command,
	&disable_channel_command,
	&disable_event_command,
	&disable_rotation_command,
	&enable_channel_command,
	&enable_event_command,
	&enable_rotation_command,
	&engine_command,
	&help_command,
	&list_command,
	&list_triggers_command,
	&load_command,
	&metadata_command,
	&quit_command,
	&recover_command,
	&regenerate_command,
	&remove_context_command,
	&remove_trigger_command,
	&rotate_command,
	&run_command,
	&run_place_command,
	&save_command,
	&sessions_command,
	&set_command,
	&set_session_command,
	&snapshot_command,
	&start_command,
	&status_command,
	&stop_command,
	&track_command,
	&untrack_command,
	&version_command,
	&view_command,
	&view_place_command,
};

const size_t command_count = COUNT_OF(command_table);
