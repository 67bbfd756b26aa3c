/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of engine.sock. What is taken must be whole, and must come out the same after one more
 * way through the socket.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "backend/control/protocol.h"
#include "backend/control/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void check_same_again(const struct request *request)
{
	char message[PROTOCOL_MESSAGE_MAX];
	struct error err = ERROR_INIT;
	size_t length = protocol_write_request(request, message, &err);
	struct request *again = protocol_read_request(message, length, &err);

	assert(length > 0 && again);
	assert(again->word_count == request->word_count);
	for (size_t i = 0; i < request->word_count; i++)
		assert(strcmp(again->words[i], request->words[i]) == 0);
	assert(strcmp(again->who.directory, request->who.directory) == 0);
	assert(again->who.umask == request->who.umask);
	request_destroy(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct protocol_hello hello;
	struct request *request;

	if (length > PROTOCOL_MESSAGE_MAX)
		return 0;
	protocol_read_hello(bytes, length, &hello, NULL);
	request = protocol_read_request(bytes, length, NULL);
	if (request)
		check_same_again(request);
	request_destroy(request);
	return 0;
}
