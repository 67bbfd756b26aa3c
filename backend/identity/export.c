/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See export.h. The functions of libcurl that are used are found by name, once. */
#include "backend/identity/export.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/identity/gzip.h"

#ifndef HAVE_LIBCURL

struct export *export_create(struct error *err)
{
	error_set(err, ERROR_UNSUPPORTED, "this tracon was built without libcurl");
	return NULL;
}

void export_destroy(struct export *export)
{
	(void)export;
}

bool export_post(struct export *export, const struct export_target *target, const char *body,
		 size_t length, const _Atomic uint64_t *give_up_at_ns, struct export_answer *answer,
		 struct error *err)
{
	(void)export;
	(void)target;
	(void)body;
	(void)length;
	(void)give_up_at_ns;
	(void)answer;
	return error_set(err, ERROR_UNSUPPORTED, "this tracon was built without libcurl");
}

#else

#include <curl/curl.h>

#define LIBRARY_NAME "libcurl.so.4"

struct export
{
	void *library;
	CURL *easy;
	CURL *(*easy_init)(void);
	void (*easy_cleanup)(CURL * easy);
	void (*easy_reset)(CURL * easy);
	CURLcode (*easy_setopt)(CURL * easy, CURLoption option, ...);
	CURLcode (*easy_perform)(CURL * easy);
	CURLcode (*easy_getinfo)(CURL * easy, CURLINFO info, ...);
	const char *(*easy_strerror)(CURLcode code);
	struct curl_slist *(*slist_append)(struct curl_slist * list, const char *line);
	void (*slist_free_all)(struct curl_slist * list);
};

static bool find_functions(struct export *export, struct error *err)
{
	const struct {
		const char *name;
		void **place;
	} functions[] = {
		{"curl_easy_init", (void **)&export->easy_init},
		{"curl_easy_cleanup", (void **)&export->easy_cleanup},
		{"curl_easy_reset", (void **)&export->easy_reset},
		{"curl_easy_setopt", (void **)&export->easy_setopt},
		{"curl_easy_perform", (void **)&export->easy_perform},
		{"curl_easy_getinfo", (void **)&export->easy_getinfo},
		{"curl_easy_strerror", (void **)&export->easy_strerror},
		{"curl_slist_append", (void **)&export->slist_append},
		{"curl_slist_free_all", (void **)&export->slist_free_all},
	};

	for (size_t i = 0; i < COUNT_OF(functions); i++) {
		*functions[i].place = dlsym(export->library, functions[i].name);
		if (!*functions[i].place)
			return error_set(err, ERROR_UNSUPPORTED, "%s has no %s", LIBRARY_NAME,
					 functions[i].name);
	}
	return true;
}

struct export *export_create(struct error *err)
{
	struct export *export = mem_zalloc(sizeof(*export));

	export->library = dlopen(LIBRARY_NAME, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	if (!export->library) {
		error_set(err, ERROR_UNSUPPORTED, "%s can't be opened: apt install libcurl4",
			  LIBRARY_NAME);
		goto fail;
	}
	if (!find_functions(export, err))
		goto fail;
	export->easy = export->easy_init();
	if (export->easy)
		return export;
	error_set(err, ERROR_UNSUPPORTED, "libcurl does not start");
fail:
	export_destroy(export);
	return NULL;
}

void export_destroy(struct export *export)
{
	if (!export)
		return;
	if (export->easy)
		export->easy_cleanup(export->easy);
	if (export->library)
		dlclose(export->library);
	free(export);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct text *body = data;

	if (body->length + size * count > EXPORT_ANSWER_MAX)
		return 0; /* ends the transfer */
	text_add_bytes(body, bytes, size * count);
	return size * count;
}

static bool is_over(const _Atomic uint64_t *give_up_at_ns)
{
	uint64_t at_ns = atomic_load(give_up_at_ns);

	return at_ns && clock_monotonic_ns() >= at_ns;
}

static int ask_whether_to_end(void *data, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return is_over(data);
}

static struct curl_slist *make_headers(struct export *export, const struct export_target *target,
				       bool is_gzip)
{
	struct curl_slist *headers = export->slist_append(NULL, "Content-Type: application/json");

	if (is_gzip)
		headers = export->slist_append(headers, "Content-Encoding: gzip");
	headers = export->slist_append(headers, "Expect:"); /* no round trip before the body */
	for (size_t i = 0; i < target->headers.count; i++)
		headers = export->slist_append(headers, target->headers.words[i]);
	return headers;
}

static void set_target(struct export *export, const struct export_target *target)
{
	CURL *easy = export->easy;

	export->easy_setopt(easy, CURLOPT_URL, target->url);
	export->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	export->easy_setopt(easy, CURLOPT_USERAGENT, "tracon/" PACKAGE_VERSION);
	export->easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)target->timeout_ms);
	export->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	if (target->certificate)
		export->easy_setopt(easy, CURLOPT_CAINFO, target->certificate);
	if (target->client_certificate)
		export->easy_setopt(easy, CURLOPT_SSLCERT, target->client_certificate);
	if (target->client_key)
		export->easy_setopt(easy, CURLOPT_SSLKEY, target->client_key);
}

static bool perform(struct export *export, const _Atomic uint64_t *give_up_at_ns,
		    struct export_answer *answer, struct error *err)
{
	CURL *easy = export->easy;
	curl_off_t retry_after_s = 0;
	CURLcode code;

	export->easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
	export->easy_setopt(easy, CURLOPT_WRITEDATA, &answer->body);
	export->easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, ask_whether_to_end);
	export->easy_setopt(easy, CURLOPT_XFERINFODATA, give_up_at_ns);
	export->easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
	code = export->easy_perform(easy);
	export->easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer->status);
	export->easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after_s);
	answer->retry_after_s = retry_after_s > 0 ? (uint64_t)retry_after_s : 0;
	/* An answer that was too long, or cut off, is an answer. */
	if (code == CURLE_OK || (answer->status && code == CURLE_WRITE_ERROR))
		return true;
	answer->status = 0;
	return error_set(err, ERROR_IO, "%s", export->easy_strerror(code));
}

bool export_post(struct export *export, const struct export_target *target, const char *body,
		 size_t length, const _Atomic uint64_t *give_up_at_ns, struct export_answer *answer,
		 struct error *err)
{
	struct text packed = {0};
	bool is_gzip = target->is_gzip && gzip_pack(body, length, &packed);
	struct curl_slist *headers;
	bool has_answer;

	*answer = (struct export_answer){0};
	export->easy_reset(export->easy);
	set_target(export, target);
	headers = make_headers(export, target, is_gzip);
	export->easy_setopt(export->easy, CURLOPT_HTTPHEADER, headers);
	export->easy_setopt(export->easy, CURLOPT_POSTFIELDSIZE_LARGE,
			    (curl_off_t)(is_gzip ? packed.length : length));
	export->easy_setopt(export->easy, CURLOPT_POSTFIELDS, is_gzip ? packed.bytes : body);
	has_answer = perform(export, give_up_at_ns, answer, err);
	export->slist_free_all(headers);
	text_finish(&packed);
	return has_answer;
}

#endif
