/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * browse_driver PATH COMMAND…: does with the browser what a person would, one command after the
 * other, and prints how long each took, in milliseconds.
 *
 *   first ROWS         the first page, from opening on
 *   page PERCENT ROWS  the page at that part of the time; its lines go to standard output
 *   end ROWS           the last page
 *   text PATTERN       searches from the begin; regex and filter likewise
 *   index              waits until everything is indexed
 *   count              counts everything
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/browse/browse.h"

struct driver {
	struct queue *home;
	struct browse *browse;
	bool has_answer;
	bool prints;
	uint64_t event_count;
};

static void print_rows(const struct event_page *page)
{
	struct text line = {0};

	for (size_t i = 0; i < page->row_count; i++) {
		text_clear(&line);
		event_row_print(page, &page->rows[i], &line);
		printf("%" PRIu64 " %s\n", page->rows[i].place.wall_ns, text_str(&line));
	}
	text_finish(&line);
}

static void page_came(void *data, struct event_page *page, const struct event_place *target,
		      const struct error *err)
{
	struct driver *driver = data;

	driver->has_answer = true;
	if (err)
		fprintf(stderr, "  %s\n", err->message);
	else
		fprintf(stderr, "  %zu rows, target %" PRIu64 "+%" PRIu64 "\n", page->row_count,
			target->wall_ns, target->skip);
	if (page && driver->prints)
		print_rows(page);
	event_page_unref(page);
}

static void counted(void *data, const struct browse_statistics *statistics, const struct error *err)
{
	struct driver *driver = data;

	driver->has_answer = true;
	if (err)
		fprintf(stderr, "  %s\n", err->message);
	else
		fprintf(stderr, "  %" PRIu64 " events\n", statistics->event_count);
}

static void wait_once(struct driver *driver)
{
	struct pollfd wait = {.fd = queue_fd(driver->home), .events = POLLIN};

	if (poll(&wait, 1, 600000) <= 0) {
		fprintf(stderr, "no answer\n");
		exit(1);
	}
	queue_drain(driver->home);
}

static void wait_answer(struct driver *driver)
{
	while (!driver->has_answer)
		wait_once(driver);
}

static void wait_index(struct driver *driver)
{
	const struct browse_info *info = browse_info(driver->browse);

	while (!info->is_indexed && !info->has_failed)
		wait_once(driver);
	if (info->has_failed) {
		fprintf(stderr, "%s\n", info->error.message);
		exit(1);
	}
}

static void find(struct driver *driver, int kind, const char *pattern)
{
	struct browse_find wanted = {.pattern = pattern, .row_count = 30};
	struct error err = ERROR_INIT;

	wanted.kind = kind;
	if (!browse_find(driver->browse, &wanted, &err)) {
		fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	wait_answer(driver);
}

static void page_at(struct driver *driver, unsigned int percent, size_t rows)
{
	const struct browse_info *info = browse_info(driver->browse);
	uint64_t span_ns;

	wait_index(driver);
	span_ns = info->end_wall_ns - info->begin_wall_ns;
	driver->prints = true;
	browse_goto(driver->browse, info->begin_wall_ns + span_ns / 100 * percent, rows);
	wait_answer(driver);
	driver->prints = false;
}

static unsigned int number(char **arguments, int *at)
{
	return arguments[*at + 1] ? (unsigned int)strtoul(arguments[++*at], NULL, 10) : 0;
}

static void run(struct driver *driver, char **arguments, int *at)
{
	const char *command = arguments[*at];
	unsigned int percent;

	driver->has_answer = false;
	if (!strcmp(command, "first")) {
		browse_page(driver->browse, (struct event_place){0, 0}, BROWSE_FORWARD,
			    number(arguments, at));
		wait_answer(driver);
	} else if (!strcmp(command, "page")) {
		percent = number(arguments, at);
		page_at(driver, percent, number(arguments, at));
	} else if (!strcmp(command, "end")) {
		browse_goto_end(driver->browse, number(arguments, at));
		wait_answer(driver);
	} else if (!strcmp(command, "text") && arguments[*at + 1]) {
		find(driver, BROWSE_FIND_TEXT, arguments[++*at]);
	} else if (!strcmp(command, "regex") && arguments[*at + 1]) {
		find(driver, BROWSE_FIND_REGEX, arguments[++*at]);
	} else if (!strcmp(command, "filter") && arguments[*at + 1]) {
		find(driver, BROWSE_FIND_FILTER, arguments[++*at]);
	} else if (!strcmp(command, "index")) {
		wait_index(driver);
	} else if (!strcmp(command, "count")) {
		browse_statistics(driver->browse, 0, UINT64_MAX, NULL, counted, driver);
		wait_answer(driver);
	} else {
		fprintf(stderr, "no such command: %s\n", command);
		exit(2);
	}
}

static void print_peak(void)
{
	FILE *status = fopen("/proc/self/status", "r");
	char line[256];

	while (status && fgets(line, sizeof(line), status)) {
		if (!strncmp(line, "VmHWM:", 6))
			fputs(line, stderr);
	}
	if (status)
		fclose(status);
}

int main(int count, char **arguments)
{
	struct driver driver = {.home = queue_create()};
	const struct browse_calls calls = {.data = &driver, .page = page_came};
	char *slices = mem_printf("/dev/shm/browse-driver-%d", (int)getpid());
	uint64_t began_ns = clock_monotonic_ns();

	if (count < 3) {
		fprintf(stderr, "usage: %s PATH COMMAND…\n", arguments[0]);
		return 2;
	}
	driver.browse = browse_create(arguments[1], slices, driver.home, &calls);
	for (int i = 2; i < count; i++) {
		const char *command = arguments[i];

		run(&driver, arguments, &i);
		fprintf(stderr, "%s %.1f ms\n", command,
			(double)(clock_monotonic_ns() - began_ns) / 1e6);
		began_ns = clock_monotonic_ns();
	}
	print_peak();
	browse_destroy(driver.browse);
	queue_drain(driver.home);
	queue_destroy(driver.home);
	rmdir(slices);
	free(slices);
	return 0;
}
