/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of users, looked up once for each: directory services may take their time. */
#ifndef TRACON_BASE_USER_NAME_H
#define TRACON_BASE_USER_NAME_H

#include <sys/types.h>

/*
 * The name, which stays for ever; NULL: nobody is called so, or too many were asked for. Who
 * changes names restarts us. Any thread.
 */
const char *user_name(uid_t uid);

#endif
