/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See format.h. */
#include "backend/source/kernel/format.h"

#include <stdlib.h>
#include <string.h>

#include <traceevent/event-parse.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"
#include "backend/source/kernel/format_text.h"
#include "backend/source/kernel/page.h"

#define SYSCALLS "syscalls"

char *kernel_event_name(const char *system, const char *name)
{
	static const struct {
		const char *kernel, *lttng;
	} prefixes[] = {{"sys_enter_", "syscall_entry_"}, {"sys_exit_", "syscall_exit_"}};

	for (size_t i = 0; i < COUNT_OF(prefixes) && strcmp(system, SYSCALLS) == 0; i++) {
		size_t length = strlen(prefixes[i].kernel);

		if (strncmp(name, prefixes[i].kernel, length) == 0)
			return mem_printf("%s%s", prefixes[i].lttng, name + length);
	}
	return mem_strdup(name);
}

/*
 * Every argument of a system call lies in 8 bytes, whatever its C type: the upper half of an int is
 * whatever the register held.
 */
static const struct {
	const char *type;
	uint8_t bytes;
	bool is_signed;
} argument_types[] = {
	{"int", 4, true},	{"unsigned int", 4, false}, {"unsigned", 4, false},
	{"long", 8, true},	{"loff_t", 8, true},	    {"off_t", 8, true},
	{"pid_t", 4, true},	{"key_t", 4, true},	    {"key_serial_t", 4, true},
	{"clockid_t", 4, true}, {"timer_t", 4, true},	    {"mqd_t", 4, true},
	{"rwf_t", 4, true},	{"uid_t", 4, false},	    {"gid_t", 4, false},
	{"qid_t", 4, false},	{"u32", 4, false},	    {"__u32", 4, false},
	{"umode_t", 2, false},	{"short", 2, true},	    {"char", 1, true},
};

static void narrow_argument(struct kernel_field *field, const char *type)
{
	const char *const prefix = "const ";

	if (strncmp(type, prefix, strlen(prefix)) == 0)
		type += strlen(prefix);
	for (size_t i = 0; i < COUNT_OF(argument_types); i++) {
		if (strcmp(type, argument_types[i].type) != 0)
			continue;
		field->is_narrowed = argument_types[i].bytes < field->size_bytes;
		field->element_bytes = argument_types[i].bytes;
		field->size_bytes = argument_types[i].bytes;
		field->is_resigned = argument_types[i].is_signed && !field->is_signed;
		field->is_signed = argument_types[i].is_signed;
		return;
	}
}

static bool is_size(unsigned int bytes)
{
	return bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
}

/* The type without what says that it is elsewhere in the record. */
static const char *plain_type(const struct tep_format_field *field)
{
	static const char *const prefixes[] = {"__data_loc ", "__rel_loc "};

	for (size_t i = 0; i < COUNT_OF(prefixes); i++)
		if (strncmp(field->type, prefixes[i], strlen(prefixes[i])) == 0)
			return field->type + strlen(prefixes[i]);
	return field->type;
}

/* Whether elements are characters: libtraceevent says so only of what is printed as a string. */
static bool is_text(const struct tep_format_field *field)
{
	const char *type = plain_type(field);

	return strncmp(type, "char", 4) == 0 &&
	       (type[4] == '\0' || type[4] == '[' || type[4] == ' ');
}

/* Of C's own types libtraceevent knows no size here, and of sets of CPUs none at all. */
static uint8_t element_bytes_of(const struct tep_format_field *field)
{
	static const struct {
		const char *type;
		uint8_t bytes;
	} known[] = {
		{"short[]", 2},		{"unsigned short[]", 2}, {"int[]", 4},
		{"unsigned int[]", 4},	{"unsigned[]", 4},	 {"long[]", 8},
		{"unsigned long[]", 8}, {"long long[]", 8},	 {"unsigned long long[]", 8},
		{"size_t[]", 8},	{"pid_t[]", 4},		 {"cpumask_t", 8},
	};

	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcmp(plain_type(field), known[i].type) == 0)
			return known[i].bytes;
	return is_size(field->elementsize) ? (uint8_t)field->elementsize : 1;
}

static void read_dynamic(const struct tep_format_field *from, struct kernel_field *field)
{
	field->is_relative = from->flags & TEP_FIELD_IS_RELATIVE;
	if (is_text(from)) {
		field->kind = KERNEL_STRING;
		field->element_bytes = 1;
		return;
	}
	field->kind = KERNEL_SEQUENCE;
	field->element_bytes = element_bytes_of(from);
}

