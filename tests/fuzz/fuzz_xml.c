/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Documents of others: parsed, walked, and made sessions of as `load` does. What was made is
 * written, and must be readable again.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/xml.h"
#include "backend/model/publisher.h"
#include "backend/model/saved.h"
#include "tests/fuzz/fuzz.h"

#define NODES_MAX 10000

static size_t walk(const struct xml_node *node, size_t seen)
{
	for (; node && seen < NODES_MAX; node = xml_next(node)) {
		char *text = xml_text(node);

		assert(*xml_name(node));
		free(text);
		seen = walk(xml_first(node), seen + 1);
	}
	return seen;
}

/* What was made is written, and must be the same again. */
static void write_and_read(struct model *model, struct session *session)
{
	const struct saved_wish wish = {.traces = "/nowhere", .name = "again"};
	struct text once = {0}, twice = {0};
	struct word_list warnings = {0};
	struct error err = ERROR_INIT;
	struct session *again;
	struct xml *document;
	bool was_started;

	saved_write(session, &once);
	document = xml_parse(once.bytes, once.length, &err);
	assert(document && saved_first(document, &err));
	again = saved_restore(model, saved_first(document, &err), &wish, &was_started, &warnings,
			      &err);
	/* Values may have lost what XML can't hold, and are refused then. */
	if (again) {
		assert(again->channel_count == session->channel_count);
		saved_write(again, &twice);
		assert(twice.length > 0);
		model_remove_session(model, again);
		session_destroy(again);
	}
	xml_destroy(document);
	word_list_finish(&warnings);
	text_finish(&once);
	text_finish(&twice);
}

static void restore(const struct xml *document)
{
	const struct saved_wish wish = {.traces = "/nowhere"};
	struct error err = ERROR_INIT;
	const struct xml_node *saved = saved_first(document, &err);
	struct model model = {.loop = loop_create(), .next_session_id = 1};

	model.publisher = publisher_create(&model);
	for (; saved; saved = saved_next(saved)) {
		struct word_list warnings = {0};
		bool was_started;
		struct session *session;

		err = (struct error)ERROR_INIT;
		session = saved_restore(&model, saved, &wish, &was_started, &warnings, &err);
		assert(session || error_is_set(&err));
		if (session) {
			write_and_read(&model, session);
			model_remove_session(&model, session);
			session_destroy(session);
		}
		word_list_finish(&warnings);
	}
	publisher_destroy(model.publisher);
	loop_destroy(model.loop);
	free(model.sessions);
}

/* Written names and values are read as they were, but for what XML can't hold. */
static void check_writer(const char *bytes)
{
	struct text text = {0};
	struct xml_writer writer;
	struct error err = ERROR_INIT;
	struct xml *document;

	xml_write_begin(&writer, &text, true);
	xml_begin(&writer, "a");
	xml_put_text(&writer, "b", bytes);
	xml_end(&writer);
	document = xml_parse(text.bytes, text.length, &err);
	assert(document);
	xml_destroy(document);
	text_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct error err = ERROR_INIT;
	struct xml *document = xml_parse((const char *)bytes, length, &err);
	char *copy = mem_strndup((const char *)bytes, length < 4096 ? length : 4096);

	assert(document || error_is_set(&err));
	if (document) {
		walk(xml_root(document), 0);
		restore(document);
	}
	xml_destroy(document);
	check_writer(copy);
	free(copy);
	return 0;
}
