/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See probe.h; Documentation/trace/kprobetrace.rst and uprobetracer.rst have the syntax. */
#include "backend/source/kernel/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/kernel/catalog.h"
#include "backend/source/kernel/elf.h"
#include "backend/source/kernel/instance.h"
#include "backend/source/location.h"

#define PROGRAM_LIST  "uprobe_events"
#define KERNEL_LIST   "kprobe_events"
#define ALL_LIST      "dynamic_events" /* and the only one that takes probes of events */
#define LIST_BYTES    (1 << 20)
#define LINE_MAX      4095 /* the kernel's WRITE_BUFSIZE - 1 */
#define ARGUMENTS_MAX 16
#define GROUP_FORMAT  "tracon_%d_%llu" /* process, its start time */

static const char *list_of(enum rule_kind kind)
{
	return kind == RULE_USERSPACE_PROBE ? PROGRAM_LIST : KERNEL_LIST;
}

static bool check_kernel(const struct tracefs *tracefs, const struct rule_spec *rule,
			 struct error *err)
{
	if (tracefs_has(tracefs, list_of(rule->kind)))
		return true;
	if (rule->kind == RULE_USERSPACE_PROBE)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this kernel has no uprobes (CONFIG_UPROBE_EVENTS): another "
				 "kernel is needed for --userspace-probe");
	return error_set(err, ERROR_UNSUPPORTED,
			 "this kernel has no kprobes (CONFIG_KPROBE_EVENTS): another kernel is "
			 "needed for --probe and --function; tracepoints, system calls and "
			 "--userspace-probe work");
}

/* --- arguments of SDT: N@OPERAND, N its bytes, negative if signed */

static bool add_register(const char **at, struct text *out)
{
	const char *name = *at + 1;
	size_t skipped = 0;
	size_t length;

	if (**at != '%')
		return false;
	length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
	if (length == 0 || length > 5)
		return false;
	/* rax, eax and ax are %ax to the kernel; r8 to r15 keep their names, but not r8d. */
	if ((*name == 'r' || *name == 'e') && length == 3 && (name[1] < '0' || name[1] > '9'))
		skipped = 1;
	text_add_char(out, '%');
	for (size_t i = skipped; i < length; i++) {
		bool is_size = i + 1 == length && i > 1 && *name == 'r' && name[1] >= '0' &&
			       name[1] <= '9' && strchr("dwb", name[i]);

		if (!is_size)
			text_add_char(out, name[i]);
	}
	*at = name + length;
	return true;
}

static bool add_memory(const char *at, struct text *out)
{
	char *open;
	long long offset = strtoll(at, &open, 0);

	if (*open != '(')
		return false;
	text_addf(out, "%+lld(", offset);
	at = open + 1;
	if (!add_register(&at, out) || strcmp(at, ")") != 0)
		return false; /* scaled indexes can't be expressed */
	text_add_char(out, ')');
	return true;
}

static bool add_operand(const char *at, struct text *out)
{
	char *end;
	long long number;

	if (*at == '$') {
		number = strtoll(at + 1, &end, 0);
		if (end == at + 1 || *end != '\0')
			return false;
		text_addf(out, "\\%lld", number);
		return true;
	}
	if (*at == '%')
		return add_register(&at, out) && *at == '\0';
	return add_memory(at, out);
}

bool kernel_probe_argument(const char *operand, struct text *out)
{
	struct text fetch = {0};
	bool is_known;
	char *at;
	long bytes = strtol(operand, &at, 10);
	bool is_signed = bytes < 0;
	/* Anything may stand there, the smallest number of all, too. */
	unsigned long size = is_signed ? -(unsigned long)bytes : (unsigned long)bytes;

	is_known = *at == '@' && (size == 1 || size == 2 || size == 4 || size == 8) &&
		   add_operand(at + 1, &fetch);
	if (is_known)
		text_addf(out, "%s:%c%lu", text_str(&fetch), is_signed ? 's' : 'u', size * 8);
	text_finish(&fetch);
	return is_known;
}

