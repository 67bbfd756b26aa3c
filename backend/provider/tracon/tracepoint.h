/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints for tracon: what an application includes. C11 and C++17, gcc and clang.
 *
 *	#define SHOP_EVENTS(EVENT)                                                          \
 *		EVENT(shop, order, TRACON_INFO, (int, uint32_t, id), (string, customer))    \
 *		EVENT(shop, closed, TRACON_NOTICE, (none))
 *	TRACON_PROVIDER(shop, SHOP_EVENTS)
 *
 * in a header, TRACON_PROVIDER_DEFINE(shop, SHOP_EVENTS) in one source file of each program or
 * shared object that uses it, and then tracon_event(shop, order, id, name) wherever it happens.
 * Arguments are evaluated only while somebody records the event. See tracon-provider(3).
 *
 * Names with TRACON_I_ and those of the structs' members are not for applications.
 */
#ifndef TRACON_TRACEPOINT_H
#define TRACON_TRACEPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tracon_level {
	TRACON_EMERGENCY,
	TRACON_ALERT,
	TRACON_CRITICAL,
	TRACON_ERROR,
	TRACON_WARNING,
	TRACON_NOTICE,
	TRACON_INFO,
	TRACON_DEBUG_SYSTEM,
	TRACON_DEBUG_PROGRAM,
	TRACON_DEBUG_PROCESS,
	TRACON_DEBUG_MODULE,
	TRACON_DEBUG_UNIT,
	TRACON_DEBUG_FUNCTION,
	TRACON_DEBUG_LINE,
	TRACON_DEBUG
};

enum tracon_kind {
	TRACON_KIND_INTEGER = 1,
	TRACON_KIND_FLOAT,
	TRACON_KIND_STRING,
	TRACON_KIND_ENUMERATION,
	TRACON_KIND_ARRAY,
	TRACON_KIND_SEQUENCE,
	TRACON_KIND_TEXT
};

/* A label stands for the values from low to high. */
struct tracon_label {
	const char *text;
	int64_t low;
	int64_t high;
};

struct tracon_enumeration {
	const struct tracon_label *labels;
	uint32_t count;
};

struct tracon_field {
	const char *name;
	const struct tracon_enumeration *enumeration;
	uint32_t count; /* of an array */
	uint8_t kind;
	uint8_t bytes; /* of the value or element */
	uint8_t base;
	uint8_t is_signed;
	uint8_t is_network;
	uint8_t is_float;
};

struct tracon_event_class {
	const char *name;
	const struct tracon_field *fields;
	uint32_t field_count;
	uint32_t level;
};

#define TRACON_ABI 1

struct tracon_provider {
	uint32_t abi;
	uint32_t reserved;
	const char *name;
	unsigned char *flags;
	size_t flag_bytes;
	const struct tracon_event_class *events;
	uint32_t event_count;
	uint32_t base; /* record id of event 0 */
	struct tracon_provider *next;
	uint32_t number;
	uint32_t progress[4];
	uint32_t state;
};

/* What a thread knows of its lane: one cache line that a forked child finds empty. */
struct tracon_ring {
	uint64_t reserve;
	uint64_t limit;	  /* may be too low, never too high */
	uint64_t *commit; /* in the lane's header */
	unsigned char *data;
	uint64_t frame;	      /* who began the outermost record… */
	uint64_t frame_end;   /* …how far it reaches… */
	uint64_t frame_ticks; /* …and its time */
	uint32_t mask;
	uint32_t clock;
};

struct tracon_record {
	struct tracon_ring *ring; /* NULL: refused */
	unsigned char *at;	  /* where the fields go */
	unsigned char *skip;	  /* of a nested record: what makes it padding until its end */
	uint32_t kind;
	uint32_t tid;
};

#define TRACON_API __attribute__((visibility("default")))

/* Of the library; initial-exec saves a call per event, but musl can't have it in a plugin. */
#if defined(__GLIBC__)
#define TRACON_I_TLS __attribute__((tls_model("initial-exec")))
#else
#define TRACON_I_TLS
#endif
extern TRACON_API __thread struct tracon_ring *tracon_self TRACON_I_TLS;
TRACON_API struct tracon_record tracon_begin_slow(uint32_t id, size_t bytes, int is_ordered,
						  uint64_t frame);
TRACON_API void tracon_end_slow(struct tracon_record record);
TRACON_API void tracon_publish(struct tracon_ring *ring);
TRACON_API uint64_t tracon_monotonic(void);
TRACON_API size_t tracon_record_max(void);
TRACON_API void tracon_provider_register(struct tracon_provider *provider);
TRACON_API void tracon_provider_unregister(struct tracon_provider *provider);

/*
 * Looks for a console and answers it, without waiting: for programs that forbid the library's
 * thread (TRACON_FORBID_THREAD; or TRACON_PROVIDER=poll in the environment). True while one is
 * connected.
 */
