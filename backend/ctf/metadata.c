/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The declarations of a trace, its streams and events. Their order is what babeltrace2 wants:
 * everything is declared before it is named. Field types are printed by tsdl.c.
 */
#include "backend/ctf/metadata.h"

#include <inttypes.h>

#include "backend/ctf/tsdl.h"

/* LTTng-UST's DEBUG; babeltrace2 warns of others. */
#define LOGLEVEL_MAX 14

static void add_alias(struct text *out, const char *name, unsigned int size, unsigned int align,
		      const char *more)
{
	text_addf(out, "typealias integer { size = %u; align = %u; signed = false;%s } := %s;\n",
		  size, align, more, name);
}

static void add_aliases(struct text *out, const struct ctf_layout *layout)
{
	add_alias(out, "uint8_t", 8, 8, "");
	add_alias(out, "uint16_t", 16, layout->align16, "");
	add_alias(out, "uint32_t", 32, layout->align32, "");
	add_alias(out, "uint64_t", 64, layout->align64, "");
	add_alias(out, "unsigned long", layout->long_bits, layout->align_long, "");
	add_alias(out, "uint5_t", 5, 1, "");
	add_alias(out, "uint27_t", 27, 1, "");
}

static void add_trace(struct text *out, const struct ctf_trace *trace)
{
	char uuid[UUID_TEXT_MAX];

	text_addf(out,
		  "\ntrace {\n"
		  "\tmajor = 1;\n"
		  "\tminor = 8;\n"
		  "\tuuid = \"%s\";\n"
		  "\tbyte_order = %s;\n",
		  uuid_text(uuid, &trace->uuid), trace->layout.is_big_endian ? "be" : "le");
	text_add(out, "\tpacket.header := struct {\n"
		      "\t\tuint32_t magic;\n"
		      "\t\tuint8_t uuid[16];\n"
		      "\t\tuint32_t stream_id;\n"
		      "\t\tuint64_t stream_instance_id;\n"
		      "\t};\n"
		      "};\n");
}

static void add_env(struct text *out, const struct ctf_env *env, size_t count,
		    const char *clock_text)
{
	text_add(out, "\nenv {\n");
	for (size_t i = 0; i < count; i++) {
		text_addf(out, "\t%s = ", env[i].name);
		if (env[i].text)
			tsdl_add_quoted(out, env[i].text);
		else
			text_addf(out, "%" PRId64, env[i].number);
		text_add(out, ";\n");
	}
	text_add(out, clock_text ? clock_text : "};\n");
}

static void add_offset(struct text *out, const struct ctf_clock *clock)
{
	if (!clock->has_seconds)
		text_addf(out, "\toffset = %" PRId64 ";\n", clock->offset_ns);
	else
		text_addf(out, "\toffset_s = %" PRId64 ";\n\toffset = %" PRIu64 ";\n",
			  clock->offset_s, clock->offset_cycles);
}

void ctf_metadata_clock(struct text *out, const struct ctf_clock *clock)
{
	char uuid[UUID_TEXT_MAX];

	text_add(out, "\nclock {\n"
		      "\tname = \"monotonic\";\n");
	if (clock->has_uuid)
		text_addf(out, "\tuuid = \"%s\";\n", uuid_text(uuid, &clock->uuid));
	text_addf(out,
		  "\tdescription = \"Monotonic Clock\";\n"
		  "\tfreq = %" PRIu64 ";\n",
		  clock->frequency_hz);
	add_offset(out, clock);
	text_add(out, "\tabsolute = true;\n"
		      "};\n\n");
}

static void add_clock_aliases(struct text *out, const struct ctf_layout *layout)
{
	static const char map[] = " map = clock.monotonic.value;";

	add_alias(out, "uint27_clock_monotonic_t", 27, 1, map);
	add_alias(out, "uint32_clock_monotonic_t", 32, layout->align32, map);
	add_alias(out, "uint64_clock_monotonic_t", 64, layout->align64, map);
}

static void add_packet_context(struct text *out)
{
	text_add(out, "\nstruct packet_context {\n"
		      "\tuint64_clock_monotonic_t timestamp_begin;\n"
		      "\tuint64_clock_monotonic_t timestamp_end;\n"
		      "\tuint64_t content_size;\n"
		      "\tuint64_t packet_size;\n"
		      "\tuint64_t packet_seq_num;\n"
		      "\tunsigned long events_discarded;\n"
		      "\tuint32_t cpu_id;\n"
		      "};\n");
}

