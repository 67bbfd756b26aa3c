/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jansson behind our own names. struct json is never defined: a pointer to it is jansson's. What
 * jansson can refuse here is memory alone, so a refusal ends the program.
 */
#include "backend/base/json.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "backend/base/utf8.h"

#define PARSE_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* Escaped, nothing of a hostile name reaches the terminal as itself, whatever its locale. */
#define PRINT_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(15))

static json_t *theirs(const struct json *value)
{
	return (json_t *)value;
}

static struct json *ours(json_t *value)
{
	return (struct json *)value;
}

static json_t *checked(json_t *value)
{
	assert(value && "out of memory");
	return value;
}

static void set(struct json *object, const char *name, json_t *value)
{
	int failed = json_object_set_new_nocheck(theirs(object), name, checked(value));

	assert(!failed);
}

static void append(struct json *array, json_t *value)
{
	int failed = json_array_append_new(theirs(array), checked(value));

	assert(!failed);
}

static json_t *make_text(const char *value)
{
	struct text valid = {0};
	json_t *made;

	if (!value)
		return json_null();
	utf8_add_valid(&valid, value, strlen(value));
	made = json_stringn_nocheck(text_str(&valid), valid.length);
	text_finish(&valid);
	return made;
}

static json_t *make_u64(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

struct json *json_create_object(void)
{
	return ours(checked(json_object()));
}

struct json *json_create_array(void)
{
	return ours(checked(json_array()));
}

void json_unref(struct json *value)
{
	json_decref(theirs(value));
}

void json_put_text(struct json *object, const char *name, const char *value)
{
	set(object, name, make_text(value));
}

void json_put_u64(struct json *object, const char *name, uint64_t value)
{
	set(object, name, make_u64(value));
}

void json_put_i64(struct json *object, const char *name, int64_t value)
{
	set(object, name, json_integer(value));
}

/* JSON has no infinity and no "not a number". */
void json_put_real(struct json *object, const char *name, double value)
{
	set(object, name, isfinite(value) ? json_real(value) : json_null());
}

void json_put_bool(struct json *object, const char *name, bool value)
{
	set(object, name, json_boolean(value));
}

void json_put_null(struct json *object, const char *name)
{
	set(object, name, json_null());
}

void json_put(struct json *object, const char *name, struct json *value)
{
	set(object, name, value ? theirs(value) : json_null());
}

struct json *json_put_object(struct json *object, const char *name)
{
	struct json *inner = json_create_object();

	json_put(object, name, inner);
	return inner;
}

struct json *json_put_array(struct json *object, const char *name)
{
	struct json *inner = json_create_array();

	json_put(object, name, inner);
	return inner;
}

struct json *json_add_object(struct json *array)
{
	struct json *inner = json_create_object();

	json_add(array, inner);
	return inner;
}

void json_add_text(struct json *array, const char *value)
{
	append(array, make_text(value));
}

void json_add_u64(struct json *array, uint64_t value)
{
	append(array, make_u64(value));
}

void json_add_i64(struct json *array, int64_t value)
{
	append(array, json_integer(value));
}

void json_add_real(struct json *array, double value)
{
	append(array, isfinite(value) ? json_real(value) : json_null());
}

void json_add(struct json *array, struct json *value)
{
	append(array, value ? theirs(value) : json_null());
}

static int print_part(const char *bytes, size_t length, void *data)
{
	text_add_bytes(data, bytes, length);
	return 0;
}

void json_print(const struct json *value, struct text *out)
{
	int failed = json_dump_callback(theirs(value), print_part, out, PRINT_FLAGS);

	assert(!failed);
}

struct json *json_parse(const char *bytes, size_t length, struct error *err)
{
	json_error_t failure;
	json_t *value;

	if (length > PARSE_BYTES_MAX) {
		error_set(err, ERROR_INVALID, "JSON of %zu bytes is too long (at most %zu)", length,
			  PARSE_BYTES_MAX);
		return NULL;
	}
	/* jansson itself refuses nesting deeper than 2048. */
	value = json_loadb(bytes, length, JSON_DECODE_ANY, &failure);
	if (!value)
		error_set(err, ERROR_INVALID, "not valid JSON: line %d, column %d: %s",
			  failure.line, failure.column, failure.text);
	return ours(value);
}

struct json *json_get(const struct json *object, const char *name)
{
	return ours(json_object_get(theirs(object), name));
}

const char *json_get_text(const struct json *object, const char *name)
{
	return json_string_value(json_object_get(theirs(object), name));
}

bool json_get_u64(const struct json *object, const char *name, uint64_t *value)
{
	const json_t *member = json_object_get(theirs(object), name);

	if (!json_is_integer(member) || json_integer_value(member) < 0) {
		*value = 0;
		return false;
	}
	*value = (uint64_t)json_integer_value(member);
	return true;
}

void json_add_scalar(const struct json *value, struct text *out)
{
	const json_t *scalar = theirs(value);

	if (json_is_string(scalar))
		text_add(out, json_string_value(scalar));
	else if (json_is_boolean(scalar))
		text_add(out, json_is_true(scalar) ? "true" : "false");
	else if (json_is_integer(scalar))
		text_addf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(scalar));
	else if (json_is_real(scalar))
		text_addf(out, "%.15g", json_real_value(scalar));
}

size_t json_count(const struct json *array)
{
	return json_array_size(theirs(array));
}

bool json_has_members(const struct json *value)
{
	return json_is_object(theirs(value));
}

size_t json_member_count(const struct json *object)
{
	return json_object_size(theirs(object));
}

struct json *json_at(const struct json *array, size_t index)
{
	return ours(json_array_get(theirs(array), index));
}
