/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the points view asks for: rules that enable what is marked, the end of rules that were made
 * so, and words for clipboard and popup.
 */
#include <string.h>

#include "views/points_parts.h"
#include "views/popup.h"
#include "views/request.h"

#define NO_SESSION "@say no session to enable it in: c in pane 1 creates one"

static void add_once(struct word_list *patterns, const char *pattern)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (strcmp(patterns->words[i], pattern) == 0)
			return;
	word_list_add(patterns, pattern);
}

/* "my_app:*", or the name itself when it has no provider. */
static void add_provider(const struct points_group *group, const char *name,
			 struct word_list *patterns)
{
	size_t length = points_tree_has_globs(group) ? points_tree_provider_length(group, name) : 0;
	struct text pattern = {0};

	request_add_literal(&pattern, name, length > 0 ? length : strlen(name));
	if (length > 0)
		text_add_char(&pattern, '*');
	add_once(patterns, text_str(&pattern));
	text_finish(&pattern);
}

/* Bytes that all its events' names begin with, up to a separator. */
static size_t common_length(const struct points_tree *tree, const struct points_branch *branch)
{
	const char *first = tree->leaves[branch->first_leaf].event->name;
	size_t length = strlen(first);

	for (size_t i = 1; i < branch->leaf_count; i++) {
		const char *name = tree->leaves[branch->first_leaf + i].event->name;
		size_t same = 0;

		while (same < length && name[same] == first[same])
			same++;
		length = same;
	}
	while (length > 0 && first[length - 1] != '_')
		length--;
	return length;
}

/* How many events of its domain begin so. */
static size_t count_beginning(const struct points_tree *tree, char domain_option, const char *name,
			      size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < tree->leaf_count; i++)
		count += tree->leaves[i].group->domain_option == domain_option &&
			 strncmp(tree->leaves[i].event->name, name, length) == 0;
	return count;
}

/* Of a provider that names don't tell: what they have in common if no others do, or each of them.
 */
static void add_named_provider(const struct points_tree *tree, const struct points_branch *branch,
			       struct word_list *patterns)
{
	const char *first = tree->leaves[branch->first_leaf].event->name;
	size_t length = common_length(tree, branch);
	bool is_enough = length > 0 && count_beginning(tree, branch->group->domain_option, first,
						       length) == branch->leaf_count;

	for (size_t i = 0; i < (is_enough ? 1 : branch->leaf_count); i++) {
		const char *name = tree->leaves[branch->first_leaf + i].event->name;
		struct text pattern = {0};

		request_add_literal(&pattern, name, is_enough ? length : strlen(name));
		if (is_enough)
			text_add_char(&pattern, '*');
		add_once(patterns, text_str(&pattern));
		text_finish(&pattern);
	}
}

void points_view_patterns(const struct points_tree *tree, struct points_row row,
			  struct word_list *patterns)
{
	const struct points_branch *branch = &tree->branches[row.branch];
	const struct points_event *event = points_tree_event(tree, row);
	bool takes_each = tree->is_by_app || !points_tree_has_globs(branch->group);
	struct text pattern = {0};

	if (event) {
		request_add_literal(&pattern, event->name, strlen(event->name));
		add_once(patterns, text_str(&pattern));
		text_finish(&pattern);
		return;
	}
	if (!takes_each && branch->leaf_count > 0 &&
	    tree->leaves[branch->first_leaf].event->provider) {
		add_named_provider(tree, branch, patterns);
		return;
	}
	for (size_t i = 0; i < branch->leaf_count && (i == 0 || takes_each); i++)
		add_provider(branch->group, tree->leaves[branch->first_leaf + i].event->name,
			     patterns);
}

/* ---- enabling ---- */

/* The session's channels that could take them; *last is one. */
static size_t channels_of(const struct view_input *input, const char *domain,
			  const struct picture_channel **last)
{
	const struct picture_session *session = selection_session(input);
	size_t count = 0;

	for (size_t i = 0; i < session->channel_count; i++) {
		const struct picture_channel *channel =
			&input->picture->channels[session->first_channel + i];

		if (strcmp(channel->domain, domain) != 0)
			continue;
		*last = channel;
		count++;
	}
	return count;
}

static void ask_channel(const struct view_input *input, const char *domain, struct text *command)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *chosen = selection_channel(input);
	const char *separator = "";

	text_add(command, "@edit enable-in\nchannel (");
	for (size_t i = 0; i < session->channel_count; i++) {
		const struct picture_channel *channel =
			&input->picture->channels[session->first_channel + i];

		if (strcmp(channel->domain, domain) != 0)
			continue;
		if (!chosen || strcmp(chosen->domain, domain) != 0)
			chosen = channel;
		text_addf(command, "%s%s", separator, channel->name);
		separator = " ";
	}
	text_addf(command, ")\n%s", chosen ? chosen->name : "");
}

struct wish {
	const struct view_input *input;
	const char *domain;
	const char *level; /* "": all */
	struct word_list patterns;
	const struct picture_rule *other; /* a rule that matches more than the target */
};