static void read_array(const struct tep_format_field *from, struct kernel_field *field)
{
	field->kind = is_text(from) ? KERNEL_TEXT : KERNEL_ARRAY;
	field->element_bytes = 1;
	if (field->kind == KERNEL_ARRAY && is_size(from->elementsize) &&
	    field->size_bytes % from->elementsize == 0)
		field->element_bytes = (uint8_t)from->elementsize;
}

static void read_plain(const struct tep_format_field *from, struct kernel_field *field)
{
	if (!is_size(field->size_bytes)) { /* a struct in place: its bytes */
		field->kind = KERNEL_ARRAY;
		field->element_bytes = 1;
		field->is_signed = false;
		return;
	}
	field->kind = from->flags & TEP_FIELD_IS_POINTER ? KERNEL_POINTER : KERNEL_INTEGER;
	field->element_bytes = (uint8_t)field->size_bytes;
}

/* Of the program's memory; what write() is given is no string. */
static bool is_string_address(const struct tep_format_field *field)
{
	static const char *const names[] = {"dev_name", "dir_name", "type", "name"};

	if (strcmp(field->type, "const char *") == 0)
		return strcmp(field->name, "buf") != 0;
	for (size_t i = 0; i < COUNT_OF(names); i++) /* those that lack their const */
		if (strcmp(field->type, "char *") == 0 && strcmp(field->name, names[i]) == 0)
			return true;
	return false;
}

/* Probes have their places under LTTng's names. */
static const char *field_name(const char *name)
{
	static const struct {
		const char *kernel, *lttng;
	} names[] = {{"__probe_ip", "ip"}, {"__probe_func", "ip"}, {"__probe_ret_ip", "parent_ip"}};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(name, names[i].kernel) == 0)
			return names[i].lttng;
	return name;
}

/* False: it can't be. */
static bool read_field(const struct tep_format_field *from, bool is_syscall,
		       struct kernel_field *field)
{
	bool is_dynamic = from->flags & TEP_FIELD_IS_DYNAMIC;

	if (from->offset < KERNEL_RECORD_COMMON_BYTES || from->size <= 0 ||
	    from->offset > UINT16_MAX || from->size > UINT16_MAX - from->offset ||
	    (is_dynamic && from->size != 4))
		return false;
	*field = (struct kernel_field){
		.offset = (uint16_t)from->offset,
		.size_bytes = (uint16_t)from->size,
		.is_signed = from->flags & TEP_FIELD_IS_SIGNED,
	};
	if (is_dynamic)
		read_dynamic(from, field);
	else if (from->flags & TEP_FIELD_IS_ARRAY)
		read_array(from, field);
	else
		read_plain(from, field);
	if (is_syscall && field->kind == KERNEL_INTEGER && field->size_bytes == 8)
		narrow_argument(field, from->type);
	field->is_string_address =
		is_syscall && field->kind == KERNEL_POINTER && is_string_address(from);
	field->name = mem_strdup(field_name(from->name));
	field->is_renamed = strcmp(field->name, from->name) != 0;
	if (field->is_renamed && field->kind == KERNEL_INTEGER)
		field->kind = KERNEL_POINTER;
	return true;
}

static bool read_fields(const struct tep_event *event, bool is_syscall,
			struct kernel_format *format, struct error *err)
{
	size_t room = 0;

	for (const struct tep_format_field *from = event->format.fields; from; from = from->next) {
		/* The number is in the event's name. */
		if (is_syscall && strcmp(from->name, "__syscall_nr") == 0)
			continue;
		if (format->field_count == KERNEL_FIELDS_MAX)
			return error_set(err, ERROR_INVALID, "more than %d fields",
					 KERNEL_FIELDS_MAX);
		format->fields = mem_grow(format->fields, format->field_count, &room,
					  sizeof(*format->fields));
		if (!read_field(from, is_syscall, &format->fields[format->field_count]))
			return error_set(err, ERROR_INVALID, "a field that can't be in a record");
		format->field_count++;
	}
	return true;
}

static struct kernel_field *find_address(const struct kernel_format *format, const char *content)
{
	static const char begin[] = "__", end[] = "_val";
	size_t length = strlen(content);

	if (length <= strlen(begin) + strlen(end) || strncmp(content, begin, strlen(begin)) != 0 ||
	    strcmp(content + length - strlen(end), end) != 0)
		return NULL;
	length -= strlen(begin) + strlen(end);
	for (size_t i = 0; i < format->field_count; i++) {
		struct kernel_field *field = &format->fields[i];

		if (field->kind == KERNEL_POINTER && strlen(field->name) == length &&
		    memcmp(field->name, content + strlen(begin), length) == 0)
			return field;
	}
	return NULL;
}

/*
 * Newer kernels add to an address, X, what was there, as __X_val. Of a string that is all that
 * people want; other bytes may hold anything, zeros too.
 */
