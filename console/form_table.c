/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The forms: which fields a command has, in the order of how often they are needed. */
#include "console/form.h"

#include "backend/base/mem.h"
#include "backend/source/context.h"

static const char *const domains[] = {
	"user space", "kernel", "java.util.logging", "log4j", "log4j2", "python", NULL};
static const char *const domain_options[] = {"-u", "-k", "-j", "-l", "--log4j2", "-p"};

#define DOMAIN                                                                                     \
	{                                                                                          \
		.label = "domain", .kind = FORM_CHOICE, .begins_with = FORM_OF_DOMAIN,             \
		.choices = domains, .choice_options = domain_options, .hint = "who emits them"     \
	}
#define SESSION                                                                                    \
	{                                                                                          \
		.label = "session", .option = "-s", .kind = FORM_TEXT,                             \
		.begins_with = FORM_OF_SESSION                                                     \
	}
#define CHANNEL                                                                                    \
	{                                                                                          \
		.label = "channel", .option = "-c", .kind = FORM_PICK,                             \
		.begins_with = FORM_OF_CHANNEL, .words = FORM_CHANNELS                             \
	}

static const char *const session_kinds[] = {"local", "snapshot", "live", "no output", NULL};
static const char *const session_kind_options[] = {"", "--snapshot", "--live", "--no-output"};

static const struct form_field create_fields[] = {
	{.label = "name", .hint = "none: auto-DATE-TIME"},
	{.label = "kind",
	 .kind = FORM_CHOICE,
	 .choices = session_kinds,
	 .choice_options = session_kind_options,
	 .hint = "snapshot: buffers are kept in memory until they are asked for"},
	{.label = "output", .option = "--output"},
	{.label = "relay", .option = "--set-url"},
	{.label = "trace format", .option = "--trace-format"},
	{.label = "buffers in", .option = "--shm-path"},
};

static const char *const modes[] = {"discard", "overwrite", NULL};
static const char *const mode_options[] = {"", "--overwrite"};
static const char *const owners[] = {"user", "process", "global", NULL};
static const char *const owner_options[] = {"", "--buffers-pid", "--buffers-global"};
static const char *const outputs[] = {"mmap", "splice", NULL};
static const char *const output_options[] = {"", "--output=splice"};

static const struct form_field channel_fields[] = {
	{.label = "name", .is_required = true, .hint = "several are separated by commas"},
	SESSION,
	DOMAIN,
	{.label = "when full",
	 .kind = FORM_CHOICE,
	 .choices = modes,
	 .choice_options = mode_options,
	 .hint = "refuse new events, or overwrite the oldest ones"},
	{.label = "sub-buffer size", .option = "--subbuf-size"},
	{.label = "sub-buffers", .option = "--num-subbuf"},
	{.label = "switch timer", .option = "--switch-timer"},
	{.label = "read timer", .option = "--read-timer"},
	{.label = "monitor timer", .option = "--monitor-timer"},
	{.label = "blocking timeout", .option = "--blocking-timeout"},
	{.label = "buffers per",
	 .kind = FORM_CHOICE,
	 .choices = owners,
	 .choice_options = owner_options,
	 .hint = "who shares one set of ring buffers"},
	{.label = "output",
	 .kind = FORM_CHOICE,
	 .choices = outputs,
	 .choice_options = output_options,
	 .hint = "how packets are read"},
	{.label = "file size", .option = "--tracefile-size"},
	{.label = "files", .option = "--tracefile-count"},
};

static const char *const levels[] = {"all",
				     "EMERG",
				     "ALERT",
				     "CRIT",
				     "ERR",
				     "WARNING",
				     "NOTICE",
				     "INFO",
				     "DEBUG_SYSTEM",
				     "DEBUG_PROGRAM",
				     "DEBUG_PROCESS",
				     "DEBUG_MODULE",
				     "DEBUG_UNIT",
				     "DEBUG_FUNCTION",
				     "DEBUG_LINE",
				     "DEBUG",
				     NULL};
static const char *const kinds[] = {"tracepoints", "system calls", NULL};
static const char *const kind_options[] = {"", "--syscall"};

