/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strict UTF-8, after the table of well-formed byte sequences (Unicode 15, table 3-7). */
#include "backend/base/utf8.h"

#include "backend/base/text.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What the lead byte promises: bytes in all, its own bits, and the smallest honest value. */
struct lead {
	size_t length;
	uint32_t bits;
	uint32_t minimum;
};

static struct lead read_lead(unsigned char byte)
{
	if (byte < 0x80)
		return (struct lead){1, byte, 0};
	if (byte >= 0xc2 && byte <= 0xdf)
		return (struct lead){2, byte & 0x1fu, 0x80};
	if (byte >= 0xe0 && byte <= 0xef)
		return (struct lead){3, byte & 0x0fu, 0x800};
	if (byte >= 0xf0 && byte <= 0xf4)
		return (struct lead){4, byte & 0x07u, 0x10000};
	return (struct lead){0, 0, 0};
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point)
{
	struct lead lead;
	uint32_t value;

	if (length == 0)
		return 0;
	lead = read_lead((unsigned char)bytes[0]);
	if (lead.length == 0 || lead.length > length)
		return 0;
	value = lead.bits;
	for (size_t i = 1; i < lead.length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (byte & 0x3fu);
	}
	if (value < lead.minimum || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code_point = value;
	return lead.length;
}

size_t utf8_encode(char out[UTF8_BYTES_MAX], uint32_t code_point)
{
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xc0 | code_point >> 6);
		out[1] = (char)(0x80 | (code_point & 0x3f));
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xe0 | code_point >> 12);
		out[1] = (char)(0x80 | (code_point >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code_point & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code_point >> 18);
	out[1] = (char)(0x80 | (code_point >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code_point >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code_point & 0x3f));
	return 4;
}

void utf8_add_valid(struct text *out, const char *bytes, size_t length)
{
	size_t position = 0;

	while (position < length) {
		uint32_t code_point;
		size_t size = utf8_decode(bytes + position, length - position, &code_point);

		if (size)
			text_add_bytes(out, bytes + position, size);
		else
			text_add(out, REPLACEMENT);
		position += size ? size : 1;
	}
}
