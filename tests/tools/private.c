/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * private: runs a command in surroundings of its own, and leaves nothing behind.
 *
 * The command gets a fresh home, runtime directory and locale; as root also its own /run, /dev/shm
 * and loopback network. Every process it leaves is found (they become our children) and killed,
 * then its files are removed. With --tap it is a test: see tap_line().
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <getopt.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_TIMEOUT = 124, STATUS_OURS = 125, STATUS_NOT_FOUND = 127 };

static const char usage[] =
	"Usage: private [--tap] [--timeout SECONDS] [--keep] COMMAND [ARGUMENT...]\n"
	"Runs COMMAND with its own HOME, LTTNG_HOME, XDG_RUNTIME_DIR, TMUX_TMPDIR and TMPDIR, and "
	"no\n"
	"standard input. As root also with an empty /run and /dev/shm and a loopback network of "
	"its own.\n"
	"Kills what COMMAND leaves running and removes what it wrote there.\n"
	"  --tap      COMMAND is a test that prints TAP: runs in its TMPDIR, standard error comes "
	"last,\n"
	"             as comments\n"
	"  --timeout  kill it after SECONDS; the exit status is then 124\n"
	"  --keep     keep the files and say where they are\n";

struct options {
	unsigned timeout_s; /* 0: no limit */
	bool is_tap;
	bool keeps_files;
};

/* What a test has printed so far. */
struct tap {
	char line[4096]; /* the unfinished last line */
	size_t line_bytes;
	char comment[256]; /* the line before, if it was a comment: the reason of a skip */
	int not_ok_count;
};

static char place[] = "/tmp/tp-XXXXXX";

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fputs("private: ", stderr);
	vfprintf(stderr, format, arguments);
	fputc('\n', stderr);
	va_end(arguments);
}

static void set_place(const char *variable, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", place, name);
	if (mkdir(path, 0700) != 0 && errno != EEXIST) {
		say("cannot create %s: %s", path, strerror(errno));
		exit(STATUS_OURS);
	}
	setenv(variable, path, 1);
}

/* Removes every variable whose name begins with prefix. */
static void unset_prefix(const char *prefix)
{
	size_t prefix_bytes = strlen(prefix);
	char **entry = environ;

	while (*entry) {
		const char *equals = strchr(*entry, '=');
		char *name;

		if (!equals || strncmp(*entry, prefix, prefix_bytes) != 0) {
			entry++;
			continue;
		}
		name = strndup(*entry, (size_t)(equals - *entry));
		if (!name || unsetenv(name) != 0)
			exit(STATUS_OURS);
		free(name);
		entry = environ;
	}
}

static void set_environment(void)
{
	static const char *const prefixes[] = {"XDG_",	  "LTTNG_", "OTEL_",	"TMUX",
					       "LC_",	  "LANG",   "TRACON",	"PAGER",
					       "COLUMNS", "LINES",  "NO_COLOR", "INPUTRC"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		unset_prefix(prefixes[i]);
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("TERM", "dumb", 1);
	/* Else an application that a busy engine has not answered for 3 s goes on untraced. */
	setenv("LTTNG_UST_REGISTER_TIMEOUT", "20000", 1);
	set_place("HOME", "home");
	set_place("LTTNG_HOME", "lttng");
	set_place("XDG_RUNTIME_DIR", "run");
	set_place("TMUX_TMPDIR", "tmux");
	set_place("TMPDIR", "tmp");
}

static void raise_loopback(void)
{
	struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) != 0)
		say("no loopback network: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
}

/*
 * Gives root's command /run, /dev/shm and ports that nobody else sees. A container may forbid it:
 * then the command shares them, which PRIVATE_NAMESPACE=no tells it.
 */
static void enter_namespaces(void)
{
	setenv("PRIVATE_NAMESPACE", "no", 1);
	if (geteuid() != 0)
		return;
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") != 0 ||
	    mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777") != 0) {
		say("no mount namespace (%s): /run and /dev/shm are shared", strerror(errno));
		return;
	}
	setenv("PRIVATE_NAMESPACE", "yes", 1);
	if (unshare(CLONE_NEWNET) == 0)
		raise_loopback();
}

/* Relative paths stay good after the change of directory. */
static void make_absolute(char **path)
{
	char *absolute = strchr(*path, '/') ? realpath(*path, NULL) : NULL;

	if (absolute)
		*path = absolute;
}

static void redirect(int fd, int onto)
{
	if (fd < 0 || dup2(fd, onto) < 0) {
		say("cannot redirect: %s", strerror(errno));
		_exit(STATUS_OURS);
	}
}

