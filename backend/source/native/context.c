/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts that cost nothing, because the console knows them: the process, the thread, its name.
 * The others a channel may have are LTTng-UST's; native events go without.
 */
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"
#include "backend/source/native/internal.h"

#define PROCNAME_BYTES 17 /* as LTTng has it */

enum kind { KIND_VPID, KIND_VTID, KIND_VUID, KIND_VGID, KIND_PROCNAME };

static const struct {
	const char *name;
	uint32_t bytes;
	bool is_signed;
} kinds[] = {
	[KIND_VPID] = {"vpid", 4, true},
	[KIND_VTID] = {"vtid", 4, true},
	[KIND_VUID] = {"vuid", 4, false},
	[KIND_VGID] = {"vgid", 4, false},
	[KIND_PROCNAME] = {"procname", PROCNAME_BYTES, false},
};

static bool find(const char *name, enum kind *kind)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*kind = (enum kind)i;
			return true;
		}
	}
	return false;
}

struct native_context native_context_make(const struct channel_spec *channel)
{
	struct native_context context = {0};
	enum kind kind;

	for (size_t i = 0; i < channel->context_count; i++) {
		if (!find(channel->contexts[i].name, &kind) ||
		    context.count == COUNT_OF(context.kinds))
			continue;
		context.kinds[context.count++] = (unsigned char)kind;
		context.bytes += kinds[kind].bytes;
	}
	return context;
}

struct ctf_type *native_context_type(const struct channel_spec *channel)
{
	struct native_context context = native_context_make(channel);
	struct ctf_type *type;

	if (context.count == 0)
		return NULL;
	type = ctf_type_create(CTF_STRUCT);
	for (unsigned int i = 0; i < context.count; i++) {
		enum kind kind = (enum kind)context.kinds[i];
		struct ctf_type *field;

		if (kind == KIND_PROCNAME) {
			field = ctf_type_create(CTF_ARRAY);
			field->element = ctf_type_create_integer(8, 8, false, 10);
			field->element->is_text = true;
			field->length = PROCNAME_BYTES;
		} else {
			field = ctf_type_create_integer(32, 8, kinds[kind].is_signed, 10);
		}
		ctf_type_add_field(type, kinds[kind].name, field);
	}
	return type;
}

static uint32_t number_of(enum kind kind, const struct native_writer_state *state)
{
	switch (kind) {
	case KIND_VPID:
		return (uint32_t)state->process->pid;
	case KIND_VTID:
		return state->tid;
	case KIND_VUID:
		return state->process->uid;
	default:
		return state->process->gid;
	}
}

void native_context_write(const struct native_context *context,
			  const struct native_writer_state *state, unsigned char *out)
{
	for (unsigned int i = 0; i < context->count; i++) {
		enum kind kind = (enum kind)context->kinds[i];
		uint32_t number;

		if (kind == KIND_PROCNAME) {
			memset(out, 0, PROCNAME_BYTES);
			strncpy((char *)out, state->thread_name, PROCNAME_BYTES - 1);
		} else {
			number = number_of(kind, state);
			memcpy(out, &number, sizeof(number));
		}
		out += kinds[kind].bytes;
	}
}

bool native_context_get(const char *name, const struct native_writer_state *state,
			struct filter_value *value)
{
	enum kind kind;

	if (!find(name, &kind))
		return false;
	if (kind == KIND_PROCNAME) {
		value->kind = FILTER_VALUE_STRING;
		value->string.bytes = state->thread_name;
		value->string.length = strlen(state->thread_name);
	} else {
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = number_of(kind, state);
	}
	return true;
}
