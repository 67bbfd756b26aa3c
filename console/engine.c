/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Starting: lock, look again, fork twice (the engine leads its own session and is nobody's child),
 * no terminal, no inherited descriptors; then a pipe says "ready" or why not. All this before the
 * first thread.
 */
#include "console/engine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/control/client.h"
#include "console/engine_loop.h"
#include "console/options.h"

#define ROOT_ENGINE_SOCKET "/run/tracon/engine.sock"
/* Another starter holds the lock while its engine starts: seconds on a loaded machine. */
#define LOCK_LIMIT_NS (30 * NS_PER_S)
#define LOCK_STEP_MS  10
#define END_LIMIT_MS  60000
/* For others nothing, as the files' own modes say it: lttng's traces are 0660 and 0770. */
#define ENGINE_UMASK 007

/* --- finding ---------------------------------------------------------------------------------- */

/*
 * -1 without an error: there is none, or it is not for us. The socket's rights say who is a member
 * of the group, so nobody has to look into that. A member of the group gets no terminal there.
 */
static int connect_to_roots(enum protocol_role role, struct error *err)
{
	int connection;

	if (geteuid() == 0 || access(ROOT_ENGINE_SOCKET, W_OK) != 0)
		return -1;
	connection = client_connect(ROOT_ENGINE_SOCKET, ROLE_OF_COMMAND, NULL);
	if (connection >= 0 && role == ROLE_OF_TERMINAL) {
		fd_close(&connection);
		error_set(err, ERROR_DENIED,
			  "your commands go to root's engine, and its full screen is root's: give "
			  "commands, or use 'tracon --line'");
	}
	return connection;
}

static int connect_to_own(const struct engine_wish *wish, enum protocol_role role,
			  struct error *err)
{
	return client_connect(wish->places->engine_socket, role, err);
}

bool engine_wait_for_end(int pidfd)
{
	struct pollfd pollfd = {.fd = pidfd, .events = POLLIN};

	return poll(&pollfd, 1, END_LIMIT_MS) > 0;
}

/* --- the lock --------------------------------------------------------------------------------- */

static bool take_lock(int lock)
{
	uint64_t deadline_ns = clock_monotonic_ns() + LOCK_LIMIT_NS;

	while (flock(lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return false;
		if (clock_monotonic_ns() > deadline_ns)
			return false;
		poll(NULL, 0, LOCK_STEP_MS);
	}
	return true;
}

/* An engine that was killed listens as long as it takes to die: then it is looked for once more. */
static int connect_to_living(const struct engine_wish *wish, struct error *err)
{
	uint64_t deadline_ns = clock_monotonic_ns() + LOCK_LIMIT_NS;
	int connection;

	for (;;) {
		*err = (struct error)ERROR_INIT;
		connection = connect_to_own(wish, ROLE_OF_COMMAND, err);
		if (connection >= 0 || err->code != ERROR_GONE ||
		    clock_monotonic_ns() > deadline_ns)
			return connection;
		poll(NULL, 0, LOCK_STEP_MS);
	}
}

static bool fail_if_running(const struct engine_wish *wish, struct error *err)
{
	struct error attempt = ERROR_INIT;
	int connection = connect_to_living(wish, &attempt);
	int pid = connection >= 0 ? (int)client_engine_pid(connection) : 0;

	fd_close(&connection);
	if (pid > 0)
		return error_set(err, ERROR_BUSY, "an engine is running already (process %d)", pid);
	if (attempt.code != ERROR_NO_ENGINE) {
		error_copy(err, &attempt);
		return false;
	}
	return true;
}

/* With the lock held, and nobody running: the descriptor. -1: err. */
static int lock_engine(const struct engine_wish *wish, struct error *err)
{
	const char *path = wish->places->engine_lock;
	int lock;

	if (!places_make_runtime(wish->places, err))
		return -1;
	lock = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (lock < 0) {
		error_set_errno(err, errno, "cannot open '%s'", path);
		return -1;
	}
	if (!take_lock(lock)) {
		error_set(err, ERROR_TIMEOUT, "another tracon holds '%s' and starts no engine",
			  path);
		fd_close(&lock);
	} else if (!fail_if_running(wish, err)) {
		fd_close(&lock);
	}
	return lock;
}

/* --- becoming the engine ---------------------------------------------------------------------- */

/* What the starter waits for. */
struct starting {
	int lock;
	int ready_pipe; /* the writing end; -1: in the foreground */
};

/* ps shows it as "tracon", whatever command started it and under which name. */
static void take_name(char **argv)
{
	static const char name[] = "tracon";
	char *end = argv[0];
	size_t room;

	prctl(PR_SET_NAME, name);
	for (size_t i = 0; argv[i] && argv[i] == end; i++)
		end = argv[i] + strlen(argv[i]) + 1;
	room = (size_t)(end - argv[0]);
	if (room < sizeof(name))
		return;
	memset(argv[0], 0, room);
	memcpy(argv[0], name, sizeof(name));
}

/*
 * What the starter and whoever started it had open (a pipe that a script reads to its end, a lock)
 * must not live as long as the engine. No library has opened anything of its own yet.
 */
static void close_inherited(const struct starting *starting)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd > STDERR_FILENO && fd != dirfd(folder) && fd != starting->lock &&
		    fd != starting->ready_pipe)
			close(fd);
	}
	if (folder)
		closedir(folder);
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
	fd_close(&null);
}

