/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines as people and scripts type them: split, parsed, looked up. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/args.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const struct option_spec table[] = {
	{"session", 's', OPTION_TEXT, "NAME", "a value", COMPLETE_SESSION},
	{"live", 0, OPTION_OPTIONAL_TEXT, "TIME", "a value or none", COMPLETE_NOTHING},
	{"all", 'a', OPTION_FLAG, NULL, "a flag", COMPLETE_NOTHING},
};

static void parse(const struct word_list *words, bool stops_at_argument)
{
	struct error err = ERROR_INIT;
	struct args *args = args_parse(table, COUNT_OF(table), stops_at_argument, words->count,
				       (const char *const *)words->words, &err);

	assert(args || error_is_set(&err));
	if (args)
		assert(args_count(args) < words->count);
	args_destroy(args);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *line = mem_strndup((const char *)bytes, length);
	const char *rest = line;
	struct error err = ERROR_INIT;

	while (*rest) {
		struct word_list words = {0};
		const char *next;
		bool is_split = text_split_command(rest, &words, &next, &err);

		if (is_split && words.count > 0) {
			parse(&words, false);
			parse(&words, true);
		}
		word_list_finish(&words);
		if (!is_split)
			break;
		rest = next;
	}
	free(line);
	return 0;
}
