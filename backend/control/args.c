/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options and arguments of a command through popt, which lttng uses too, so that every habit of its
 * grammar is the same here. What popt finds is copied: nothing of it outlives args_parse().
 */
#include "backend/control/args.h"

#include <stdlib.h>
#include <string.h>

#include <popt.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

/* One option as it was given. */
struct occurrence {
	const char *name; /* of the table */
	char *value;	  /* NULL: flag, or optional value left out */
};

struct args {
	struct occurrence *occurrences; /* in the order of the command line */
	size_t occurrence_count;
	size_t occurrence_room;
	struct word_list arguments;
};

static const struct option_spec common_options[] = {
	{"help", 'h', OPTION_FLAG, NULL, "Show this help", COMPLETE_NOTHING},
	{"list-options", 0, OPTION_FLAG, NULL, "List the options", COMPLETE_NOTHING},
};

static const struct option_spec *spec_of(const struct option_spec *options, size_t option_count,
					 size_t index)
{
	return index < option_count ? &options[index] : &common_options[index - option_count];
}

/* popt's form of the table; option i is reported as i + 1. Caller frees it. */
static struct poptOption *make_popt_table(const struct option_spec *options, size_t option_count)
{
	size_t count = option_count + COUNT_OF(common_options);
	struct poptOption *table = mem_zalloc((count + 1) * sizeof(*table));

	for (size_t i = 0; i < count; i++) {
		const struct option_spec *spec = spec_of(options, option_count, i);

		table[i].longName = spec->name;
		table[i].shortName = spec->letter;
		table[i].val = (int)i + 1;
		table[i].argInfo = spec->kind == OPTION_FLAG ? POPT_ARG_NONE : POPT_ARG_STRING;
		if (spec->kind == OPTION_OPTIONAL_TEXT)
			table[i].argInfo |= POPT_ARGFLAG_OPTIONAL;
	}
	return table;
}

static void add_occurrence(struct args *args, const struct option_spec *spec, const char *value)
{
	struct occurrence *occurrence;

	args->occurrences = mem_grow(args->occurrences, args->occurrence_count,
				     &args->occurrence_room, sizeof(*args->occurrences));
	occurrence = &args->occurrences[args->occurrence_count++];
	occurrence->name = spec->name;
	occurrence->value = value ? mem_strdup(value) : NULL;
}

static bool fail_at_option(poptContext context, int result, struct error *err)
{
	const char *option = poptBadOption(context, POPT_BADOPTION_NOALIAS);

	switch (result) {
	case POPT_ERROR_BADOPT:
		return error_set(err, ERROR_UNKNOWN_COMMAND, "unknown option '%s'", option);
	case POPT_ERROR_NOARG:
		return error_set(err, ERROR_INVALID, "option '%s' needs a value", option);
	case POPT_ERROR_UNWANTEDARG:
		return error_set(err, ERROR_INVALID, "option '%s' takes no value", option);
	default:
		return error_set(err, ERROR_INVALID, "option '%s': %s", option,
				 poptStrerror(result));
	}
}

static bool read_options(poptContext context, const struct option_spec *options,
			 size_t option_count, struct args *args, struct error *err)
{
	int result;

	while ((result = poptGetNextOpt(context)) > 0) {
		char *value = poptGetOptArg(context);

		add_occurrence(args, spec_of(options, option_count, (size_t)result - 1), value);
		free(value);
	}
	return result == -1 || fail_at_option(context, result, err);
}

struct args *args_parse(const struct option_spec *options, size_t option_count,
			bool stops_at_argument, size_t word_count, const char *const *words,
			struct error *err)
{
	struct args *args = mem_zalloc(sizeof(*args));
	struct poptOption *table = make_popt_table(options, option_count);
	unsigned int flags = stops_at_argument ? POPT_CONTEXT_POSIXMEHARDER : 0;
	poptContext context =
		poptGetContext(words[0], (int)word_count, (const char **)words, table, flags);
	bool is_valid = read_options(context, options, option_count, args, err);
	const char **rest = is_valid ? poptGetArgs(context) : NULL;

	for (; rest && *rest; rest++)
		word_list_add(&args->arguments, *rest);
	poptFreeContext(context);
	free(table);
	if (is_valid)
		return args;
	args_destroy(args);
	return NULL;
}

void args_destroy(struct args *args)
{
	if (!args)
		return;
	for (size_t i = 0; i < args->occurrence_count; i++)
		free(args->occurrences[i].value);
	free(args->occurrences);
	word_list_finish(&args->arguments);
	free(args);
}

/* The place of the last `name`, counted from 1; 0 if it was not given. */
static size_t last_place(const struct args *args, const char *name)
{
	for (size_t i = args->occurrence_count; i > 0; i--)
		if (strcmp(args->occurrences[i - 1].name, name) == 0)
			return i;
	return 0;
}

bool args_has(const struct args *args, const char *name)
{
	return last_place(args, name) > 0;
}

const char *args_text(const struct args *args, const char *name)
{
	size_t place = last_place(args, name);

	return place > 0 ? args->occurrences[place - 1].value : NULL;
}

size_t args_text_count(const struct args *args, const char *name)
{
	size_t count = 0;

	for (size_t i = 0; i < args->occurrence_count; i++)
		count += strcmp(args->occurrences[i].name, name) == 0;
	return count;
}

const char *args_text_at(const struct args *args, const char *name, size_t index)
{
	for (size_t i = 0; i < args->occurrence_count; i++)
		if (strcmp(args->occurrences[i].name, name) == 0 && index-- == 0)
			return args->occurrences[i].value;
	return NULL;
}

bool args_is_last(const struct args *args, const char *name, const char *contrary)
{
	return last_place(args, name) > last_place(args, contrary);
}

size_t args_count(const struct args *args)
{
	return args->arguments.count;
}

const char *args_at(const struct args *args, size_t index)
{
	return index < args->arguments.count ? args->arguments.words[index] : NULL;
}
