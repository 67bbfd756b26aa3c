/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Probes and filters as they are told to the kernel: to a folder that looks like tracefs, line by
 * line; and places of probes as people give them.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/kernel/catalog.h"
#include "backend/source/kernel/elf.h"
#include "backend/source/kernel/instance.h"
#include "backend/source/kernel/probe.h"
#include "backend/source/kernel/push.h"
#include "backend/source/location.h"

/* --- a folder in tracefs' place */

struct folder {
	char path[64];
	struct tracefs tracefs;
};

static void make_file(const struct folder *folder, const char *name)
{
	char *path = mem_printf("%s/%s", folder->path, name);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	assert_true(fd >= 0);
	close(fd);
	free(path);
}

static int make_folder(void **state)
{
	struct folder *folder = mem_zalloc(sizeof(*folder));
	const char *place = getenv("TMPDIR");
	struct error err = ERROR_INIT;

	snprintf(folder->path, sizeof(folder->path), "%.40s/tracefs-XXXXXX",
		 place ? place : "/tmp");
	assert_non_null(mkdtemp(folder->path));
	assert_true(tracefs_open(&folder->tracefs, folder->path, &err));
	*state = folder;
	return 0;
}

static int remove_folder(void **state)
{
	static const char *const names[] = {"uprobe_events", "kprobe_events", "dynamic_events"};
	struct folder *folder = *state;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		unlinkat(folder->tracefs.fd, names[i], 0);
	tracefs_close(&folder->tracefs);
	rmdir(folder->path);
	free(folder);
	return 0;
}

static char *content(const struct folder *folder, const char *name)
{
	struct error err = ERROR_INIT;
	size_t length;
	char *text;

	assert_true(tracefs_read(&folder->tracefs, name, 65536, &text, &length, &err));
	return text;
}

static void assert_content(const struct folder *folder, const char *name, const char *format)
{
	char *got = content(folder, name);
	char group[64];
	char *wanted;

	snprintf(group, sizeof(group), "tracon_%d_%llu", (int)getpid(),
		 kernel_instance_start_time(getpid()));
	wanted = mem_printf("%s", "");
	for (const char *at = format; *at; at++) {
		char *more = *at == '$' && at[1] == '/' ? mem_printf("%s%s", wanted, group)
							: mem_printf("%s%c", wanted, *at);

		free(wanted);
		wanted = more;
	}
	assert_string_equal(got, wanted);
	free(got);
	free(wanted);
}

static void places_in_the_kernel_are_defined_and_removed(void **state)
{
	struct folder *folder = *state;
	struct rule_spec rule = {
		.id = 7, .kind = RULE_PROBE, .pattern = "reading", .location = "vfs_read+0x10"};
	struct rule_spec function = {
		.id = 8, .kind = RULE_FUNCTION, .pattern = "work", .location = "vfs_write"};
	struct error err = ERROR_INIT;
	struct kernel_probe *probe, *both;

	make_file(folder, "kprobe_events");
	probe = kernel_probe_define(&folder->tracefs, 3, &rule, &err);
	assert_non_null(probe);
	both = kernel_probe_define(&folder->tracefs, 3, &function, &err);
	assert_non_null(both);
	assert_string_equal(both->titles.words[0], "work_entry");
	assert_string_equal(both->titles.words[1], "work_exit");
	kernel_probe_remove(&folder->tracefs, both);
	kernel_probe_remove(&folder->tracefs, probe);
	assert_content(folder, "kprobe_events",
		       "p:$/s3_r7_0 vfs_read+0x10"
		       "p:$/s3_r8_0 vfs_write"
		       "r:$/s3_r8_1 vfs_write"
		       "-:$/s3_r8_0"
		       "-:$/s3_r8_1"
		       "-:$/s3_r7_0");
}

static const char openat_format[] =
	"name: sys_enter_openat\nID: 782\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\n"
	"\tfield:int __syscall_nr;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:int dfd;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:const char * filename;\toffset:24;\tsize:8;\tsigned:0;\n"
	"\tfield:struct open_how * how;\toffset:32;\tsize:8;\tsigned:0;\n"
	"\tfield:umode_t mode;\toffset:40;\tsize:8;\tsigned:0;\n"
	"\tfield:size_t usize;\toffset:48;\tsize:8;\tsigned:0;\n%s"
	"\nprint fmt: \"\"\n";

