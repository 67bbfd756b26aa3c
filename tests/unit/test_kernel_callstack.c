/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Call stacks of the kernel's events, on made pages: which record's stack becomes whose, and what
 * is written when none comes. Pages and results are short texts; see add() and show().
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/ctf/scan.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/transcode.h"
#include "tests/unit/trace_kit.h"

#define PAGE_BYTES   4096
#define PACKET_BYTES 16384
#define EVENT_ID     300
#define OTHER_ID     301
#define THREAD	     77
#define KERNEL_ID    4
#define USER_ID	     13
#define HARDIRQ	     0x08 /* TRACE_FLAG_… of the kernel */
#define SOFTIRQ	     0x10
#define STEP_NS	     10
#define CALLER	     UINT64_C(0xffffffff81000000)

#define COMMON                                                                                     \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"                     \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"             \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"
#define CALLERS "\tfield:unsigned long caller[8];\toffset:16;\tsize:64;\tsigned:0;\n"
#define PRINTED "\nprint fmt: \"\\t=> %ps\\n\", (void *)REC->caller[0]\n"

/* As events/ftrace/kernel_stack/format, user_stack/format are on Linux 6.18. */
static const char kernel_text[] =
	"name: kernel_stack\nID: 4\nformat:\n" COMMON
	"\tfield:int size;\toffset:8;\tsize:4;\tsigned:1;\n" CALLERS PRINTED;
static const char user_text[] =
	"name: user_stack\nID: 13\nformat:\n" COMMON
	"\tfield:unsigned int tgid;\toffset:8;\tsize:4;\tsigned:0;\n" CALLERS PRINTED;
static const char event_text[] = "name: one\nID: 300\nformat:\n" COMMON
				 "\tfield:unsigned int number;\toffset:8;\tsize:4;\tsigned:0;\n"
				 "\nprint fmt: \"%u\", REC->number\n";

struct fixture {
	struct kernel_format *format;
	struct kernel_class *classes[OTHER_ID + 1];
	struct kernel_classes table;
	struct kernel_stacks stacks;
	struct scanner *scanner;
	struct kernel_writer writer;
	unsigned char page[PAGE_BYTES];
	uint64_t clock;
	struct text shown; /* of the packets that were closed */
	unsigned int packet_count;
};

static struct kernel_format *read_format(const char *system, const char *text)
{
	struct error err = ERROR_INIT;
	struct kernel_format *format = kernel_format_read(system, text, strlen(text), &err);

	assert_non_null(format);
	return format;
}

static void set_place(struct kernel_stacks *stacks, enum kernel_stack kind, const char *text)
{
	struct kernel_format *format = read_format("ftrace", text);

	assert_true(kernel_stack_set(stacks, kind, format));
	kernel_format_destroy(format);
}

static int set_up(void **state)
{
	static const struct context_spec contexts[] = {{.name = "callstack-user"},
						       {.name = "callstack-kernel"}};
	static const struct channel_spec channel = {.contexts = contexts, .context_count = 2};
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	struct ctf_type *context = ctf_type_create(CTF_STRUCT);
	struct ctf_type *payload;

	fixture->format = read_format("sched", event_text);
	fixture->classes[EVENT_ID] = kernel_class_create(fixture->format);
	fixture->table = (struct kernel_classes){.by_id = fixture->classes,
						 .count = COUNT_OF(fixture->classes)};
	set_place(&fixture->stacks, KERNEL_STACK_KERNEL, kernel_text);
	set_place(&fixture->stacks, KERNEL_STACK_USER, user_text);
	fixture->scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	assert_true(kernel_stack_is_wanted(&channel));
	context->align_bits = 8;
	kernel_stack_add_types(context, &channel);
	assert_true(ctf_type_check(context, NULL));
	scanner_set_context(fixture->scanner, context);
	payload = kernel_format_type(fixture->format);
	assert_true(scanner_add_event(fixture->scanner, EVENT_ID, payload));
	ctf_type_destroy(payload);
	ctf_type_destroy(context);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	scanner_unref(fixture->scanner);
	kernel_class_destroy(fixture->classes[EVENT_ID]);
	kernel_format_destroy(fixture->format);
	free(fixture);
	return 0;
}

