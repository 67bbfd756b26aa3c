/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compiles field types into steps. Neighbours of fixed size melt into one; where the position's
 * remainder is known, so does padding between them.
 */
#include "backend/ctf/program.h"

#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/ctf/links.h"

/* Further than any packet goes: sums and products stop here instead of overflowing. */
#define BITS_FAR	(UINT64_C(1) << 60)
#define FIXED_BYTES_MAX UINT64_C(0x7fffffff)

struct compiler {
	const struct ctf_links *links;
	bool is_big_endian;
	struct scan_op *ops;
	size_t op_count;
	size_t op_room;
	struct scan_range *ranges;
	size_t range_count;
	size_t range_room;
	/* What is known of the position: a multiple of known_align plus phase. */
	uint64_t known_align;
	uint64_t phase;
	uint64_t pending; /* bits to skip that have no operation yet */
};

static uint64_t bits_add(uint64_t a, uint64_t b)
{
	return a + b < BITS_FAR ? a + b : BITS_FAR; /* both are at most BITS_FAR */
}

static uint64_t bits_multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	if (__builtin_mul_overflow(a, b, &product) || product > BITS_FAR)
		return BITS_FAR;
	return product;
}

static uint64_t padding(uint64_t position, uint64_t align)
{
	return -position & (align - 1);
}

static void forget_position(struct compiler *compiler, uint64_t known_align)
{
	compiler->known_align = known_align;
	compiler->phase = 0;
}

static void skip(struct compiler *compiler, uint64_t bits)
{
	compiler->pending = bits_add(compiler->pending, bits);
	compiler->phase = (compiler->phase + bits) & (compiler->known_align - 1);
}

static struct scan_op *add_raw_op(struct compiler *compiler, enum scan_code code)
{
	struct scan_op *op;

	compiler->ops = mem_grow(compiler->ops, compiler->op_count, &compiler->op_room,
				 sizeof(*compiler->ops));
	op = &compiler->ops[compiler->op_count++];
	*op = (struct scan_op){.code = code};
	return op;
}

static void flush_skip(struct compiler *compiler)
{
	uint64_t bits = compiler->pending;

	compiler->pending = 0;
	if (bits)
		add_raw_op(compiler, SCAN_SKIP)->bits = bits;
}

static struct scan_op *add_op(struct compiler *compiler, enum scan_code code)
{
	flush_skip(compiler);
	return add_raw_op(compiler, code);
}

static void align(struct compiler *compiler, uint64_t bits)
{
	if (bits <= compiler->known_align) {
		skip(compiler, padding(compiler->phase, bits));
		return;
	}
	add_op(compiler, SCAN_ALIGN)->bits = bits;
	forget_position(compiler, bits);
}

/* What is printed: compound kinds have an alignment of their own only above a byte. */
static uint64_t own_alignment(const struct ctf_type *type)
{
	bool is_compound = type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE ||
			   type->kind == CTF_VARIANT || type->kind == CTF_STRUCT;

	return is_compound && type->align_bits <= 8 ? 1 : type->align_bits;
}

static uint64_t alignment_of(const struct ctf_type *type)
{
	uint64_t most = own_alignment(type);

	if (type->element && alignment_of(type->element) > most)
		most = alignment_of(type->element);
	for (size_t i = 0; type->kind == CTF_STRUCT && i < type->field_count; i++) {
		uint64_t field = alignment_of(type->fields[i].type);

		if (field > most)
			most = field;
	}
	return most;
}

static void compile(struct compiler *compiler, const struct ctf_type *type);

/* The slot that remembers the length or tag of `user`: the place of its first link's target. */
static uint8_t slot_of(const struct compiler *compiler, const struct ctf_type *target)
{
	size_t i = 0;

	while (ctf_link_target(&compiler->links->items[i]) != target)
		i++;
	return (uint8_t)i;
}

static uint8_t user_slot(const struct compiler *compiler, const struct ctf_type *user)
{
	return slot_of(compiler, ctf_link_target(ctf_links_of_user(compiler->links, user)));
}

static void compile_number(struct compiler *compiler, const struct ctf_type *type)
{
	const struct ctf_type *user = ctf_links_user_of(compiler->links, type);
	struct scan_op *op;

	align(compiler, type->align_bits);
	if (!user) {
		skip(compiler, type->size_bits);
		return;
	}
	op = add_op(compiler, SCAN_READ);
	op->slot = slot_of(compiler, type);
	op->size_bits = (uint8_t)type->size_bits;
	op->is_big_endian = compiler->is_big_endian != type->is_reverse_order;
	op->is_signed = type->is_signed && user->kind == CTF_VARIANT;
	compiler->phase = (compiler->phase + type->size_bits) & (compiler->known_align - 1);
}

