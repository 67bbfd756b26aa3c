/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the line up to the cursor as the shell would, then asks the table what may stand there. */
#include "console/complete.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/mem.h"
#include "backend/control/command.h"
#include "backend/source/context.h"

#define FILES_MAX 512 /* of one folder; more would not be read anyway */

/* The line up to the cursor: whole words, and the one that is being typed. */
struct typed {
	struct word_list words;
	struct text word; /* without its quotes */
	size_t begin;
};

static const char *const loglevels[] = {
	"TRACE_EMERG",		"TRACE_ALERT",	       "TRACE_CRIT",	     "TRACE_ERR",
	"TRACE_WARNING",	"TRACE_NOTICE",	       "TRACE_INFO",	     "TRACE_DEBUG_SYSTEM",
	"TRACE_DEBUG_PROGRAM",	"TRACE_DEBUG_PROCESS", "TRACE_DEBUG_MODULE", "TRACE_DEBUG_UNIT",
	"TRACE_DEBUG_FUNCTION", "TRACE_DEBUG_LINE",    "TRACE_DEBUG",
};

/* ---- reading ---- */

static void end_word(struct typed *typed, bool *is_inside)
{
	if (*is_inside)
		word_list_add(&typed->words, text_str(&typed->word));
	text_clear(&typed->word);
	*is_inside = false;
}

static void begin_command(struct typed *typed)
{
	word_list_finish(&typed->words);
	typed->words = (struct word_list){0};
}

/* text_split_command() refuses what is half typed; this takes open quotes as they come. */
static void read_typed(struct typed *typed, const char *line, size_t point)
{
	bool is_inside = false;
	char quote = '\0';

	for (size_t i = 0; i < point; i++) {
		char byte = line[i];

		if (quote && byte == quote) {
			quote = '\0';
			continue;
		}
		if (!quote && (byte == ' ' || byte == '\t' || byte == ';')) {
			end_word(typed, &is_inside);
			if (byte == ';')
				begin_command(typed);
			continue;
		}
		if (!is_inside)
			typed->begin = i;
		is_inside = true;
		if (!quote && (byte == '\'' || byte == '"')) {
			quote = byte;
			continue;
		}
		if (byte == '\\' && quote != '\'' && i + 1 < point)
			byte = line[++i];
		text_add_char(&typed->word, byte);
	}
	if (!is_inside)
		typed->begin = point;
}

static void typed_finish(struct typed *typed)
{
	word_list_finish(&typed->words);
	text_finish(&typed->word);
}

/* ---- candidates ---- */

struct offer {
	const struct complete_context *context;
	const char *prefix; /* what was typed of the word, or of the value behind '=' */
	const char *before; /* goes before each candidate: "--session=" */
	struct word_list *matches;
};

static void offer_word(const struct offer *offer, const char *word)
{
	struct text quoted = {0};
	struct text whole = {0};

	if (!*word || strncmp(word, offer->prefix, strlen(offer->prefix)) != 0)
		return;
	text_addf(&whole, "%s%s", offer->before, word);
	text_add_quoted(&quoted, text_str(&whole));
	word_list_add(offer->matches, text_str(&quoted));
	text_finish(&quoted);
	text_finish(&whole);
}

static void offer_commands(const struct offer *offer)
{
	for (size_t i = 0; i < command_count; i++) {
		if (!(command_table[i]->flags & COMMAND_HIDDEN))
			offer_word(offer, command_table[i]->name);
	}
	for (size_t i = 0; i < offer->context->verb_count; i++)
		offer_word(offer, offer->context->verbs[i].name);
}

static void offer_sessions(const struct offer *offer)
{
	const struct picture *picture = offer->context->picture;

	for (size_t i = 0; i < picture->session_count; i++)
		offer_word(offer, picture->sessions[i].name);
}

static void offer_channels(const struct offer *offer)
{
	const struct picture *picture = offer->context->picture;

	for (size_t i = 0; i < picture->channel_count; i++) {
		if (picture->channels[i].session_id == offer->context->session_id)
			offer_word(offer, picture->channels[i].name);
	}
}