/* --- pages */

static void put(unsigned char **at, uint64_t value, size_t bytes)
{
	memcpy(*at, &value, bytes); /* little-endian */
	*at += bytes;
}

/* Where a record was left. */
struct place {
	uint32_t thread;
	uint8_t flags, preemption;
};

static void add_record(unsigned char **at, uint16_t id, struct place place, uint32_t third,
		       uint64_t caller_count)
{
	uint64_t bytes = id == EVENT_ID || id == OTHER_ID ? 12 : 16 + caller_count * 8;

	put(at, STEP_NS << KERNEL_HEAD_TYPE_BITS | bytes / 4, 4);
	put(at, id, 2);
	put(at, place.flags, 1);
	put(at, place.preemption, 1);
	put(at, place.thread, 4);
	put(at, third, 4);
	if (bytes > 12)
		put(at, 0, 4);
	for (uint64_t i = 0; bytes > 12 && i < caller_count; i++)
		put(at, id == USER_ID && i >= third ? 0 : CALLER + i, 8);
}

/*
 * eN: event number N; kN: a stack of the kernel with N callers; uN: of the program; xN: an event
 * that nobody wants; iN, jN, vN: event and both stacks in an interrupt, yN: one that nobody wants;
 * sN, rN: event and kernel's stack in a soft interrupt; fN, gN: in a fault, where preemption is
 * forbidden; oN: another thread's event; bN: a stack that has only 2 of N callers; t: the last 2
 * bytes are missing of a head.
 */
static void add(unsigned char **at, char kind, unsigned int number)
{
	static const struct {
		char kind;
		uint16_t id;
		struct place place;
	} events[] =
		{
			{'e', EVENT_ID, {THREAD, 0, 0}},
			{'x', OTHER_ID, {THREAD, 0, 0}},
			{'i', EVENT_ID, {THREAD, HARDIRQ, 0}},
			{'y', OTHER_ID, {THREAD, HARDIRQ, 0}},
			{'s', EVENT_ID, {THREAD, SOFTIRQ, 1}},
			{'f', EVENT_ID, {THREAD, 0, 2}},
			{'o', EVENT_ID, {THREAD + 1, 0, 2}},
		},
	  stacks[] = {
		  {'k', KERNEL_ID, {THREAD, 0, 0}},	  {'u', USER_ID, {THREAD, 0, 0}},
		  {'j', KERNEL_ID, {THREAD, HARDIRQ, 0}}, {'v', USER_ID, {THREAD, HARDIRQ, 0}},
		  {'r', KERNEL_ID, {THREAD, SOFTIRQ, 1}}, {'g', KERNEL_ID, {THREAD, 0, 2}},
	  };

	for (size_t i = 0; i < COUNT_OF(events); i++)
		if (events[i].kind == kind) {
			add_record(at, events[i].id, events[i].place, number, 0);
			return;
		}
	for (size_t i = 0; i < COUNT_OF(stacks); i++)
		if (stacks[i].kind == kind) {
			add_record(at, stacks[i].id, stacks[i].place, number,
				   stacks[i].id == USER_ID ? 8 : number);
			return;
		}
	if (kind == 'b')
		add_record(at, KERNEL_ID, stacks[0].place, number, 2);
	else if (kind == 't')
		put(at, STEP_NS << KERNEL_HEAD_TYPE_BITS | 20, 4);
	else
		fail();
}

/* --- packets */

static uint32_t take_u32(const unsigned char **at)
{
	uint32_t value = kernel_u32(*at);

	*at += sizeof(value);
	return value;
}

