/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring's file that may hold anything: what is salvaged of it lies within it, in order. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/ust/shm.h"
#include "tests/fuzz/fuzz.h"

/* Times before this are taken for written already. */
#define WRITTEN_CLOCK 1000
#define NOW_CLOCK     (UINT64_C(1) << 62)

struct reader {
	uint64_t sequence;
	unsigned int sum;
	bool has_begun;
};

static bool begin(void *data, const struct salvaged_stream *stream, struct salvage_mark *mark)
{
	struct reader *reader = data;

	(void)stream;
	assert(!reader->has_begun);
	reader->has_begun = true;
	reader->sequence = 7;
	*mark = (struct salvage_mark){true, WRITTEN_CLOCK, reader->sequence, 0};
	return true;
}

static bool add(void *data, const struct packet *packet)
{
	struct reader *reader = data;

	assert(reader->has_begun && packet->begin_clock > WRITTEN_CLOCK);
	assert(packet->sequence != reader->sequence);
	assert(packet->header_bytes < packet->content_bytes &&
	       packet->content_bytes <= packet->size_bytes);
	reader->sequence = packet->sequence;
	for (uint64_t i = 0; i < packet->content_bytes; i++)
		reader->sum += packet->bytes[i];
	return true;
}

static void end(void *data)
{
	((struct reader *)data)->has_begun = false;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct salvaged_stream stream = {
		.trace = "ust/uid/0/64-bit", .name = "c_0", .metadata = ""};
	struct reader reader = {0, 0, false};
	const struct salvage_host host = {&reader, begin, add, end};
	void *copy = mem_alloc(length + 1); /* aligned, as files are read */

	if (length)
		memcpy(copy, bytes, length);
	ust_shm_salvage_ring(copy, length, NOW_CLOCK, &stream, &host);
	free(copy);
	return 0;
}