static void add_arguments(const char *given, struct text *line)
{
	char *copy = mem_strdup(given);
	char *rest = copy;
	char *operand;
	int number = 0;

	while ((operand = strsep(&rest, " ")) && number < ARGUMENTS_MAX) {
		struct text fetch = {0};

		if (*operand == '\0')
			continue;
		number++;
		/* One that can't be fetched is left out; the others keep their numbers. */
		if (kernel_probe_argument(operand, &fetch) && line->length + fetch.length < 3900)
			text_addf(line, " arg%d=%s", number, text_str(&fetch));
		text_finish(&fetch);
	}
	free(copy);
}

/* --- definitions */

/* type: 'p' or 'r' (at the return). */
static char *begin_line(struct kernel_probe *probe, uint64_t session_id, char type,
			const char *title, struct text *line)
{
	char *name = mem_printf("s%" PRIu64 "_r%" PRIu32 "_%zu", session_id, probe->rule_id,
				probe->names.count);

	word_list_add(&probe->names, name);
	word_list_add(&probe->titles, title);
	text_addf(line, "%c:%s/%s ", type, probe->group, name);
	return name;
}

static bool end_line(const struct tracefs *tracefs, struct kernel_probe *probe, char *name,
		     struct text *line, struct error *err)
{
	bool is_done;

	if (line->length > LINE_MAX)
		is_done = error_set(err, ERROR_INVALID, "the path is too long for the kernel");
	else
		is_done = tracefs_append(tracefs, probe->list, text_str(line), err);
	if (!is_done) /* what is not there needs no removal */
		free(probe->names.words[--probe->names.count]);
	text_finish(line);
	free(name);
	return is_done;
}

static bool define_in_kernel(const struct tracefs *tracefs, struct kernel_probe *probe,
			     uint64_t session_id, const struct rule_spec *rule,
			     const struct location *location, struct error *err)
{
	bool is_function = rule->kind == RULE_FUNCTION;

	for (int i = 0; i < (is_function ? 2 : 1); i++) {
		char *title = mem_printf("%s%s", rule->pattern,
					 !is_function ? ""
					 : i == 0     ? "_entry"
						      : "_exit");
		struct text line = {0};
		char *name = begin_line(probe, session_id, i == 0 ? 'p' : 'r', title, &line);

		free(title);
		location_print(location, &line);
		if (!end_line(tracefs, probe, name, &line, err))
			return false;
	}
	return true;
}

/* *is_return: the place is where the function ends. */
static bool find_function(int fd, const char *symbol, uint64_t *offset, bool *is_return,
			  struct error *err)
{
	const char *suffix = strstr(symbol, LOCATION_RETURN);
	char *name =
		suffix ? mem_printf("%.*s", (int)(suffix - symbol), symbol) : mem_strdup(symbol);
	bool is_found = kernel_elf_find_function(fd, name, offset, err);

	*is_return = suffix;
	free(name);
	return is_found;
}

static bool define_function(const struct tracefs *tracefs, struct kernel_probe *probe,
			    uint64_t session_id, const struct rule_spec *rule,
			    const struct location *location, int fd, struct error *err)
{
	struct text line = {0};
	uint64_t offset;
	bool is_return;
	char *name;

	if (!find_function(fd, location->symbol, &offset, &is_return, err))
		return false;
	name = begin_line(probe, session_id, is_return ? 'r' : 'p', rule->pattern, &line);
	text_addf(&line, "%s:0x%" PRIx64, location->path, offset);
	if (is_return)
		text_add(&line, " ret=$retval:s64");
	return end_line(tracefs, probe, name, &line, err);
}

