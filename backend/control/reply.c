/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers on their way out: lines as they are printed, or one JSON document at the end. Warnings
 * and errors go to the log as well, with the command they belong to.
 */
#include "backend/control/reply.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/filter/filter.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/self_trace.h"
#include "backend/base/text.h"
#include "backend/control/mi.h"

#define COLUMNS_USUAL 100 /* where nobody says how wide the screen is */

struct reply {
	struct request *request;
	char *command_name;
	uint64_t begin_ns;	  /* monotonic */
	struct text command_line; /* made when first asked for */
	struct json *output;
	struct json *warnings;
	struct json *errors;
};

/* Set once by the model, before the first command. */
static struct {
	void (*publish)(void *data);
	void *data;
} before_done;

void reply_set_before_done(void (*publish)(void *data), void *data)
{
	before_done.publish = publish;
	before_done.data = data;
}

struct reply *reply_create(struct request *request, const char *command_name)
{
	struct reply *reply = mem_zalloc(sizeof(*reply));

	reply->request = request;
	reply->command_name = mem_strdup(command_name);
	reply->begin_ns = clock_monotonic_ns();
	reply->output = json_create_object();
	reply->warnings = json_create_array();
	reply->errors = json_create_array();
	return reply;
}

const struct requester *reply_requester(const struct reply *reply)
{
	return &reply->request->who;
}

static void add_command_line(struct text *line, const struct request *request)
{
	for (size_t i = 0; i < request->word_count; i++) {
		if (i > 0)
			text_add_char(line, ' ');
		text_add_quoted(line, request->words[i]);
	}
}

const char *reply_command_line(const struct reply *reply)
{
	struct text *line = &((struct reply *)reply)->command_line; /* a cache, no change */

	if (!line->bytes)
		add_command_line(line, reply->request);
	return text_str(line);
}

static void write_answer(const struct reply *reply, enum answer_kind kind, const struct text *text)
{
	const struct answer_sink *answer = &reply->request->answer;

	if (text->length > 0)
		answer->write(answer->data, kind, text->bytes, text->length);
}

/* The sanitiser cuts what is very long, so it gets one line at a time. */
static void add_sane_lines(struct text *out, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		const char *line_end = newline ? newline : end;

		text_add_sane(out, bytes, (size_t)(line_end - bytes), TEXT_SANE_LINES);
		if (newline)
			text_add_char(out, '\n');
		bytes = newline ? newline + 1 : end;
	}
}

__attribute__((format(printf, 1, 0))) static char *format_text(const char *format, va_list values)
{
	char *text;

	if (vasprintf(&text, format, values) < 0)
		abort(); /* no memory, as mem_alloc does */
	return text;
}

/* A pipe or file gets names as they are; only a terminal could be harmed by them. */
void reply_print(struct reply *reply, const char *format, ...)
{
	const struct requester *who = reply_requester(reply);
	struct text out = {0};
	va_list values;
	char *text;

	if (who->wants_json || who->wants_mi || who->is_quiet)
		return;
	va_start(values, format);
	text = format_text(format, values);
	va_end(values);
	if (who->is_terminal)
		add_sane_lines(&out, text, strlen(text));
	else
		text_add(&out, text);
	write_answer(reply, ANSWER_OUTPUT, &out);
	text_finish(&out);
	free(text);
}

/* "Warning: SENTENCE.", on one line. Standard error may be a terminal whatever the output is. */
static void write_sentence(const struct reply *reply, const char *label, const char *sentence)
{
	struct text out = {0};
	size_t length = strlen(sentence);

	if (reply_requester(reply)->is_quiet)
		return;
	text_add(&out, label);
	text_add_sane(&out, sentence, length, TEXT_SANE_LINE);
	if (length == 0 || !strchr(".?!", sentence[length - 1]))
		text_add_char(&out, '.');
	text_add_char(&out, '\n');
	write_answer(reply, ANSWER_ERROR, &out);
	text_finish(&out);
}