/* True if one element is a plain number of bits, wherever it lies. */
static bool element_is_fixed(const struct compiler *compiler, const struct ctf_type *element,
			     uint64_t *size_bits)
{
	struct compiler trial = {
		.links = compiler->links,
		.known_align = alignment_of(element),
	};
	bool is_fixed;

	compile(&trial, element);
	is_fixed = trial.op_count == 0;
	*size_bits = trial.pending;
	free(trial.ops);
	free(trial.ranges);
	return is_fixed;
}

static void compile_loop(struct compiler *compiler, const struct ctf_type *type)
{
	size_t loop = compiler->op_count;

	forget_position(compiler, 1);
	compile(compiler, type->element);
	flush_skip(compiler);
	compiler->ops[loop - 1].target = (uint32_t)compiler->op_count;
	forget_position(compiler, 1);
}

static void compile_array(struct compiler *compiler, const struct ctf_type *type)
{
	uint64_t element_align = alignment_of(type->element), size, stride;
	struct scan_op *op;

	align(compiler, own_alignment(type));
	align(compiler, element_align);
	if (type->length == 0)
		return;
	if (element_is_fixed(compiler, type->element, &size)) {
		stride = bits_add(size, padding(size, element_align));
		skip(compiler, bits_add(bits_multiply(stride, type->length - 1), size));
		return;
	}
	op = add_op(compiler, SCAN_LOOP);
	op->is_constant = true;
	op->bits = type->length;
	compile_loop(compiler, type);
}

static void compile_sequence(struct compiler *compiler, const struct ctf_type *type)
{
	uint64_t element_align = alignment_of(type->element), size;
	struct scan_op *op;
	bool is_byte_sized;

	align(compiler, own_alignment(type));
	align(compiler, element_align);
	if (!element_is_fixed(compiler, type->element, &size)) {
		op = add_op(compiler, SCAN_LOOP);
		op->slot = user_slot(compiler, type);
		compile_loop(compiler, type);
		return;
	}
	op = add_op(compiler, SCAN_TIMES);
	op->slot = user_slot(compiler, type);
	op->last_bits = size;
	op->bits = bits_add(size, padding(size, element_align));
	is_byte_sized = size % 8 == 0 && compiler->known_align >= 8 && compiler->phase % 8 == 0;
	forget_position(compiler, is_byte_sized ? 8 : 1);
}

static uint64_t flip_sign(uint64_t value, bool is_signed)
{
	return is_signed ? value ^ UINT64_C(1) << 63 : value;
}

static void add_range(struct compiler *compiler, const struct ctf_type *tag, uint64_t begin,
		      uint64_t end, uint32_t target)
{
	struct scan_range *range;

	compiler->ranges = mem_grow(compiler->ranges, compiler->range_count, &compiler->range_room,
				    sizeof(*compiler->ranges));
	range = &compiler->ranges[compiler->range_count++];
	range->begin = flip_sign(begin, tag->is_signed);
	range->end = flip_sign(end, tag->is_signed);
	range->target = target;
}

/* starts: the first operation of each choice. An automatic label follows the one before it. */
static void add_ranges(struct compiler *compiler, const struct ctf_type *variant,
		       const struct ctf_type *tag, const uint32_t *starts)
{
	uint64_t next = 0;

	for (size_t i = 0; i < tag->entry_count; i++) {
		const struct ctf_enum_entry *entry = &tag->entries[i];
		uint64_t begin = entry->is_auto ? next : (uint64_t)entry->begin;
		uint64_t end = entry->is_auto ? next : (uint64_t)entry->end;
		size_t choice = ctf_variant_choice(variant, entry->label);

		next = end + 1;
		if (choice < variant->field_count)
			add_range(compiler, tag, begin, end, starts[choice]);
	}
}

