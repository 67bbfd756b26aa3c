/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a fuzz entry over recorded inputs, as a test: each file given, or each file in the corpus of
 * the parser that the program is named after. An input that crashes fails it.
 */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

/* Inputs are small; more than this of one is not read. */
enum { INPUT_MAX_BYTES = 1 << 20 };

static void replay(const char *path)
{
	uint8_t *read_bytes = malloc(INPUT_MAX_BYTES);
	FILE *file = fopen(path, "re");
	uint8_t *bytes;
	size_t length;

	if (!file || !read_bytes) {
		printf("Bail out! cannot read %s\n", path);
		exit(1);
	}
	length = fread(read_bytes, 1, INPUT_MAX_BYTES, file);
	fclose(file);
	/* A copy of just this size, so that reading beyond the end is seen. */
	bytes = malloc(length ? length : 1);
	if (!bytes)
		abort();
	memcpy(bytes, read_bytes, length);
	free(read_bytes);
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(bytes, length);
	free(bytes);
}

/* Returns how many inputs there were. */
static int replay_folder(const char *folder)
{
	struct dirent **names;
	int found_count = scandir(folder, &names, NULL, alphasort);
	int replayed_count = 0;

	for (int i = 0; i < found_count; i++) {
		char path[PATH_MAX + NAME_MAX + 2];

		snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (names[i]->d_name[0] != '.') {
			replay(path);
			replayed_count++;
		}
		free(names[i]);
	}
	if (found_count >= 0)
		free(names);
	return replayed_count;
}

int main(int argc, char **argv)
{
	const char *name = strstr(argv[0], "fuzz_");
	const char *top = getenv("abs_top_srcdir");
	char folder[PATH_MAX];
	int count = argc - 1;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (argc == 1 && name) {
		while (strstr(name + 1, "fuzz_"))
			name = strstr(name + 1, "fuzz_");
		snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", top ? top : ".",
			 name + strlen("fuzz_"));
		count = replay_folder(folder);
	}
	printf("1..1\n%s 1 - %d recorded inputs do no harm\n", count > 0 ? "ok" : "not ok", count);
	return count > 0 ? 0 : 1;
}