void reply_warn(struct reply *reply, const char *format, ...)
{
	va_list values;
	char *sentence;

	va_start(values, format);
	sentence = format_text(format, values);
	va_end(values);
	json_put_text(json_add_object(reply->warnings), "message", sentence);
	log_command(LOG_LEVEL_WARNING, reply_command_line(reply), sentence);
	write_sentence(reply, "Warning: ", sentence);
	free(sentence);
}

void reply_error(struct reply *reply, const struct error *err)
{
	struct json *entry = json_add_object(reply->errors);

	json_put_text(entry, "code", error_code_name(err->code));
	json_put_text(entry, "message", err->message);
	log_command(LOG_LEVEL_ERROR, reply_command_line(reply), err->message);
	write_sentence(reply, "Error: ", err->message);
}

/* The last entry of the list is the problem's. */
static void show_place(struct reply *reply, struct json *list, const char *expression,
		       const struct filter_problem *problem)
{
	const struct requester *who = reply_requester(reply);
	struct json *entry = json_at(list, json_count(list) - 1);
	struct text lines = {0};

	json_put_u64(entry, "begin", problem->begin);
	json_put_u64(entry, "end", problem->end);
	if (who->is_quiet)
		return;
	filter_print_caret(expression, problem, who->columns ? (int)who->columns : COLUMNS_USUAL,
			   &lines);
	write_answer(reply, ANSWER_ERROR, &lines);
	text_finish(&lines);
}

void reply_warn_at(struct reply *reply, const char *expression,
		   const struct filter_problem *problem)
{
	reply_warn(reply, "%s", problem->error.message);
	show_place(reply, reply->warnings, expression, problem);
}

void reply_error_at(struct reply *reply, const char *expression,
		    const struct filter_problem *problem)
{
	reply_error(reply, &problem->error);
	show_place(reply, reply->errors, expression, problem);
}

bool reply_has_errors(const struct reply *reply)
{
	return json_count(reply->errors) > 0;
}

struct json *reply_json(struct reply *reply)
{
	return reply->output;
}

bool reply_is_abandoned(const struct reply *reply)
{
	const struct answer_sink *answer = &reply->request->answer;

	return answer->is_gone && answer->is_gone(answer->data);
}

/* Hands the three parts over to the document. */
static void write_document(struct reply *reply, enum exit_status status)
{
	struct json *document = json_create_object();
	struct text line = {0};

	json_put_text(document, "command", reply->command_name);
	json_put_i64(document, "status", status);
	json_put(document, "output", reply->output);
	json_put(document, "warnings", reply->warnings);
	json_put(document, "errors", reply->errors);
	json_print(document, &line);
	text_add_char(&line, '\n');
	write_answer(reply, ANSWER_OUTPUT, &line);
	text_finish(&line);
	json_unref(document);
	reply->output = NULL;
	reply->warnings = NULL;
	reply->errors = NULL;
}

static void write_xml(const struct reply *reply, enum exit_status status)
{
	struct text document = {0};

	mi_print(reply->command_name, reply->output, status == STATUS_OK, &document);
	write_answer(reply, ANSWER_OUTPUT, &document);
	text_finish(&document);
}

void reply_done(struct reply *reply, enum exit_status status)
{
	const struct answer_sink *answer = &reply->request->answer;

	assert(status >= STATUS_OK && status <= STATUS_WARNING);
	if (before_done.publish)
		before_done.publish(before_done.data);
	if (reply_requester(reply)->wants_json)
		write_document(reply, status);
	else if (reply_requester(reply)->wants_mi)
		write_xml(reply, status);
	self_trace_command(reply_command_line(reply), (int)status,
			   clock_monotonic_ns() - reply->begin_ns);
	answer->done(answer->data, (int)status);
	json_unref(reply->output);
	json_unref(reply->warnings);
	json_unref(reply->errors);
	text_finish(&reply->command_line);
	free(reply->command_name);
	request_destroy(reply->request);
	free(reply);
}

void reply_fail(struct reply *reply, const struct error *err)
{
	reply_error(reply, err);
	reply_done(reply, err->code == ERROR_UNKNOWN_COMMAND ? STATUS_UNDEFINED : STATUS_ERROR);
}
