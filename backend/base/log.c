/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: one for the process. Readers of the ring never wait for the disk: the file has a lock of
 * its own, which keeps its lines in the order of the ring too.
 */
#include "backend/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"

#define FILE_BYTES_MAX ((off_t)1024 * 1024)
#define ELLIPSIS       "\xe2\x80\xa6"

/* As long as its texts are: most are short, and there are many. */
struct kept {
	uint64_t wall_ns;
	enum log_level level;
	char *texts;  /* command, NUL, text, NUL */
	char *detail; /* or NULL */
};

static struct {
	/* Held while an entry is written to the file; ring_lock may be taken inside. */
	pthread_mutex_t file_lock;
	int fd;
	char *path;
	off_t file_bytes;

	/* Protects all below; nothing else is taken inside. */
	pthread_mutex_t ring_lock;
	struct kept ring[LOG_RING_COUNT]; /* entry N is at N % LOG_RING_COUNT */
	size_t detail_bytes;		  /* of all details */
	uint64_t detail_serial;		  /* entries up to this one have none */
	uint64_t last_serial;
	void (*wake)(void *data);
	void *wake_data;

	atomic_int level;
} the_log = {
	.file_lock = PTHREAD_MUTEX_INITIALIZER,
	.fd = -1,
	.ring_lock = PTHREAD_MUTEX_INITIALIZER,
	.level = LOG_LEVEL_INFO,
};

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

/* Never through a link, never into anything but a file of ours. file_lock is held. */
static void open_file(void)
{
	struct stat status;

	the_log.fd =
		open(the_log.path,
		     O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
		     0600);
	if (the_log.fd < 0)
		return;
	if (fstat(the_log.fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    status.st_uid != geteuid()) {
		fd_close(&the_log.fd);
		return;
	}
	the_log.file_bytes = status.st_size;
}

static void close_file(void)
{
	fd_close(&the_log.fd);
	free(the_log.path);
	the_log.path = NULL;
}

void log_open(const char *path)
{
	pthread_mutex_lock(&the_log.file_lock);
	close_file();
	if (path) {
		the_log.path = mem_strdup(path);
		open_file();
	}
	pthread_mutex_unlock(&the_log.file_lock);
}

void log_close(void)
{
	log_open(NULL);
}

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&the_log.level, (int)level, memory_order_relaxed);
}

static void rotate_file(void)
{
	char *old = mem_printf("%s.1", the_log.path);

	fd_close(&the_log.fd);
	/* If it can't be moved the log would grow without end: then there is no file any more. */
	if (rename(the_log.path, old) == 0)
		open_file();
	free(old);
}

/* "2026-11-22 04:19:06 warning text [command]" */
static void format_line(struct text *line, const struct log_entry *entry)
{
	char when[CLOCK_TEXT_MAX];
	struct tm local;

	if (!clock_local(entry->wall_ns, &local) ||
	    !strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &local))
		when[0] = '\0';
	text_addf(line, "%s %s %s", when, level_names[entry->level], entry->text);
	if (entry->command[0])
		text_addf(line, " [%s]", entry->command);
	text_add_char(line, '\n');
}

/* file_lock is held. */
static void write_file(const struct log_entry *entry)
{
	struct text line = {0};

	if (the_log.fd < 0)
		return;
	format_line(&line, entry);
	if (the_log.file_bytes + (off_t)line.length > FILE_BYTES_MAX)
		rotate_file();
	if (the_log.fd >= 0 && fd_write_all(the_log.fd, line.bytes, line.length))
		the_log.file_bytes += (off_t)line.length;
	text_finish(&line);
}

/* Sanitised, and cut at the end of a character. */
static void copy_sane(char out[ERROR_MESSAGE_MAX], const char *text)
{
	struct text sane = {0};
	size_t length;

	text_add_sane(&sane, text, strlen(text), TEXT_SANE_LINE);
	length = sane.length;
	if (length >= ERROR_MESSAGE_MAX) {
		length = ERROR_MESSAGE_MAX - sizeof(ELLIPSIS);
		while (length > 0 && ((unsigned char)sane.bytes[length] & 0xc0) == 0x80)
			length--;
		memcpy(out + length, ELLIPSIS, sizeof(ELLIPSIS));
	} else {
		out[length] = '\0';
	}
	if (length)
		memcpy(out, sane.bytes, length);
	text_finish(&sane);
}

static char *cut_detail(const char *detail)
{
	struct text sane = {0};

	while (*detail) {
		size_t line = strcspn(detail, "\n");

		/* Sanitised it is longer. */
		if (sane.length + line > LOG_DETAIL_MAX)
			break;
		text_add_sane(&sane, detail, line, TEXT_SANE_LINE);
		text_add_char(&sane, '\n');
		detail += line + (detail[line] == '\n');
	}
	if (*detail)
		text_add(&sane, ELLIPSIS "\n");
	return text_take(&sane);
}

/* ring_lock is held. */
static void drop_detail(uint64_t serial)
{
	char **detail = &the_log.ring[serial % LOG_RING_COUNT].detail;

	if (*detail)
		the_log.detail_bytes -= strlen(*detail) + 1;
	free(*detail);
	*detail = NULL;
}

/* The entry's place was another's before. The oldest details go first. ring_lock is held. */
static void keep_detail(uint64_t serial, char *detail)
{
	drop_detail(serial);
	the_log.ring[serial % LOG_RING_COUNT].detail = detail;
	the_log.detail_bytes += detail ? strlen(detail) + 1 : 0;
	if (the_log.detail_serial + LOG_RING_COUNT < serial)
		the_log.detail_serial = serial - LOG_RING_COUNT;
	while (the_log.detail_bytes > LOG_DETAILS_MAX && the_log.detail_serial + 1 < serial)
		drop_detail(++the_log.detail_serial);
}

