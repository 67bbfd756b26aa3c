/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/views/pages.h"

#include <stdio.h>
#include <string.h>

#include "tests/views/pictures.h"

#define STEP_NS 1500000
#define KINDS	5

void pages_add_field(struct event_page *page, enum event_scope scope, unsigned int depth,
		     const char *name, const char *value, bool is_text)
{
	struct event_field *field = event_page_add_field(page);

	field->name = event_page_string(page, name, strlen(name));
	field->value = event_page_string(page, value, strlen(value));
	field->scope = (uint8_t)scope;
	field->depth = (uint8_t)depth;
	field->is_text = is_text;
}

struct event_row *pages_add_event(struct event_page *page, const char *name, uint64_t wall_ns,
				  unsigned int id)
{
	struct event_row *row = event_page_add_row(page);
	char text[16];

	row->name = event_page_string(page, name, strlen(name));
	row->place.wall_ns = wall_ns;
	row->stream = "ust/uid/0/64-bit/channel0_1";
	row->loglevel = 6;
	row->loglevel_text = "TRACE_INFO";
	row->cpu = (int)(id % 4);
	snprintf(text, sizeof(text), "%u", id);
	pages_add_field(page, EVENT_PAYLOAD, 0, "id", text, false);
	return row;
}

static void add_order(struct event_page *page, uint64_t wall_ns, unsigned int id)
{
	pages_add_event(page, "shop:order", wall_ns, id);
	pages_add_field(page, EVENT_PAYLOAD, 0, "customer", "Zo\xc3\xab", true);
	pages_add_field(page, EVENT_PAYLOAD, 0, "address", "", false);
	pages_add_field(page, EVENT_PAYLOAD, 1, "street", "High Street 1", true);
	pages_add_field(page, EVENT_PAYLOAD, 1, "codes", "", false);
	pages_add_field(page, EVENT_PAYLOAD, 2, "[0]", "10", false);
	pages_add_field(page, EVENT_PAYLOAD, 2, "[1]", "0x1f", false);
	pages_add_field(page, EVENT_PAYLOAD, 0, "total", "12.5", false);
	pages_add_field(page, EVENT_CONTEXT, 0, "vpid", "4711", false);
	pages_add_field(page, EVENT_CONTEXT, 0, "procname", "shop", true);
	pages_add_field(page, EVENT_PACKET, 0, "cpu_id", "1", false);
}

static void add_kind(struct event_page *page, uint64_t wall_ns, unsigned int id)
{
	struct event_row *row;

	switch (id % KINDS) {
	case 0:
		pages_add_event(page, "shop:request_begin", wall_ns, id);
		pages_add_field(page, EVENT_PAYLOAD, 0, "url", "/index.html", true);
		break;
	case 1:
		add_order(page, wall_ns, id);
		break;
	case 2:
		row = pages_add_event(page, "shop:payment_failed", wall_ns, 7);
		row->lost_before = id == 2 ? 1200 : 0;
		row->lost_packets_before = id == 2 ? 1 : 0;
		row->loglevel = 3;
		row->loglevel_text = "TRACE_ERR";
		break;
	case 3:
		pages_add_event(page, "shop:payment_failed", wall_ns, 7);
		break;
	default:
		pages_add_event(page, "\033]0;owned\a\033[2J", wall_ns, id);
		pages_add_field(page, EVENT_PAYLOAD, 0, "na\nme",
				"\xe2\x80\xaegnp.exe\xff \xe6\xbc\xa2\xe5\xad\x97\ttab\nline",
				true);
	}
}

struct event_page *pages_make_shop(size_t count)
{
	struct event_page *page = event_page_make();

	for (size_t i = 0; i < count; i++)
		add_kind(page, PICTURES_AT(14, 0, 0) + i * STEP_NS, (unsigned int)i);
	page->is_at_begin = true;
	page->is_at_end = true;
	return page;
}
