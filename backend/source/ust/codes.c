/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The library has no public function for the words, so they are here. */
#include "backend/source/ust/codes.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <lttng/ust-error.h>

#include "backend/base/mem.h"

static const struct {
	int code;
	const char *text;
} texts[] = {
	{LTTNG_UST_ERR, "the application could not do it"},
	{LTTNG_UST_ERR_NOENT, "no such object in the application"},
	{LTTNG_UST_ERR_EXIST, "the application has it already"},
	{LTTNG_UST_ERR_INVAL, "the application does not accept it"},
	{LTTNG_UST_ERR_PERM, "the application does not permit it"},
	{LTTNG_UST_ERR_NOSYS, "the application's LTTng-UST can't do it"},
	{LTTNG_UST_ERR_EXITING, "the application is ending"},
	{LTTNG_UST_ERR_INVAL_MAGIC, "it does not speak LTTng-UST's language"},
	{LTTNG_UST_ERR_INVAL_SOCKET_TYPE, "it does not speak LTTng-UST's language"},
	{LTTNG_UST_ERR_UNSUP_MAJOR, "its LTTng-UST is of another series"},
	{LTTNG_UST_ERR_PEERCRED, "its credentials can't be read"},
	{LTTNG_UST_ERR_PEERCRED_PID, "it runs in a foreign process namespace"},
	{EPIPE, "it hung up"},
	{EAGAIN, "it did not answer in time"},
	{ETIMEDOUT, "it did not answer in time"},
};

const char *ust_code_text(int code)
{
	const char *name;

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		if (texts[i].code == -code)
			return texts[i].text;
	name = strerrordesc_np(-code);
	return name ? name : "unknown error";
}

bool ust_code_is_gone(int code)
{
	switch (-code) {
	case EPIPE:
	case EAGAIN:
	case ETIMEDOUT:
	case EIO:
	case EBADF:
	case ECONNRESET:
	case LTTNG_UST_ERR_EXITING:
		return true;
	default:
		return false;
	}
}