TRACON_API bool tracon_poll(void);
/* What such a program may wait for before it polls (it becomes readable), -1 without a console. */
TRACON_API int tracon_poll_fd(void);

/* Defined by programs in which the library must not start its thread. */
extern TRACON_API const int tracon_forbid_thread __attribute__((weak));

/* The flags of tracon_log()'s events, one for each level, and what records them. */
extern TRACON_API const unsigned char *const tracon_log_flags;
TRACON_API void tracon_log_record(enum tracon_level level, const char *file, int line,
				  const char *function, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#ifdef __cplusplus
}
#endif

#define TRACON_I_LIKELY(condition)   __builtin_expect(!!(condition), 1)
#define TRACON_I_UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#define TRACON_I_INLINE		     static inline __attribute__((always_inline, unused))

/* --- Time and order ------------------------------------------------------------------------- */

/*
 * The ordered form waits until everything before it has happened: nothing behind LFENCE begins
 * earlier, and stores are seen in their order in any case. RDTSCP says the same, and is dearer.
 */
TRACON_I_INLINE uint64_t tracon_ticks(uint32_t clock, int is_ordered)
{
#if defined(__x86_64__)
	if (TRACON_I_LIKELY(clock == 0)) {
		if (is_ordered)
			__asm__ volatile("lfence" : : : "memory");
		return __builtin_ia32_rdtsc();
	}
#endif
	(void)clock;
	(void)is_ordered;
	return tracon_monotonic();
}

/*
 * Stores fresh if the word still holds expected. Only signal handlers of this thread compete, so
 * one instruction without LOCK is enough.
 */
TRACON_I_INLINE bool tracon_local_exchange(uint64_t *word, uint64_t expected, uint64_t fresh)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	bool is_done;

	__asm__ volatile("cmpxchgq %3, %1"
			 : "=@ccz"(is_done), "+m"(*word), "+a"(expected)
			 : "r"(fresh)
			 : "memory");
	return is_done;
#else
	return __atomic_compare_exchange_n(word, &expected, fresh, false, __ATOMIC_RELAXED,
					   __ATOMIC_RELAXED);
#endif
}

/* --- A record: begin, fields, end ----------------------------------------------------------- */

TRACON_I_INLINE void tracon_put_header(unsigned char *at, uint32_t id, uint64_t ticks)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	uint64_t header = (ticks << 16) | (id & 0xffff);
#else
	uint64_t header = ((uint64_t)id << 48) | (ticks & 0xffffffffffff);
#endif

	memcpy(at, &header, sizeof(header));
}

/* False if anything is unusual, or a handler came in between. Leaves nothing behind then. */
TRACON_I_INLINE bool tracon_try(struct tracon_ring *ring, uint32_t id, size_t bytes, int is_ordered,
				uint64_t frame, unsigned char **at)
{
	uint64_t start = __atomic_load_n(&ring->reserve, __ATOMIC_RELAXED);
	uint64_t ticks;

	if (TRACON_I_UNLIKELY(start + bytes > __atomic_load_n(&ring->limit, __ATOMIC_RELAXED) ||
			      __atomic_load_n(ring->commit, __ATOMIC_RELAXED) != start))
		return false;
	ring->frame = frame;
	ring->frame_end = start + bytes;
	ticks = tracon_ticks(ring->clock, is_ordered);
	ring->frame_ticks = ticks;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (TRACON_I_UNLIKELY(!tracon_local_exchange(&ring->reserve, start, start + bytes)))
		return false;
	*at = ring->data + (start & ring->mask);
	tracon_put_header(*at, id, ticks);
	*at += 8;
	return true;
}

TRACON_I_INLINE struct tracon_record tracon_begin(uint32_t id, size_t bytes, int is_ordered)
{
	struct tracon_record record = {tracon_self, NULL, NULL, 0, 0};
	uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
	unsigned char *at;

	if (TRACON_I_LIKELY(tracon_try(record.ring, id, bytes, is_ordered, frame, &at)))
		record.at = at;
	else
		record = tracon_begin_slow(id, bytes, is_ordered, frame);
	return record;
}

TRACON_I_INLINE void tracon_end(struct tracon_record record)
{
	struct tracon_ring *ring = record.ring;
	uint64_t end;

	if (TRACON_I_UNLIKELY(record.kind != 0)) {
		tracon_end_slow(record);
		return;
	}
	end = __atomic_load_n(&ring->reserve, __ATOMIC_RELAXED);
	/* Pairs with the acquire of the console's reader. */
	__atomic_store_n(ring->commit, end, __ATOMIC_RELEASE);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (TRACON_I_UNLIKELY(__atomic_load_n(&ring->reserve, __ATOMIC_RELAXED) != end))
		tracon_publish(ring);
}

