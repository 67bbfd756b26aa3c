# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a test written in bash begins with: `. lib.sh`. It prints TAP, waits for conditions, starts
# tracon and its peers, and counts events. Each check is one function that says what it claims.
#
#	#!/bin/bash
#	. lib.sh
#	start_engine
#	try tracon create web
#	is "create answers 0" "$status" 0
#	like "create says where" "$out" "Traces will be output to"

set -u
export -n out err # who has them in its environment would hand long answers to each command
: "${abs_top_srcdir:?is set by make check}" "${abs_top_builddir:?is set by make check}"
tap_number=0
tap_failed=0
tap_over=no

# --- TAP ---------------------------------------------------------------------------------------

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() { # NAME
	tap_number=$((tap_number + 1))
	printf 'ok %d - %s\n' "$tap_number" "$1"
}

fail() { # NAME [WHY…]
	tap_number=$((tap_number + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_number" "$1"
	shift
	[ $# -eq 0 ] || note "$@"
}

# skip NAME REASON: one check that can't be made here.
skip() {
	tap_number=$((tap_number + 1))
	printf 'ok %d # SKIP %s: %s\n' "$tap_number" "$1" "$2"
}

# skip_all REASON: ends a test that can't run here. Only before the first check.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	tap_over=yes
	exit 0
}

# bail WHY: the test itself is broken or its surroundings are.
bail() {
	printf 'Bail out! %s\n' "$*"
	tap_over=yes
	exit 99
}

tap_end() {
	local end_status=$?

	[ $tap_over = yes ] && return
	stop_engine
	# The last check may have failed, and been its end.
	[ $end_status -eq 0 ] || [ $tap_failed -gt 0 ] ||
		fail "the script runs to its end" "it ended with status $end_status"
	printf '1..%d\n' "$tap_number"
	[ $tap_failed -eq 0 ] || show_messages
	[ $tap_failed -eq 0 ] || exit 1
}
trap tap_end EXIT

# --- checks: each prints one "ok" or "not ok" and returns its result -----------------------------

# ok NAME COMMAND…: COMMAND ends with status 0.
ok() {
	local name=$1 got
	shift
	"$@" >"$TMPDIR/ok.out" 2>&1
	got=$?
	if [ $got -eq 0 ]; then
		pass "$name"
	else
		fail "$name" "status $got of: $*"
		sed 's/^/# /' "$TMPDIR/ok.out"
		return 1
	fi
}

# is NAME GOT EXPECTED: two texts are the same.
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:      $2"
		note "expected: $3"
		return 1
	fi
}

# like NAME TEXT REGEX: TEXT holds something that the extended regular expression matches.
like() {
	if grep -qE -- "$3" <<<"$2"; then
		pass "$1"
	else
		fail "$1" "does not match /$3/:" "$2"
		return 1
	fi
}

# unlike NAME TEXT REGEX
unlike() {
	if grep -qE -- "$3" <<<"$2"; then
		fail "$1" "matches /$3/:" "$2"
		return 1
	else
		pass "$1"
	fi
}

# compare NAME NUMBER OPERATOR NUMBER: OPERATOR as test(1) has it: -eq -ne -lt -le -gt -ge.
compare() {
	if test "$2" "$3" "$4"; then
		pass "$1"
	else
		fail "$1" "not true: $2 $3 $4"
		return 1
	fi
}

# --- running and waiting -------------------------------------------------------------------------

# try COMMAND…: runs it and keeps $out, $err and $status. Through files: a pipe would be waited for
# until a daemon that the command starts has ended, too.
try() {
	"$@" >"$TMPDIR/try.out" 2>"$TMPDIR/try.err"
	status=$?
	out=$(tr -d "\0" <"$TMPDIR/try.out")
	err=$(tr -d "\0" <"$TMPDIR/try.err")
	return 0
}

# must COMMAND…: what the test needs to go on; bails out otherwise.
must() {
	try "$@"
	[ "$status" -eq 0 ] || bail "status $status of '$*': $err $out"
}

# wait_for SECONDS COMMAND…: until COMMAND ends with 0; 1 if it never does within three times SECONDS,
# which is what a machine needs at most that has nothing else to do.
wait_for() {
	local end=$((SECONDS + 3 * $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# gone PID: it has ended (a child of ours that nobody waited for counts).
gone() {
	! kill -0 "$1" 2>/dev/null || grep -qs '^State:[[:space:]]*Z' "/proc/$1/status"
}

# now_ms: milliseconds of a clock that never jumps.
now_ms() {
	local seconds rest
	IFS=' .' read -r seconds rest _ </proc/uptime
	echo "${seconds}${rest}0"
}

# --- what a test needs -----------------------------------------------------------------------------

need_program() { # NAME…
	local name
	for name; do
		command -v "$name" >/dev/null || skip_all "$name is not installed"
	done
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root"
}

# need_namespace: /run and /dev/shm must be ours (root, and a container that allows it).
need_namespace() {
	[ "$PRIVATE_NAMESPACE" = yes ] || skip_all "needs a mount namespace of its own"
}

need_ust() {
	[ -x "$abs_top_builddir/tests/tools/emit" ] || skip_all "built without LTTng-UST"
}

# as_nobody COMMAND…: as another user, with a home and runtime directory of that user.
as_nobody() {
	local home=$TMPDIR/nobody
	if [ ! -d "$home" ]; then
		chmod go+x "${TMPDIR%/*}" "$TMPDIR"
		mkdir -p "$home/run" "$home/tmp"
		chmod 700 "$home" "$home/run" "$home/tmp"
		chown -R nobody:nogroup "$home"
	fi
	HOME=$home LTTNG_HOME=$home XDG_RUNTIME_DIR=$home/run TMPDIR=$home/tmp \
		setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"
}

# --- tracon ----------------------------------------------------------------------------------------

# start_engine [ARGUMENT…]: an engine without a terminal; returns when it takes commands.
start_engine() {
	must tracon engine --background "$@"
}

# stop_engine: ends it in order, if one runs. Every bash test ends with this by itself.
stop_engine() {
	command -v tracon >/dev/null && tracon -n quit --force >/dev/null 2>&1
	return 0
}

# engine_pid: the process that listens at our engine's socket.
engine_pid() {
	python3 -c 'import os, socket, struct
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(os.environ["XDG_RUNTIME_DIR"] + "/tracon/engine.sock")
print(struct.unpack("3i", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0])'
}

stands_still() {
	! cat "/proc/$1/task/"*/status | grep -q "^State:.[^T]"
}

# halt PID: returns once all of its threads stand still, until SIGCONT.
halt() {
	kill -STOP "$1"
	wait_for 10 stands_still "$1" || bail "process $1 does not stop"
}

# show_messages: what the engine wrote to its log, as comments.
show_messages() {
	local log=$HOME/.local/state/tracon/messages.log
	[ -s "$log" ] || return 0
	note "the end of $log:"
	tail -n 40 "$log" | sed 's/^/#   /'
}

# --- applications ------------------------------------------------------------------------------

# emit_begin NAME [OPTION…]: starts `emit` with these options, and --wait and --hold; returns once it
# is registered and ready. Its process id is in $emit_pid_NAME.
emit_begin() {
	local name=$1
	shift
	emit --wait --hold "$@" >"$TMPDIR/emit.$name" 2>&1 &
	printf -v "emit_pid_$name" %d $!
	wait_for 20 grep -q ready "$TMPDIR/emit.$name" || bail "emit $name does not start"
}

# emit_go NAME: lets it emit.
emit_go() {
	local pid=emit_pid_$1
	kill -USR1 "${!pid}"
}

# shellcheck disable=SC2034
# emit_done NAME: waits until it has emitted all; the count is in $emitted.
emit_done() {
	wait_for 60 grep -q '^[0-9]' "$TMPDIR/emit.$1" || bail "emit $1 does not come to an end"
	emitted=$(grep '^[0-9]' "$TMPDIR/emit.$1")
}

# shellcheck disable=SC2034 # emitted is for the caller
# emit_end NAME: ends it, also in the middle; the count is in $emitted.
emit_end() {
	local pid=emit_pid_$1
	kill -TERM "${!pid}"
	wait "${!pid}"
	emitted=$(grep '^[0-9]' "$TMPDIR/emit.$1")
}

# --- traces ----------------------------------------------------------------------------------------

# read_trace PATH…: all events as text; what babeltrace2 has to complain about goes to $TMPDIR/bt.
read_trace() {
	babeltrace2 --clock-seconds "$@" 2>"$TMPDIR/bt"
}

# count_events PATH [EVENT-NAME]: how many babeltrace2 reads.
count_events() {
	if [ $# -gt 1 ]; then
		babeltrace2 "$1" 2>/dev/null | grep -cF " $2: "
	else
		babeltrace2 "$1" -c sink.utils.counter 2>/dev/null |
			awk '$2 == "Event" && $3 == "messages" { n = $1 } END { print n + 0 }'
	fi
}

# reads_clean NAME PATH…: babeltrace2 reads it to the end and warns of nothing.
reads_clean() {
	local name=$1 got
	shift
	babeltrace2 --output=/dev/null "$@" 2>"$TMPDIR/bt"
	got=$?
	if [ $got -eq 0 ] && [ ! -s "$TMPDIR/bt" ]; then
		pass "$name"
	else
		fail "$name" "babeltrace2 $* ends with $got:" "$(head -n 20 "$TMPDIR/bt")"
		return 1
	fi
}

# numbers_complete NAME PATH ID COUNT: each number 0 … COUNT-1 that `emit --id ID` gave an event is
# there exactly once.
numbers_complete() {
	local name=$1 got
	got=$(babeltrace2 "$2" 2>"$TMPDIR/bt" | sed -n "s/.*emit:.*{ id = $3, number = \([0-9]*\),.*/\1/p" |
		sort -n | awk -v want="$4" '
			$1 != NR - 1 && !bad { bad = NR; print "event " NR - 1 " has number " $1 }
			END { if (!bad && NR != want) print NR " events instead of " want }')
	if [ -z "$got" ]; then
		pass "$name"
	else
		fail "$name" "$got"
		return 1
	fi
}
