/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * native_console PROVIDERS PROGRAM [ARGUMENT...]: a console for tests that records all events of a
 * program with so many providers, and prints how often it has seen each: "PROVIDER:EVENT COUNT".
 * Exit status 1 if a rule of tests/native/console_kit.c was broken, or an event discarded.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/native/console_kit.h"

static const char *provider_name(const struct kit *kit, uint32_t number)
{
	for (size_t i = 0; i < kit->provider_count; i++)
		if (kit->providers[i].number == number)
			return kit->providers[i].name;
	return "?";
}

/* Also what appears later, by dlopen(). */
static void enable_all(struct kit *kit)
{
	for (size_t i = 0; i < kit->provider_count; i++)
		if (kit->providers[i].is_ready && !kit->providers[i].is_gone)
			kit_enable(kit, kit->providers[i].name, "*", true);
}

static int result(const struct kit *kit)
{
	for (size_t i = 0; i < kit->event_count; i++)
		if (kit->events[i].recorded > 0)
			printf("%s:%s %llu\n", provider_name(kit, kit->events[i].provider),
			       kit->events[i].name, (unsigned long long)kit->events[i].recorded);
	if (kit->error[0])
		printf("# %s\n", kit->error);
	return kit->error[0] || kit_discarded(kit) > 0;
}

int main(int argc, char **argv)
{
	struct kit *kit;
	pid_t pid;
	int status;

	if (argc < 3)
		return 2;
	kit = kit_open(kit_geometry(16, 2, 16, 8), LANE_MODE_DISCARD);
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (!kit_wait_ready(kit, strtoul(argv[1], NULL, 10), 30000))
		return result(kit);
	do {
		enable_all(kit);
		kit_drain(kit);
	} while (kit_step(kit, 2));
	kit_drain(kit);
	waitpid(pid, &status, 0);
	status = status != 0 || result(kit);
	kit_close(kit);
	return status;
}