static void show_stack(struct text *out, char letter, const unsigned char **at)
{
	uint32_t count = take_u32(at);

	if (count > 0)
		text_addf(out, "%c%u", letter, count);
	for (uint32_t i = 0; i < count; i++, *at += 8)
		assert_int_equal(kernel_u64(*at), CALLER + i);
}

/* Each event as "N" with what it has: "N:k3u2". */
static void show(struct fixture *fixture)
{
	const unsigned char *at, *end;
	struct packet packet;
	struct scan_result result;

	if (!fixture->writer.is_open)
		return;
	kernel_writer_close(&fixture->writer, 0, 0, &packet);
	scanner_walk(fixture->scanner, packet.bytes, packet.first_event_bytes, packet.content_bytes,
		     packet.begin_clock, NULL, &result);
	assert_true(result.is_consistent);
	end = packet.bytes + packet.content_bytes;
	for (at = packet.bytes + packet.first_event_bytes; at < end;) {
		struct text stacks = {0};

		assert_int_equal(kernel_u16(at), EVENT_ID);
		at += 6;
		show_stack(&stacks, 'k', &at);
		show_stack(&stacks, 'u', &at);
		text_addf(&fixture->shown, "%s%u:%s", fixture->shown.length ? " " : "",
			  take_u32(&at), text_str(&stacks));
		text_finish(&stacks);
	}
	assert_ptr_equal(at, end);
	fixture->packet_count++;
}

/* As streams do: what is on a page, and behind a loss nothing of what was before. */
static void transcode_page(struct fixture *fixture, uint64_t used, uint64_t lost, uint64_t cut)
{
	unsigned char *at = fixture->page + 8;
	struct kernel_cursor cursor;
	enum kernel_transcoded result;

	put(&at, used | lost, 8);
	assert_true(kernel_page_begin(&cursor, fixture->page, PAGE_BYTES));
	if (cursor.has_lost)
		assert_true(kernel_transcode_rest(&fixture->writer, UINT64_MAX));
	while ((result = kernel_transcode(&fixture->writer, &fixture->table, &cursor, cut)) !=
	       KERNEL_PAGE_DONE) {
		show(fixture);
		if (result == KERNEL_CUT_REACHED) {
			text_add(&fixture->shown, " /");
			cut = UINT64_MAX;
		}
	}
	fixture->clock = cursor.clock;
}

/* Records as add() has them; "|": the next page, "!": after a loss; "/": a cut here. */
static void check_room(struct fixture *fixture, const char *pages, const char *expected,
		       uint64_t broken_count, uint64_t room_bytes)
{
	unsigned char *begin = fixture->page + KERNEL_PAGE_HEADER_BYTES, *at = begin;
	uint64_t lost = 0, cut = UINT64_MAX;

	fixture->clock = 1000;
	fixture->packet_count = 0;
	kernel_writer_init(&fixture->writer, room_bytes);
	fixture->writer.callstack = kernel_callstack_create(&fixture->stacks);
	memcpy(fixture->page, &fixture->clock, 8);
	for (const char *token = pages;; token++) {
		if (*token == '|' || *token == '!' || *token == '\0') {
			transcode_page(fixture, (uint64_t)(at - begin), lost, cut);
			if (*token == '\0')
				break;
			lost = *token == '!' ? KERNEL_PAGE_LOST : 0;
			memcpy(fixture->page, &fixture->clock, 8);
			at = begin;
			cut = UINT64_MAX;
		} else if (*token == '/') {
			uint64_t page_clock;

			memcpy(&page_clock, fixture->page, 8);
			cut = page_clock;
			for (const unsigned char *record = begin; record < at;
			     record += 4 + (kernel_u32(record) & 31) * 4)
				cut += STEP_NS;
		} else if (*token != ' ') {
			char *end;
			unsigned long number = strtoul(token + 1, &end, 10);

			add(&at, *token, (unsigned int)number);
			token = end - 1;
		}
	}
	while (!kernel_transcode_rest(&fixture->writer, UINT64_MAX))
		show(fixture);
	show(fixture);
	assert_string_equal(text_str(&fixture->shown), expected);
	assert_int_equal(fixture->writer.broken_count, broken_count);
	text_finish(&fixture->shown);
	kernel_writer_finish(&fixture->writer);
}

