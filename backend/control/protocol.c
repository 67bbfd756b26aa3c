/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of engine.sock to and from bytes. The reading half trusts nothing: every text must end
 * inside the message, and nothing may follow the last one.
 */
#include "backend/control/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/request.h"

void protocol_make_hello(struct protocol_hello *hello, enum protocol_role role)
{
	memset(hello, 0, sizeof(*hello));
	hello->magic = PROTOCOL_MAGIC;
	hello->version = PROTOCOL_VERSION;
	hello->role = role;
	hello->pid = (uint32_t)getpid();
	snprintf(hello->release, sizeof(hello->release), "%s", PACKAGE_VERSION);
}

bool protocol_read_hello(const void *bytes, size_t length, struct protocol_hello *hello,
			 struct error *err)
{
	if (length < sizeof(*hello))
		return error_set(err, ERROR_PROTOCOL, "greeting of %zu bytes", length);
	memcpy(hello, bytes, sizeof(*hello));
	hello->release[sizeof(hello->release) - 1] = '\0';
	if (hello->magic != PROTOCOL_MAGIC)
		return error_set(err, ERROR_PROTOCOL, "not tracon's greeting");
	return true;
}

static uint32_t flags_of(const struct requester *who)
{
	return (who->wants_json ? REQUEST_JSON : 0u) | (who->is_quiet ? REQUEST_QUIET : 0u) |
	       (who->says_yes ? REQUEST_YES : 0u) | (who->is_terminal ? REQUEST_TERMINAL : 0u) |
	       (who->wants_mi ? REQUEST_MI : 0u);
}

static void add_terminated(struct text *message, const char *text)
{
	text_add_bytes(message, text ? text : "", text ? strlen(text) + 1 : 1);
}

size_t protocol_write_request(const struct request *request, char message[PROTOCOL_MESSAGE_MAX],
			      struct error *err)
{
	const struct requester *who = &request->who;
	struct protocol_request head = {
		.kind = MESSAGE_REQUEST,
		.word_count = (uint32_t)request->word_count,
		.umask = (uint32_t)who->umask,
		.columns = who->columns,
		.flags = flags_of(who),
	};
	struct text body = {0};
	size_t length;

	text_add_bytes(&body, (const char *)&head, sizeof(head));
	add_terminated(&body, who->directory);
	add_terminated(&body, who->home);
	add_terminated(&body, who->lttng_home);
	add_terminated(&body, who->selected_session);
	for (size_t i = 0; i < request->word_count; i++)
		add_terminated(&body, request->words[i]);
	length = body.length;
	if (length <= PROTOCOL_MESSAGE_MAX)
		memcpy(message, body.bytes, length);
	else
		error_set(err, ERROR_INVALID, "the command line is too long (%zu of %d bytes)",
			  length, PROTOCOL_MESSAGE_MAX);
	text_finish(&body);
	return length <= PROTOCOL_MESSAGE_MAX ? length : 0;
}

/* The unread rest of a message. */
struct cursor {
	const char *next;
	const char *end;
};

/* The next text, inside the message; NULL when no NUL ends it. */
static const char *read_text(struct cursor *cursor)
{
	const char *text = cursor->next;
	const char *nul = memchr(text, '\0', (size_t)(cursor->end - text));

	if (!nul)
		return NULL;
	cursor->next = nul + 1;
	return text;
}

static bool copy_text(struct cursor *cursor, char **copy)
{
	const char *text = read_text(cursor);

	if (text)
		*copy = mem_strdup(text);
	return text != NULL;
}

static void copy_head(const struct protocol_request *head, struct requester *who)
{
	who->umask = (mode_t)(head->umask & 0777);
	who->columns = head->columns < 10000 ? head->columns : 10000;
	who->wants_json = head->flags & REQUEST_JSON;
	who->wants_mi = head->flags & REQUEST_MI;
	who->is_quiet = head->flags & REQUEST_QUIET;
	who->says_yes = head->flags & REQUEST_YES;
	who->is_terminal = head->flags & REQUEST_TERMINAL;
}

/* Every word takes a byte at least, so word_count is bounded by the message's length. */
static bool copy_words(struct cursor *cursor, size_t word_count, struct request *request)
{
	if (word_count == 0 || word_count > (size_t)(cursor->end - cursor->next))
		return false;
	request->words = mem_zalloc((word_count + 1) * sizeof(*request->words));
	while (request->word_count < word_count) {
		if (!copy_text(cursor, &request->words[request->word_count]))
			return false;
		request->word_count++;
	}
	return cursor->next == cursor->end;
}

static bool copy_body(struct cursor *cursor, size_t word_count, struct request *request)
{
	struct requester *who = &request->who;

	if (!copy_text(cursor, &who->directory) || who->directory[0] != '/' ||
	    !copy_text(cursor, &who->home) || !copy_text(cursor, &who->lttng_home) ||
	    !copy_text(cursor, &who->selected_session))
		return false;
	if (!*who->selected_session) {
		free(who->selected_session);
		who->selected_session = NULL;
	}
	return copy_words(cursor, word_count, request);
}

struct request *protocol_read_request(const void *bytes, size_t length, struct error *err)
{
	struct protocol_request head;
	struct cursor cursor;
	struct request *request;

	if (length < sizeof(head)) {
		error_set(err, ERROR_PROTOCOL, "request of %zu bytes", length);
		return NULL;
	}
	memcpy(&head, bytes, sizeof(head));
	cursor.next = (const char *)bytes + sizeof(head);
	cursor.end = (const char *)bytes + length;
	request = mem_zalloc(sizeof(*request));
	copy_head(&head, &request->who);
	if (head.kind == MESSAGE_REQUEST && copy_body(&cursor, head.word_count, request))
		return request;
	request_destroy(request);
	error_set(err, ERROR_PROTOCOL, "malformed request");
	return NULL;
}