static void compile_variant(struct compiler *compiler, const struct ctf_type *type)
{
	const struct ctf_type *tag = ctf_link_target(ctf_links_of_user(compiler->links, type));
	uint32_t *starts = mem_realloc_array(NULL, type->field_count, sizeof(*starts));
	uint32_t *jumps = mem_realloc_array(NULL, type->field_count, sizeof(*jumps));
	uint64_t known_align, phase;
	size_t choose, first_range;

	align(compiler, own_alignment(type));
	add_op(compiler, SCAN_CHOOSE)->slot = user_slot(compiler, type);
	choose = compiler->op_count - 1;
	known_align = compiler->known_align;
	phase = compiler->phase;
	for (size_t i = 0; i < type->field_count; i++) {
		starts[i] = (uint32_t)compiler->op_count;
		compiler->known_align = known_align;
		compiler->phase = phase;
		compile(compiler, type->fields[i].type);
		jumps[i] = (uint32_t)(add_op(compiler, SCAN_JUMP) - compiler->ops);
	}
	for (size_t i = 0; i < type->field_count; i++)
		compiler->ops[jumps[i]].target = (uint32_t)compiler->op_count;
	first_range = compiler->range_count;
	add_ranges(compiler, type, tag, starts);
	compiler->ops[choose].first_range = (uint32_t)first_range;
	compiler->ops[choose].range_count = (uint32_t)(compiler->range_count - first_range);
	compiler->ops[choose].is_signed = tag->is_signed;
	forget_position(compiler, 1);
	free(starts);
	free(jumps);
}

static void compile(struct compiler *compiler, const struct ctf_type *type)
{
	switch (type->kind) {
	case CTF_INTEGER:
	case CTF_ENUM:
	case CTF_FLOAT:
		compile_number(compiler, type);
		break;
	case CTF_STRING:
		add_op(compiler, SCAN_STRING);
		forget_position(compiler, 8);
		break;
	case CTF_ARRAY:
		compile_array(compiler, type);
		break;
	case CTF_SEQUENCE:
		compile_sequence(compiler, type);
		break;
	case CTF_VARIANT:
		compile_variant(compiler, type);
		break;
	case CTF_STRUCT:
		align(compiler, alignment_of(type));
		for (size_t i = 0; i < type->field_count; i++)
			compile(compiler, type->fields[i].type);
		break;
	}
}

static bool is_plain_op(const struct scan_op *op)
{
	return op->code == SCAN_STRING ||
	       (op->code == SCAN_SKIP && op->bits % 8 == 0 && op->bits / 8 <= FIXED_BYTES_MAX) ||
	       (op->code == SCAN_ALIGN && op->bits <= 8);
}

/* The same as the operations say, in a form that needs no look at each of them. */
static void make_plain(struct scan_program *program)
{
	uint32_t strings = 0;
	uint64_t skip_bytes = 0;

	for (uint32_t i = 0; i < program->op_count; i++) {
		if (!is_plain_op(&program->ops[i]))
			return;
		strings += program->ops[i].code == SCAN_STRING;
	}
	program->skips_bytes = mem_zalloc((strings + 1) * sizeof(*program->skips_bytes));
	for (uint32_t i = 0; i < program->op_count; i++) {
		const struct scan_op *op = &program->ops[i];

		if (op->code == SCAN_STRING)
			program->string_count++;
		else if (op->code == SCAN_SKIP)
			program->skips_bytes[program->string_count] += (uint32_t)(op->bits / 8);
		skip_bytes += op->bits / 8;
	}
	if (skip_bytes > UINT32_MAX) {
		free(program->skips_bytes);
		program->skips_bytes = NULL;
	}
}

struct scan_program *scan_program_create(const struct ctf_type *type,
					 const struct ctf_layout *layout)
{
	struct scan_program *program = mem_zalloc(sizeof(*program));
	struct ctf_links links;
	struct compiler compiler = {
		.links = &links,
		.is_big_endian = layout->is_big_endian,
		.known_align = 8, /* each event header ends with a byte */
	};

	ctf_links_collect(&links, type);
	compile(&compiler, type);
	program->fixed_bytes = (compiler.pending + 7) / 8;
	program->is_fixed = compiler.op_count == 0 && program->fixed_bytes <= FIXED_BYTES_MAX;
	flush_skip(&compiler);
	program->ops = compiler.ops;
	program->op_count = (uint32_t)compiler.op_count;
	program->ranges = compiler.ranges;
	ctf_links_finish(&links);
	make_plain(program);
	return program;
}

void scan_program_destroy(struct scan_program *program)
{
	if (!program)
		return;
	free(program->ops);
	free(program->ranges);
	free(program->skips_bytes);
	free(program);
}
