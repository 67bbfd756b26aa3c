/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the console's own files share: its state. frame.c draws it, action.c and key.c change it,
 * submit.c runs commands, verb.c has the console's own ones. One thread.
 */
#ifndef TRACON_CONSOLE_STATE_H
#define TRACON_CONSOLE_STATE_H

#include "backend/backend.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "console/alias.h"
#include "console/ask.h"
#include "console/console.h"
#include "console/form.h"
#include "console/keymap.h"
#include "console/layout.h"
#include "console/memory.h"
#include "console/output.h"
#include "console/prompt.h"
#include "console/screen.h"
#include "console/settings.h"
#include "console/shown.h"
#include "console/undo.h"
#include "views/help_view.h"
#include "views/popup.h"
#include "views/view.h"

enum notice_level { NOTICE_NONE, NOTICE_INFO, NOTICE_WARNING, NOTICE_ERROR };

#define PROGRESS_AFTER_NS UINT64_C(500000000) /* of a command: then the line says that it runs */

/* The message line. */
struct notice {
	enum notice_level level;
	char text[ERROR_MESSAGE_MAX];
	char command[ERROR_MESSAGE_MAX]; /* the equivalent command, at the right */
	uint64_t until_ns;		 /* 0: until the next key */
	uint64_t began_ns;		 /* the command still runs, since then; 0: it doesn't */
};

enum output_size { OUTPUT_AUTO, OUTPUT_HALF, OUTPUT_FULL, OUTPUT_SIZE_COUNT };

struct overlay {
	bool is_open;
	struct help_view view;
	struct help_key *keys;
	struct help_content content;
	struct field filter;
};

/* What details.c shows over the panes. */
struct details {
	bool is_open;
	struct popup popup;
};

/* Of the mouse. Times are monotonic. */
struct pointer {
	int row, column; /* of the last click */
	uint64_t clicked_ns;
	enum pane wheel_pane;
	int wheel_rows; /* since the last frame; down is positive */
};

/* When to draw. Times are monotonic. */
struct pace {
	struct timer *timer;
	bool wants_frame;      /* a key or an answer: soon */
	bool wants_data_frame; /* the picture changed: at its interval */
	uint64_t last_frame_ns;
	uint64_t last_data_frame_ns;
	bool is_recording; /* some session, in the picture drawn last */
	uint64_t shown_minute;
	uint64_t saved_ns;     /* the layout, if it was different */
	unsigned int slowness; /* the interval is doubled this often */
	unsigned int skips;    /* frames that found the terminal busy, since skips_since_ns */
	uint64_t skips_since_ns;
	uint64_t last_skip_ns;
	bool is_unfocused;
};

struct console {
	struct loop *loop;
	const struct places *places;
	struct console_host host;
	struct backend *backend; /* NULL before the beginning and after the end */
	struct queue *answers;
	struct settings settings;
	struct theme theme; /* the chosen one with the person's own colours */
	struct keymap *keymap;
	struct prompt *prompt;
	struct output output;
	enum output_size output_size;
	size_t answer_lines; /* of the command line's last command, while it has the focus */
	struct notice notice;
	unsigned int tell_count; /* of notices */
	struct question question;
	struct entry entry;
	struct overlay help;
	struct details details;
	struct form form;
	struct undo undo;
	struct aliases aliases;
	struct removal *removal; /* files are being deleted; NULL: no */
	struct memory *memory;	 /* NULL: nowhere to keep things */
	char *config_path;	 /* of the start-up file, there or not; NULL: none is wanted */

	struct browser *browser;     /* the trace that is open; NULL: none */
	struct tailing *tailing;     /* what is tailed; NULL: nothing */
	struct tailing *ended_tails; /* until the backend has let go of them */
	char *tail_filter;	     /* expression, or NULL */

	void *view_states[PANE_COUNT]; /* NULL where the build has no such view */
	enum pane focus;
	bool is_viewer; /* no backend, ever: only the browser */
	bool prompt_has_focus;
	bool is_zoomed;
	bool is_bare;
	bool is_paused;
	bool wants_points; /* has told the backend so */
	uint64_t paused_wall_ns;
	struct shown shown;
	struct selection selection;
	uint64_t watched_session_id;
	uint64_t watched_interval_ns;
	struct layout layout;
	struct canvas *canvas;

	const struct points *points; /* held; NULL: none */

	struct log_entry *log; /* the newest entries, for the messages pane */
	size_t log_count;
	uint64_t log_serial;	 /* of the last one in `log` */
	uint64_t noticed_serial; /* up to here the message line has shown what others logged */

	struct screen *screen; /* NULL: no terminal */
	bool is_suspended;
	bool was_opened; /* at least once: the hint for beginners was shown */
	bool is_pasting;
	unsigned int told_dropped_keys;
	struct watch *input_watch;
	struct watch *output_watch; /* NULL when it is the same descriptor */
	int rows;
	int columns;
	bool is_paste_too_long;
	uint64_t pasted_ns; /* when its last byte came */
	struct text pasted;
	struct text pasted_lines; /* of the last paste, one a line, while they can be run so */
	char *directory;
	size_t running_count; /* commands without an answer yet */
	struct pace pace;
	struct pointer pointer;
	char last_message[ERROR_MESSAGE_MAX]; /* stays, for readers of the screen */
};

/* Shows in the message line what was logged since the last call and belongs to no command. */
void console_show_logged(struct console *console);

/* console_pace.c */
void console_draw_soon(struct console *console);
void console_draw_when_due(struct console *console);
/* New data to show, at the pace of data. */
void console_data_came(struct console *console);
uint64_t console_interval_ns(const struct console *console);

/* console.c */
/* Empty where there is no backend. */
const struct picture *console_picture_acquire(struct console *console);
void console_picture_release(struct console *console);
/* Begun, and not ended yet. */
bool console_is_live(const struct console *console);
void console_tell(struct console *console, enum notice_level level, const char *command,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* What failed: in the message line, in the log, and whole above the command line. */
void console_complain(struct console *console, const char *command, const struct error *err);
/* The command was begun: after a moment the line shows for how long it has been running. */
void console_tell_begun(struct console *console, const char *command);
const struct view_class *console_view(enum pane pane); /* NULL: this build has none */
unsigned int console_missing_panes(void);
void console_focus(struct console *console, enum pane pane);
void console_focus_prompt(struct console *console, bool has_focus);
void console_update_watch(struct console *console);
/* Fills input from the acquired picture. */
void console_view_input(struct console *console, const struct picture *picture,
			struct view_input *input);
void console_apply_settings(struct console *console);

#endif