static bool define_sites(const struct tracefs *tracefs, struct kernel_probe *probe,
			 uint64_t session_id, const struct rule_spec *rule,
			 const struct location *location, int fd, struct error *err)
{
	struct kernel_sdt_site *sites;
	bool is_fine = true;
	size_t count;

	if (!kernel_elf_find_sdt(fd, location->provider, location->symbol, &sites, &count, err))
		return false;
	for (size_t i = 0; i < count && is_fine; i++) {
		struct text line = {0};
		char *name = begin_line(probe, session_id, 'p', rule->pattern, &line);

		text_addf(&line, "%s:0x%" PRIx64, location->path, sites[i].offset);
		if (sites[i].semaphore_offset)
			text_addf(&line, "(0x%" PRIx64 ")", sites[i].semaphore_offset);
		add_arguments(sites[i].arguments, &line);
		is_fine = end_line(tracefs, probe, name, &line, err);
	}
	kernel_elf_free_sites(sites, count);
	return is_fine;
}

static int open_program(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		error_set_errno(err, errno, "cannot read it");
	return fd;
}

static bool define(const struct tracefs *tracefs, struct kernel_probe *probe, uint64_t session_id,
		   const struct rule_spec *rule, const struct location *location, struct error *err)
{
	bool is_fine;
	int fd;

	if (!location->path)
		return define_in_kernel(tracefs, probe, session_id, rule, location, err);
	fd = open_program(location->path, err);
	if (fd < 0)
		return error_prefix(err, "program '%.120s'", location->path);
	if (location->kind == LOCATION_SDT)
		is_fine = define_sites(tracefs, probe, session_id, rule, location, fd, err);
	else
		is_fine = define_function(tracefs, probe, session_id, rule, location, fd, err);
	fd_close(&fd);
	return is_fine || error_prefix(err, "program '%.120s'", location->path);
}

static struct kernel_probe *make_probe(const char *list)
{
	struct kernel_probe *probe = mem_zalloc(sizeof(*probe));
	pid_t pid = getpid();

	probe->list = list;
	probe->group = mem_printf(GROUP_FORMAT, (int)pid, kernel_instance_start_time(pid));
	return probe;
}

struct kernel_probe *kernel_probe_define(const struct tracefs *tracefs, uint64_t session_id,
					 const struct rule_spec *rule, struct error *err)
{
	struct kernel_probe *probe = make_probe(list_of(rule->kind));
	struct location location;
	bool is_fine;

	probe->rule_id = rule->id;
	is_fine = check_kernel(tracefs, rule, err) &&
		  location_parse(rule->location ? rule->location : "", rule->kind, &location, err);
	if (is_fine) {
		is_fine = define(tracefs, probe, session_id, rule, &location, err);
		location_finish(&location);
	}
	if (is_fine)
		return probe;
	kernel_probe_remove(tracefs, probe);
	error_prefix(err, "probe '%.80s'", rule->pattern);
	return NULL;
}

bool kernel_probe_check(const struct tracefs *tracefs, const struct rule_spec *rule,
			struct error *err)
{
	struct kernel_sdt_site *sites = NULL;
	struct location location;
	size_t count = 0;
	uint64_t offset;
	bool is_fine, is_return;
	int fd;

	if (!check_kernel(tracefs, rule, err))
		return false;
	is_fine = location_parse(rule->location ? rule->location : "", rule->kind, &location, err);
	if (!is_fine || !location.path) {
		location_finish(&location);
		return is_fine;
	}
	fd = open_program(location.path, err);
	is_fine = fd >= 0;
	if (is_fine && location.kind == LOCATION_SDT)
		is_fine = kernel_elf_find_sdt(fd, location.provider, location.symbol, &sites,
					      &count, err);
	else if (is_fine)
		is_fine = find_function(fd, location.symbol, &offset, &is_return, err);
	if (!is_fine)
		error_prefix(err, "program '%.120s'", location.path);
	kernel_elf_free_sites(sites, count);
	fd_close(&fd);
	location_finish(&location);
	return is_fine;
}