static struct kernel_format *read_call(const char *more)
{
	struct error err = ERROR_INIT;
	char *text = mem_printf(openat_format, more);
	struct kernel_format *format = kernel_format_read("syscalls", text, strlen(text), &err);

	assert_non_null(format);
	free(text);
	return format;
}

/* Probes of events, where the kernel has them: their fields are those of the call. */
static void strings_of_calls_are_fetched(void **state)
{
	struct folder *folder = *state;
	char system[] = "syscalls", kernel_name[] = "sys_enter_openat",
	     name[] = "syscall_entry_openat";
	struct kernel_event event = {.system = system, .kernel_name = kernel_name, .name = name};
	struct error err = ERROR_INIT;
	struct kernel_probe *probe;

	kernel_probe_look(&folder->tracefs);
	assert_false(folder->tracefs.has_event_probes);
	make_file(folder, "dynamic_events");
	kernel_probe_look(&folder->tracefs);
	assert_true(folder->tracefs.has_event_probes);
	event.format = read_call("");
	probe = kernel_probe_define_strings(&folder->tracefs, 3, 1, &event, &err);
	assert_non_null(probe);
	assert_string_equal(probe->titles.words[0], "syscall_entry_openat");
	kernel_probe_remove(&folder->tracefs, probe);
	assert_content(folder, "dynamic_events",
		       "e:$/look syscalls.sys_enter_chdir filename=+0($filename):ustring"
		       "-:$/look"
		       "e:$/s3_c1_sys_enter_openat syscalls.sys_enter_openat dfd=$dfd:s32"
		       " filename=+0($filename):ustring how=$how:x64 mode=$mode:u16"
		       " usize=$usize:u64"
		       "-:$/s3_c1_sys_enter_openat");
	kernel_format_destroy(event.format);
}

/* Fields with contents, of kernels that have them: in the address's place. */
static void contents_are_recorded_in_place_of_addresses(void **state)
{
	struct kernel_format *format = read_call(
		"\tfield:__data_loc char[] __filename_val;\toffset:56;\tsize:4;\tsigned:0;\n"
		"\tfield:__data_loc char[] __how_val;\toffset:60;\tsize:4;\tsigned:0;\n"
		"\tfield:__data_loc char[] __other_val;\toffset:64;\tsize:4;\tsigned:0;\n");
	static const struct {
		const char *name;
		enum kernel_field_kind kind;
		uint16_t offset;
	} wanted[] = {
		{"dfd", KERNEL_INTEGER, 16},	    {"filename", KERNEL_STRING, 56},
		{"how", KERNEL_POINTER, 32},	    {"mode", KERNEL_INTEGER, 40},
		{"usize", KERNEL_INTEGER, 48},	    {"__how_val", KERNEL_SEQUENCE, 60},
		{"__other_val", KERNEL_STRING, 64},
	};

	(void)state;
	assert_int_equal(format->field_count, COUNT_OF(wanted));
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		assert_string_equal(format->fields[i].name, wanted[i].name);
		assert_int_equal(format->fields[i].kind, wanted[i].kind);
		assert_int_equal(format->fields[i].offset, wanted[i].offset);
		assert_false(format->fields[i].is_string_address);
	}
	kernel_format_destroy(format);
}

static void what_is_missing_is_said(void **state)
{
	struct folder *folder = *state;
	const struct rule_spec kernel = {.kind = RULE_FUNCTION, .location = "vfs_read"};
	const struct rule_spec program = {.kind = RULE_USERSPACE_PROBE, .location = "/bin/sh:main"};
	struct error err = ERROR_INIT;

	assert_false(kernel_probe_check(&folder->tracefs, &kernel, &err));
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "CONFIG_KPROBE_EVENTS"));
	err = (struct error)ERROR_INIT;
	assert_false(kernel_probe_check(&folder->tracefs, &program, &err));
	assert_non_null(strstr(err.message, "CONFIG_UPROBE_EVENTS"));
}

static void only_what_dead_engines_left_is_removed(void **state)
{
	static const char list[] = "p:tracon_2147483646_5/s1_r1_0 /bin/sh:0x10\n"
				   "p:others/one /bin/sh:0x10\n";
	struct folder *folder = *state;
	struct error err = ERROR_INIT;
	char *got;

	make_file(folder, "uprobe_events");
	assert_true(tracefs_append(&folder->tracefs, "uprobe_events", list, &err));
	assert_int_equal(kernel_probe_clean_up(&folder->tracefs), 1);
	got = content(folder, "uprobe_events");
	assert_string_equal(got + strlen(list), "-:tracon_2147483646_5/s1_r1_0");
	free(got);
}

