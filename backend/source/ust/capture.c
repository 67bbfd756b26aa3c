/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the message pack of captured values (msgpack's specification, the part that LTTng-UST
 * writes): integers, doubles, texts, lists, nothing, and maps for enumerations.
 */
#include "backend/source/ust/capture.h"

#include <stdint.h>
#include <string.h>

#define DEPTH_MAX 4

struct pack {
	const unsigned char *at, *end;
};

/* How many bytes follow the type byte, and what they are. */
enum kind {
	KIND_UNSIGNED,
	KIND_SIGNED,
	KIND_DOUBLE,
	KIND_TEXT,
	KIND_LIST,
	KIND_MAP,
};

struct type {
	unsigned char code;
	enum kind kind;
	unsigned int size_bytes; /* of the number, or of the count */
};

static const struct type types[] = {
	{0xcc, KIND_UNSIGNED, 1}, {0xcd, KIND_UNSIGNED, 2}, {0xce, KIND_UNSIGNED, 4},
	{0xcf, KIND_UNSIGNED, 8}, {0xd0, KIND_SIGNED, 1},   {0xd1, KIND_SIGNED, 2},
	{0xd2, KIND_SIGNED, 4},	  {0xd3, KIND_SIGNED, 8},   {0xcb, KIND_DOUBLE, 8},
	{0xd9, KIND_TEXT, 1},	  {0xda, KIND_TEXT, 2},	    {0xdc, KIND_LIST, 2},
	{0xde, KIND_MAP, 2},
};

static bool read_value(struct pack *pack, struct text *out, unsigned int depth);

static bool read_number(struct pack *pack, unsigned int size_bytes, uint64_t *number)
{
	if ((size_t)(pack->end - pack->at) < size_bytes)
		return false;
	*number = 0;
	for (unsigned int i = 0; i < size_bytes; i++)
		*number = *number << 8 | *pack->at++;
	return true;
}

static bool read_text(struct pack *pack, uint64_t length, struct text *out)
{
	if ((uint64_t)(pack->end - pack->at) < length)
		return false;
	text_add_char(out, '"');
	text_add_sane(out, (const char *)pack->at, (size_t)length, 0);
	text_add_char(out, '"');
	pack->at += length;
	return true;
}

static bool read_list(struct pack *pack, uint64_t count, struct text *out, unsigned int depth)
{
	text_add_char(out, '[');
	for (uint64_t i = 0; i < count; i++) {
		if (i > 0)
			text_add(out, ", ");
		if (!read_value(pack, out, depth + 1))
			return false;
	}
	text_add_char(out, ']');
	return true;
}

/* {"type": "enum", "value": 5, …}: the number is what it is about. */
static bool read_map(struct pack *pack, uint64_t count, struct text *out, unsigned int depth)
{
	struct text value = {0};
	bool is_good = true;

	for (uint64_t i = 0; i < count && is_good; i++) {
		struct text key = {0};

		text_clear(&value);
		is_good = read_value(pack, &key, depth + 1) && read_value(pack, &value, depth + 1);
		if (is_good && strcmp(text_str(&key), "\"value\"") == 0)
			text_add(out, text_str(&value));
		text_finish(&key);
	}
	text_finish(&value);
	return is_good;
}

static void add_signed(struct text *out, uint64_t number, unsigned int size_bytes)
{
	unsigned int shift = size_bytes ? 64 - 8 * size_bytes : 0; /* it is 1 to 8 */

	text_addf(out, "%lld", (long long)((int64_t)(number << shift) >> shift));
}

static bool read_typed(struct pack *pack, const struct type *type, struct text *out,
		       unsigned int depth)
{
	uint64_t number;
	double real;

	if (!read_number(pack, type->size_bytes, &number))
		return false;
	switch (type->kind) {
	case KIND_UNSIGNED:
		text_addf(out, "%llu", (unsigned long long)number);
		return true;
	case KIND_SIGNED:
		add_signed(out, number, type->size_bytes);
		return true;
	case KIND_DOUBLE:
		memcpy(&real, &number, sizeof(real));
		text_addf(out, "%.17g", real);
		return true;
	case KIND_TEXT:
		return read_text(pack, number, out);
	case KIND_LIST:
		return read_list(pack, number, out, depth);
	case KIND_MAP:
		return read_map(pack, number, out, depth);
	}
	return false;
}

/* Small ones are in the type byte itself. */
static bool read_value(struct pack *pack, struct text *out, unsigned int depth)
{
	unsigned char code;

	if (pack->at == pack->end || depth > DEPTH_MAX)
		return false;
	code = *pack->at++;
	if (code <= 0x7f || code >= 0xe0) {
		add_signed(out, code, 1);
		return true;
	}
	if (code <= 0x8f)
		return read_map(pack, code & 0xf, out, depth);
	if (code <= 0x9f)
		return read_list(pack, code & 0xf, out, depth);
	if (code <= 0xbf)
		return read_text(pack, code & 0x1f, out);
	if (code == 0xc0) {
		text_add(out, "unavailable");
		return true;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].code == code)
			return read_typed(pack, &types[i], out, depth);
	return false;
}

bool capture_read(const unsigned char *bytes, size_t length, struct word_list *values)
{
	struct pack pack = {bytes, bytes + length};
	struct text value = {0};
	bool is_good = length > 0 && (*pack.at & 0xf0) == 0x90; /* a list of up to 15 */
	unsigned int count = is_good ? *pack.at++ & 0xfu : 0;

	if (!is_good && length >= 3 && *pack.at == 0xdc) {
		count = (unsigned int)bytes[1] << 8 | bytes[2];
		pack.at += 3;
		is_good = true;
	}
	for (unsigned int i = 0; i < count && is_good; i++) {
		text_clear(&value);
		is_good = read_value(&pack, &value, 0);
		if (is_good)
			word_list_add(values, text_str(&value));
	}
	text_finish(&value);
	return is_good;
}