static void check(struct fixture *fixture, const char *pages, const char *expected)
{
	check_room(fixture, pages, expected, 0, PACKET_BYTES);
}

/* --- checks */

static void a_stack_is_of_the_event_before_it(void **state)
{
	check(*state, "e1 k3 e2 k5 u2 e3 u8", "1:k3 2:k5u2 3:u8");
	check(*state, "e1 k3 u0 e2 k0 u1", "1:k3 2:u1");
}

static void without_one_it_is_empty(void **state)
{
	check(*state, "e1 e2 k2 e3", "1: 2:k2 3:");
	check(*state, "k4 u2 e1", "1:");
	check(*state, "e1 k2 k3 u1 u2 k4", "1:k2u1");
}

static void it_may_be_on_the_next_page(void **state)
{
	check(*state, "e1 | k3 u1 e2 k2 | u4 | e3", "1:k3u1 2:k2u4 3:");
	check(*state, "e1 | | k3", "1:k3");
}

static void what_was_lost_between_parts_them(void **state)
{
	check(*state, "e1 ! k3 u1 e2 k2", "1: 2:k2");
	check(*state, "e1 k2 ! u1", "1:k2");
}

static void stacks_of_others_are_nobodys(void **state)
{
	check(*state, "e1 x9 k3 e2 k2", "1: 2:k2");
	check(*state, "x1 k3 u1", "");
	check(*state, "e1 j2 k3", "1:k3");
}

static void an_interrupts_stacks_are_its_own(void **state)
{
	check(*state, "e1 i2 j2 k3", "1:k3 2:k2");
	check(*state, "e1 i2 j2 v1 k3 u4 e3 k1", "1:k3u4 2:k2u1 3:k1");
	check(*state, "e1 k3 i2 j2 i4 j4 u4", "1:k3u4 2:k2 4:k4");
	check(*state, "e1 y2 j2 k3", "1:k3");
	/* Of several kinds, one in the other. */
	check(*state, "e1 s2 i3 j3 v3 r2 k1 e4", "1:k1 2:k2 3:k3u3 4:");
	check(*state, "e1 i3 j3 s2 r2 k1", "1:k1 3:k3 2:k2");
	check(*state, "e1 f2 g2 k1 u1", "1:k1u1 2:k2");
	/* It has ended, so none comes any more. */
	check(*state, "e1 i2 s3 j4 r3 k1", "1:k1 2: 3:k3");
	check(*state, "e1 i2 e3 k3", "1: 2: 3:k3");
	check(*state, "e1 o2 k3", "1: 2:");
	check(*state, "e1 | i2 j2 | k3 u1", "1:k3u1 2:k2");
	check(*state, "e1 i2 ! j2 k3", "1: 2:");
}

static void a_cut_may_come_in_an_interrupt(void **state)
{
	check(*state, "e1 i2 / j2 v2 k3 u1 e3", "1:k3u1 2:k2u2 / 3:");
	check(*state, "e1 / i2 j2 v2 k3 u1 e3", "1:k3u1 / 2:k2u2 3:");
	check(*state, "e1 i2 j2 / i3 j3 k1 u0", "1:k1 2:k2 / 3:k3");
}

/* More than are held: who waits longest waits in vain, and nothing is out of its order. */
static void a_storm_of_interrupts_is_bounded(void **state)
{
	struct text records = {0}, expected = {0};

	text_add(&records, "e1 ");
	text_add(&expected, "1:");
	for (unsigned int i = 2; i < KERNEL_HELD_MAX + 10; i++) {
		text_addf(&records, "i%u ", i);
		text_addf(&expected, " %u:", i);
	}
	text_add(&records, "k3 u1");
	check(*state, text_str(&records), text_str(&expected));
	text_finish(&records);
	text_finish(&expected);
}

