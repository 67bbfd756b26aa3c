/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only thing the console knows of a view. Drawing is a pure function of state and picture;
 * acting changes the view's own state (cursor, sort order, filter) or asks for something by a
 * command or an intent.
 */
#ifndef TRACON_VIEWS_VIEW_H
#define TRACON_VIEWS_VIEW_H

#include "backend/base/text.h"
#include "backend/browse/page.h"
#include "backend/model/picture.h"
#include "views/canvas.h"

#define VIEW_SHARED_MAX 4

struct browse_info;
struct log_entry;
struct points;
struct popup;
struct tail_info;

/* What the user is looking at, shared by all panes. 0: nothing. */
struct selection {
	uint64_t session_id;
	uint64_t channel_id;
	uint64_t event_id;
	uint64_t chunk_id;
	bool has_channel, has_event, has_chunk;
	struct event_place place; /* in the browser */
	bool has_place;
};

/* A place in a trace with a letter of its own. */
struct event_mark {
	char letter;
	struct event_place place;
};

/* What the console keeps of the open browser besides what browse_info() has. */
struct browser_state {
	const char *filter;  /* expression, "" */
	const char *find;    /* text or "/regex/" that was searched last, "" */
	const char *waiting; /* what is on its way: "reading"; "" */
	const char *problem; /* why nothing could be read, "" */
	const struct event_mark *marks;
	size_t mark_count;
	bool has_range; /* the selection of several begins here */
	struct event_place range;
	uint64_t now_ns; /* monotonic, as browse_job has it */
};

struct view_input {
	const struct picture *picture; /* never NULL, may be empty */
	struct selection *selection;   /* act and fit may change it; draw doesn't */
	uint64_t now_wall_ns;
	uint64_t paused_wall_ns; /* since when it is; 0: not said */
	uint64_t interval_ns;	 /* between updates; 0: not said */
	bool is_focused;
	bool is_paused;
	bool has_common_scale;	/* of sparklines: one for all rows of a pane */
	bool has_no_sparklines; /* a very slow link, or a reader that would read them aloud */
	bool has_no_clock;
	bool is_slow_link;	     /* ring-shaped sparklines: fewer bytes */
	enum glyphs glyphs;	     /* the canvas's, for detail lines */
	const struct log_entry *log; /* newest entries, oldest first, for the messages view */
	size_t log_count;
	const struct points *points;		   /* for the points view; NULL: not gathered yet */
	const struct event_page *tail;		   /* for the tail view; NULL: nothing yet */
	const struct tail_info *tail_info;	   /* NULL: nothing is tailed */
	const char *tail_filter;		   /* expression; "" or NULL: none */
	const struct browser_state *browser_state; /* NULL: nothing is open */
	const struct event_page *browser;	   /* for the browser; NULL: not there yet */
	const struct browse_info *browser_info;	   /* NULL: nothing is open */
	struct event_place browser_target;	   /* the event that was gone to or found */
};

/* An action that a view understands: for binding keys and for help. */
struct view_action {
	const char *name;
	const char *help;
};

struct view_class {
	const char *name;  /* "sessions": for bind, help, tests */
	const char *title; /* "Sessions" */
	char digit;	   /* '1' … '7': jumps here; '\0': no place of its own */
	const char *help;  /* what one sees here, some sentences */
	size_t state_bytes;
	void (*init)(void *state);
	void (*finish)(void *state);
	/*
	 * Before draw, with the same input: lets the state follow the picture and the size (scroll
	 * position, vanished rows). May change the selection when what it names has vanished, so
	 * panes are fitted in the order of view_table.
	 */
	void (*fit)(void *state, const struct view_input *input, int rows, int columns);
	void (*draw)(const void *state, const struct view_input *input, struct canvas *canvas);
	/*
	 * action: a word from the keymap, one of those that view_knows();
	 * argument: text of the field that belongs to it, or "". Fills *command with a command line
	 * to run ("rotate web"), or with an intent: "@PANE" to go to a pane, "@acknowledge" (the
	 * losses of the selected session are seen), "@copy TEXT" (to the clipboard, the rest of the
	 * line as it is). False: no such action here. No fit is needed before, one is after.
	 */
	bool (*act)(void *state, const struct view_input *input, const char *action,
		    const char *argument, struct text *command);
	/* One line about the selected row for the detail row; may be NULL. After fit. */
	void (*detail)(const void *state, const struct view_input *input, struct text *out);
	/*
	 * What the action would do now, in at most 6 letters for the function bar: "Start" or
	 * "Stop". NULL: what its name says. May be NULL. After fit.
	 */
	const char *(*label)(const void *state, const struct view_input *input, const char *action);
	/*
	 * Fills the popup (views/popup.h, empty) with all there is to say of the selected row; also
	 * after the intent "@details". False: no row. May be NULL. After fit.
	 */
	bool (*details)(const void *state, const struct view_input *input, struct popup *popup);
	/*
	 * What the user arranged here (sort order, columns, marks), and back to it: for undoing and
	 * for the next start. Both or neither. The text is the view's own, a few lines.
	 */
	void (*remember)(const void *state, bool with_marks, struct text *out);
	void (*recall)(void *state, const char *memo);
	/* What else could be a column now, besides those that it remembers. May be NULL. */
	void (*add_column_names)(const void *state, struct word_list *names);
	const struct view_action *actions;		   /* its own; ends with {NULL} */
	const struct view_action *shared[VIEW_SHARED_MAX]; /* that other views have too */
};

/* What a view may share; each ends with {NULL}. */
extern const struct view_action view_row_actions[];	/* moving, clicking, copying */
extern const struct view_action view_searches[];	/* finding and filtering rows */
extern const struct view_action view_list_actions[];	/* what lists have besides */
extern const struct view_action view_event_actions[];	/* what decoded events have besides */
extern const struct view_action view_session_actions[]; /* on the session that is shown */

/* Whether act() understands the word. */
bool view_knows(const struct view_class *view, const char *action);

extern const struct view_class *const view_table[];
extern const size_t view_count;
const struct view_class *view_find(const char *name); /* NULL if unknown */

/* Title of a pane on the canvas's first row: "▌3 Events  web / ust0", reversed when focused. */
void view_draw_title(const struct view_class *view, const struct view_input *input,
		     struct canvas *canvas);

/* The top row: host, sessions running/all, events/s, lost, buffer fill, warning, clock. */
void header_draw(const struct view_input *input, struct canvas *canvas);

#endif