/* popt would stop at the first argument of every user's commands. */
static void clean_environment(void)
{
	unsetenv("POSIXLY_CORRECT");
	unsetenv("POSIX_ME_HARDER");
}

static void open_log(const struct engine_wish *wish)
{
	const char *state = wish->places->state;
	char *path = NULL;

	if (wish->options->verbosity > 0)
		log_set_level(LOG_LEVEL_DEBUG);
	if (state && places_make_private(state, 0700, NULL))
		path = mem_printf("%s/messages.log", state);
	log_open(path);
	free(path);
}

static void on_ready(void *data)
{
	struct starting *starting = data;

	flock(starting->lock, LOCK_UN);
	fd_close(&starting->lock);
	if (starting->ready_pipe >= 0)
		fd_write_all(starting->ready_pipe, "", 1); /* an empty sentence */
	fd_close(&starting->ready_pipe);
}

/* A path given by our caller is meant from the caller's directory; the engine's is /. */
static char *find_config(const struct engine_wish *wish)
{
	const char *config = options_config(wish->options, wish->places);
	char *absolute = config ? realpath(config, NULL) : NULL;

	return absolute || !config ? absolute : mem_strdup(config);
}

static int become_engine(const struct engine_wish *wish, struct starting *starting,
			 struct error *err)
{
	char *config = find_config(wish);
	const struct engine_loop_settings settings = {
		.places = wish->places,
		.group = wish->options->group,
		.config = config,
		.load = wish->load,
		.ready = on_ready,
		.data = starting,
	};
	bool was_started;

	prctl(PR_SET_NAME, "tracon");
	umask(ENGINE_UMASK);
	clean_environment();
	mem_stay_small();
	thread_block_signals();
	open_log(wish);
	if (chdir("/") != 0)
		log_write(LOG_LEVEL_WARNING, "cannot go to /: %s", strerror(errno));
	was_started = engine_loop_run(&settings, err);
	log_close();
	free(config);
	return was_started ? 0 : 1;
}

int engine_run_here(const struct engine_wish *wish, struct error *err)
{
	struct starting starting = {
		.lock = lock_engine(wish, err),
		.ready_pipe = -1,
	};

	if (starting.lock < 0)
		return 1;
	return become_engine(wish, &starting, err);
}

/* --- forking it off --------------------------------------------------------------------------- */

static void __attribute__((noreturn))
run_forked(const struct engine_wish *wish, struct starting *starting)
{
	struct error err = ERROR_INIT;
	int status;

	setsid();
	leave_terminal();
	close_inherited(starting);
	take_name(wish->argv);
	status = become_engine(wish, starting, &err);
	if (starting->ready_pipe >= 0)
		fd_write_all(starting->ready_pipe, err.message, strlen(err.message) + 1);
	exit(status);
}