/* ring_lock is held. */
static void keep(const struct log_entry *entry)
{
	struct kept *kept = &the_log.ring[entry->serial % LOG_RING_COUNT];
	size_t command_bytes = strlen(entry->command) + 1;
	size_t text_bytes = strlen(entry->text) + 1;

	kept->wall_ns = entry->wall_ns;
	kept->level = entry->level;
	free(kept->texts);
	kept->texts = mem_alloc(command_bytes + text_bytes);
	memcpy(kept->texts, entry->command, command_bytes);
	memcpy(kept->texts + command_bytes, entry->text, text_bytes);
}

/* ring_lock is held. */
static void copy_out(uint64_t serial, struct log_entry *entry)
{
	const struct kept *kept = &the_log.ring[serial % LOG_RING_COUNT];
	size_t command_bytes = strlen(kept->texts) + 1;

	entry->serial = serial;
	entry->wall_ns = kept->wall_ns;
	entry->level = kept->level;
	memcpy(entry->command, kept->texts, command_bytes);
	memcpy(entry->text, kept->texts + command_bytes, strlen(kept->texts + command_bytes) + 1);
}

static void add_entry(enum log_level level, const char *command, const char *text,
		      const char *detail)
{
	struct log_entry entry = {.level = level};
	void (*wake)(void *data);
	char *kept = detail ? cut_detail(detail) : NULL;
	void *wake_data;

	copy_sane(entry.text, text);
	copy_sane(entry.command, command);

	pthread_mutex_lock(&the_log.file_lock);
	entry.wall_ns = clock_wall_ns();
	pthread_mutex_lock(&the_log.ring_lock);
	entry.serial = ++the_log.last_serial;
	keep(&entry);
	keep_detail(entry.serial, kept);
	wake = the_log.wake;
	wake_data = the_log.wake_data;
	pthread_mutex_unlock(&the_log.ring_lock);
	write_file(&entry);
	pthread_mutex_unlock(&the_log.file_lock);

	if (wake)
		wake(wake_data);
}

size_t log_explain(uint64_t after, const char *command, const char *detail)
{
	char sane[ERROR_MESSAGE_MAX];
	char *kept = cut_detail(detail);
	uint64_t serial;
	size_t count = 0;

	copy_sane(sane, command);
	pthread_mutex_lock(&the_log.ring_lock);
	serial = the_log.last_serial > LOG_RING_COUNT ? the_log.last_serial - LOG_RING_COUNT : 0;
	for (serial = serial > after ? serial : after; serial++ < the_log.last_serial;) {
		const struct kept *entry = &the_log.ring[serial % LOG_RING_COUNT];

		if (strcmp(entry->texts, sane) != 0 || entry->detail)
			continue;
		keep_detail(serial, mem_strdup(kept));
		count++;
	}
	pthread_mutex_unlock(&the_log.ring_lock);
	free(kept);
	return count;
}

static bool is_kept(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&the_log.level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	va_list arguments;
	char *text;
	int length;

	if (!is_kept(level))
		return;
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length >= 0) {
		add_entry(level, "", text, NULL);
		free(text);
	}
	errno = saved_errno;
}

void log_command(enum log_level level, const char *command, const char *text)
{
	int saved_errno = errno;

	if (is_kept(level))
		add_entry(level, command, text, NULL);
	errno = saved_errno;
}

void log_command_detail(enum log_level level, const char *command, const char *text,
			const char *detail)
{
	int saved_errno = errno;

	if (is_kept(level))
		add_entry(level, command, text, detail);
	errno = saved_errno;
}

/* ring_lock is held. */
static bool is_in_ring(uint64_t serial)
{
	return serial > 0 && serial <= the_log.last_serial &&
	       serial + LOG_RING_COUNT > the_log.last_serial;
}

char *log_detail(uint64_t serial)
{
	char *detail = NULL;

	pthread_mutex_lock(&the_log.ring_lock);
	if (is_in_ring(serial) && the_log.ring[serial % LOG_RING_COUNT].detail)
		detail = mem_strdup(the_log.ring[serial % LOG_RING_COUNT].detail);
	pthread_mutex_unlock(&the_log.ring_lock);
	return detail;
}

size_t log_read(uint64_t after, struct log_entry *entries, size_t count_max)
{
	size_t count = 0;
	uint64_t serial;

	pthread_mutex_lock(&the_log.ring_lock);
	serial = the_log.last_serial > LOG_RING_COUNT ? the_log.last_serial - LOG_RING_COUNT : 0;
	if (after > serial)
		serial = after;
	while (serial < the_log.last_serial && count < count_max)
		copy_out(++serial, &entries[count++]);
	pthread_mutex_unlock(&the_log.ring_lock);
	return count;
}

uint64_t log_last_serial(void)
{
	uint64_t serial;

	pthread_mutex_lock(&the_log.ring_lock);
	serial = the_log.last_serial;
	pthread_mutex_unlock(&the_log.ring_lock);
	return serial;
}

void log_listen(void (*wake)(void *data), void *data)
{
	pthread_mutex_lock(&the_log.ring_lock);
	the_log.wake = wake;
	the_log.wake_data = data;
	pthread_mutex_unlock(&the_log.ring_lock);
}
