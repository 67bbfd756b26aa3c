/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Folders and files below an output directory: one place for names, modes and the care links need.
 */
#ifndef TRACON_SINK_FILES_H
#define TRACON_SINK_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

/* LTTng's modes for local output, whatever the umask. */
#define FILES_DIRECTORY_MODE 0770
#define FILES_FILE_MODE	     0660

/* mkdir -p below `directory`; each folder made gets the mode. Opens it: -1 with ERROR_IO, DENIED,
 * NO_SPACE. */
int files_make_directory(int directory, const char *path, struct error *err);
/* One folder that must not exist yet: false with *is_taken, or with an error. */
bool files_claim_directory(int directory, const char *name, bool *is_taken, struct error *err);
/* Removes the folders of `path` that are empty, from the last one up. Follows no links. */
void files_remove_empty(int directory, const char *path);
/* Creates or empties `name`; refuses links. -1 with an error. */
int files_create(int directory, const char *name, struct error *err);
/* rename(2) below one directory. */
bool files_rename(int directory, const char *from, const char *to, struct error *err);
/* Removes a folder and what we made in it; goes as far as it can. */
void files_remove_tree(int directory, const char *name);

/*
 * All of it at `offset`, or nothing: on failure the file is cut back to `offset` and errno tells.
 * `head` (may be of length 0) comes before `rest`.
 */
bool files_write_at(int fd, uint64_t offset, const void *head, uint64_t head_bytes,
		    const void *rest, uint64_t rest_bytes);

#endif
