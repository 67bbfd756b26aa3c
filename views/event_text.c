/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plain text only: who draws it passes it through the sanitiser. */
#include "views/event_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/units.h"
#include "views/popup.h"

#define DIGITS 9 /* of a nanosecond */

/* The first digits of nine, cut and not rounded: times must not run ahead. */
static void add_fraction(char *out, size_t room, uint64_t ns, int digits)
{
	char nine[DIGITS + 1];

	snprintf(nine, sizeof(nine), "%09u", (unsigned int)(ns % NS_PER_S));
	if (digits > 0)
		snprintf(out, room, ".%.*s", digits < DIGITS ? digits : DIGITS, nine);
}

char *event_text_time(char out[EVENT_TEXT_MAX], uint64_t wall_ns, int digits)
{
	struct tm local;
	size_t length;

	clock_local(wall_ns, &local);
	length = strftime(out, EVENT_TEXT_MAX, "%H:%M:%S", &local);
	add_fraction(out + length, EVENT_TEXT_MAX - length, wall_ns, digits);
	return out;
}

char *event_text_offset(char out[EVENT_TEXT_MAX], uint64_t from_ns, uint64_t to_ns, int digits)
{
	bool is_negative = to_ns < from_ns;
	uint64_t distance_ns = is_negative ? from_ns - to_ns : to_ns - from_ns;
	int length = snprintf(out, EVENT_TEXT_MAX, "%c%" PRIu64, is_negative ? '-' : '+',
			      distance_ns / NS_PER_S);

	add_fraction(out + length, EVENT_TEXT_MAX - (size_t)length, distance_ns, digits);
	return out;
}

char *event_text_delta(char out[EVENT_TEXT_MAX], uint64_t from_ns, uint64_t to_ns)
{
	bool is_negative = to_ns < from_ns;
	uint64_t distance_ns = is_negative ? from_ns - to_ns : to_ns - from_ns;
	char text[UNITS_TEXT_MAX];

	if (distance_ns < NS_PER_US)
		snprintf(text, sizeof(text), "%" PRIu64 " ns", distance_ns);
	else if (distance_ns < NS_PER_MS)
		snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 " us", distance_ns / NS_PER_US,
			 distance_ns % NS_PER_US / 100);
	else if (distance_ns < NS_PER_S)
		snprintf(text, sizeof(text), "%" PRIu64 ".%" PRIu64 " ms", distance_ns / NS_PER_MS,
			 distance_ns % NS_PER_MS / (100 * NS_PER_US));
	else
		units_duration(text, distance_ns);
	snprintf(out, EVENT_TEXT_MAX, "%c%s", is_negative ? '-' : '+', text);
	return out;
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void event_text_loss(const struct event_row *row, struct text *out)
{
	char count[UNITS_TEXT_MAX];

	if (row->lost_before)
		text_addf(out, "%s event%s", units_grouped_count(count, row->lost_before),
			  plural(row->lost_before));
	if (row->lost_packets_before)
		text_addf(out, "%s%s packet%s", row->lost_before ? ", " : "",
			  units_grouped_count(count, row->lost_packets_before),
			  plural(row->lost_packets_before));
	text_add(out, " lost");
}

const char *event_text_level(const struct event_row *row)
{
	static const char common[] = "TRACE_";

	if (!row->loglevel_text)
		return "";
	if (!strncmp(row->loglevel_text, common, strlen(common)))
		return row->loglevel_text + strlen(common);
	return row->loglevel_text;
}

/* ---- fields on one line ---- */

static const struct event_field *field_at(const struct event_page *page,
					  const struct event_row *row, size_t index)
{
	return index < row->field_count ? &page->fields[row->first_field + index] : NULL;
}

static bool is_element(const struct event_field *field)
{
	return field->name[0] == '[';
}

/* Whether the fields from `index` on that lie deeper are its members. */
static const struct event_field *first_member(const struct event_page *page,
					      const struct event_row *row, size_t index)
{
	const struct event_field *field = field_at(page, row, index);
	const struct event_field *next = field_at(page, row, index + 1);

	return next && next->scope == field->scope && next->depth > field->depth ? next : NULL;
}

static size_t add_members(const struct event_page *page, const struct event_row *row, size_t index,
			  unsigned int depth, struct text *out);

