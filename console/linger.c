/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads logind's settings: the main file, then its drop-ins in the order of their names. */
#include "console/linger.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define BYTES_MAX 65536
#define NAME	  "KillUserProcesses="

static bool is_yes(const char *value)
{
	static const char *const words[] = {"yes", "true", "on", "1"};

	for (size_t i = 0; i < COUNT_OF(words); i++) {
		size_t length = strlen(words[i]);

		if (!strncmp(value, words[i], length) && strchr(" \t\r", value[length]))
			return true;
	}
	return false;
}

/* The last line counts. */
static void read_settings(const char *path, bool *kills)
{
	char *bytes, *rest, *line;
	size_t length;

	if (!fd_read_file(path, BYTES_MAX, &bytes, &length, NULL))
		return;
	rest = bytes;
	while ((line = strsep(&rest, "\n"))) {
		if (!strncmp(line, NAME, strlen(NAME)))
			*kills = is_yes(line + strlen(NAME));
	}
	free(bytes);
}

static int is_drop_in(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && !strcmp(entry->d_name + length - 5, ".conf");
}

static void read_drop_ins(const char *root, bool *kills)
{
	char *folder = mem_printf("%s/etc/systemd/logind.conf.d", root);
	struct dirent **entries;
	int count = scandir(folder, &entries, is_drop_in, alphasort);

	for (int i = 0; i < count; i++) {
		char *path = mem_printf("%s/%s", folder, entries[i]->d_name);

		read_settings(path, kills);
		free(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	free(folder);
}

bool linger_is_missing(const char *root, const char *user)
{
	char *main_file = mem_printf("%s/etc/systemd/logind.conf", root);
	char *mark = mem_printf("%s/var/lib/systemd/linger/%s", root, user);
	bool kills = false;

	read_settings(main_file, &kills);
	read_drop_ins(root, &kills);
	kills = kills && access(mark, F_OK) != 0;
	free(main_file);
	free(mark);
	return kills;
}
