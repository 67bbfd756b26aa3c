/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See shm.h. Modes are lttng's. */
#include "backend/source/ust/shm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/as_user.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"

#define FOLDER_MODE   0770
#define FILE_MODE     0600
#define METADATA_NAME "metadata"

struct ust_shm {
	atomic_uint references;
	struct user_rights owner;
	char *root; /* the session's */
	char *path; /* of the group, below it */
	int directory;
	int metadata_fd;
	bool has_failed; /* said once */
};

static int create_file(const struct ust_shm *shm, const char *name, struct error *err)
{
	int fd;

	unlinkat(shm->directory, name, 0);
	fd = openat(shm->directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    FILE_MODE);
	if (fd < 0)
		error_set_errno(err, errno, "cannot create '%s/%s/%s'", shm->root, shm->path, name);
	return fd;
}

static bool open_folder(struct ust_shm *shm, struct error *err)
{
	char *path = mem_printf("%s/%s", shm->root, shm->path);

	if (fd_make_directories(path, FOLDER_MODE, err)) {
		shm->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (shm->directory < 0)
			error_set_errno(err, errno, "cannot open '%s'", path);
	}
	free(path);
	return shm->directory >= 0;
}

struct ust_shm *ust_shm_create(const struct session_spec *spec, const char *path, struct error *err)
{
	struct ust_shm *shm = mem_zalloc(sizeof(*shm));
	bool has_begun;

	atomic_init(&shm->references, 1);
	shm->root = mem_strdup(spec->shm_path);
	shm->path = mem_strdup(path);
	shm->directory = -1;
	shm->metadata_fd = -1;
	user_rights_init(&shm->owner, spec->uid, spec->gid);
	has_begun = as_user_begin(&shm->owner);
	if (open_folder(shm, err))
		shm->metadata_fd = create_file(shm, METADATA_NAME, err);
	as_user_end(has_begun);
	if (shm->metadata_fd >= 0)
		return shm;
	ust_shm_unref(shm);
	return NULL;
}

struct ust_shm *ust_shm_ref(struct ust_shm *shm)
{
	if (shm)
		atomic_fetch_add_explicit(&shm->references, 1, memory_order_relaxed);
	return shm;
}

/* The folder with all above it that are empty then, the session's too. */
static void remove_folders(struct ust_shm *shm)
{
	char *path = mem_printf("%s/%s", shm->root, shm->path);
	size_t root_length = strlen(shm->root);

	while (strlen(path) >= root_length && rmdir(path) == 0)
		*strrchr(path, '/') = '\0';
	free(path);
}

static void destroy(struct ust_shm *shm)
{
	bool has_begun = as_user_begin(&shm->owner);

	if (shm->metadata_fd >= 0)
		unlinkat(shm->directory, METADATA_NAME, 0);
	if (shm->directory >= 0)
		remove_folders(shm);
	as_user_end(has_begun);
	fd_close(&shm->metadata_fd);
	fd_close(&shm->directory);
	user_rights_finish(&shm->owner);
	free(shm->root);
	free(shm->path);
	free(shm);
}

void ust_shm_unref(struct ust_shm *shm)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (shm && atomic_fetch_sub_explicit(&shm->references, 1, memory_order_acq_rel) == 1)
		destroy(shm);
}

void ust_shm_append_metadata(struct ust_shm *shm, const void *bytes, size_t length)
{
	if (!shm || fd_write_all(shm->metadata_fd, bytes, length))
		return;
	if (!shm->has_failed)
		log_write(LOG_LEVEL_WARNING,
			  "what is in the buffers below '%s' could not be read if the engine were "
			  "killed: cannot write '%s': %s",
			  shm->root, METADATA_NAME, strerror(errno));
	shm->has_failed = true;
}

int ust_shm_make_ring(struct ust_shm *shm, const char *name, struct error *err)
{
	AS_USER(&shm->owner);

	return create_file(shm, name, err);
}

void ust_shm_remove_ring(struct ust_shm *shm, const char *name, const struct stat *made)
{
	struct stat status;
	AS_USER(&shm->owner);

	if (fstatat(shm->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	    status.st_dev == made->st_dev && status.st_ino == made->st_ino)
		unlinkat(shm->directory, name, 0);
}
