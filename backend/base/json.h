/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON values: the one place that knows jansson. Text is made valid UTF-8 on the way in. Aborts on
 * no memory. */
#ifndef TRACON_BASE_JSON_H
#define TRACON_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

struct json; /* a counted value, opaque */

struct json *json_create_object(void);
struct json *json_create_array(void);
void json_unref(struct json *value); /* NULL passes */

/* Object members; the name is ours, the value may be hostile. Later calls with the same name
 * replace. */
void json_put_text(struct json *object, const char *name, const char *value);
void json_put_u64(struct json *object, const char *name,
		  uint64_t value); /* above INT64_MAX: as INT64_MAX */
void json_put_i64(struct json *object, const char *name, int64_t value);
void json_put_real(struct json *object, const char *name, double value);
void json_put_bool(struct json *object, const char *name, bool value);
void json_put_null(struct json *object, const char *name);
/* Takes the reference over. */
void json_put(struct json *object, const char *name, struct json *value);
/* A new object or array inside; borrowed from its parent. */
struct json *json_put_object(struct json *object, const char *name);
struct json *json_put_array(struct json *object, const char *name);
struct json *json_add_object(struct json *array);
void json_add_text(struct json *array, const char *value);
void json_add_u64(struct json *array, uint64_t value);
void json_add_i64(struct json *array, int64_t value);
void json_add_real(struct json *array, double value);
void json_add(struct json *array, struct json *value); /* takes over; NULL: null */

/* One line, members in the order they were put. */
void json_print(const struct json *value, struct text *out);

/* NULL with ERROR_INVALID (line and column in the sentence). Nesting and length are bounded. */
struct json *json_parse(const char *bytes, size_t length, struct error *err);
/* NULL, 0 or false when absent or of another type. Borrowed. */
struct json *json_get(const struct json *object, const char *name);
const char *json_get_text(const struct json *object, const char *name);
bool json_get_u64(const struct json *object, const char *name, uint64_t *value);
/* A scalar as text: true, 12, a text without quotes; nothing for others and NULL. */
void json_add_scalar(const struct json *value, struct text *out);
size_t json_count(const struct json *array);
bool json_has_members(const struct json *value); /* is an object */
size_t json_member_count(const struct json *object);
struct json *json_at(const struct json *array, size_t index);

#endif
