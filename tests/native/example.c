/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application with native tracepoints, as small as it gets; C11 and C++17. Waits until somebody
 * records it.
 *
 *	cc example.c $(pkg-config --cflags --libs tracon-provider)
 */
#include <stdint.h>
#include <unistd.h>

#include <tracon/tracepoint.h>

TRACON_ENUMERATION(payment, {"cash", 0, 0}, {"card", 1, 9});

#define SHOP_EVENTS(EVENT)                                                                         \
	EVENT(shop, order, TRACON_INFO, (int, uint32_t, id), (string, customer),                   \
	      (enum, uint8_t, paid, payment))                                                      \
	EVENT(shop, basket, TRACON_DEBUG, (sequence, uint16_t, goods))                             \
	EVENT(shop, closed, TRACON_NOTICE, (none))
TRACON_PROVIDER(shop, SHOP_EVENTS)
TRACON_PROVIDER_DEFINE(shop, SHOP_EVENTS)

int main(void)
{
	const uint16_t goods[] = {3, 4, 5};

	while (!tracon_is_enabled(shop, closed))
		usleep(1000);
	for (uint32_t id = 0; id < 1000; id++)
		tracon_event(shop, order, id, "Ada", (uint8_t)(id % 2));
	tracon_event_ordered(shop, basket, goods, 3);
	tracon_event(shop, closed);
	return 0;
}
