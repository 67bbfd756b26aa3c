/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses and shows relay daemons' addresses; see url.h. */
#include "backend/sink/url.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

struct protocol {
	const char *prefix;
	bool is_v6;
	bool is_pair; /* names both sockets */
};

static const struct protocol protocols[] = {
	{"net://", false, true},  {"net4://", false, true},  {"net6://", true, true},
	{"tcp://", false, false}, {"tcp4://", false, false}, {"tcp6://", true, false},
};

/* What is between two points of the text. */
struct part {
	const char *at;
	size_t length;
};

struct parsed {
	const struct protocol *protocol;
	struct part host;
	struct part subdir;
	uint16_t ports[2]; /* 0: not given */
};

static const struct protocol *find_protocol(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(protocols); i++)
		if (strncmp(text, protocols[i].prefix, strlen(protocols[i].prefix)) == 0)
			return &protocols[i];
	return NULL;
}

bool relay_url_is_meant(const char *text)
{
	return find_protocol(text) != NULL;
}

static bool parse_port(const char **at, uint16_t *port, struct error *err)
{
	const char *digits = *at + 1;
	size_t length = strspn(digits, "0123456789");
	unsigned long value = length <= 5 ? strtoul(digits, NULL, 10) : UINT16_MAX + 1UL;

	if (length == 0 || value > UINT16_MAX)
		return error_set(err, ERROR_INVALID, "'%s' holds no port from 0 to 65535", *at);
	*port = (uint16_t)value;
	*at = digits + length;
	return true;
}

static bool parse_host(const char **at, struct part *host, struct error *err)
{
	bool has_brackets = **at == '[';
	const char *begin = *at + has_brackets;
	size_t length = strcspn(begin, has_brackets ? "]" : ":/");

	if (has_brackets && begin[length] != ']')
		return error_set(err, ERROR_INVALID, "']' is missing behind '%s'", *at);
	if (length == 0 || length >= URL_HOST_MAX)
		return error_set(err, ERROR_INVALID, "no host is named in '%s'", *at);
	*host = (struct part){begin, length};
	*at = begin + length + has_brackets;
	return true;
}

static bool parse_subdir(const char *at, struct part *subdir, struct error *err)
{
	at += strspn(at, "/");
	*subdir = (struct part){at, strlen(at)};
	while (subdir->length > 0 && at[subdir->length - 1] == '/')
		subdir->length--;
	if (subdir->length >= URL_SUBDIR_MAX)
		return error_set(err, ERROR_INVALID, "the path in the URL is too long");
	if (strstr(at, "../") || strcmp(at, "..") == 0)
		return error_set(err, ERROR_INVALID, "the path '%s' leads out of the output", at);
	return true;
}

static bool parse(const char *text, struct parsed *parsed, struct error *err)
{
	const struct protocol *protocol = find_protocol(text);
	const char *at;

	*parsed = (struct parsed){.protocol = protocol};
	if (!protocol)
		return error_set(err, ERROR_INVALID, "URI parse unknown protocol %.*s",
				 (int)strcspn(text, ":"), text);
	at = text + strlen(protocol->prefix);
	if (!parse_host(&at, &parsed->host, err))
		return false;
	if (*at == ':' && !parse_port(&at, &parsed->ports[0], err))
		return false;
	if (*at == ':' && protocol->is_pair && !parse_port(&at, &parsed->ports[1], err))
		return false;
	if (*at != '\0' && *at != '/')
		return error_set(err, ERROR_INVALID, "Trailing characters not recognized: %s", at);
	return parse_subdir(at, &parsed->subdir, err);
}

static void copy_part(char *out, struct part part)
{
	if (part.length > 0)
		memcpy(out, part.at, part.length);
	out[part.length] = '\0';
}

static uint16_t port_or(uint16_t port, uint16_t other)
{
	return port ? port : other;
}

bool relay_url_parse(const char *text, struct relay_url *url, struct error *err)
{
	struct parsed parsed;

	if (!parse(text, &parsed, err))
		return false;
	if (!parsed.protocol->is_pair)
		return error_set(err, ERROR_INVALID,
				 "'%s' names one socket of a relay daemon; give both with "
				 "--ctrl-url and --data-url, or net://HOST",
				 text);
	url->is_v6 = parsed.protocol->is_v6;
	copy_part(url->host, parsed.host);
	copy_part(url->subdir, parsed.subdir);
	url->control_port = port_or(parsed.ports[0], URL_CONTROL_PORT);
	url->data_port = port_or(parsed.ports[1], URL_DATA_PORT);
	return true;
}

static bool is_same(struct part a, struct part b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

bool relay_url_parse_pair(const char *control, const char *data, struct relay_url *url,
			  struct error *err)
{
	struct parsed first;
	struct parsed second;

	if (!control || !data)
		return error_set(err, ERROR_INVALID,
				 "Both control and data URLs must be specified");
	if (!parse(control, &first, err) || !parse(data, &second, err))
		return false;
	if (first.protocol->is_pair || second.protocol->is_pair) {
		if (strcmp(control, data) == 0)
			return relay_url_parse(control, url, err);
		return error_set(
			err, ERROR_INVALID,
			"--ctrl-url and --data-url take tcp://HOST:PORT; net:// names both "
			"and goes to --set-url");
	}
	if (first.protocol->is_v6 != second.protocol->is_v6 || !is_same(first.host, second.host))
		return error_set(err, ERROR_INVALID,
				 "control and data must go to the same host and protocol");
	url->is_v6 = first.protocol->is_v6;
	copy_part(url->host, first.host);
	copy_part(url->subdir, first.subdir);
	url->control_port = port_or(first.ports[0], URL_CONTROL_PORT);
	url->data_port = port_or(second.ports[0], URL_DATA_PORT);
	return true;
}

static void show(const struct relay_url *url, uint16_t port, struct text *out)
{
	text_addf(out, url->is_v6 ? "tcp6://[%s]:%u/" : "tcp4://%s:%u/", url->host, port);
}

void relay_url_show_control(const struct relay_url *url, struct text *out)
{
	show(url, url->control_port, out);
	text_add(out, url->subdir);
}

void relay_url_show_data(const struct relay_url *url, struct text *out)
{
	show(url, url->data_port, out);
}

void relay_url_show(const struct relay_url *url, struct text *out)
{
	relay_url_show_control(url, out);
	text_addf(out, " [data: %u]", url->data_port);
}

void relay_url_text(const struct relay_url *url, struct text *out)
{
	text_addf(out, url->is_v6 ? "net6://[%s]:%u:%u/%s" : "net://%s:%u:%u/%s", url->host,
		  url->control_port, url->data_port, url->subdir);
}
