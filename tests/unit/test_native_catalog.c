/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of native applications' event types: who has which, and when somebody else may. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/source/native/internal.h"

enum { IDS = NATIVE_ID_COUNT - LANE_ID_FIRST };

static struct native_definition *add(struct native_catalog *catalog, const char *key,
				     uint32_t event_count)
{
	struct native_definition *definition = native_definition_create(event_count);

	text_add(&definition->key, key);
	return native_catalog_add(catalog, definition);
}

static void equal_descriptions_have_one_id(void **state)
{
	struct native_catalog *catalog = native_catalog_create(1);
	struct native_definition *one = add(catalog, "same", 2);

	(void)state;
	assert_int_equal(one->base, LANE_ID_FIRST);
	assert_ptr_equal(add(catalog, "same", 2), one);
	assert_int_equal(add(catalog, "other", 2)->base, LANE_ID_FIRST + 2);
	native_catalog_destroy(catalog);
}

static void ids_that_are_used_up_are_refused(void **state)
{
	struct native_catalog *catalog = native_catalog_create(1);

	(void)state;
	assert_non_null(add(catalog, "most", IDS - 1));
	assert_null(add(catalog, "two", 2));
	assert_int_equal(add(catalog, "one", 1)->base, NATIVE_ID_COUNT - 1);
	assert_null(add(catalog, "another", 1));
	assert_non_null(add(catalog, "one", 1));
	native_catalog_destroy(catalog);
}

static void ids_are_given_back_when_nobody_holds_them(void **state)
{
	struct native_catalog *catalog = native_catalog_create(1);
	struct native_holds process = {0}, trace = {0};
	struct native_definition *running = add(catalog, "running", 2);
	struct native_definition *recorded;

	(void)state;
	add(catalog, "gone", 2);
	recorded = add(catalog, "recorded", 2);
	native_holds_add(&process, running);
	native_holds_add(&process, running);
	native_holds_add(&process, recorded);
	native_holds_add(&trace, recorded);

	assert_true(native_catalog_forget(catalog));
	assert_false(native_catalog_forget(catalog));
	assert_int_equal(add(catalog, "more", 3)->base, recorded->base + 2);
	assert_int_equal(add(catalog, "as many", 2)->base, running->base + 2);

	native_holds_finish(&process);
	assert_true(native_catalog_forget(catalog));
	assert_int_equal(add(catalog, "running", 2)->base, LANE_ID_FIRST);
	assert_ptr_equal(add(catalog, "recorded", 2), recorded);
	native_holds_finish(&trace);
	assert_true(native_catalog_forget(catalog));
	assert_int_equal(catalog->end_id, LANE_ID_FIRST);
	native_catalog_destroy(catalog);
}

/* Streams let go of what they have read when they like, after the source perhaps. */
static void what_is_held_outlives_its_catalog(void **state)
{
	struct native_catalog *catalog = native_catalog_create(1);
	struct native_definition *definition = add(catalog, "held", 1);
	struct native_holds holds = {0};

	(void)state;
	native_holds_add(&holds, definition);
	native_catalog_destroy(catalog);
	assert_string_equal(text_str(&definition->key), "held");
	native_holds_finish(&holds);
}

/* --- an application says what it has */

struct talk {
	struct native_source source;
	struct native_catalog *catalog;
	struct native_process *process;
	int fd; /* the application's */
};

static void say(const struct talk *talk, void *message, enum handshake_type type, size_t bytes)
{
	struct error err = ERROR_INIT;

	*(struct handshake_header *)message = (struct handshake_header){
		.magic = HANDSHAKE_MAGIC, .type = type, .bytes = (uint32_t)bytes};
	assert_true(fd_send(talk->fd, message, bytes, NULL, 0));
	assert_true(native_handshake_receive(talk->process, &err));
}

