/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prints field types. Names come from applications: each becomes an identifier with a leading
 * underscore, unique in its struct, and the fields that refer to it print the same identifier.
 */
#include "backend/ctf/tsdl.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/links.h"

/* The identifiers of a struct's or variant's fields, made once. */
struct name_list {
	struct name_list *next;
	const struct ctf_type *type;
	char **names;
};

struct printer {
	struct text *out;
	const struct ctf_type *root;
	const char *root_path;		  /* "event.fields" */
	const struct ctf_type *innermost; /* struct being printed; NULL: one of our own making */
	struct ctf_links links;
	struct name_list *lists;
};

void tsdl_add_quoted(struct text *out, const char *string)
{
	text_add_char(out, '"');
	for (const char *at = string; *at; at++) {
		unsigned char byte = (unsigned char)*at;

		if (byte == '"' || byte == '\\')
			text_addf(out, "\\%c", byte);
		else if (byte < ' ' || byte > '~')
			text_addf(out, "\\%03o", byte);
		else
			text_add_char(out, *at);
	}
	text_add_char(out, '"');
}

static void add_indent(struct text *out, unsigned int depth)
{
	while (depth-- > 0)
		text_add_char(out, '\t');
}

static char *make_identifier(const char *name)
{
	char *identifier = mem_printf("_%s", name);

	for (char *at = identifier; *at; at++) {
		if (!isascii((unsigned char)*at) || !isalnum((unsigned char)*at))
			*at = '_';
	}
	return identifier;
}

/* Adds underscores until no other of the names is the same; the caller owns the result. */
static char *make_unique(char *identifier, char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *longer;

		if (strcmp(names[i], identifier))
			continue;
		longer = mem_printf("%s_", identifier);
		free(identifier);
		identifier = longer;
		i = (size_t)-1; /* compare with all again */
	}
	return identifier;
}

/* In the order of the fields; the printer's own. */
static char *const *field_names(struct printer *printer, const struct ctf_type *type)
{
	struct name_list *list;

	for (list = printer->lists; list; list = list->next) {
		if (list->type == type)
			return list->names;
	}
	list = mem_alloc(sizeof(*list));
	list->type = type;
	list->names = mem_realloc_array(NULL, type->field_count + 1, sizeof(*list->names));
	for (size_t i = 0; i < type->field_count; i++)
		list->names[i] = make_unique(make_identifier(type->fields[i].name), list->names, i);
	list->next = printer->lists;
	printer->lists = list;
	return list->names;
}

static void free_lists(struct printer *printer)
{
	while (printer->lists) {
		struct name_list *list = printer->lists;

		printer->lists = list->next;
		for (size_t i = 0; i < list->type->field_count; i++)
			free(list->names[i]);
		free(list->names);
		free(list);
	}
}

/*
 * Adds what `user` refers to; checked types refer to something. From inside another struct
 * babeltrace 1 finds fields of the root only by their whole path.
 */
static void add_reference(struct printer *printer, const struct ctf_type *user)
{
	const struct ctf_link *link = ctf_links_of_user(&printer->links, user);

	if (!link)
		return;
	if (link->structure == printer->root && printer->innermost != printer->root)
		text_addf(printer->out, "%s.", printer->root_path);
	text_add(printer->out, field_names(printer, link->structure)[link->index]);
}

/* Traces are in the byte order of the machine they are made on. */
static void add_byte_order(struct printer *printer, const struct ctf_type *type)
{
	bool is_host_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	if (type->is_reverse_order)
		text_addf(printer->out, " byte_order = %s;", is_host_big_endian ? "le" : "be");
}

static void add_integer(struct printer *printer, const struct ctf_type *type)
{
	const struct ctf_type *user = ctf_links_user_of(&printer->links, type);
	/* Readers refuse a signed length. */
	bool is_signed = type->is_signed && !(user && user->kind == CTF_SEQUENCE);

	text_addf(printer->out,
		  "integer { size = %u; align = %u; signed = %d; encoding = %s; base = %u;",
		  type->size_bits, type->align_bits, is_signed, type->is_text ? "UTF8" : "none",
		  type->base);
	add_byte_order(printer, type);
	text_add(printer->out, " }");
}

static void add_float(struct printer *printer, const struct ctf_type *type)
{
	text_addf(printer->out, "floating_point { exp_dig = %u; mant_dig = %u; align = %u;",
		  type->exponent_bits, type->mantissa_bits, type->align_bits);
	add_byte_order(printer, type);
	text_add(printer->out, " }");
}

static void add_value(struct text *out, int64_t value, bool is_signed)
{
	if (is_signed)
		text_addf(out, "%" PRId64, value);
	else
		text_addf(out, "%" PRIu64, (uint64_t)value);
}

/* A tag's labels are spelled as the choices they select are. */
static void add_label(struct printer *printer, const struct ctf_type *variant, const char *label)
{
	size_t choice = variant ? ctf_variant_choice(variant, label) : 0;

	if (variant && choice < variant->field_count)
		label = field_names(printer, variant)[choice];
	tsdl_add_quoted(printer->out, label);
}

