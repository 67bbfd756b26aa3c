/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any filter as bytecode: it is refused, or LTTng-UST can run it without harm. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/ust/bytecode.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/bytecode_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct lttng_ust_abi_filter_bytecode *bytecode = NULL;
	char *text = mem_alloc(length + 1);
	struct filter *filter;

	if (length)
		memcpy(text, bytes, length);
	text[length] = '\0';
	filter = filter_parse(text, NULL);
	if (filter) {
		bytecode = ust_bytecode_compile(filter, &problem);
		assert(ust_bytecode_check(filter, NULL) == (bytecode != NULL));
		assert(bytecode ? !bytecode_walk(bytecode) : error_is_set(&problem.error));
	}
	free(bytecode);
	filter_destroy(filter);
	free(text);
	return 0;
}
