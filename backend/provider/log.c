/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracon_log(): a provider of the library's own, tracon_log, with one event for each level. The
 * text is formatted on the caller's stack; what does not fit is cut.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "provider.h"

#define LOG_EVENT(EVENT, name, level)                                                              \
	EVENT(tracon_log, name, level, (string, file), (int, int32_t, line), (string, function),   \
	      (text, message))
#define LOG_EVENTS(EVENT)                                                                          \
	LOG_EVENT(EVENT, emergency, TRACON_EMERGENCY)                                              \
	LOG_EVENT(EVENT, alert, TRACON_ALERT)                                                      \
	LOG_EVENT(EVENT, critical, TRACON_CRITICAL)                                                \
	LOG_EVENT(EVENT, error, TRACON_ERROR)                                                      \
	LOG_EVENT(EVENT, warning, TRACON_WARNING)                                                  \
	LOG_EVENT(EVENT, notice, TRACON_NOTICE)                                                    \
	LOG_EVENT(EVENT, info, TRACON_INFO)                                                        \
	LOG_EVENT(EVENT, debug_system, TRACON_DEBUG_SYSTEM)                                        \
	LOG_EVENT(EVENT, debug_program, TRACON_DEBUG_PROGRAM)                                      \
	LOG_EVENT(EVENT, debug_process, TRACON_DEBUG_PROCESS)                                      \
	LOG_EVENT(EVENT, debug_module, TRACON_DEBUG_MODULE)                                        \
	LOG_EVENT(EVENT, debug_unit, TRACON_DEBUG_UNIT)                                            \
	LOG_EVENT(EVENT, debug_function, TRACON_DEBUG_FUNCTION)                                    \
	LOG_EVENT(EVENT, debug_line, TRACON_DEBUG_LINE)                                            \
	LOG_EVENT(EVENT, debug, TRACON_DEBUG)

TRACON_PROVIDER(tracon_log, LOG_EVENTS)
TRACON_PROVIDER_DEFINE(tracon_log, LOG_EVENTS)

const unsigned char *const tracon_log_flags = tracon_flags_tracon_log;

static void (*const record[])(int, const char *, int32_t, const char *, const char *, size_t) = {
	tracon_record_tracon_log_emergency,	 tracon_record_tracon_log_alert,
	tracon_record_tracon_log_critical,	 tracon_record_tracon_log_error,
	tracon_record_tracon_log_warning,	 tracon_record_tracon_log_notice,
	tracon_record_tracon_log_info,		 tracon_record_tracon_log_debug_system,
	tracon_record_tracon_log_debug_program,	 tracon_record_tracon_log_debug_process,
	tracon_record_tracon_log_debug_module,	 tracon_record_tracon_log_debug_unit,
	tracon_record_tracon_log_debug_function, tracon_record_tracon_log_debug_line,
	tracon_record_tracon_log_debug,
};

void tracon_log_record(enum tracon_level level, const char *file, int line, const char *function,
		       const char *format, ...)
{
	int saved_errno = errno;
	char text[1024];
	va_list arguments;
	int length;

	if ((unsigned int)level >= sizeof(record) / sizeof(record[0]))
		return;
	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length < 0)
		length = 0;
	if ((size_t)length >= sizeof(text))
		length = sizeof(text) - 1;
	record[level](0, file, line, function, text, (size_t)length);
	errno = saved_errno;
}