static void take_target(struct wish *wish, struct points_row row, bool enables)
{
	const struct points_tree *tree = &points_view_of(wish->input)->tree;
	const struct points_group *group = points_tree_group(tree, row);
	const struct picture_rule *rule;
	bool is_enabled = points_view_state(wish->input, row, &rule) >= RULES_FILTERED;

	if (strcmp(group->domain, wish->domain) != 0 || (enables && is_enabled && !*wish->level))
		return;
	points_view_patterns(tree, row, &wish->patterns);
	if (!enables && is_enabled)
		wish->other = rule;
}

/* "INFO": as severe or more; "=INFO": only. */
static void add_level(const char *level, struct text *options)
{
	if (!*level)
		return;
	text_add(options, *level == '=' ? "--loglevel-only " : "--loglevel ");
	text_add_quoted(options, level + (*level == '='));
}

/* With channel NULL: in the only one, in one that is made, or asks. */
static void enable(const struct wish *wish, const char *channel, struct text *command)
{
	struct text options = {0};

	const struct picture_channel *last = NULL;
	size_t count = channels_of(wish->input, wish->domain, &last);

	if (!channel && count > 1) {
		text_clear(command);
		ask_channel(wish->input, wish->domain, command);
		return;
	}
	if (!channel && count == 1)
		channel = last->name;
	add_level(wish->level, &options);
	request_patterns(command, "enable-event", wish->domain, selection_session(wish->input),
			 channel, text_str(&options), &wish->patterns);
	text_finish(&options);
}

/* Rules with exactly these patterns, each in its channel. */
static void disable(const struct wish *wish, struct text *command)
{
	const struct picture_session *session = selection_session(wish->input);

	for (size_t i = 0; i < session->channel_count; i++) {
		const struct picture_channel *channel =
			&wish->input->picture->channels[session->first_channel + i];
		struct word_list there = {0};

		for (size_t j = 0; j < wish->patterns.count; j++) {
			const struct picture_rule *rule = rules_find(
				wish->input, wish->domain, wish->patterns.words[j], false);

			if (rule && rule->channel_id == channel->id)
				word_list_add(&there, wish->patterns.words[j]);
		}
		if (there.count > 0)
			request_patterns(command, "disable-event", wish->domain, session,
					 channel->name, "", &there);
		word_list_finish(&there);
	}
}

static void collect_wish(struct wish *wish, bool enables)
{
	const struct points_view *state = points_view_of(wish->input);
	size_t position = 0, index;

	while (table_next_target(&state->view.table, &position, &index))
		take_target(wish, state->rows[index], enables);
}

static void request_domain(const struct view_input *input, const char *domain, bool enables,
			   const char *channel, struct text *command)
{
	const char *level = points_view_of(input)->level;
	struct wish wish = {.input = input, .domain = domain, .level = level ? level : ""};

	collect_wish(&wish, enables);
	if (wish.patterns.count > 0 && enables)
		enable(&wish, channel, command);
	else if (wish.patterns.count > 0)
		disable(&wish, command);
	if (wish.other && command->length == 0)
		text_addf(command,
			  "@say rule %s enables it among others: disable that in pane 3 (Events)",
			  wish.other->pattern);
	word_list_finish(&wish.patterns);
}

static bool is_first_of_domain(const struct points *points, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (strcmp(points->groups[i].domain, points->groups[index].domain) == 0)
			return false;
	return true;
}

static void set_level(struct points_view *state, const char *level)
{
	free(state->level);
	state->level = *level ? mem_strdup(level) : NULL;
}

static void ask_level(const struct view_input *input, struct text *command)
{
	const struct points_view *state = points_view_of(input);
	const struct points_event *event;
	size_t position = 0, index;
	const char *text = "";

	if (table_view_lacks_row(&state->view.table, input, command) ||
	    !table_next_target(&state->view.table, &position, &index))
		return;
	event = points_tree_event(&state->tree, state->rows[index]);
	if (event && event->loglevel_text)
		text = event->loglevel_text;
	text_addf(command, "@edit enable-with-level\nleast level (= only)\n%s", text);
}

/* True: it was wrong, and the field is asked for again. */
static bool refuses_level(const struct view_input *input, const char *text, struct text *command)
{
	const struct points_view *state = points_view_of(input);
	const struct points_group *group;
	struct text problem = {0};
	bool is_exact = *text == '=';
	size_t position = 0, index;
	bool is_wrong = false;

	while (!is_wrong && table_next_target(&state->view.table, &position, &index)) {
		group = points_tree_group(&state->tree, state->rows[index]);
		is_wrong = group && !request_check_level(group->domain, text + is_exact, &problem);
	}
	if (is_wrong)
		text_addf(command, "@edit enable-with-level@%d %s\nleast level (= only)\n%s",
			  is_exact, text_str(&problem), text);
	text_finish(&problem);
	return is_wrong;
}