/* Until the engine is ready or has said why not. An end without a word is a crash. */
static bool await_ready(int pipe, struct error *err)
{
	char sentence[ERROR_MESSAGE_MAX] = "";
	size_t length = 0;
	ssize_t got;

	do {
		got = read(pipe, sentence + length, sizeof(sentence) - 1 - length);
		length += got > 0 ? (size_t)got : 0;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (length == 0)
		return error_set(err, ERROR_GONE, "the engine died while it started");
	return !*sentence || error_set(err, ERROR_IO, "%s", sentence);
}

/* The middle process ends at once, so that the engine is nobody's child and nobody's zombie. */
static bool fork_engine(const struct engine_wish *wish, struct starting *starting,
			struct error *err)
{
	pid_t middle = fork();

	if (middle < 0)
		return error_set_errno(err, errno, "cannot start a process");
	if (middle == 0) {
		pid_t engine = fork();

		if (engine == 0)
			run_forked(wish, starting);
		if (engine < 0)
			fd_write_all(starting->ready_pipe, "cannot start a process", 23);
		_exit(0);
	}
	while (waitpid(middle, NULL, 0) < 0 && errno == EINTR)
		;
	return true;
}

static bool start_own(const struct engine_wish *wish, int lock, struct error *err)
{
	struct starting starting = {.lock = lock};
	int ends[2];
	bool is_ready;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	starting.ready_pipe = ends[1];
	is_ready = fork_engine(wish, &starting, err);
	fd_close(&ends[1]);
	if (is_ready)
		is_ready = await_ready(ends[0], err);
	fd_close(&ends[0]);
	return is_ready;
}

static bool start_locked(const struct engine_wish *wish, struct error *err)
{
	int lock = lock_engine(wish, err);
	bool is_started = lock >= 0 && start_own(wish, lock, err);

	fd_close(&lock);
	return is_started;
}

bool engine_start(const struct engine_wish *wish, struct error *err)
{
	if (start_locked(wish, err))
		return true;
	return err->code == ERROR_BUSY ? false : error_prefix(err, "cannot start an engine");
}

static bool run_and_wait(char *const *words, struct error *err)
{
	pid_t pid;
	int status;
	int failure = posix_spawn(&pid, words[0], NULL, NULL, words, environ);

	if (failure != 0)
		return error_set_errno(err, failure, "cannot run '%s'", words[0]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return error_set_errno(err, errno, "cannot wait for '%s'", words[0]);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return error_set(err, ERROR_IO, "'%s engine --background' failed", words[0]);
	return true;
}

/* LTTNG_SESSIOND_PATH, as lttng has it: a program that becomes the engine in our place. */
static bool start_other(const char *program, struct error *err)
{
	char *path = mem_strdup(program);
	char engine[] = "engine";
	char background[] = "--background";
	char *words[] = {path, engine, background, NULL};
	bool is_started = run_and_wait(words, err);

	if (!is_started)
		error_prefix(err, "LTTNG_SESSIOND_PATH");
	free(path);
	return is_started;
}

static bool start_for_command(const struct engine_wish *wish, struct error *err)
{
	const char *program = getenv("LTTNG_SESSIOND_PATH");

	return program && *program ? start_other(program, err) : engine_start(wish, err);
}

int engine_connect(const struct engine_wish *wish, enum protocol_role role, bool may_start,
		   struct error *err)
{
	int connection = connect_to_roots(role, err);

	if (connection >= 0 || error_is_set(err))
		return connection;
	connection = connect_to_own(wish, role, err);
	if (connection >= 0 || err->code != ERROR_NO_ENGINE)
		return connection;
	*err = (struct error)ERROR_INIT;
	if (!may_start) {
		error_set(err, ERROR_NO_ENGINE, "no engine is running; 'tracon create' starts one");
		return -1;
	}
	/* Another starter may have been faster: then its engine is as good. */
	if (!start_for_command(wish, err) && err->code != ERROR_BUSY)
		return -1;
	*err = (struct error)ERROR_INIT;
	return connect_to_own(wish, role, err);
}