static void remove_one(const struct tracefs *tracefs, const char *list, const char *group,
		       const char *name)
{
	char *line = mem_printf("-:%s/%s", group, name);
	struct error err = ERROR_INIT;

	if (!tracefs_append(tracefs, list, line, &err))
		log_write(LOG_LEVEL_WARNING, "a probe can't be removed: %s", err.message);
	free(line);
}

void kernel_probe_remove(const struct tracefs *tracefs, struct kernel_probe *probe)
{
	if (!probe)
		return;
	for (size_t i = 0; i < probe->names.count; i++)
		remove_one(tracefs, probe->list, probe->group, probe->names.words[i]);
	word_list_finish(&probe->names);
	word_list_finish(&probe->titles);
	free(probe->group);
	free(probe);
}

/* --- strings of system calls */

/* How the probe fetches a field: as wide as it is recorded without one. */
static void add_fetch(const struct kernel_field *field, struct text *line)
{
	char type = field->is_signed ? 's' : field->kind == KERNEL_POINTER ? 'x' : 'u';

	if (field->is_string_address)
		text_addf(line, " %s=+0($%s):ustring", field->name, field->name);
	else
		text_addf(line, " %s=$%s:%c%u", field->name, field->name, type,
			  field->element_bytes * 8U);
}

struct kernel_probe *kernel_probe_define_strings(const struct tracefs *tracefs, uint64_t session_id,
						 uint32_t channel_id,
						 const struct kernel_event *event,
						 struct error *err)
{
	struct kernel_probe *probe = make_probe(ALL_LIST);
	char *name = mem_printf("s%" PRIu64 "_c%" PRIu32 "_%s", session_id, channel_id,
				event->kernel_name);
	struct text line = {0};

	word_list_add(&probe->names, name);
	word_list_add(&probe->titles, event->name);
	text_addf(&line, "e:%s/%s %s.%s", probe->group, name, event->system, event->kernel_name);
	for (size_t i = 0; i < event->format->field_count; i++)
		add_fetch(&event->format->fields[i], &line);
	if (end_line(tracefs, probe, name, &line, err))
		return probe;
	kernel_probe_remove(tracefs, probe);
	return NULL;
}

void kernel_probe_look(struct tracefs *tracefs)
{
	struct kernel_probe *probe = make_probe(ALL_LIST);
	char *line = mem_printf("e:%s/look syscalls.sys_enter_chdir filename=+0($filename):ustring",
				probe->group);

	tracefs->has_event_probes = tracefs_append(tracefs, ALL_LIST, line, NULL);
	if (tracefs->has_event_probes)
		word_list_add(&probe->names, "look");
	kernel_probe_remove(tracefs, probe);
	free(line);
}

/* Lines are "p:GROUP/NAME PLACE ARGUMENTS". */
static unsigned int clean_list(const struct tracefs *tracefs, const char *file)
{
	unsigned int count = 0;
	size_t length;
	char *list, *rest, *line;

	if (!tracefs_read(tracefs, file, LIST_BYTES, &list, &length, NULL))
		return 0;
	rest = list;
	while ((line = strsep(&rest, "\n"))) {
		char *group = strchr(line, ':');
		char *name = group ? strchr(group, '/') : NULL;
		unsigned long long time;
		int pid;

		if (!name || sscanf(group + 1, GROUP_FORMAT "/", &pid, &time) != 2 ||
		    kernel_instance_start_time((pid_t)pid) == time)
			continue;
		*name++ = '\0';
		name[strcspn(name, " ")] = '\0';
		remove_one(tracefs, file, group + 1, name);
		count++;
	}
	free(list);
	return count;
}

unsigned int kernel_probe_clean_up(const struct tracefs *tracefs)
{
	return clean_list(tracefs, PROGRAM_LIST) + clean_list(tracefs, KERNEL_LIST) +
	       clean_list(tracefs, ALL_LIST);
}