TRACON_I_INLINE unsigned char *tracon_put(unsigned char *at, const void *from, size_t bytes)
{
	memcpy(at, from, bytes);
	return at + bytes;
}

/*
 * Copies a string whose length was taken before. Another thread may be changing it: a NUL that has
 * appeared in the middle would end the field too early for its reader.
 */
TRACON_I_INLINE unsigned char *tracon_put_string(unsigned char *at, const char *text, size_t bytes)
{
	size_t i = 0;

	for (; i + 8 <= bytes; i += 8) {
		uint64_t word;

		memcpy(&word, text + i, sizeof(word));
		if (TRACON_I_UNLIKELY((word - 0x0101010101010101) & ~word & 0x8080808080808080))
			break;
		memcpy(at + i, &word, sizeof(word));
	}
	for (; i < bytes; i++) {
		char byte = ((const volatile char *)text)[i];

		at[i] = (unsigned char)(byte ? byte : '#');
	}
	at[bytes] = 0;
	return at + bytes + 1;
}

/* --- Macros: what each field takes part in -----------------------------------------------------
 */

/* Terms of a sum can't have parentheses around them. NOLINTBEGIN(bugprone-macro-parentheses) */

#define TRACON_I_EACH_1(op, x)	     op x
#define TRACON_I_EACH_2(op, x, ...)  op x TRACON_I_EACH_1(op, __VA_ARGS__)
#define TRACON_I_EACH_3(op, x, ...)  op x TRACON_I_EACH_2(op, __VA_ARGS__)
#define TRACON_I_EACH_4(op, x, ...)  op x TRACON_I_EACH_3(op, __VA_ARGS__)
#define TRACON_I_EACH_5(op, x, ...)  op x TRACON_I_EACH_4(op, __VA_ARGS__)
#define TRACON_I_EACH_6(op, x, ...)  op x TRACON_I_EACH_5(op, __VA_ARGS__)
#define TRACON_I_EACH_7(op, x, ...)  op x TRACON_I_EACH_6(op, __VA_ARGS__)
#define TRACON_I_EACH_8(op, x, ...)  op x TRACON_I_EACH_7(op, __VA_ARGS__)
#define TRACON_I_EACH_9(op, x, ...)  op x TRACON_I_EACH_8(op, __VA_ARGS__)
#define TRACON_I_EACH_10(op, x, ...) op x TRACON_I_EACH_9(op, __VA_ARGS__)
#define TRACON_I_EACH_11(op, x, ...) op x TRACON_I_EACH_10(op, __VA_ARGS__)
#define TRACON_I_EACH_12(op, x, ...) op x TRACON_I_EACH_11(op, __VA_ARGS__)
#define TRACON_I_EACH_13(op, x, ...) op x TRACON_I_EACH_12(op, __VA_ARGS__)
#define TRACON_I_EACH_14(op, x, ...) op x TRACON_I_EACH_13(op, __VA_ARGS__)
#define TRACON_I_EACH_15(op, x, ...) op x TRACON_I_EACH_14(op, __VA_ARGS__)
#define TRACON_I_EACH_16(op, x, ...) op x TRACON_I_EACH_15(op, __VA_ARGS__)
#define TRACON_I_EACH_17(op, x, ...) op x TRACON_I_EACH_16(op, __VA_ARGS__)
#define TRACON_I_EACH_18(op, x, ...) op x TRACON_I_EACH_17(op, __VA_ARGS__)
#define TRACON_I_EACH_19(op, x, ...) op x TRACON_I_EACH_18(op, __VA_ARGS__)
#define TRACON_I_EACH_20(op, x, ...) op x TRACON_I_EACH_19(op, __VA_ARGS__)
#define TRACON_I_EACH_21(op, x, ...) op x TRACON_I_EACH_20(op, __VA_ARGS__)
#define TRACON_I_EACH_22(op, x, ...) op x TRACON_I_EACH_21(op, __VA_ARGS__)
#define TRACON_I_EACH_23(op, x, ...) op x TRACON_I_EACH_22(op, __VA_ARGS__)
#define TRACON_I_EACH_24(op, x, ...) op x TRACON_I_EACH_23(op, __VA_ARGS__)
#define TRACON_I_EACH_25(op, x, ...) op x TRACON_I_EACH_24(op, __VA_ARGS__)
#define TRACON_I_EACH_26(op, x, ...) op x TRACON_I_EACH_25(op, __VA_ARGS__)
#define TRACON_I_EACH_27(op, x, ...) op x TRACON_I_EACH_26(op, __VA_ARGS__)
#define TRACON_I_EACH_28(op, x, ...) op x TRACON_I_EACH_27(op, __VA_ARGS__)
#define TRACON_I_EACH_29(op, x, ...) op x TRACON_I_EACH_28(op, __VA_ARGS__)
#define TRACON_I_EACH_30(op, x, ...) op x TRACON_I_EACH_29(op, __VA_ARGS__)
#define TRACON_I_EACH_31(op, x, ...) op x TRACON_I_EACH_30(op, __VA_ARGS__)
#define TRACON_I_EACH_32(op, x, ...) op x TRACON_I_EACH_31(op, __VA_ARGS__)
#define TRACON_I_PICK_EACH(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16,  \
			   a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30,   \
			   a31, a32, each, ...)                                                    \
	each
