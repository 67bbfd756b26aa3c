/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See gzip.h. */
#include "backend/identity/gzip.h"

#include <stdint.h>
#include <stdlib.h>

#include "backend/base/mem.h"

#ifdef HAVE_ZLIB
#include <zlib.h>

#define WINDOW_BITS_GZIP (15 + 16) /* zlib.h: 16 more make a gzip header */
#define MEMORY_LEVEL	 8	   /* zlib.h: its default */

bool gzip_pack(const char *bytes, size_t length, struct text *out)
{
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)length};
	char *packed;
	size_t room;
	int result;

	if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS_GZIP, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	room = deflateBound(&stream, length);
	packed = mem_alloc(room);
	stream.next_out = (Bytef *)packed;
	stream.avail_out = (uInt)room;
	result = deflate(&stream, Z_FINISH);
	if (result == Z_STREAM_END)
		text_add_bytes(out, packed, room - stream.avail_out);
	deflateEnd(&stream);
	free(packed);
	return result == Z_STREAM_END;
}

#else

bool gzip_pack(const char *bytes, size_t length, struct text *out)
{
	(void)bytes;
	(void)length;
	(void)out;
	return false;
}

#endif
