/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Losses in words: events that were counted, packets overwritten unread, bytes nobody can read. */
#include "views/loss.h"

#include "backend/base/clock.h"
#include "backend/base/units.h"
#include "views/popup.h"

bool loss_is_any(const struct picture_counts *counts)
{
	return counts->discarded_events || counts->lost_packets || counts->unreadable_bytes;
}

static void add_part(struct text *out, size_t begin, const char *number, const char *what)
{
	text_addf(out, "%s%s%s", out->length > begin ? ", " : "", number, what);
}

void loss_describe(const struct picture_counts *counts, struct text *out)
{
	size_t begin = out->length;
	char number[UNITS_TEXT_MAX];

	if (counts->discarded_events)
		add_part(out, begin, units_short_count(number, counts->discarded_events),
			 counts->discarded_events == 1 ? " event" : " events");
	if (counts->lost_packets)
		add_part(out, begin, units_short_count(number, counts->lost_packets),
			 counts->lost_packets == 1 ? " packet" : " packets");
	if (counts->unreadable_bytes)
		add_part(out, begin, units_short_bytes(number, counts->unreadable_bytes),
			 " unreadable");
}

void loss_add_time(const struct picture_counts *counts, struct text *out)
{
	char time[CLOCK_TEXT_MAX];

	if (counts->last_loss_wall_ns)
		text_addf(out, ", last %s", clock_text_time(time, counts->last_loss_wall_ns));
}

void loss_alert(const struct picture_counts *counts, const char *name, struct text *out)
{
	if (!loss_is_any(counts))
		return;
	text_add(out, "lost ");
	loss_describe(counts, out);
	text_addf(out, " in %s", name);
	loss_add_time(counts, out);
}

void loss_add_detail(const struct picture_counts *counts, struct text *out)
{
	char number[UNITS_TEXT_MAX], ring[UNITS_TEXT_MAX], write[UNITS_TEXT_MAX];

	if (!loss_is_any(counts))
		return;
	if (counts->discarded_events)
		text_addf(out, "  lost %s events (%s for want of room, %s not written)",
			  units_grouped_count(number, counts->discarded_events),
			  units_grouped_count(ring, counts->discarded_ring),
			  units_grouped_count(write, counts->discarded_write));
	if (counts->lost_packets)
		text_addf(out, "  %s packets overwritten",
			  units_grouped_count(number, counts->lost_packets));
	if (counts->unreadable_bytes)
		text_addf(out, "  %s unreadable",
			  units_short_bytes(number, counts->unreadable_bytes));
	if (counts->repairs)
		text_addf(out, "  %s ring%s replaced after a program died in it",
			  units_grouped_count(number, counts->repairs),
			  counts->repairs == 1 ? "" : "s");
	loss_add_time(counts, out);
}

void loss_add_line(const struct picture_counts *counts, const char *name, int indent,
		   struct popup *popup)
{
	struct text losses = {0};

	loss_add_detail(counts, &losses);
	popup_add(popup, indent, name, losses.length ? text_str(&losses) + 2 : "none");
	if (losses.length)
		popup_set_role(popup, ROLE_ERR);
	text_finish(&losses);
}