static bool is_odd(const void *data, const struct kernel_record *record, struct kernel_state *state)
{
	(void)data;
	(void)state;
	return kernel_u32(record->bytes + 8) % 2;
}

static void who_is_left_out_leaves_no_stack(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_own own = {.hint = UINT64_C(1) << THREAD % 64, .count = 1, .tids = {THREAD}};

	fixture->classes[EVENT_ID]->wants = is_odd;
	check(fixture, "e1 k1 e2 k2 e3 e4 k4 u1 e5 k5", "1:k1 3: 5:k5");
	fixture->classes[EVENT_ID]->wants = NULL;
	fixture->table.own = &own;
	check(fixture, "e1 k1 u1 e2", "");
	fixture->table.own = NULL;
}

static void the_events_own_time_decides_its_side_of_a_cut(void **state)
{
	check(*state, "e1 / k3 u1 e2 k2", "1:k3u1 / 2:k2");
	check(*state, "e1 k3 / u1 e2", "1:k3u1 / 2:");
	check(*state, "e1 / e2 k2", "1: / 2:k2");
}

/* It was held when a cut came that is older, by a clock's inaccuracy. */
static void what_is_held_waits_for_its_own_cut(void **state)
{
	struct fixture *fixture = *state;
	unsigned char *at = fixture->page + KERNEL_PAGE_HEADER_BYTES;
	uint64_t clock = 1000;

	memcpy(fixture->page, &clock, 8);
	kernel_writer_init(&fixture->writer, PACKET_BYTES);
	fixture->writer.callstack = kernel_callstack_create(&fixture->stacks);
	add(&at, 'e', 1);
	transcode_page(fixture, 16, 0, UINT64_MAX);
	assert_true(kernel_transcode_rest(&fixture->writer, clock));
	assert_false(fixture->writer.is_open);
	assert_true(kernel_transcode_rest(&fixture->writer, clock + STEP_NS));
	assert_int_equal(fixture->writer.event_count, 1);
	assert_true(kernel_transcode_rest(&fixture->writer, UINT64_MAX));
	assert_int_equal(fixture->writer.event_count, 1);
	kernel_writer_finish(&fixture->writer);
}

static void a_size_beyond_the_record_is_broken(void **state)
{
	check_room(*state, "e1 b3 e2 b2", "1: 2:k2", 1, PACKET_BYTES);
	check_room(*state, "e1 b4294967295 u1 e2 b2147483648", "1:u1 2:", 2, PACKET_BYTES);
	/* What is behind a page's broken rest may be another's. */
	check_room(*state, "e1 t | k3 e2 k2", "1: 2:k2", 1, PACKET_BYTES);
}

static void full_packets_lose_nothing(void **state)
{
	struct fixture *fixture = *state;

	check_room(fixture, "e1 k3 e2 u2 e3 k1 u1 | e4 e5 | k2 e6",
		   "1:k3 2:u2 3:k1u1 4: 5:k2 6:", 0,
		   KERNEL_PACKET_HEADER_BYTES + 14 + 8 + 3 * 8 + 4);
	assert_true(fixture->packet_count >= 4);
	/* One that no packet can hold. */
	check_room(fixture, "e1 k3 e2 k4 e3", "1:k3 3:", 1,
		   KERNEL_PACKET_HEADER_BYTES + 14 + 8 + 3 * 8 + 4);
}

