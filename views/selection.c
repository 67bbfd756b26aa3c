/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lookups are linear: tens of sessions and channels, a few times a frame. */
#include "views/selection.h"

static const struct picture_session *find_session(const struct picture *picture, uint64_t id)
{
	for (size_t i = 0; i < picture->session_count; i++)
		if (picture->sessions[i].id == id)
			return &picture->sessions[i];
	return NULL;
}

const struct picture_session *selection_session(const struct view_input *input)
{
	return find_session(input->picture, input->selection->session_id);
}

const struct picture_channel *selection_find_channel(const struct view_input *input,
						     uint64_t channel_id)
{
	const struct picture_session *session = selection_session(input);

	if (!session)
		return NULL;
	for (size_t i = 0; i < session->channel_count; i++) {
		const struct picture_channel *channel =
			&input->picture->channels[session->first_channel + i];

		if (channel->id == channel_id)
			return channel;
	}
	return NULL;
}

const struct picture_channel *selection_channel(const struct view_input *input)
{
	if (!input->selection->has_channel)
		return NULL;
	return selection_find_channel(input, input->selection->channel_id);
}

void selection_set_session(struct selection *selection, uint64_t session_id)
{
	if (selection->session_id != session_id)
		*selection = (struct selection){.session_id = session_id};
}

static uint64_t replacement(const struct picture *picture)
{
	for (size_t i = 0; i < picture->session_count; i++)
		if (picture->sessions[i].is_active)
			return picture->sessions[i].id;
	return picture->session_count ? picture->sessions[picture->session_count - 1].id : 0;
}

void selection_follow(const struct view_input *input)
{
	struct selection *selection = input->selection;

	if (!selection_session(input))
		selection_set_session(selection, replacement(input->picture));
	if (selection->has_channel && !selection_channel(input)) {
		selection->has_channel = false;
		selection->has_event = false;
	}
}