/* Returns the index behind the field and its members. Depth is a byte: so deep the calls go. */
static size_t add_value(const struct event_page *page, const struct event_row *row, size_t index,
			struct text *out)
{
	const struct event_field *field = field_at(page, row, index);
	const struct event_field *member = first_member(page, row, index);

	if (member) {
		bool is_array = is_element(member);

		text_add_char(out, is_array ? '[' : '{');
		index = add_members(page, row, index + 1, member->depth, out);
		text_add_char(out, is_array ? ']' : '}');
		return index;
	}
	text_addf(out, field->is_text ? "\"%s\"" : "%s", field->value);
	return index + 1;
}

static size_t add_field(const struct event_page *page, const struct event_row *row, size_t index,
			struct text *out)
{
	const struct event_field *field = field_at(page, row, index);

	if (!is_element(field))
		text_addf(out, "%s = ", field->name);
	return add_value(page, row, index, out);
}

static size_t add_members(const struct event_page *page, const struct event_row *row, size_t index,
			  unsigned int depth, struct text *out)
{
	const struct event_field *first = field_at(page, row, index);
	const struct event_field *field = first;

	for (; field && field->scope == first->scope && field->depth >= depth;
	     field = field_at(page, row, index)) {
		if (field != first)
			text_add(out, ", ");
		index = add_field(page, row, index, out);
	}
	return index;
}

static void add_scope(const struct event_page *page, const struct event_row *row,
		      enum event_scope scope, struct text *out)
{
	for (size_t i = 0; i < row->field_count; i++) {
		if (field_at(page, row, i)->scope == scope) {
			add_members(page, row, i, 0, out);
			return;
		}
	}
}

void event_text_fields(const struct event_page *page, const struct event_row *row, struct text *out)
{
	static const enum event_scope contexts[] = {EVENT_CONTEXT, EVENT_STREAM_CONTEXT};

	add_scope(page, row, EVENT_PAYLOAD, out);
	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++) {
		struct text text = {0};

		add_scope(page, row, contexts[i], &text);
		if (text.length > 0)
			text_addf(out, "%s{%s}", out->length > 0 ? "  " : "", text_str(&text));
		text_finish(&text);
	}
}

/* ---- one field ---- */

#define CONTEXT_PREFIX "$ctx."

static bool is_context(const struct event_field *field)
{
	return field->scope == EVENT_CONTEXT || field->scope == EVENT_STREAM_CONTEXT;
}

/* "a.b" after "a." was found: the names of what is deeper follow. */
static bool find_member(const struct event_page *page, const struct event_row *row, size_t *index,
			const char *path)
{
	size_t length = strcspn(path, ".");
	const struct event_field *first = field_at(page, row, *index);
	const struct event_field *field = first;

	for (; field && field->scope == first->scope && field->depth >= first->depth;
	     field = field_at(page, row, ++*index)) {
		if (field->depth > first->depth || strlen(field->name) != length ||
		    strncmp(field->name, path, length) != 0)
			continue;
		if (!path[length])
			return true;
		if (!first_member(page, row, *index))
			return false;
		++*index;
		return find_member(page, row, index, path + length + 1);
	}
	return false;
}

static bool find_in_scope(const struct event_page *page, const struct event_row *row,
			  enum event_scope scope, const char *path, size_t *index)
{
	for (*index = 0; *index < row->field_count; ++*index) {
		if (field_at(page, row, *index)->scope == scope)
			return find_member(page, row, index, path);
	}
	return false;
}

bool event_text_value(const struct event_page *page, const struct event_row *row, const char *name,
		      struct text *out)
{
	static const enum event_scope scopes[] = {EVENT_PAYLOAD, EVENT_CONTEXT,
						  EVENT_STREAM_CONTEXT};
	bool is_of_context = !strncmp(name, CONTEXT_PREFIX, strlen(CONTEXT_PREFIX));
	size_t index;

	if (is_of_context)
		name += strlen(CONTEXT_PREFIX);
	for (size_t i = is_of_context ? 1 : 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		const struct event_field *field;

		if (!find_in_scope(page, row, scopes[i], name, &index))
			continue;
		field = field_at(page, row, index);
		if (field->is_text && !first_member(page, row, index))
			text_add(out, field->value);
		else
			add_value(page, row, index, out);
		return true;
	}
	return false;
}

