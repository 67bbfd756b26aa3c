/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests: a fresh folder for all tests of a program, as set-up and tear-down of their group. */
#ifndef TRACON_TESTS_FOLDER_KIT_H
#define TRACON_TESTS_FOLDER_KIT_H

int folder_kit_make(void **state);
int folder_kit_remove(void **state); /* with all that is in it */

const char *folder_kit_path(void);
/* A path in it; the caller frees it. */
char *folder_kit_file(const char *name);

#endif
