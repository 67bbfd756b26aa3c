/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics into a popup; export into a file. Both run on the backend's worker, one at a time. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/browser_parts.h"
#include "console/details.h"
#include "views/event_text.h"

#define PERCENT		100
#define TYPES_SHOWN_MAX 1000

static void complain(struct browser *browser, const char *what, const struct error *err)
{
	struct error why = *err;

	error_prefix(&why, "%s", what);
	if (err->code == ERROR_CANCELED)
		console_tell(browser->console, NOTICE_INFO, "", "%s: canceled", what);
	else
		console_complain(browser->console, what, &why);
}

/* ---- statistics ---- */

static void add_whole(const struct browse_statistics *statistics, struct popup *popup)
{
	char begin[EVENT_TEXT_MAX], end[EVENT_TEXT_MAX], text[UNITS_TEXT_MAX];
	uint64_t span_ns = statistics->end_wall_ns > statistics->begin_wall_ns
				   ? statistics->end_wall_ns - statistics->begin_wall_ns
				   : 0;

	popup_addf(popup, 0, "from", "%s", event_text_time(begin, statistics->begin_wall_ns, 9));
	popup_addf(popup, 0, "to", "%s  (%s)", event_text_time(end, statistics->end_wall_ns, 9),
		   units_duration(text, span_ns));
	popup_add(popup, 0, "events", units_grouped_count(text, statistics->event_count));
	if (span_ns > 0)
		popup_addf(popup, 0, "rate", "%s/s",
			   units_short_count(text, (uint64_t)((double)statistics->event_count *
							      (double)NS_PER_S / (double)span_ns)));
	popup_add(popup, 0, "lost", units_grouped_count(text, statistics->lost_events));
	if (statistics->lost_events)
		popup_set_role(popup, ROLE_ERR);
}

static void add_share(struct popup *popup, const char *name, uint64_t count, uint64_t all)
{
	char text[UNITS_TEXT_MAX];

	popup_addf(popup, 1, name, "%12s  %5.1f %%", units_grouped_count(text, count),
		   all ? (double)count * PERCENT / (double)all : 0.0);
}

static void add_types(const struct browse_statistics *statistics, struct popup *popup)
{
	popup_add(popup, 0, "", "");
	popup_add_heading(popup, "Event types");
	for (size_t i = 0; i < statistics->type_count && i < TYPES_SHOWN_MAX; i++)
		add_share(popup, statistics->types[i].name, statistics->types[i].count,
			  statistics->event_count);
	if (statistics->type_count > TYPES_SHOWN_MAX)
		popup_addf(popup, 1, "others", "%zu more types",
			   statistics->type_count - TYPES_SHOWN_MAX);
}

static void add_values(const struct browser *browser, const struct browse_statistics *statistics,
		       struct popup *popup)
{
	char text[UNITS_TEXT_MAX];
	struct text heading = {0};

	text_addf(&heading, "Field %s", browser->field);
	popup_add(popup, 0, "", "");
	popup_add_heading(popup, text_str(&heading));
	text_finish(&heading);
	popup_addf(popup, 1, "events with it", "%s",
		   units_grouped_count(text, statistics->value_count));
	if (!statistics->has_field || statistics->value_count == 0)
		return;
	popup_addf(popup, 1, "minimum", "%" PRId64, statistics->minimum);
	popup_addf(popup, 1, "median", "%" PRId64, statistics->median);
	popup_addf(popup, 1, "95 of 100 below", "%" PRId64, statistics->percentile95);
	popup_addf(popup, 1, "maximum", "%" PRId64, statistics->maximum);
	for (size_t i = 0; i < statistics->top_count; i++) {
		struct text value = {0};

		text_addf(&value, "%" PRId64, statistics->top[i].value);
		add_share(popup, text_str(&value), statistics->top[i].count,
			  statistics->value_count);
		text_finish(&value);
	}
}

static void show_statistics(void *data, const struct browse_statistics *statistics,
			    const struct error *err)
{
	struct browser *browser = data;
	struct popup *popup;

	browser->is_counting = false;
	if (!statistics || (err && error_is_set(err))) {
		complain(browser, "statistics", err);
		return;
	}
	popup = details_begin(browser->console, browser->filter
							? "Statistics of what the filter shows"
							: "Statistics");
	add_whole(statistics, popup);
	if (browser->field)
		add_values(browser, statistics, popup);
	add_types(statistics, popup);
}

void browser_statistics(struct browser *browser, const char *field)
{
	if (browser->is_counting) {
		console_tell(browser->console, NOTICE_WARNING, "",
			     "statistics are being counted; Ctrl-C cancels that");
		return;
	}
	browser->is_counting = true;
	free(browser->field);
	browser->field = *field ? mem_strdup(field) : NULL;
	browser_find_range(browser, &browser->range_begin_ns, &browser->range_end_ns);
	browse_statistics(browser->browse, browser->range_begin_ns, browser->range_end_ns,
			  browser->field, show_statistics, browser);
}

/* ---- export ---- */

static void tell_exported(void *data, uint64_t event_count, const struct error *err)
{
	struct browser *browser = data;
	char count[UNITS_TEXT_MAX];

	browser->is_exporting = false;
	if (err && error_is_set(err)) {
		complain(browser, "export", err);
		return;
	}
	console_tell(browser->console, NOTICE_INFO, "", "%s event%s written to %s",
		     units_grouped_count(count, event_count), event_count == 1 ? "" : "s",
		     browser->target);
	log_write(LOG_LEVEL_INFO, "%s event%s written to %s", count, event_count == 1 ? "" : "s",
		  browser->target);
}

static bool take_format(const char *word, enum browse_format *format)
{
	static const struct {
		const char *option;
		enum browse_format format;
	} formats[] = {
		{"--text", BROWSE_TEXT}, {"--json", BROWSE_JSON_LINES}, {"--ctf", BROWSE_CTF}};

	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		if (!strcmp(word, formats[i].option)) {
			*format = formats[i].format;
			return true;
		}
	}
	return false;
}

bool browser_export(struct console *console, size_t word_count, char **words, struct error *err)
{
	struct browser *browser = console->browser;
	enum browse_format format = BROWSE_TEXT;
	const char *path = NULL;
	uint64_t begin_ns, end_ns;

	for (size_t i = 1; i < word_count; i++) {
		if (take_format(words[i], &format))
			continue;
		if (words[i][0] == '-' || path)
			return error_set(err, ERROR_INVALID,
					 "usage: export [--text|--json|--ctf] PATH");
		path = words[i];
	}
	if (!path)
		return error_set(err, ERROR_INVALID, "usage: export [--text|--json|--ctf] PATH");
	if (!browser || !browse_info(browser->browse)->is_open)
		return error_set(err, ERROR_STATE, "no trace is open; view PATH opens one");
	if (browser->is_exporting)
		return error_set(err, ERROR_BUSY, "%s is being written; Ctrl-C cancels that",
				 browser->target);
	browser->is_exporting = true;
	free(browser->target);
	browser->target = path[0] != '/' && console->directory
				  ? mem_printf("%s/%s", console->directory, path)
				  : mem_strdup(path);
	browser_find_range(browser, &begin_ns, &end_ns);
	browse_export(browser->browse, begin_ns, end_ns, format, browser->target, tell_exported,
		      browser);
	return true;
}
