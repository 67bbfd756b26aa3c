/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints of the demo application: a web shop, from thousands of cache lookups a second to a
 * worker that is restarted now and then.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER demo_shop

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "console/demo/provider.h"

#if !defined(CONSOLE_DEMO_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define CONSOLE_DEMO_PROVIDER_H

#include <lttng/tracepoint.h>
#include <stddef.h>
#include <stdint.h>

/* The lists have no commas where clang-format looks for them. */
/* clang-format off */
LTTNG_UST_TRACEPOINT_ENUM(demo_shop, method,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("GET", 0)
		lttng_ust_field_enum_value("POST", 1)
		lttng_ust_field_enum_value("PUT", 2)))

LTTNG_UST_TRACEPOINT_ENUM(demo_shop, cache_result,
	LTTNG_UST_TP_ENUM_VALUES(
		lttng_ust_field_enum_value("HIT", 0)
		lttng_ust_field_enum_value("MISS", 1)
		lttng_ust_field_enum_value("EXPIRED", 2)))

/* About 2000 a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, cache_lookup,
	LTTNG_UST_TP_ARGS(uint64_t, hash, uint8_t, shard_number, int, outcome),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer_hex(uint64_t, key, hash)
		lttng_ust_field_integer(uint8_t, shard, shard_number)
		lttng_ust_field_enum(demo_shop, cache_result, int, result, outcome)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, cache_lookup, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG)

/* About 400 a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, sql_query,
	LTTNG_UST_TP_ARGS(const char *, table_name, uint32_t, row_count, float, milliseconds),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(table, table_name)
		lttng_ust_field_integer(uint32_t, rows, row_count)
		lttng_ust_field_float(float, duration_ms, milliseconds)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, sql_query, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG_FUNCTION)

/* About 200 a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, http_request,
	LTTNG_UST_TP_ARGS(int, verb, const char *, resource, uint16_t, code, double, milliseconds),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_enum(demo_shop, method, int, method, verb)
		lttng_ust_field_string(path, resource)
		lttng_ust_field_integer(uint16_t, status, code)
		lttng_ust_field_float(double, duration_ms, milliseconds)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, http_request, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

/* About 40 a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, cart_update,
	LTTNG_UST_TP_ARGS(uint32_t, customer_id, const uint32_t *, article_ids, size_t, article_count),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, customer, customer_id)
		lttng_ust_field_sequence(uint32_t, articles, article_ids, size_t, article_count)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, cart_update, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)

/* About 5 a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, order_placed,
	LTTNG_UST_TP_ARGS(uint64_t, order_number, uint32_t, customer_id, int64_t, amount_cents,
			  const char *, currency_code),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, order, order_number)
		lttng_ust_field_integer(uint32_t, customer, customer_id)
		lttng_ust_field_integer(int64_t, cents, amount_cents)
		lttng_ust_field_array_text(char, currency, currency_code, 3)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, order_placed, LTTNG_UST_TRACEPOINT_LOGLEVEL_NOTICE)

/* About one a second. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, payment_declined,
	LTTNG_UST_TP_ARGS(uint64_t, order_number, const char *, why),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint64_t, order, order_number)
		lttng_ust_field_string(reason, why)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, payment_declined, LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING)

/* One in three seconds. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, stock_low,
	LTTNG_UST_TP_ARGS(uint32_t, article_id, int32_t, left_count, float, days_left),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_integer(uint32_t, article, article_id)
		lttng_ust_field_integer(int32_t, left, left_count)
		lttng_ust_field_float(float, days, days_left)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, stock_low, LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING)

/* One in seven seconds. */
LTTNG_UST_TRACEPOINT_EVENT(demo_shop, worker_restarted,
	LTTNG_UST_TP_ARGS(const char *, worker_name, int, signal_number),
	LTTNG_UST_TP_FIELDS(
		lttng_ust_field_string(worker, worker_name)
		lttng_ust_field_integer(int, signal, signal_number)))
LTTNG_UST_TRACEPOINT_LOGLEVEL(demo_shop, worker_restarted, LTTNG_UST_TRACEPOINT_LOGLEVEL_ERR)
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