#define TRACON_I_EACH(op, ...)                                                                     \
	TRACON_I_PICK_EACH(__VA_ARGS__, TRACON_I_EACH_32, TRACON_I_EACH_31, TRACON_I_EACH_30,      \
			   TRACON_I_EACH_29, TRACON_I_EACH_28, TRACON_I_EACH_27, TRACON_I_EACH_26, \
			   TRACON_I_EACH_25, TRACON_I_EACH_24, TRACON_I_EACH_23, TRACON_I_EACH_22, \
			   TRACON_I_EACH_21, TRACON_I_EACH_20, TRACON_I_EACH_19, TRACON_I_EACH_18, \
			   TRACON_I_EACH_17, TRACON_I_EACH_16, TRACON_I_EACH_15, TRACON_I_EACH_14, \
			   TRACON_I_EACH_13, TRACON_I_EACH_12, TRACON_I_EACH_11, TRACON_I_EACH_10, \
			   TRACON_I_EACH_9, TRACON_I_EACH_8, TRACON_I_EACH_7, TRACON_I_EACH_6,     \
			   TRACON_I_EACH_5, TRACON_I_EACH_4, TRACON_I_EACH_3, TRACON_I_EACH_2,     \
			   TRACON_I_EACH_1, ~)                                                     \
	(op, __VA_ARGS__)
#define TRACON_I_PICK_EMIT(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15,   \
			   a16, a17, a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29,   \
			   a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40, a41, a42, a43,   \
			   a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, a54, a55, a56, a57,   \
			   a58, a59, a60, a61, a62, a63, a64, emit, ...)                           \
	emit
#define TRACON_I_EMIT(form, provider, ...)                                                         \
	TRACON_I_PICK_EMIT(                                                                        \
		__VA_ARGS__, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,           \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH, TRACON_I_EMIT_WITH,    \
		TRACON_I_EMIT_WITH, TRACON_I_EMIT_ALONE, ~)                                        \
	(form, provider, __VA_ARGS__)

/* Longest variable field, and the bytes of a record that fit into any lane. */
#define TRACON_I_VARIABLE_MAX ((size_t)1 << 24)
#define TRACON_I_SURE_BYTES   2048

#define TRACON_I_SIGNED(type)	((uint8_t)((type)-1 < (type)1))
#define TRACON_I_IS_FLOAT(type) ((uint8_t)((type)0.5 > 0))

/* Field → parameters of the recording function. */
#define TRACON_I_PARAM(...)	    TRACON_I_PARAM_I(__VA_ARGS__, ~)
#define TRACON_I_PARAM_I(kind, ...) TRACON_I_PARAM_##kind(__VA_ARGS__)
#define TRACON_I_PARAM_none(...)
#define TRACON_I_PARAM_int(type, name, ...)	  , type tracon_v_##name
#define TRACON_I_PARAM_hex(type, name, ...)	  , type tracon_v_##name
#define TRACON_I_PARAM_network(type, name, ...)	  , type tracon_v_##name
#define TRACON_I_PARAM_float(type, name, ...)	  , type tracon_v_##name
#define TRACON_I_PARAM_enum(type, name, ...)	  , type tracon_v_##name
#define TRACON_I_PARAM_string(name, ...)	  , const char *tracon_v_##name
#define TRACON_I_PARAM_array(type, name, ...)	  , const type *tracon_v_##name
#define TRACON_I_PARAM_array_hex(type, name, ...) , const type *tracon_v_##name
#define TRACON_I_PARAM_sequence(type, name, ...)                                                   \
	, const type *tracon_v_##name, size_t tracon_n_##name
#define TRACON_I_PARAM_sequence_hex(type, name, ...)                                               \
	, const type *tracon_v_##name, size_t tracon_n_##name
#define TRACON_I_PARAM_text(name, ...) , const char *tracon_v_##name, size_t tracon_n_##name

