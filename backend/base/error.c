/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the one sentence of an error. Everything is formatted beside the object first, so that the
 * old sentence may be an argument of the new one.
 */
#include "backend/base/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ELLIPSIS "\xe2\x80\xa6"

static const char *const code_names[ERROR_COUNT] = {
	[ERROR_NONE] = "none",
	[ERROR_INVALID] = "invalid",
	[ERROR_UNKNOWN_COMMAND] = "unknown-command",
	[ERROR_SESSION_NOT_FOUND] = "session-not-found",
	[ERROR_SESSION_EXISTS] = "session-exists",
	[ERROR_CHANNEL_NOT_FOUND] = "channel-not-found",
	[ERROR_CHANNEL_EXISTS] = "channel-exists",
	[ERROR_EVENT_NOT_FOUND] = "event-not-found",
	[ERROR_EVENT_EXISTS] = "event-exists",
	[ERROR_NO_ENGINE] = "no-engine",
	[ERROR_NO_SESSION] = "no-session",
	[ERROR_STATE] = "state",
	[ERROR_UNSUPPORTED] = "unsupported",
	[ERROR_DENIED] = "denied",
	[ERROR_IO] = "io",
	[ERROR_NO_SPACE] = "no-space",
	[ERROR_PROTOCOL] = "protocol",
	[ERROR_TIMEOUT] = "timeout",
	[ERROR_BUSY] = "busy",
	[ERROR_GONE] = "gone",
	[ERROR_NOT_FOUND] = "not-found",
	[ERROR_CANCELED] = "canceled",
};

/* A cut must not leave half a character: goes back over continuation bytes to a whole one. */
static void cut_with_ellipsis(char message[ERROR_MESSAGE_MAX])
{
	size_t end = ERROR_MESSAGE_MAX - sizeof(ELLIPSIS);

	while (end > 0 && ((unsigned char)message[end] & 0xc0) == 0x80)
		end--;
	memcpy(message + end, ELLIPSIS, sizeof(ELLIPSIS));
}

/* Formats and cuts; true when it had to be cut. */
static bool __attribute__((format(printf, 2, 0)))
format_message(char out[ERROR_MESSAGE_MAX], const char *format, va_list arguments)
{
	int length = vsnprintf(out, ERROR_MESSAGE_MAX, format, arguments);

	if (length < 0)
		out[0] = '\0';
	if (length < ERROR_MESSAGE_MAX)
		return false;
	cut_with_ellipsis(out);
	return true;
}

static void append(char message[ERROR_MESSAGE_MAX], const char *separator, const char *tail)
{
	size_t length = strlen(message);
	int added = snprintf(message + length, ERROR_MESSAGE_MAX - length, "%s%s", separator, tail);

	if (added >= 0 && (size_t)added >= ERROR_MESSAGE_MAX - length)
		cut_with_ellipsis(message);
}

bool error_set(struct error *err, enum error_code code, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	va_list arguments;

	if (!err)
		return false;
	va_start(arguments, format);
	format_message(message, format, arguments);
	va_end(arguments);
	memcpy(err->message, message, sizeof(message));
	err->code = code;
	return false;
}

static enum error_code code_of_errno(int errno_value)
{
	switch (errno_value) {
	case ENOSPC:
	case EDQUOT:
		return ERROR_NO_SPACE;
	case EACCES:
	case EPERM:
		return ERROR_DENIED;
	default:
		return ERROR_IO;
	}
}

/* "Permission denied" begins small inside a sentence; "RPC failed" does not. */
static const char *system_words(int errno_value, char *room, size_t room_bytes)
{
	const char *words = strerror_r(errno_value, room, room_bytes);

	if (words != room)
		snprintf(room, room_bytes, "%s", words);
	if (room[0] >= 'A' && room[0] <= 'Z' && room[1] >= 'a' && room[1] <= 'z')
		room[0] = (char)(room[0] - 'A' + 'a');
	return room;
}

bool error_set_errno(struct error *err, int errno_value, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	char words[96];
	va_list arguments;
	bool is_cut;

	if (!err)
		return false;
	va_start(arguments, format);
	is_cut = format_message(message, format, arguments);
	va_end(arguments);
	if (!is_cut)
		append(message, ": ", system_words(errno_value, words, sizeof(words)));
	memcpy(err->message, message, sizeof(message));
	err->code = code_of_errno(errno_value);
	return false;
}

bool error_prefix(struct error *err, const char *format, ...)
{
	char message[ERROR_MESSAGE_MAX];
	va_list arguments;
	bool is_cut;

	if (!err)
		return false;
	va_start(arguments, format);
	is_cut = format_message(message, format, arguments);
	va_end(arguments);
	if (!is_cut)
		append(message, err->message[0] ? ": " : "", err->message);
	memcpy(err->message, message, sizeof(message));
	return false;
}

void error_copy(struct error *target, const struct error *source)
{
	static const struct error no_error = ERROR_INIT;

	if (target && target != source)
		*target = source ? *source : no_error;
}

const char *error_code_name(enum error_code code)
{
	if ((unsigned int)code >= ERROR_COUNT || !code_names[code])
		return "unknown";
	return code_names[code];
}