/* All targets, whichever the first one needs; with a level they are enabled. */
static void toggle(const struct view_input *input, const char *channel, struct text *command)
{
	const struct points_view *state = points_view_of(input);
	const struct picture_rule *rule;
	size_t position = 0, index;
	bool enables;

	if (!table_next_target(&state->view.table, &position, &index)) {
		text_add(command, TABLE_VIEW_NO_TARGET);
		return;
	}
	if (!selection_session(input)) {
		text_add(command, NO_SESSION);
		return;
	}
	enables = state->level ||
		  points_view_state(input, state->rows[index], &rule) < RULES_FILTERED;
	for (size_t i = 0; i < input->points->group_count; i++) {
		const char *domain = input->points->groups[i].domain;

		if (is_first_of_domain(input->points, i) && text_str(command)[0] != '@')
			request_domain(input, domain, enables, channel, command);
	}
}

bool points_view_request(const struct view_input *input, const char *action, const char *argument,
			 struct text *command)
{
	struct points_view *state = points_view_of(input);

	if (!strcmp(action, "enable-level")) {
		ask_level(input, command);
	} else if (!strcmp(action, "enable-with-level")) {
		argument += strspn(argument, " ");
		set_level(state, refuses_level(input, argument, command) ? "" : argument);
		if (state->level)
			toggle(input, NULL, command);
	} else if (!strcmp(action, "toggle")) {
		set_level(state, "");
		toggle(input, NULL, command);
	} else if (!strcmp(action, "copy-command") && !selection_session(input) &&
		   state->view.table.count > 0) {
		text_add(command, NO_SESSION);
	} else if (!strcmp(action, "enable-in") && *argument) {
		toggle(input, argument, command);
		set_level(state, "");
	} else {
		return !strcmp(action, "enable-in");
	}
	return true;
}

/* ---- words ---- */

void points_view_request_row(const struct view_input *input, size_t index, struct text *command)
{
	const struct points_view *state = points_view_of(input);
	const struct picture_session *session = selection_session(input);
	struct word_list patterns = {0};

	points_view_patterns(&state->tree, state->rows[index], &patterns);
	if (session)
		request_patterns(command, "enable-event",
				 points_tree_group(&state->tree, state->rows[index])->domain,
				 session, NULL, "", &patterns);
	word_list_finish(&patterns);
}

const char *points_view_copy_text(const struct view_input *input, size_t index)
{
	struct points_view *state = points_view_of(input);

	text_clear(&state->scratch);
	points_tree_name(&state->tree, state->rows[index], &state->scratch);
	return text_str(&state->scratch);
}

static void add_rule(const struct view_input *input, struct points_row row, struct popup *popup)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_rule *rule;
	enum rules_state state = points_view_state(input, row, &rule);

	if (!session)
		return;
	if (state >= RULES_FILTERED)
		popup_addf(popup, 0, "enabled", "in %s by rule %s", session->name, rule->pattern);
	else
		popup_addf(popup, 0, "enabled", "not in %s; e enables it", session->name);
	if (state == RULES_FILTERED)
		popup_add(popup, 0, "filter", rule->filter);
}

static void add_apps(const struct points *points, const struct points_event *event,
		     struct popup *popup)
{
	popup_add_heading(popup, "applications");
	for (size_t i = 0; i < points->group_count; i++) {
		const struct points_group *group = &points->groups[i];

		for (size_t j = 0; j < group->event_count; j++) {
			if (strcmp(points->events[group->first_event + j].name, event->name) != 0)
				continue;
			if (group->pid && group->user)
				popup_addf(popup, 1, group->name, "pid %d, %s", (int)group->pid,
					   group->user);
			else if (group->pid)
				popup_addf(popup, 1, group->name, "pid %d, uid %u", (int)group->pid,
					   (unsigned int)group->uid);
			else
				popup_add(popup, 1, group->name, group->domain);
			break;
		}
	}
}

static void fill_with_event(const struct view_input *input, const struct points_event *event,
			    struct popup *popup)
{
	if (*event->loglevel_text)
		popup_addf(popup, 0, "log level", "%s (%d)", event->loglevel_text, event->loglevel);
	popup_add_heading(popup, "fields");
	for (size_t i = 0; i < event->field_count; i++)
		popup_add(popup, 1, event->fields[i].name, event->fields[i].type);
	add_apps(input->points, event, popup);
}

void points_view_fill_popup(const struct view_input *input, struct points_row row,
			    struct popup *popup)
{
	const struct points_tree *tree = &points_view_of(input)->tree;
	const struct points_event *event = points_tree_event(tree, row);
	const struct points_branch *branch = &tree->branches[row.branch];
	struct text name = {0};

	row.field = POINTS_NONE;
	points_tree_name(tree, row, &name);
	popup_set_title(popup, text_str(&name));
	text_finish(&name);
	popup_add(popup, 0, "domain", points_tree_group(tree, row)->domain);
	add_rule(input, row, popup);
	if (event) {
		fill_with_event(input, event, popup);
		return;
	}
	popup_addf(popup, 0, "events", "%zu", branch->leaf_count);
	popup_addf(popup, 0, "applications", "%zu", branch->app_count);
}
