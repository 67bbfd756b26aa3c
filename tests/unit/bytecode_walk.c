/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See bytecode_walk.h. */
#include "tests/unit/bytecode_walk.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "backend/source/ust/internal.h"

#define PLACES_MAX 8
#define CODE_MAX   65536

enum operand { NONE, U16, U64, NAME };

/* push: values that it adds. */
struct instruction {
	unsigned int op;
	enum operand operand;
	int push;
};

static const struct instruction instructions[] = {
	{1, NONE, 0},				     /* return */
	{7, NONE, -1},				     /* >> */
	{8, NONE, -1},				     /* << */
	{9, NONE, -1},				     /* & */
	{10, NONE, -1},				     /* | */
	{11, NONE, -1},				     /* ^ */
	{12, NONE, -1},				     /* == */
	{13, NONE, -1},				     /* != */
	{14, NONE, -1},				     /* > */
	{15, NONE, -1},				     /* < */
	{16, NONE, -1},				     /* >= */
	{17, NONE, -1},				     /* <= */
	{49, NONE, 0},				     /* unary - */
	{57, U16, -1},				     /* && */
	{58, U16, -1},				     /* || */
	{59, U16, 1},				     /* field */
	{64, NAME, 1},				     /* string */
	{65, U64, 1},				     /* integer */
	{66, U64, 1},				     /* floating-point number */
	{67, NONE, 0},				     /* cast */
	{68, NONE, 0},				     /* cast of a floating-point number */
	{70, U16, 1},				     /* context */
	{76, NAME, 1},				     /* pattern */
	{79, NONE, 1},				     /* roots */
	{80, NONE, 1},	{81, NONE, 1}, {82, U16, 0}, /* name in a path */
	{85, U64, 0},				     /* index */
	{86, NONE, 0},				     /* end of a path */
	{98, NONE, 0},				     /* ~ */
};

struct walk {
	const char *data;
	size_t code_length, length;
	size_t at;
	int places;
	uint8_t places_at[CODE_MAX]; /* expected at a jump's target; 0: no target */
};

static const struct instruction *find(unsigned char op)
{
	for (size_t i = 0; i < sizeof(instructions) / sizeof(instructions[0]); i++)
		if (instructions[i].op == op)
			return &instructions[i];
	return NULL;
}

/* 0: it does not end in the code. */
static size_t length_at(const struct walk *walk, const struct instruction *instruction)
{
	size_t rest = walk->code_length - walk->at;
	size_t length = 1;

	if (instruction->operand == U16)
		length += sizeof(uint16_t);
	if (instruction->operand == U64)
		length += sizeof(uint64_t);
	if (instruction->operand == NAME)
		length += strnlen(walk->data + walk->at + 1, rest - 1) + 1;
	return length <= rest ? length : 0;
}

static uint16_t read_u16(const char *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static const char *note_jump(struct walk *walk)
{
	uint16_t target = read_u16(walk->data + walk->at + 1);

	if (target <= walk->at || target >= walk->code_length)
		return "a jump goes nowhere";
	if (walk->places_at[target] && walk->places_at[target] != walk->places)
		return "two jumps meet with different stacks";
	walk->places_at[target] = (uint8_t)walk->places;
	return NULL;
}

static const char *step(struct walk *walk)
{
	unsigned char op = (unsigned char)walk->data[walk->at];
	const struct instruction *instruction = find(op);
	size_t length = instruction ? length_at(walk, instruction) : 0;
	const char *wrong = NULL;

	if (length == 0)
		return "an unknown or unfinished instruction";
	if (walk->places_at[walk->at] && walk->places_at[walk->at] != walk->places)
		return "a jump meets another stack";
	if (op == 57 || op == 58)
		wrong = note_jump(walk);
	walk->places += instruction->push;
	if (walk->places < (op == 57 || op == 58 ? 0 : 1) || walk->places > PLACES_MAX)
		return "too many or too few values";
	walk->at += length;
	return wrong;
}

static const char *check_relocations(const struct walk *walk)
{
	size_t at = walk->code_length;

	while (at < walk->length) {
		size_t rest = walk->length - at;
		uint16_t place;
		unsigned char op;

		if (rest < sizeof(place) + 2 || !memchr(walk->data + at + 2, 0, rest - 2))
			return "an unfinished relocation";
		place = read_u16(walk->data + at);
		op = place < walk->code_length ? (unsigned char)walk->data[place] : 0;
		if (op != 59 && op != 70 && op != 82)
			return "a relocation of something else";
		if (op == 82 && read_u16(walk->data + place + 1) != at + 2 - walk->code_length)
			return "a path does not find its name";
		at += sizeof(place) + strlen(walk->data + at + 2) + 1;
	}
	return NULL;
}

static void begin(struct walk *walk, const struct lttng_ust_abi_filter_bytecode *bytecode)
{
	memset(walk, 0, sizeof(*walk));
	walk->data = (const char *)bytecode + sizeof(*bytecode);
	walk->code_length = bytecode->reloc_offset;
	walk->length = bytecode->len;
}

const char *bytecode_walk(const struct lttng_ust_abi_filter_bytecode *bytecode)
{
	struct walk walk;

	begin(&walk, bytecode);
	if (walk.length > CODE_MAX || walk.code_length == 0 || walk.code_length > walk.length)
		return "wrong lengths";
	while (walk.at < walk.code_length - 1) {
		const char *wrong = step(&walk);

		if (wrong)
			return wrong;
	}
	if (walk.at != walk.code_length - 1 || walk.data[walk.at] != 1 || walk.places != 1)
		return "it does not end with a return of one value";
	return check_relocations(&walk);
}

size_t bytecode_count_op(const struct lttng_ust_abi_filter_bytecode *bytecode, unsigned int op)
{
	struct walk walk;
	size_t count = 0;

	begin(&walk, bytecode);
	while (walk.at < walk.code_length) {
		count += (unsigned char)walk.data[walk.at] == op;
		if (step(&walk))
			break;
	}
	return count;
}