static bool is_in_payload(const struct event_page *page, const struct event_row *row,
			  const char *name)
{
	size_t index;

	return find_in_scope(page, row, EVENT_PAYLOAD, name, &index);
}

void event_text_field_names(const struct event_page *page, const struct event_row *row,
			    struct word_list *names)
{
	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *field = field_at(page, row, i);
		struct text name = {0};

		/* Of members the outermost is offered; who wants one writes its path. */
		if (field->depth > 0 || (field->scope != EVENT_PAYLOAD && !is_context(field)))
			continue;
		if (is_context(field) && is_in_payload(page, row, field->name))
			text_add(&name, CONTEXT_PREFIX);
		text_add(&name, field->name);
		word_list_add(names, text_str(&name));
		text_finish(&name);
	}
}

/* ---- the line ---- */

void event_text_line(const struct event_page *page, const struct event_row *row, struct text *out)
{
	char time[EVENT_TEXT_MAX];
	struct text fields = {0};

	event_text_fields(page, row, &fields);
	text_addf(out, "%s %s", event_text_time(time, row->place.wall_ns, DIGITS), row->name);
	if (fields.length > 0)
		text_addf(out, ": %s", text_str(&fields));
	text_finish(&fields);
}

/* ---- all about one ---- */

static void add_header(const struct event_row *row, struct popup *popup)
{
	char time[EVENT_TEXT_MAX];
	char date[EVENT_TEXT_MAX];
	struct tm local;

	clock_local(row->place.wall_ns, &local);
	strftime(date, sizeof(date), "%Y-%m-%d", &local);
	popup_addf(popup, 0, "time", "%s %s", date,
		   event_text_time(time, row->place.wall_ns, DIGITS));
	popup_addf(popup, 0, "since 1970", "%" PRIu64 ".%09" PRIu64 " s",
		   row->place.wall_ns / NS_PER_S, row->place.wall_ns % NS_PER_S);
	if (row->cpu >= 0)
		popup_addf(popup, 0, "CPU", "%d", row->cpu);
	if (row->stream && *row->stream)
		popup_add(popup, 0, "stream", row->stream);
	if (row->loglevel_text && *row->loglevel_text)
		popup_addf(popup, 0, "log level", "%s (%d)", row->loglevel_text, row->loglevel);
	if (row->lost_before || row->lost_packets_before) {
		struct text loss = {0};

		event_text_loss(row, &loss);
		popup_add(popup, 0, "before it", text_str(&loss));
		popup_set_role(popup, ROLE_ERR);
		text_finish(&loss);
	}
}

static const char *scope_heading(unsigned int scope)
{
	switch (scope) {
	case EVENT_PAYLOAD:
		return "Fields";
	case EVENT_CONTEXT:
		return "Context";
	case EVENT_STREAM_CONTEXT:
		return "Context of the stream's events";
	default:
		return "Packet";
	}
}

static void add_scope_details(const struct event_page *page, const struct event_row *row,
			      unsigned int scope, struct popup *popup)
{
	bool has_heading = false;

	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *field = field_at(page, row, i);

		if (field->scope != scope)
			continue;
		if (!has_heading) {
			popup_add(popup, 0, "", "");
			popup_add_heading(popup, scope_heading(scope));
		}
		has_heading = true;
		popup_add(popup, 1 + field->depth, field->name, field->value);
	}
}

void event_text_details(const struct event_page *page, const struct event_row *row,
			struct popup *popup)
{
	popup_set_title(popup, row->name);
	add_header(row, popup);
	for (unsigned int scope = EVENT_PAYLOAD; scope <= EVENT_PACKET; scope++)
		add_scope_details(page, row, scope, popup);
}

/* ---- two of them ---- */

bool event_text_is_repeat(const struct event_page *page, const struct event_row *row,
			  const struct event_row *before)
{
	if (row->field_count != before->field_count || strcmp(row->name, before->name) != 0)
		return false;
	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *a = field_at(page, row, i);
		const struct event_field *b = field_at(page, before, i);

		if (strcmp(a->name, b->name) != 0 || strcmp(a->value, b->value) != 0)
			return false;
	}
	return true;
}

int event_text_compare(struct event_place a, struct event_place b)
{
	if (a.wall_ns != b.wall_ns)
		return a.wall_ns < b.wall_ns ? -1 : 1;
	if (a.skip != b.skip)
		return a.skip < b.skip ? -1 : 1;
	return 0;
}