/* Field → statements that find how long it is. */
#define TRACON_I_SPAN(...)	   TRACON_I_SPAN_I(__VA_ARGS__, ~)
#define TRACON_I_SPAN_I(kind, ...) TRACON_I_SPAN_##kind(__VA_ARGS__)
#define TRACON_I_SPAN_none(...)
#define TRACON_I_SPAN_int(...)
#define TRACON_I_SPAN_hex(...)
#define TRACON_I_SPAN_network(...)
#define TRACON_I_SPAN_float(...)
#define TRACON_I_SPAN_enum(...)
#define TRACON_I_SPAN_array(...)
#define TRACON_I_SPAN_array_hex(...)
#define TRACON_I_SPAN_string(name, ...)                                                            \
	const char *tracon_s_##name = tracon_v_##name ? tracon_v_##name : "(null)";                \
	size_t tracon_n_##name = strlen(tracon_s_##name);                                          \
	if (tracon_n_##name > TRACON_I_VARIABLE_MAX)                                               \
		tracon_n_##name = TRACON_I_VARIABLE_MAX;
#define TRACON_I_SPAN_sequence(type, name, ...)	    TRACON_I_CAP(name, sizeof(type))
#define TRACON_I_SPAN_sequence_hex(type, name, ...) TRACON_I_CAP(name, sizeof(type))
#define TRACON_I_SPAN_text(name, ...)		    TRACON_I_CAP(name, 1)
#define TRACON_I_CAP(name, size)                                                                   \
	if (tracon_n_##name > TRACON_I_VARIABLE_MAX / (size))                                      \
		tracon_n_##name = TRACON_I_VARIABLE_MAX / (size);                                  \
	if (!tracon_v_##name)                                                                      \
		tracon_n_##name = 0;

/* Field → + bytes that it takes in any case. */
#define TRACON_I_FIXED(...)	    TRACON_I_FIXED_I(__VA_ARGS__, ~)
#define TRACON_I_FIXED_I(kind, ...) TRACON_I_FIXED_##kind(__VA_ARGS__)
#define TRACON_I_FIXED_none(...)
#define TRACON_I_FIXED_int(type, ...)		     +sizeof(type)
#define TRACON_I_FIXED_hex(type, ...)		     +sizeof(type)
#define TRACON_I_FIXED_network(type, ...)	     +sizeof(type)
#define TRACON_I_FIXED_float(type, ...)		     +sizeof(type)
#define TRACON_I_FIXED_enum(type, ...)		     +sizeof(type)
#define TRACON_I_FIXED_array(type, name, n, ...)     +sizeof(type) * (n)
#define TRACON_I_FIXED_array_hex(type, name, n, ...) +sizeof(type) * (n)
#define TRACON_I_FIXED_string(...)		     +1
#define TRACON_I_FIXED_sequence(...)		     +sizeof(uint32_t)
#define TRACON_I_FIXED_sequence_hex(...)	     +sizeof(uint32_t)
#define TRACON_I_FIXED_text(...)		     +sizeof(uint32_t)

/* Field → + bytes that it takes this time. */
#define TRACON_I_MORE(...)	   TRACON_I_MORE_I(__VA_ARGS__, ~)
#define TRACON_I_MORE_I(kind, ...) TRACON_I_MORE_##kind(__VA_ARGS__)
#define TRACON_I_MORE_none(...)
#define TRACON_I_MORE_int(...)
#define TRACON_I_MORE_hex(...)
#define TRACON_I_MORE_network(...)
#define TRACON_I_MORE_float(...)
#define TRACON_I_MORE_enum(...)
#define TRACON_I_MORE_array(...)
#define TRACON_I_MORE_array_hex(...)
#define TRACON_I_MORE_string(name, ...)		    +tracon_n_##name
#define TRACON_I_MORE_sequence(type, name, ...)	    +tracon_n_##name * sizeof(type)
#define TRACON_I_MORE_sequence_hex(type, name, ...) +tracon_n_##name * sizeof(type)
#define TRACON_I_MORE_text(name, ...)		    +tracon_n_##name

/* Field → + 1 if its length varies. */
#define TRACON_I_VARY(...)	   TRACON_I_VARY_I(__VA_ARGS__, ~)
#define TRACON_I_VARY_I(kind, ...) TRACON_I_VARY_##kind
#define TRACON_I_VARY_none
#define TRACON_I_VARY_int
#define TRACON_I_VARY_hex
#define TRACON_I_VARY_network
#define TRACON_I_VARY_float
#define TRACON_I_VARY_enum
#define TRACON_I_VARY_array
#define TRACON_I_VARY_array_hex
#define TRACON_I_VARY_string	   +1
#define TRACON_I_VARY_sequence	   +1
#define TRACON_I_VARY_sequence_hex +1
#define TRACON_I_VARY_text	   +1

/* Field → statements that cut it to its share of a record that is too long. */
#define TRACON_I_FIT(...)	  TRACON_I_FIT_I(__VA_ARGS__, ~)
#define TRACON_I_FIT_I(kind, ...) TRACON_I_FIT_##kind(__VA_ARGS__)
#define TRACON_I_FIT_none(...)
#define TRACON_I_FIT_int(...)
#define TRACON_I_FIT_hex(...)
#define TRACON_I_FIT_network(...)
#define TRACON_I_FIT_float(...)
#define TRACON_I_FIT_enum(...)
#define TRACON_I_FIT_array(...)
#define TRACON_I_FIT_array_hex(...)
#define TRACON_I_FIT_string(name, ...)		   TRACON_I_CUT(name, 1)
#define TRACON_I_FIT_sequence(type, name, ...)	   TRACON_I_CUT(name, sizeof(type))
#define TRACON_I_FIT_sequence_hex(type, name, ...) TRACON_I_CUT(name, sizeof(type))
#define TRACON_I_FIT_text(name, ...)		   TRACON_I_CUT(name, 1)
#define TRACON_I_CUT(name, size)                                                                   \
	if (tracon_n_##name > tracon_share / (size))                                               \
		tracon_n_##name = tracon_share / (size);

/* Field → statements that store it. */
#define TRACON_I_STORE(...)	    TRACON_I_STORE_I(__VA_ARGS__, ~)
#define TRACON_I_STORE_I(kind, ...) TRACON_I_STORE_##kind(__VA_ARGS__)
#define TRACON_I_STORE_none(...)
#define TRACON_I_STORE_int(type, name, ...)                                                        \
	tracon_at = tracon_put(tracon_at, &tracon_v_##name, sizeof(type));
#define TRACON_I_STORE_hex(type, name, ...)	TRACON_I_STORE_int(type, name, ~)
#define TRACON_I_STORE_network(type, name, ...) TRACON_I_STORE_int(type, name, ~)
#define TRACON_I_STORE_float(type, name, ...)	TRACON_I_STORE_int(type, name, ~)
#define TRACON_I_STORE_enum(type, name, ...)	TRACON_I_STORE_int(type, name, ~)
#define TRACON_I_STORE_array(type, name, n, ...)                                                   \
	tracon_at = tracon_put(tracon_at, tracon_v_##name, sizeof(type) * (n));
#define TRACON_I_STORE_array_hex(type, name, n, ...) TRACON_I_STORE_array(type, name, n, ~)
#define TRACON_I_STORE_string(name, ...)                                                           \
	tracon_at = tracon_put_string(tracon_at, tracon_s_##name, tracon_n_##name);
#define TRACON_I_STORE_sequence(type, name, ...)                                                   \
	{                                                                                          \
		uint32_t tracon_count = (uint32_t)tracon_n_##name;                                 \
		tracon_at = tracon_put(tracon_at, &tracon_count, sizeof(tracon_count));            \
		if (tracon_count > 0)                                                              \
			tracon_at = tracon_put(tracon_at, tracon_v_##name,                         \
					       sizeof(type) * tracon_count);                       \
	}
#define TRACON_I_STORE_sequence_hex(type, name, ...) TRACON_I_STORE_sequence(type, name, ~)
#define TRACON_I_STORE_text(name, ...)		     TRACON_I_STORE_sequence(char, name, ~)

/* Field → its description, as struct tracon_field has it. */
#define TRACON_I_TELL(...)	   TRACON_I_TELL_I(__VA_ARGS__, ~)
#define TRACON_I_TELL_I(kind, ...) TRACON_I_TELL_##kind(__VA_ARGS__)
#define TRACON_I_TELL_none(...)	   {NULL, NULL, 0, 0, 0, 0, 0, 0, 0},
#define TRACON_I_TELL_AS(kind, type, name, n, base, is_network, enumeration)                       \
	{#name,                                                                                    \
	 enumeration,                                                                              \
	 (uint32_t)(n),                                                                            \
	 kind,                                                                                     \
	 (uint8_t)sizeof(type),                                                                    \
	 base,                                                                                     \
	 TRACON_I_SIGNED(type),                                                                    \
	 is_network,                                                                               \
	 TRACON_I_IS_FLOAT(type)},
#define TRACON_I_TELL_int(type, name, ...)                                                         \
	TRACON_I_TELL_AS(TRACON_KIND_INTEGER, type, name, 0, 10, 0, NULL)
#define TRACON_I_TELL_hex(type, name, ...)                                                         \
	TRACON_I_TELL_AS(TRACON_KIND_INTEGER, type, name, 0, 16, 0, NULL)
#define TRACON_I_TELL_network(type, name, ...)                                                     \
	TRACON_I_TELL_AS(TRACON_KIND_INTEGER, type, name, 0, 10, 1, NULL)
#define TRACON_I_TELL_float(type, name, ...)                                                       \
	TRACON_I_TELL_AS(TRACON_KIND_FLOAT, type, name, 0, 10, 0, NULL)
#define TRACON_I_TELL_enum(type, name, labels, ...)                                                \
	TRACON_I_TELL_AS(TRACON_KIND_ENUMERATION, type, name, 0, 10, 0, &tracon_enum_##labels)
#define TRACON_I_TELL_string(name, ...)                                                            \
	TRACON_I_TELL_AS(TRACON_KIND_STRING, unsigned char, name, 0, 10, 0, NULL)
#define TRACON_I_TELL_array(type, name, n, ...)                                                    \
	TRACON_I_TELL_AS(TRACON_KIND_ARRAY, type, name, n, 10, 0, NULL)
#define TRACON_I_TELL_array_hex(type, name, n, ...)                                                \
	TRACON_I_TELL_AS(TRACON_KIND_ARRAY, type, name, n, 16, 0, NULL)
#define TRACON_I_TELL_sequence(type, name, ...)                                                    \
	TRACON_I_TELL_AS(TRACON_KIND_SEQUENCE, type, name, 0, 10, 0, NULL)
#define TRACON_I_TELL_sequence_hex(type, name, ...)                                                \
	TRACON_I_TELL_AS(TRACON_KIND_SEQUENCE, type, name, 0, 16, 0, NULL)
#define TRACON_I_TELL_text(name, ...)                                                              \
	TRACON_I_TELL_AS(TRACON_KIND_TEXT, unsigned char, name, 0, 10, 0, NULL)

/* Field → + 1; nothing for (none). */
#define TRACON_I_COUNT(...) TRACON_I_COUNT_I(__VA_ARGS__, ~)
#define TRACON_I_COUNT_I(kind, ...)                                                                \
	+(sizeof(#kind) == sizeof("none") ? TRACON_I_IS_FIELD(#kind) : 1)
#define TRACON_I_IS_FIELD(kind) ((kind)[0] != 'n')

/* Event → its number, its recording function, its description. */
#define TRACON_I_ID(provider, event, ...) tracon_id_##provider##_##event,

#define TRACON_I_FUNCTION(provider, event, level, ...)                                             \
	static inline __attribute__((unused)) void tracon_record_##provider##_##event(             \
		int tracon_is_ordered TRACON_I_EACH(TRACON_I_PARAM, __VA_ARGS__))                  \
	{                                                                                          \
		const size_t tracon_fixed = 8 TRACON_I_EACH(TRACON_I_FIXED, __VA_ARGS__);          \
		const size_t tracon_variable = 0 TRACON_I_EACH(TRACON_I_VARY, __VA_ARGS__);        \
		struct tracon_record tracon_now;                                                   \
		unsigned char *tracon_at;                                                          \
		size_t tracon_bytes;                                                               \
		TRACON_I_EACH(TRACON_I_SPAN, __VA_ARGS__)                                          \
		tracon_bytes = tracon_fixed TRACON_I_EACH(TRACON_I_MORE, __VA_ARGS__);             \
		if (tracon_variable > 0 &&                                                         \
		    TRACON_I_UNLIKELY(tracon_bytes > TRACON_I_SURE_BYTES)) {                       \
			size_t tracon_share = tracon_record_max();                                 \
			tracon_share =                                                             \
				tracon_share > tracon_fixed ? tracon_share - tracon_fixed : 0;     \
			tracon_share /= tracon_variable + (tracon_variable == 0);                  \
			TRACON_I_EACH(TRACON_I_FIT, __VA_ARGS__)                                   \
			tracon_bytes = tracon_fixed TRACON_I_EACH(TRACON_I_MORE, __VA_ARGS__);     \
		}                                                                                  \
		tracon_now = tracon_begin(tracon_provider_##provider.base +                        \
						  (uint32_t)tracon_id_##provider##_##event,        \
					  tracon_bytes, tracon_is_ordered);                        \
		if (TRACON_I_UNLIKELY(!tracon_now.ring))                                           \
			return;                                                                    \
		tracon_at = tracon_now.at;                                                         \
		TRACON_I_EACH(TRACON_I_STORE, __VA_ARGS__)                                         \
		(void)tracon_at;                                                                   \
		tracon_end(tracon_now);                                                            \
	}

#define TRACON_I_FIELDS(provider, event, level, ...)                                               \
	static const struct tracon_field tracon_fields_##provider##_##event[] = {                  \
		TRACON_I_EACH(TRACON_I_TELL, __VA_ARGS__)};

#define TRACON_I_CLASS(provider, event, level, ...)                                                \
	{#event, tracon_fields_##provider##_##event,                                               \
	 (uint32_t)(0 TRACON_I_EACH(TRACON_I_COUNT, __VA_ARGS__)), (uint32_t)(level)},

/* NOLINTEND(bugprone-macro-parentheses) */

/* --- What applications write ------------------------------------------------------------------ */

/* A provider has a page of flags to itself: the console maps its own over it. */
#if defined(__aarch64__) || defined(__powerpc64__)
#define TRACON_FLAG_BYTES 65536
#else
#define TRACON_FLAG_BYTES 4096
#endif

#ifdef __cplusplus
#define TRACON_I_C extern "C"
#else
#define TRACON_I_C extern
#endif

/* Labels of an enumeration: TRACON_ENUMERATION(state, {"open", 0, 0}, {"other", 1, 255}); */
#define TRACON_ENUMERATION(name, ...)                                                              \
	static const struct tracon_label tracon_labels_##name[] = {__VA_ARGS__};                   \
	static const struct tracon_enumeration tracon_enum_##name __attribute__((unused)) = {      \
		tracon_labels_##name,                                                              \
		(uint32_t)(sizeof(tracon_labels_##name) / sizeof(struct tracon_label))}

/* Declares a provider and its events; in a header. */
#define TRACON_PROVIDER(provider, list)                                                            \
	TRACON_I_C __attribute__((                                                                 \
		visibility("hidden"))) unsigned char tracon_flags_##provider[TRACON_FLAG_BYTES];   \
	TRACON_I_C __attribute__((                                                                 \
		visibility("hidden"))) struct tracon_provider tracon_provider_##provider;          \
	enum { list(TRACON_I_ID) tracon_id_##provider##_count };                                   \
	list(TRACON_I_FUNCTION)

/*
 * Defines it; in one source file. The second form leaves it to the program when the provider is
 * announced: tracon_provider_register(&tracon_provider_NAME).
 */
#define TRACON_PROVIDER_DEFINE(provider, list)                                                     \
	TRACON_PROVIDER_DEFINE_LATER(provider, list)                                               \
	static __attribute__((constructor)) void tracon_begin_##provider(void)                     \
	{                                                                                          \
		tracon_provider_register(&tracon_provider_##provider);                             \
	}                                                                                          \
	static __attribute__((destructor)) void tracon_end_##provider(void)                        \
	{                                                                                          \
		tracon_provider_unregister(&tracon_provider_##provider);                           \
	}

#define TRACON_PROVIDER_DEFINE_LATER(provider, list)                                               \
	list(TRACON_I_FIELDS) static const struct tracon_event_class tracon_classes_##provider[] = \
		{list(TRACON_I_CLASS)};                                                            \
                                                                                                   \
	__attribute__((visibility("hidden"), aligned(TRACON_FLAG_BYTES))) unsigned char            \
		tracon_flags_##provider[TRACON_FLAG_BYTES] = {0};                                  \
	__attribute__((                                                                            \
		visibility("hidden"))) struct tracon_provider tracon_provider_##provider = {       \
		TRACON_ABI,                                                                        \
		0,                                                                                 \
		#provider,                                                                         \
		tracon_flags_##provider,                                                           \
		TRACON_FLAG_BYTES,                                                                 \
		tracon_classes_##provider,                                                         \
		tracon_id_##provider##_count,                                                      \
		0,                                                                                 \
		NULL,                                                                              \
		0,                                                                                 \
		{0, 0, 0, 0},                                                                      \
		0};

/* In one source file of a program that wants no thread of the library's: see tracon_poll(). */
#define TRACON_FORBID_THREAD                                                                       \
	TRACON_I_C TRACON_API const int tracon_forbid_thread;                                      \
	TRACON_API const int tracon_forbid_thread = 1

/* Whether somebody records this event: for values that are dear to find. */
#define tracon_is_enabled(provider, event)                                                         \
	TRACON_I_UNLIKELY(((const volatile unsigned char *)                                        \
				   tracon_flags_##provider)[tracon_id_##provider##_##event] != 0)

/* tracon_event(PROVIDER, EVENT, VALUE…): a sequence and a text take two values, pointer and count.
 */
#define tracon_event(provider, ...) TRACON_I_EMIT(0, provider, __VA_ARGS__)

/*
 * The same with a time that is never before what this thread has seen others do; dearer. For the
 * two ends of a hand-over: without it their times may be the wrong way round by some 100 ns.
 */
#define tracon_event_ordered(provider, ...) TRACON_I_EMIT(1, provider, __VA_ARGS__)

#define TRACON_I_EMIT_ALONE(form, provider, event)                                                 \
	do {                                                                                       \
		if (tracon_is_enabled(provider, event))                                            \
			tracon_record_##provider##_##event(form);                                  \
	} while (0)
#define TRACON_I_EMIT_WITH(form, provider, event, ...)                                             \
	do {                                                                                       \
		if (tracon_is_enabled(provider, event))                                            \
			tracon_record_##provider##_##event(form, __VA_ARGS__);                     \
	} while (0)

/* A line of text with its place in the source: tracon_log(TRACON_INFO, "%d left", count). */
#define tracon_log(level, ...)                                                                     \
	do {                                                                                       \
		if (TRACON_I_UNLIKELY(((const volatile unsigned char *)tracon_log_flags)[level]))  \
			tracon_log_record(level, __FILE__, __LINE__, __func__, __VA_ARGS__);       \
	} while (0)

#endif