/* The child: never returns. Its parent's death is its own. */
static void run_command(char **arguments, const struct options *options, int out_fd, int err_fd,
			const sigset_t *mask)
{
	static const struct rlimit no_core;
	const char *work;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* A shell that starts us in the background has them ignored: Ctrl-C would end nothing. */
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
	setrlimit(RLIMIT_CORE, &no_core);
	setsid();
	redirect(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	if (options->is_tap) {
		redirect(out_fd, STDOUT_FILENO);
		redirect(err_fd, STDERR_FILENO);
		setenv("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
		work = getenv("TMPDIR");
		if (!work || chdir(work) != 0)
			_exit(STATUS_OURS);
	}
	execvp(arguments[0], arguments);
	say("cannot run %s: %s", arguments[0], strerror(errno));
	_exit(STATUS_NOT_FOUND);
}

/*
 * Passes one line of a test on. cmocka prints a skipped test as "not ok N # SKIP name", without a
 * reason: make that an "ok" and append the comment printed before it.
 */
static void tap_line(struct tap *tap, const char *line)
{
	unsigned number;
	int name_at = 0;

	if (sscanf(line, "not ok %u # SKIP %n", &number, &name_at) == 1 && name_at > 0) {
		printf("ok %u # SKIP %s%s%s\n", number, line + name_at, tap->comment[0] ? ": " : "",
		       tap->comment);
	} else {
		puts(line);
		if (strncmp(line, "not ok", 6) == 0 && !strstr(line, "# TODO"))
			tap->not_ok_count++;
	}
	if (strncmp(line, "# ", 2) == 0)
		snprintf(tap->comment, sizeof(tap->comment), "%s", line + 2);
	else
		tap->comment[0] = '\0';
	fflush(stdout);
}

/* Takes what the test has printed; false at the end. A line longer than the buffer is split. */
static bool tap_read(struct tap *tap, int fd)
{
	char *start = tap->line;
	ssize_t got =
		read(fd, tap->line + tap->line_bytes, sizeof(tap->line) - 1 - tap->line_bytes);
	char *newline;

	if (got < 0)
		return errno == EINTR || errno == EAGAIN;
	tap->line_bytes += (size_t)got;
	tap->line[tap->line_bytes] = '\0';
	while ((newline = strchr(start, '\n'))) {
		*newline = '\0';
		tap_line(tap, start);
		start = newline + 1;
	}
	tap->line_bytes = strlen(start);
	memmove(tap->line, start, tap->line_bytes + 1);
	if (tap->line_bytes > 0 && (got == 0 || tap->line_bytes == sizeof(tap->line) - 1)) {
		tap_line(tap, tap->line);
		tap->line_bytes = 0;
	}
	return got > 0;
}

/* Prints a file's lines as TAP comments. */
static void show_as_comments(int fd)
{
	FILE *file;
	char *line = NULL;
	size_t line_size = 0;

	lseek(fd, 0, SEEK_SET);
	file = fdopen(fd, "r");
	if (!file)
		return;
	while (getline(&line, &line_size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		printf("# %s\n", line);
	}
	free(line);
	fclose(file);
	fflush(stdout);
}

/* Reads the state, the parent and the name of a process; false if it is gone. */
static bool process_read(const char *pid, char *state, int *parent, char name[64])
{
	char path[64];
	char text[512];
	char *name_end;
	FILE *file;
	size_t got;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	name_end = strrchr(text, ')');
	if (!name_end || !strchr(text, '('))
		return false;
	*name_end = '\0';
	snprintf(name, 64, "%s", strchr(text, '(') + 1);
	return sscanf(name_end + 1, " %c %d", state, parent) == 2;
}

/* Says once that a process had to be killed: it may take a while to die. */
static void tell_killed(pid_t pid, const char *name)
{
	static pid_t told[64];
	static size_t told_count;

	for (size_t i = 0; i < told_count; i++)
		if (told[i] == pid)
			return;
	if (told_count == sizeof(told) / sizeof(told[0]))
		return;
	told[told_count++] = pid;
	say("left running, killed: %s (%d)", name, (int)pid);
}

/* Kills our present children; their own children become ours. */
static void kill_children(void)
{
	DIR *processes = opendir("/proc");
	const struct dirent *entry;

	while (processes && (entry = readdir(processes))) {
		char state;
		int parent;
		char name[64];

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !process_read(entry->d_name, &state, &parent, name) || parent != getpid() ||
		    state == 'Z')
			continue;
		if (kill(atoi(entry->d_name), SIGKILL) == 0)
			tell_killed(atoi(entry->d_name), name);
	}
	if (processes)
		closedir(processes);
}

/* Ends every process that came from the command, whatever sessions or groups they made. */
static void kill_rest(void)
{
	for (int i = 0; i < 1000; i++) {
		static const struct timespec pause = {.tv_nsec = 2000000};

		kill_children();
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
		if (waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		nanosleep(&pause, NULL);
	}
	say("some processes do not die");
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
	(void)info;
	(void)where;
	if (kind == FTW_D || kind == FTW_DNR)
		(void)chmod(path, 0700);
	else if (kind == FTW_DP)
		(void)rmdir(path);
	else
		(void)unlink(path);
	return 0;
}

/* Twice: first make every directory readable from the top down, then remove from the bottom up. */
static void remove_place(void)
{
	for (int i = 0; i < 8; i++)
		nftw(place, remove_one, 32, FTW_PHYS | FTW_MOUNT);
	nftw(place, remove_one, 32, FTW_PHYS | FTW_MOUNT | FTW_DEPTH);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/*
 * Waits for the command while passing its output on. Returns its exit status, 128 + the signal that
 * ended it or us, or STATUS_TIMEOUT.
 */
static int wait_command(pid_t pid, const struct options *options, struct tap *tap, int out_fd,
			int signal_fd)
{
	int64_t end_ms = options->timeout_s ? now_ms() + (int64_t)options->timeout_s * 1000 : 0;
	struct pollfd fds[2] = {{.fd = signal_fd, .events = POLLIN},
				{.fd = out_fd, .events = POLLIN}};
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		int64_t left_ms = end_ms ? end_ms - now_ms() : 60000;

		if (left_ms < 0)
			return STATUS_TIMEOUT;
		if (poll(fds, 2, (int)left_ms) <= 0)
			continue;
		if (fds[1].revents && !tap_read(tap, out_fd))
			fds[1].fd = -1;
		if (!(fds[0].revents & POLLIN) || read(signal_fd, &info, sizeof(info)) <= 0)
			continue;
		if (info.ssi_signo != SIGCHLD)
			return 128 + (int)info.ssi_signo;
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

/* A failed test has said so in TAP; the status shall not count it once more. */
static int test_status(int status, const struct options *options, const struct tap *tap)
{
	if (status == STATUS_TIMEOUT)
		printf("Bail out! not finished after %u s\n", options->timeout_s);
	return status > 0 && status <= tap->not_ok_count ? 0 : status;
}

static int open_error_file(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/stderr", place);
	return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int run(char **arguments, const struct options *options)
{
	static struct tap tap;
	int out[2] = {-1, -1};
	int err_fd = -1;
	int signal_fd;
	int status;
	sigset_t signals;
	sigset_t old_mask;
	pid_t pid;

	if (options->is_tap && (pipe2(out, O_CLOEXEC) != 0 || (err_fd = open_error_file()) < 0)) {
		say("cannot take its output: %s", strerror(errno));
		return STATUS_OURS;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &old_mask);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	prctl(PR_SET_CHILD_SUBREAPER, 1);

	pid = fork();
	if (pid == 0)
		run_command(arguments, options, out[1], err_fd, &old_mask);
	if (pid < 0 || signal_fd < 0) {
		say("cannot start: %s", strerror(errno));
		return STATUS_OURS;
	}
	if (options->is_tap) {
		close(out[1]);
		fflush(stderr);
		redirect(err_fd, STDERR_FILENO); /* what we say is a comment, too */
	}
	status = wait_command(pid, options, &tap, out[0], signal_fd);
	kill_rest();
	if (!options->is_tap)
		return status;
	while (tap_read(&tap, out[0]))
		;
	show_as_comments(err_fd);
	return test_status(status, options, &tap);
}

static void take_options(int argc, char **argv, struct options *options)
{
	static const struct option names[] = {{"tap", no_argument, NULL, 't'},
					      {"timeout", required_argument, NULL, 's'},
					      {"keep", no_argument, NULL, 'k'},
					      {"help", no_argument, NULL, 'h'},
					      {0}};
	int option;

	while ((option = getopt_long(argc, argv, "+h", names, NULL)) != -1) {
		if (option == 't')
			options->is_tap = true;
		else if (option == 's')
			options->timeout_s = (unsigned)strtoul(optarg, NULL, 10);
		else if (option == 'k')
			options->keeps_files = true;
		else {
			fputs(usage, option == 'h' ? stdout : stderr);
			exit(option == 'h' ? 0 : STATUS_OURS);
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		exit(STATUS_OURS);
	}
}

int main(int argc, char **argv)
{
	struct options options = {0};
	char *source_path = getenv("srcdir");
	int status;

	take_options(argc, argv, &options);
	make_absolute(&argv[optind]);
	if (source_path) {
		source_path = realpath(source_path, NULL);
		setenv("srcdir", source_path ? source_path : ".", 1);
	}
	if (!mkdtemp(place)) {
		say("cannot create %s: %s", place, strerror(errno));
		return STATUS_OURS;
	}
	set_environment();
	enter_namespaces();
	status = run(argv + optind, &options);
	if (options.keeps_files)
		say("files are in %s", place);
	else
		remove_place();
	return status;
}