/* The answer's type; 0: there is none. */
static uint32_t hear(const struct talk *talk, struct handshake_flags *flags)
{
	_Alignas(8) unsigned char message[HANDSHAKE_MESSAGE_MAX];
	int fds[FD_PASS_MAX];
	size_t fd_count = 0;
	ssize_t got = fd_receive(talk->fd, message, sizeof(message), fds, &fd_count);

	for (size_t i = 0; i < fd_count; i++)
		fd_close(&fds[i]);
	if (got < (ssize_t)sizeof(struct handshake_header))
		return 0;
	if (got == sizeof(*flags))
		memcpy(flags, message, sizeof(*flags));
	return ((const struct handshake_header *)message)->type;
}

static void greet(struct talk *talk)
{
	struct handshake_hello hello = {.abi_major = LANE_ABI_MAJOR,
					.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
					.comm = "talker"};
	int fds[2];

	memset(talk, 0, sizeof(*talk));
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
			 0);
	talk->fd = fds[1];
	talk->catalog = native_catalog_create(1);
	talk->source.catalogs = talk->catalog;
	talk->process = native_process_create(&talk->source, fds[0]);
	talk->process->catalog = talk->catalog;
	say(talk, &hello, HANDSHAKE_HELLO, sizeof(hello));
	assert_int_equal(hear(talk, NULL), HANDSHAKE_ATTACH);
}

/* A provider with one event; the base that it is given, 0: no answer. */
static uint32_t tell_provider(const struct talk *talk, uint32_t number, const char *name)
{
	struct handshake_provider provider = {.provider = number, .event_count = 1};
	struct handshake_event event = {.provider = number, .name = "event"};
	struct handshake_note note = {.provider = number};
	struct handshake_flags flags = {0};

	strncpy(provider.name, name, sizeof(provider.name) - 1);
	say(talk, &provider, HANDSHAKE_PROVIDER, sizeof(provider));
	say(talk, &event, HANDSHAKE_EVENT, sizeof(event));
	say(talk, &note, HANDSHAKE_PROVIDER_END, sizeof(note));
	return hear(talk, &flags) == HANDSHAKE_FLAGS ? flags.base : 0;
}

static void part(struct talk *talk)
{
	native_process_unref(talk->process);
	native_catalog_destroy(talk->catalog);
	fd_close(&talk->fd);
}

static void processes_hold_what_they_were_told(void **state)
{
	struct talk talk;

	(void)state;
	greet(&talk);
	assert_int_equal(tell_provider(&talk, 1, "one"), LANE_ID_FIRST);
	assert_int_equal(tell_provider(&talk, 2, "two"), LANE_ID_FIRST + 1);
	/* Its lanes may have records of one that it has unloaded. */
	say(&talk, &(struct handshake_note){.provider = 1}, HANDSHAKE_PROVIDER_GONE,
	    sizeof(struct handshake_note));
	assert_false(native_catalog_forget(talk.catalog));
	native_process_ref(talk.process);
	native_process_unref(talk.process);
	assert_false(native_catalog_forget(talk.catalog));
	part(&talk);
}

static void shortage_of_ids_is_told_once(void **state)
{
	struct native_holds holds = {0};
	struct log_entry entries[4];
	uint64_t before = log_last_serial();
	struct talk talk;

	(void)state;
	greet(&talk);
	native_holds_add(&holds, add(talk.catalog, "most", IDS - 1));
	assert_int_equal(tell_provider(&talk, 1, "one"), NATIVE_ID_COUNT - 1);
	assert_int_equal(tell_provider(&talk, 2, "two"), 0);
	assert_int_equal(tell_provider(&talk, 3, "three"), 0);
	assert_int_equal(log_read(before, entries, 4), 1);
	assert_non_null(strstr(entries[0].text, "'talker'"));
	assert_non_null(strstr(entries[0].text, "not all of its events can be traced"));

	native_holds_finish(&holds);
	assert_int_equal(tell_provider(&talk, 4, "four"), LANE_ID_FIRST);
	part(&talk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_descriptions_have_one_id),
		cmocka_unit_test(ids_that_are_used_up_are_refused),
		cmocka_unit_test(ids_are_given_back_when_nobody_holds_them),
		cmocka_unit_test(what_is_held_outlives_its_catalog),
		cmocka_unit_test(processes_hold_what_they_were_told),
		cmocka_unit_test(shortage_of_ids_is_told_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