static void add_enum(struct printer *printer, const struct ctf_type *type, unsigned int depth)
{
	const struct ctf_type *user = ctf_links_user_of(&printer->links, type);
	const struct ctf_type *variant = user && user->kind == CTF_VARIANT ? user : NULL;
	struct text *out = printer->out;

	if (type->entry_count == 0) { /* TSDL has no enum without labels */
		add_integer(printer, type);
		return;
	}
	text_add(out, "enum : ");
	add_integer(printer, type);
	text_add(out, " {\n");
	for (size_t i = 0; i < type->entry_count; i++) {
		const struct ctf_enum_entry *entry = &type->entries[i];

		add_indent(out, depth + 1);
		add_label(printer, variant, entry->label);
		if (!entry->is_auto) {
			text_add(out, " = ");
			add_value(out, entry->begin, type->is_signed);
			if (entry->end != entry->begin) {
				text_add(out, " ... ");
				add_value(out, entry->end, type->is_signed);
			}
		}
		text_add(out, ",\n");
	}
	add_indent(out, depth);
	text_add_char(out, '}');
}

static void add_field(struct printer *printer, const struct ctf_type *type, const char *identifier,
		      unsigned int depth);

static bool needs_padding(const struct ctf_type *type)
{
	bool is_padded_kind =
		type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE || type->kind == CTF_VARIANT;

	return is_padded_kind && type->align_bits > 8;
}

/* These kinds have no alignment of their own in TSDL: an empty struct before them has it. */
static void add_padding(struct printer *printer, const struct ctf_type *type,
			const char *identifier, char *const *names, size_t count,
			unsigned int depth)
{
	char *padding = make_unique(mem_printf("%s_padding", identifier), names, count);

	add_indent(printer->out, depth);
	text_addf(printer->out, "struct { } align(%u) %s;\n", type->align_bits, padding);
	free(padding);
}

/*
 * Where two brackets or padding would be needed, a struct around the field gives it a place of its
 * own; it has the same bits.
 */
static void add_wrapper(struct printer *printer, const struct ctf_type *type, unsigned int depth)
{
	const struct ctf_type *outer = printer->innermost;

	printer->innermost = NULL;
	text_add(printer->out, "struct {\n");
	if (needs_padding(type))
		add_padding(printer, type, "_element", NULL, 0, depth + 1);
	add_field(printer, type, "_element", depth + 1);
	printer->innermost = outer;
	add_indent(printer->out, depth);
	text_add_char(printer->out, '}');
}

static void add_wrapped_field(struct printer *printer, const struct ctf_type *type,
			      const char *identifier, unsigned int depth)
{
	add_indent(printer->out, depth);
	add_wrapper(printer, type, depth);
	text_addf(printer->out, " %s;\n", identifier);
}

static void add_variant(struct printer *printer, const struct ctf_type *type, unsigned int depth)
{
	char *const *names = field_names(printer, type);

	text_add(printer->out, "variant <");
	add_reference(printer, type);
	text_add(printer->out, "> {\n");
	for (size_t i = 0; i < type->field_count; i++) {
		const struct ctf_type *choice = type->fields[i].type;

		if (needs_padding(choice))
			add_wrapped_field(printer, choice, names[i], depth + 1);
		else
			add_field(printer, choice, names[i], depth + 1);
	}
	add_indent(printer->out, depth);
	text_add_char(printer->out, '}');
}

static void add_fields(struct printer *printer, const struct ctf_type *type, unsigned int depth)
{
	char *const *names = field_names(printer, type);
	const struct ctf_type *outer = printer->innermost;

	printer->innermost = type;
	text_add(printer->out, "struct {\n");
	for (size_t i = 0; i < type->field_count; i++) {
		const struct ctf_type *field = type->fields[i].type;

		if (needs_padding(field))
			add_padding(printer, field, names[i], names, type->field_count, depth + 1);
		add_field(printer, field, names[i], depth + 1);
	}
	printer->innermost = outer;
	add_indent(printer->out, depth);
	text_add_char(printer->out, '}');
	if (type->align_bits > 8)
		text_addf(printer->out, " align(%u)", type->align_bits);
}

static void add_specifier(struct printer *printer, const struct ctf_type *type, unsigned int depth)
{
	switch (type->kind) {
	case CTF_INTEGER:
		add_integer(printer, type);
		break;
	case CTF_FLOAT:
		add_float(printer, type);
		break;
	case CTF_STRING:
		text_add(printer->out, "string");
		break;
	case CTF_ENUM:
		add_enum(printer, type, depth);
		break;
	case CTF_VARIANT:
		add_variant(printer, type, depth);
		break;
	case CTF_STRUCT:
		add_fields(printer, type, depth);
		break;
	case CTF_ARRAY:
	case CTF_SEQUENCE:
		add_wrapper(printer, type, depth);
		break;
	}
}

static void add_field(struct printer *printer, const struct ctf_type *type, const char *identifier,
		      unsigned int depth)
{
	bool has_element = type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE;
	struct text *out = printer->out;

	add_indent(out, depth);
	if (has_element && needs_padding(type->element))
		add_wrapper(printer, type->element, depth);
	else
		add_specifier(printer, has_element ? type->element : type, depth);
	text_addf(out, " %s", identifier);
	if (type->kind == CTF_ARRAY)
		text_addf(out, "[%" PRIu64 "]", type->length);
	if (type->kind == CTF_SEQUENCE) {
		text_add(out, "[ ");
		add_reference(printer, type);
		text_add(out, " ]");
	}
	text_add(out, ";\n");
}

void tsdl_add_struct(struct text *out, const struct ctf_type *structure, const char *path)
{
	struct printer printer = {.out = out, .root = structure, .root_path = path};

	ctf_links_collect(&printer.links, structure);
	add_fields(&printer, structure, 1);
	free_lists(&printer);
	ctf_links_finish(&printer.links);
}
