/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands, one file each in this folder. A new one is a line here and one in table.c. */
#ifndef TRACON_CONTROL_COMMANDS_COMMANDS_H
#define TRACON_CONTROL_COMMANDS_COMMANDS_H

#include "backend/control/command.h"

extern const struct command add_context_command;
extern const struct command add_trigger_command;
extern const struct command clear_command;
extern const struct command create_command;
extern const struct command demo_command;
extern const struct command destroy_command;
extern const struct command detach_command;
extern const struct command disable_channel_command;
extern const struct command disable_event_command;
extern const struct command disable_rotation_command;
extern const struct command enable_channel_command;
extern const struct command enable_event_command;
extern const struct command enable_rotation_command;
extern const struct command engine_command;
extern const struct command help_command;
extern const struct command list_command;
extern const struct command list_triggers_command;
extern const struct command load_command;
extern const struct command metadata_command;
extern const struct command metrics_command;
extern const struct command quit_command;
extern const struct command recover_command;
extern const struct command regenerate_command;
extern const struct command remove_context_command;
extern const struct command remove_trigger_command;
extern const struct command rotate_command;
extern const struct command run_command;
extern const struct command run_place_command;
extern const struct command save_command;
extern const struct command sessions_command;
extern const struct command set_command;
extern const struct command set_session_command;
extern const struct command snapshot_command;
extern const struct command start_command;
extern const struct command status_command;
extern const struct command stop_command;
extern const struct command track_command;
extern const struct command untrack_command;
extern const struct command version_command;
extern const struct command view_command;
extern const struct command view_place_command;

#endif