static void add_thread_context(struct text *out)
{
	/* babeltrace 1 reads such a width only where it thinks that it may lie anywhere. */
	add_alias(out, "uint48_clock_monotonic_t", 48, 1, " map = clock.monotonic.value;");
	text_add(out, "typealias integer { size = 8; align = 8; signed = false; encoding = UTF8; } "
		      ":= thread_name_t;\n");
	text_addf(out,
		  "\nstruct packet_context {\n"
		  "\tuint64_clock_monotonic_t timestamp_begin;\n"
		  "\tuint64_clock_monotonic_t timestamp_end;\n"
		  "\tuint64_t content_size;\n"
		  "\tuint64_t packet_size;\n"
		  "\tuint64_t packet_seq_num;\n"
		  "\tuint64_t events_discarded;\n"
		  "\tuint32_t vpid;\n"
		  "\tuint32_t vtid;\n"
		  "\tthread_name_t procname[%u];\n"
		  "};\n"
		  "\nstruct event_header_wide {\n"
		  "\tuint16_t id;\n"
		  "\tuint48_clock_monotonic_t timestamp;\n"
		  "} align(8);\n",
		  CTF_THREAD_NAME_BYTES);
}

/* The short form holds ids below `extended` and the low bits of the time; see scan.c. */
static void add_event_header(struct text *out, const char *name, const char *id_type,
			     const char *clock_type, unsigned int extended, unsigned int align)
{
	text_addf(out,
		  "\nstruct %s {\n"
		  "\tenum : %s { compact = 0 ... %u, extended = %u } id;\n"
		  "\tvariant <id> {\n"
		  "\t\tstruct {\n"
		  "\t\t\t%s timestamp;\n"
		  "\t\t} compact;\n"
		  "\t\tstruct {\n"
		  "\t\t\tuint32_t id;\n"
		  "\t\t\tuint64_clock_monotonic_t timestamp;\n"
		  "\t\t} extended;\n"
		  "\t} v;\n"
		  "} align(%u);\n",
		  name, id_type, extended - 1, extended, clock_type, align);
}

void ctf_metadata_trace(struct text *out, const struct ctf_trace *trace)
{
	const struct ctf_layout *layout = &trace->layout;

	text_add(out, "/* CTF 1.8 */\n\n");
	add_aliases(out, layout);
	add_trace(out, trace);
	add_env(out, trace->env, trace->env_count, trace->clock_text);
	if (!trace->clock_text)
		ctf_metadata_clock(out, &trace->clock);
	add_clock_aliases(out, layout);
	if (trace->has_threads) {
		add_thread_context(out);
		return;
	}
	add_packet_context(out);
	add_event_header(out, "event_header_compact", "uint5_t", "uint27_clock_monotonic_t", 31,
			 layout->align32);
	add_event_header(out, "event_header_large", "uint16_t", "uint32_clock_monotonic_t", 65535,
			 layout->align16);
}

static const char *const header_names[] = {
	[CTF_HEADER_COMPACT] = "compact", [CTF_HEADER_LARGE] = "large", [CTF_HEADER_WIDE] = "wide"};

void ctf_metadata_stream(struct text *out, const struct ctf_layout *layout, uint32_t stream_id,
			 enum ctf_header header, const struct ctf_type *context)
{
	(void)layout;
	text_addf(out,
		  "\nstream {\n"
		  "\tid = %" PRIu32 ";\n"
		  "\tevent.header := struct event_header_%s;\n"
		  "\tpacket.context := struct packet_context;\n",
		  stream_id, header_names[header]);
	if (context && context->field_count > 0) {
		text_add(out, "\tevent.context := ");
		tsdl_add_struct(out, context, "stream.event.context");
		text_add(out, ";\n");
	}
	text_add(out, "};\n");
}

void ctf_metadata_event(struct text *out, const char *name, uint32_t id, uint32_t stream_id,
			int loglevel, const char *emf_uri, const struct ctf_type *payload)
{
	text_add(out, "\nevent {\n\tname = ");
	tsdl_add_quoted(out, name);
	text_addf(out, ";\n\tid = %" PRIu32 ";\n\tstream_id = %" PRIu32 ";\n", id, stream_id);
	if (loglevel >= 0 && loglevel <= LOGLEVEL_MAX)
		text_addf(out, "\tloglevel = %d;\n", loglevel);
	if (emf_uri) {
		text_add(out, "\tmodel.emf.uri = ");
		tsdl_add_quoted(out, emf_uri);
		text_add(out, ";\n");
	}
	text_add(out, "\tfields := ");
	tsdl_add_struct(out, payload, "event.fields");
	text_add(out, ";\n};\n");
}