/* --- arguments */

static void arguments_are_what_the_kernel_can_fetch(void **state)
{
	static const struct {
		const char *given, *wanted;
	} cases[] = {
		{"-4@%edi", "%di:s32"},
		{"8@%rax", "%ax:u64"},
		{"4@%r15d", "%r15:u32"},
		{"8@%r9", "%r9:u64"},
		{"2@-6(%rbp)", "-6(%bp):u16"},
		{"8@16(%rsp)", "+16(%sp):u64"},
		{"8@(%rdx)", "+0(%dx):u64"},
		{"-4@$5", "\\5:s32"},
		{"1@%al", "%al:u8"},
		{"8@(%rax,%rbx,8)", NULL},
		{"3@%eax", NULL},
		{"%eax", NULL},
		{"8@", NULL},
		{"", NULL},
		{"8@sym(%rip)", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct text out = {0};

		assert_int_equal(kernel_probe_argument(cases[i].given, &out),
				 cases[i].wanted != NULL);
		assert_string_equal(text_str(&out), cases[i].wanted ? cases[i].wanted : "");
		text_finish(&out);
	}
}

/* --- places */

static void places_are_one_text(void **state)
{
	static const struct {
		enum rule_kind kind;
		const char *given, *wanted; /* NULL: refused */
	} cases[] = {
		{RULE_PROBE, "vfs_read", "vfs_read"},
		{RULE_PROBE, "vfs_read+16", "vfs_read+0x10"},
		{RULE_FUNCTION, "0xffffffff81000000", "0xffffffff81000000"},
		{RULE_PROBE, "vfs read", NULL},
		{RULE_PROBE, "a+b", NULL},
		{RULE_PROBE, "", NULL},
		{RULE_USERSPACE_PROBE, "/bin/sh:main", "elf:/bin/sh:main"},
		{RULE_USERSPACE_PROBE, "elf:/a:b/c:main", "elf:/a:b/c:main"},
		{RULE_USERSPACE_PROBE, "/bin/sh:main%return", "elf:/bin/sh:main%return"},
		{RULE_USERSPACE_PROBE, "/bin/sh:%return", NULL},
		{RULE_USERSPACE_PROBE, "/bin/sh:main%entry", NULL},
		{RULE_USERSPACE_PROBE, "sdt:/bin/x:one:two%return", NULL},
		{RULE_PROBE, "vfs_read%return", NULL},
		{RULE_USERSPACE_PROBE, "sdt:/bin/x:one:two", "sdt:/bin/x:one:two"},
		{RULE_USERSPACE_PROBE, "sdt:/bin/x:two", NULL},
		{RULE_USERSPACE_PROBE, "/bin/sh", NULL},
		{RULE_USERSPACE_PROBE, "/bin/s h:main", NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct error err = ERROR_INIT;
		struct location location;
		struct text out = {0};
		bool is_good = location_parse(cases[i].given, cases[i].kind, &location, &err);

		assert_int_equal(is_good, cases[i].wanted != NULL);
		if (is_good)
			location_print(&location, &out);
		assert_string_equal(text_str(&out), cases[i].wanted ? cases[i].wanted : "");
		text_finish(&out);
		location_finish(&location);
	}
}

/* --- programs */

__attribute__((noinline)) int a_function_to_find(int number);

int a_function_to_find(int number)
{
	__asm__ volatile("" ::: "memory");
	return number + 1;
}

static void a_function_is_found_where_its_code_is(void **state)
{
	struct error err = ERROR_INIT;
	unsigned char code[8];
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t offset;
	int (*function)(int) = a_function_to_find;
	unsigned char memory[8];

	(void)state;
	assert_int_equal(function(1), 2);
	assert_true(kernel_elf_find_function(fd, "a_function_to_find", &offset, &err));
	assert_int_equal(pread(fd, code, sizeof(code), (off_t)offset), sizeof(code));
	memcpy(memory, (const void *)(uintptr_t)function, sizeof(memory));
	assert_memory_equal(code, memory, sizeof(code));
	assert_false(kernel_elf_find_function(fd, "no_such_function", &offset, &err));
	assert_int_equal(err.code, ERROR_NOT_FOUND);
	fd_close(&fd);
}

/* --- filters */

static struct kernel_format *make_format(void)
{
	static const char text[] =
		"name: one\nID: 7\nformat:\n"
		"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
		"\tfield:int number;\toffset:8;\tsize:4;\tsigned:1;\n"
		"\tfield:unsigned char flags;\toffset:12;\tsize:1;\tsigned:0;\n"
		"\tfield:unsigned long address;\toffset:16;\tsize:8;\tsigned:0;\n"
		"\tfield:char name[16];\toffset:24;\tsize:16;\tsigned:0;\n"
		"\tfield:u32 list[4];\toffset:40;\tsize:16;\tsigned:0;\n"
		"\nprint fmt: \"\"\n";
	struct error err = ERROR_INIT;
	struct kernel_format *format = kernel_format_read("test", text, strlen(text), &err);

	assert_non_null(format);
	return format;
}

static void the_kernel_gets_what_it_can_decide(void **state)
{
	static const struct {
		const char *given, *wanted;
		bool is_whole;
	} cases[] = {
		{"number == 3", "(number == 3)", true},
		{"3 < number", "(number > 3)", true},
		{"number == -1 && name == \"a*b\"", "((number == -1) && (name ~ \"a*b\"))", true},
		{"name != \"x\"", "(!(name == \"x\"))", true},
		{"name == \"*ab\"", "(name ~ \"*a[b]\")", true},
		{"name == \"*!\"", NULL, false},
		{"flags & 4", "(flags & 4)", true},
		{"4 & flags", "(flags & 4)", true},
		{"list[1] & 4", NULL, false},
		{"(5 & 4) == 4", NULL, false},
		{"(flags & 4) == 0 || !number", "((!(flags & 4)) || (!(number != 0)))", true},
		{"$ctx.tid == 5 && $ctx.procname == \"sh\"",
		 "((common_pid == 5) && (COMM == \"sh\"))", true},
		/* A part of a conjunction, never of anything else. */
		{"number == 3 && list[1] == 2", "(number == 3)", false},
		{"number == 3 || list[1] == 2", NULL, false},
		{"number == flags", NULL, false},
		{"number + 0 == 3 && number == 3", NULL, false}, /* no such operator at all */
		{"number << 1 == 6", NULL, false},
		/* A constant that the field can't hold would be cut. */
		{"flags == 300", NULL, false},
		{"flags == -1", NULL, false},
		{"number == 4294967296", NULL, false},
		/* Without a sign there, with one here. */
		{"address > 5", NULL, false},
		{"address == 5", "(address == 5)", true},
		{"number == 1.5", NULL, false},
		{"nothing == 1", NULL, false},
		{"name == \"a?\"", NULL, false},
	};
	struct kernel_format *format = make_format();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		bool is_whole;
		char *got = kernel_push_filter(format, &cases[i].given, 1, &is_whole);

		if (cases[i].wanted) {
			assert_non_null(got);
			assert_string_equal(got, cases[i].wanted);
		} else {
			assert_null(got);
		}
		assert_int_equal(is_whole, cases[i].is_whole);
		free(got);
	}
	kernel_format_destroy(format);
}

static void filters_of_several_rules_are_joined(void **state)
{
	static const char *const both[] = {"number == 3", "flags == 1 && list[0] == 2"};
	static const char *const one[] = {"number == 3", "list[0] == 2"};
	struct kernel_format *format = make_format();
	bool is_whole;
	char *got = kernel_push_filter(format, both, 2, &is_whole);

	(void)state;
	assert_string_equal(got, "(number == 3) || (flags == 1)");
	assert_false(is_whole);
	free(got);
	assert_null(kernel_push_filter(format, one, 2, &is_whole));
	kernel_format_destroy(format);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(places_in_the_kernel_are_defined_and_removed,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(strings_of_calls_are_fetched, make_folder,
						remove_folder),
		cmocka_unit_test(contents_are_recorded_in_place_of_addresses),
		cmocka_unit_test_setup_teardown(what_is_missing_is_said, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(only_what_dead_engines_left_is_removed, make_folder,
						remove_folder),
		cmocka_unit_test(arguments_are_what_the_kernel_can_fetch),
		cmocka_unit_test(places_are_one_text),
		cmocka_unit_test(a_function_is_found_where_its_code_is),
		cmocka_unit_test(the_kernel_gets_what_it_can_decide),
		cmocka_unit_test(filters_of_several_rules_are_joined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