static void offer_events(const struct offer *offer)
{
	const struct picture *picture = offer->context->picture;

	for (size_t i = 0; i < picture->event_count; i++)
		offer_word(offer, picture->events[i].name);
}

static void offer_rules(const struct offer *offer)
{
	const struct picture *picture = offer->context->picture;

	for (size_t i = 0; i < picture->event_count; i++) {
		if (picture->events[i].session_id == offer->context->session_id)
			offer_word(offer, picture->events[i].is_rule ? picture->events[i].name
								     : picture->events[i].rule);
	}
}

static void offer_contexts(const struct offer *offer)
{
	char counter[CONTEXT_NAME_MAX];

	for (size_t i = 0; i < context_type_count; i++)
		offer_word(offer, context_type_table[i].name);
	for (size_t i = 0; context_perf_name(i); i++) {
		snprintf(counter, sizeof(counter), "perf:thread:%s", context_perf_name(i));
		offer_word(offer, counter);
	}
}

static void offer_loglevels(const struct offer *offer)
{
	for (size_t i = 0; i < COUNT_OF(loglevels); i++)
		offer_word(offer, loglevels[i]);
}

static bool is_folder(DIR *folder, const char *name)
{
	struct stat status;

	return fstatat(dirfd(folder), name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

/* The folder named by the first `length` bytes of what was typed. */
static DIR *open_folder(const struct offer *offer, size_t length)
{
	struct text path = {0};
	DIR *folder;

	if (offer->prefix[0] != '/' && offer->context->directory)
		text_addf(&path, "%s/", offer->context->directory);
	text_add_bytes(&path, offer->prefix, length);
	folder = opendir(path.length ? text_str(&path) : ".");
	text_finish(&path);
	return folder;
}

static void offer_files(const struct offer *offer)
{
	const char *slash = strrchr(offer->prefix, '/');
	size_t length = slash ? (size_t)(slash + 1 - offer->prefix) : 0;
	DIR *folder = open_folder(offer, length);
	struct dirent *entry;

	for (int i = 0; folder && i < FILES_MAX && (entry = readdir(folder)); i++) {
		struct text name = {0};

		if (entry->d_name[0] == '.' && offer->prefix[length] != '.')
			continue;
		text_add_bytes(&name, offer->prefix, length);
		text_add(&name, entry->d_name);
		if (is_folder(folder, entry->d_name))
			text_add_char(&name, '/');
		offer_word(offer, text_str(&name));
		text_finish(&name);
	}
	if (folder)
		closedir(folder);
}

static void (*const offers[])(const struct offer *offer) = {
	[COMPLETE_FILE] = offer_files,	     [COMPLETE_SESSION] = offer_sessions,
	[COMPLETE_CHANNEL] = offer_channels, [COMPLETE_EVENT] = offer_events,
	[COMPLETE_RULE] = offer_rules,	     [COMPLETE_LOGLEVEL] = offer_loglevels,
	[COMPLETE_CONTEXT] = offer_contexts, [COMPLETE_COMMAND] = offer_commands,
	[COMPLETE_PROGRAM] = offer_files,
};

static void offer_kind(const struct offer *offer, enum complete_kind kind)
{
	if ((size_t)kind < COUNT_OF(offers) && offers[kind])
		offers[kind](offer);
}

/* ---- what may stand here ---- */

static const struct option_spec *find_option(const struct command *command, const char *word)
{
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < command->option_count; i++) {
		const struct option_spec *option = &command->options[i];

		if (!strncmp(word, "--", 2) && option->name && strlen(option->name) == length - 2 &&
		    !strncmp(word + 2, option->name, length - 2))
			return option;
		if (word[0] == '-' && word[1] && word[1] == option->letter && !word[2])
			return option;
	}
	return NULL;
}

static void offer_options(struct offer *offer, const struct command *command)
{
	for (size_t i = 0; i < command->option_count; i++) {
		struct text name = {0};

		if (!command->options[i].name)
			continue;
		text_addf(&name, "--%s", command->options[i].name);
		offer_word(offer, text_str(&name));
		text_finish(&name);
	}
}

static void offer_for_command(struct offer *offer, const struct command *command,
			      const struct typed *typed)
{
	const char *word = text_str(&typed->word);
	const char *previous = typed->words.words[typed->words.count - 1];
	const struct option_spec *option = find_option(command, previous);
	char *before = NULL;

	if (typed->words.count > 1 && option && option->kind == OPTION_TEXT &&
	    !strchr(previous, '=')) {
		offer_kind(offer, option->complete);
		return;
	}
	option = strchr(word, '=') ? find_option(command, word) : NULL;
	if (option && !strncmp(word, "--", 2)) {
		before = mem_strndup(word, strcspn(word, "=") + 1);
		offer->before = before;
		offer->prefix = word + strlen(before);
		offer_kind(offer, option->complete);
		free(before);
		return;
	}
	if (word[0] == '-')
		offer_options(offer, command);
	else
		offer_kind(offer, command->complete);
}

static void offer_for_verb(const struct offer *offer, const struct complete_verb *verb,
			   const struct typed *typed)
{
	struct word_list candidates = {0};

	if (!verb->arguments)
		return;
	verb->arguments(typed->words.count, (const char *const *)typed->words.words, &candidates);
	for (size_t i = 0; i < candidates.count; i++)
		offer_word(offer, candidates.words[i]);
	word_list_finish(&candidates);
}

static void offer_arguments(struct offer *offer, const struct typed *typed)
{
	const struct complete_context *context = offer->context;
	const struct command *command = command_find(typed->words.words[0]);

	for (size_t i = 0; i < context->verb_count; i++) {
		if (!strcmp(context->verbs[i].name, typed->words.words[0]))
			offer_for_verb(offer, &context->verbs[i], typed);
	}
	if (command)
		offer_for_command(offer, command, typed);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_once_each(struct word_list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->words, list->count, sizeof(*list->words), compare_words);
	for (size_t i = 0; i < list->count; i++) {
		if (kept > 0 && !strcmp(list->words[kept - 1], list->words[i]))
			free(list->words[i]);
		else
			list->words[kept++] = list->words[i];
	}
	list->count = kept;
	list->words[kept] = NULL;
}

size_t complete_find(const struct complete_context *context, const char *line, size_t point,
		     struct word_list *matches)
{
	struct typed typed = {0};
	struct offer offer = {.context = context, .before = "", .matches = matches};

	read_typed(&typed, line, point);
	offer.prefix = text_str(&typed.word);
	if (typed.words.count == 0)
		offer_commands(&offer);
	else
		offer_arguments(&offer, &typed);
	sort_once_each(matches);
	point = typed.begin;
	typed_finish(&typed);
	return point;
}

/* ---- Tab ---- */

static size_t common_length(const struct word_list *list)
{
	size_t length = strlen(list->words[0]);

	for (size_t i = 1; i < list->count; i++) {
		size_t same = 0;

		while (same < length && list->words[i][same] == list->words[0][same])
			same++;
		length = same;
	}
	/* Not in the middle of a character. */
	while (length > 0 && ((unsigned char)list->words[0][length] & 0xc0) == 0x80)
		length--;
	return length;
}

static void add_whole_word(struct text *replacement, const char *word)
{
	size_t length = strlen(word);

	text_add(replacement, word);
	if (length == 0 || (word[length - 1] != '/' && word[length - 1] != '='))
		text_add_char(replacement, ' ');
}

bool completion_step(struct completion *completion, complete_function *complete, void *data,
		     const char *line, size_t point, struct text *replacement)
{
	struct word_list *matches = &completion->matches;
	size_t common;

	if (matches->count > 1) {
		completion->chosen = completion->chosen % matches->count + 1;
		text_add(replacement, matches->words[completion->chosen - 1]);
		return true;
	}
	completion_end(completion);
	completion->begin = complete(data, line, point, matches);
	if (matches->count == 0)
		return false;
	if (matches->count == 1) {
		add_whole_word(replacement, matches->words[0]);
		completion_end(completion);
		return true;
	}
	common = common_length(matches);
	if (common <= point - completion->begin)
		return false;
	text_add_bytes(replacement, matches->words[0], common);
	return true;
}

void completion_end(struct completion *completion)
{
	word_list_finish(&completion->matches);
	completion->matches = (struct word_list){0};
	completion->chosen = 0;
}