static void a_kept_page_looks_at_the_next_one(void **state)
{
	struct fixture *fixture = *state;
	unsigned char next_page[PAGE_BYTES] = {0};
	unsigned char *at = next_page + KERNEL_PAGE_HEADER_BYTES, *used = next_page + 8;
	struct kernel_cursor next;
	uint64_t clock = 1000;

	add(&at, 'k', 3);
	add(&at, 'e', 2);
	add(&at, 'u', 1);
	put(&used, (uint64_t)(at - next_page) - KERNEL_PAGE_HEADER_BYTES, 8);
	memcpy(fixture->page, &clock, 8);
	kernel_writer_init(&fixture->writer, PACKET_BYTES);
	fixture->writer.callstack = kernel_callstack_create(&fixture->stacks);
	at = fixture->page + KERNEL_PAGE_HEADER_BYTES;
	add(&at, 'e', 1);
	transcode_page(fixture, 16, 0, UINT64_MAX);
	assert_true(kernel_page_begin(&next, next_page, PAGE_BYTES));
	assert_true(kernel_transcode_rest_of(&fixture->writer, &next));
	show(fixture);
	assert_string_equal(text_str(&fixture->shown), "1:k3");
	assert_ptr_equal(next.at, next_page + KERNEL_PAGE_HEADER_BYTES);
	text_finish(&fixture->shown);
	kernel_writer_finish(&fixture->writer);
}

static void formats_without_a_stack_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct kernel_stacks stacks = {0};

	assert_false(kernel_stack_set(&stacks, KERNEL_STACK_KERNEL, fixture->format));
	assert_null(kernel_callstack_create(&stacks));
}

static void write_below(const char *folder, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", folder, name);

	kit_write_file(path, text, strlen(text));
	free(path);
}

static void the_kernels_options_are_switched_on(void **state)
{
	static const struct context_spec contexts[] = {{.name = "callstack-kernel"},
						       {.name = "callstack-user"}};
	struct channel_spec channel = {.contexts = contexts, .context_count = 1};
	char path[] = "own";
	struct tracefs tracefs;
	struct kernel_instance instance = {.tracefs = &tracefs, .path = path};
	struct kernel_stacks stacks = {0};
	struct error err = ERROR_INIT;
	struct text out = {0};
	char *folder = kit_make_directory();
	char *text;

	(void)state;
	kit_run(&out, "cd %s && mkdir -p own/options events/ftrace/kernel_stack", folder);
	write_below(folder, "own/options/stacktrace", "0");
	write_below(folder, "events/ftrace/kernel_stack/format", kernel_text);
	assert_true(tracefs_open(&tracefs, folder, &err));
	assert_true(kernel_stack_switch_on(&instance, &channel, &stacks, &err));
	assert_true(
		tracefs_read(&tracefs, "own/options/stacktrace", 16, &text, &(size_t){0}, &err));
	assert_string_equal(text, "1");
	assert_true(stacks.places[KERNEL_STACK_KERNEL].is_wanted);
	assert_false(stacks.places[KERNEL_STACK_USER].is_wanted);
	channel.context_count = 2;
	assert_false(kernel_stack_switch_on(&instance, &channel, &stacks, &err));
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	assert_non_null(strstr(err.message, "CONFIG_USER_STACKTRACE_SUPPORT"));
	tracefs_close(&tracefs);
	kit_remove_tree(folder);
	text_finish(&out);
	free(folder);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stack_is_of_the_event_before_it),
		cmocka_unit_test(without_one_it_is_empty),
		cmocka_unit_test(it_may_be_on_the_next_page),
		cmocka_unit_test(what_was_lost_between_parts_them),
		cmocka_unit_test(stacks_of_others_are_nobodys),
		cmocka_unit_test(an_interrupts_stacks_are_its_own),
		cmocka_unit_test(a_cut_may_come_in_an_interrupt),
		cmocka_unit_test(a_storm_of_interrupts_is_bounded),
		cmocka_unit_test(who_is_left_out_leaves_no_stack),
		cmocka_unit_test(the_events_own_time_decides_its_side_of_a_cut),
		cmocka_unit_test(what_is_held_waits_for_its_own_cut),
		cmocka_unit_test(a_size_beyond_the_record_is_broken),
		cmocka_unit_test(full_packets_lose_nothing),
		cmocka_unit_test(a_kept_page_looks_at_the_next_one),
		cmocka_unit_test(formats_without_a_stack_are_refused),
		cmocka_unit_test(the_kernels_options_are_switched_on),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