static const struct form_field event_fields[] = {
	{.label = "name", .hint = "stars allowed; several are separated by commas"},
	{.label = "all events", .option = "--all", .kind = FORM_SWITCH},
	SESSION,
	CHANNEL,
	DOMAIN,
	{.label = "kind", .kind = FORM_CHOICE, .choices = kinds, .choice_options = kind_options},
	{.label = "level at least", .option = "--loglevel", .kind = FORM_CHOICE, .choices = levels},
	{.label = "level exactly",
	 .option = "--loglevel-only",
	 .kind = FORM_CHOICE,
	 .choices = levels},
	{.label = "filter", .option = "--filter"},
	{.label = "but not", .option = "--exclude"},
	{.label = "probe at", .option = "--probe"},
	{.label = "function", .option = "--function"},
	{.label = "user probe", .option = "--userspace-probe"},
};

static const struct form_field context_fields[] = {
	{.label = "context",
	 .option = "--type",
	 .kind = FORM_PICK,
	 .is_required = true,
	 .words = FORM_CONTEXTS,
	 .hint = "type to narrow; Up and Down choose"},
	SESSION,
	CHANNEL,
	DOMAIN,
};

#define TRACKER_FIELDS                                                                             \
	{.label = "process (vpid)", .option = "--vpid"},                                           \
		{.label = "user (vuid)", .option = "--vuid"},                                      \
		{.label = "group (vgid)", .option = "--vgid"},                                     \
		{.label = "process (pid)", .option = "--pid"},                                     \
		{.label = "user (uid)", .option = "--uid"},                                        \
		{.label = "group (gid)", .option = "--gid"}, SESSION, DOMAIN

static const struct form_field track_fields[] = {TRACKER_FIELDS};
static const struct form_field untrack_fields[] = {TRACKER_FIELDS};

static const struct form_field snapshot_fields[] = {
	{.label = "session", .option = "-s", .begins_with = FORM_OF_SESSION},
	{.label = "name", .option = "--name"},
	{.label = "size at most", .option = "--max-size"},
	{.label = "to", .hint = "a folder or a relay's URL; none: the session's own"},
};

#define TABLE(FIELDS) .fields = (FIELDS), .field_count = COUNT_OF(FIELDS)

const struct form_class form_table[] = {
	{"create", "Create a session", .command = "create", TABLE(create_fields)},
	{"enable-channel", "Create a channel", .command = "enable-channel", TABLE(channel_fields)},
	{"enable-event", "Enable events", .command = "enable-event", TABLE(event_fields)},
	{"add-context", "Add a context field", .command = "add-context", TABLE(context_fields)},
	{"track", "Record only these", .command = "track", TABLE(track_fields)},
	{"untrack", "Record these no more", .command = "untrack", TABLE(untrack_fields)},
	{"snapshot", "Record a snapshot", .command = "snapshot record", TABLE(snapshot_fields)},
	{"set", "Settings", .fill = form_fill_settings, .write = form_write_settings},
	{"columns", "Columns", .fill = form_fill_columns, .write = form_write_columns},
	{"keys", "Keys", .fill = form_fill_keys, .write = form_write_keys,
	 .check = form_check_keys},
};
const size_t form_count = COUNT_OF(form_table);

/* Counters that most processors have; add-context takes many more. */
static const char *const user_counters[] = {"perf:thread:cpu-cycles", "perf:thread:instructions",
					    "perf:thread:cache-misses"};
static const char *const kernel_counters[] = {"perf:cpu:cpu-cycles", "perf:cpu:instructions",
					      "perf:cpu:cache-misses"};

void form_known_contexts(bool is_kernel, struct word_list *names)
{
	const char *const *counters = is_kernel ? kernel_counters : user_counters;
	size_t count = is_kernel ? COUNT_OF(kernel_counters) : COUNT_OF(user_counters);

	for (size_t i = 0; i < context_type_count; i++) {
		if (context_type_table[i].domains & (is_kernel ? CONTEXT_KERNEL : CONTEXT_USER))
			word_list_add(names, context_type_table[i].name);
	}
	for (size_t i = 0; i < count; i++)
		word_list_add(names, counters[i]);
}
