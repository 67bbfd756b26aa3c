/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UTF-8 without a locale: strict decoding and encoding of Unicode scalar values. */
#ifndef TRACON_BASE_UTF8_H
#define TRACON_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

struct text;

#define UTF8_BYTES_MAX 4

/*
 * Decodes the character that starts at bytes[0]. Returns its length, 1 to 4; 0 when length is 0 or
 * the bytes are no UTF-8 (lone or missing continuation, overlong, surrogate, above U+10FFFF).
 */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point);
/* Returns how many bytes were written. code_point must be a scalar value. */
size_t utf8_encode(char out[UTF8_BYTES_MAX], uint32_t code_point);
/* Adds the bytes; each one that is no UTF-8 becomes U+FFFD. */
void utf8_add_valid(struct text *out, const char *bytes, size_t length);

#endif