static void use_contents(struct kernel_format *format)
{
	for (size_t i = 0; i < format->field_count; i++) {
		struct kernel_field *content = &format->fields[i];
		struct kernel_field *address =
			content->kind == KERNEL_STRING ? find_address(format, content->name) : NULL;

		if (!address)
			continue;
		if (!address->is_string_address) {
			content->kind = KERNEL_SEQUENCE;
			continue;
		}
		free(content->name);
		content->name = address->name;
		content->is_renamed = true;
		*address = *content;
		memmove(content, content + 1,
			(format->field_count - i - 1) * sizeof(*format->fields));
		format->field_count--;
		i--;
	}
}

static struct kernel_format *convert(const struct tep_event *event, const char *system,
				     struct error *err)
{
	bool is_syscall = strcmp(system, SYSCALLS) == 0;
	struct kernel_format *format = mem_zalloc(sizeof(*format));

	format->id = (uint16_t)event->id;
	format->system = mem_strdup(system);
	format->name = kernel_event_name(system, event->name);
	if (read_fields(event, is_syscall, format, err)) {
		if (is_syscall)
			use_contents(format);
		return format;
	}
	kernel_format_destroy(format);
	return NULL;
}

struct kernel_format *kernel_format_read(const char *system, const char *text, size_t length,
					 struct error *err)
{
	struct kernel_format *format = NULL;
	struct text clean = {0};
	struct tep_event *event;
	struct tep_handle *tep;

	if (length > KERNEL_FORMAT_MAX) {
		error_set(err, ERROR_INVALID, "its format is longer than %d bytes",
			  KERNEL_FORMAT_MAX);
		return NULL;
	}
	if (!kernel_format_clean(text, length, &clean, err)) {
		text_finish(&clean);
		return NULL;
	}
	tep_set_loglevel(TEP_LOG_NONE); /* or it writes to the terminal */
	tep = tep_alloc();
	if (!tep)
		abort();
	tep_set_long_size(tep, sizeof(long));
	tep_parse_event(tep, text_str(&clean), clean.length, system);
	event = tep_get_events_count(tep) == 1 ? tep_get_first_event(tep) : NULL;
	if (event && event->name && event->id >= 0 && event->id <= UINT16_MAX)
		format = convert(event, system, err);
	else
		error_set(err, ERROR_INVALID, "not the format of an event");
	tep_free(tep);
	text_finish(&clean);
	return format;
}

void kernel_format_destroy(struct kernel_format *format)
{
	if (!format)
		return;
	for (size_t i = 0; i < format->field_count; i++)
		free(format->fields[i].name);
	free(format->fields);
	free(format->system);
	free(format->name);
	free(format);
}

/* --- as CTF */

static struct ctf_type *integer_type(const struct kernel_field *field)
{
	return ctf_type_create_integer(field->element_bytes * 8U, 8, field->is_signed,
				       field->kind == KERNEL_POINTER ? 16 : 10);
}

static struct ctf_type *text_type(uint64_t length)
{
	struct ctf_type *array = ctf_type_create(CTF_ARRAY);

	array->align_bits = 8;
	array->length = length;
	array->element = ctf_type_create_integer(8, 8, false, 10);
	array->element->is_text = true;
	return array;
}

static void add_sequence(struct ctf_type *payload, const struct kernel_field *field)
{
	char *length = mem_printf("__%s_length", field->name);
	struct ctf_type *sequence = ctf_type_create_sequence(length, integer_type(field));

	ctf_type_add_field(payload, length, ctf_type_create_integer(32, 8, false, 10));
	sequence->align_bits = 8;
	ctf_type_add_field(payload, field->name, sequence);
	free(length);
}

static void add_field(struct ctf_type *payload, const struct kernel_field *field)
{
	struct ctf_type *type;

	switch (field->kind) {
	case KERNEL_SEQUENCE:
		add_sequence(payload, field);
		return;
	case KERNEL_TEXT:
		type = text_type(field->size_bytes);
		break;
	case KERNEL_STRING:
		type = ctf_type_create(CTF_STRING);
		type->align_bits = 8;
		type->is_text = true;
		break;
	case KERNEL_ARRAY:
		type = ctf_type_create(CTF_ARRAY);
		type->align_bits = 8;
		type->length = field->size_bytes / field->element_bytes;
		type->element = integer_type(field);
		break;
	case KERNEL_INTEGER:
	case KERNEL_POINTER:
	default:
		type = integer_type(field);
		break;
	}
	ctf_type_add_field(payload, field->name, type);
}

struct ctf_type *kernel_format_type(const struct kernel_format *format)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	payload->align_bits = 8;
	for (size_t i = 0; i < format->field_count; i++)
		add_field(payload, &format->fields[i]);
	return payload;
}
