# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of the kernel's tracing have in common: what they need, and how they look for what may be
# left behind. Beside them others may trace the kernel.

. "$abs_top_srcdir/tests/system/counters.sh"

# Other tests make such calls, too, and the kernel's tracer sees them all.
export CALLS_FD=$((1000000 + $$))

# need_kernel: starts an engine that can trace the kernel, or says why there is none.
need_kernel() {
	need_root
	need_program babeltrace2
	start_engine
	try tracon list -k
	if [ "$status" -ne 0 ]; then
		stop_engine
		skip_all "$err"
	fi
	tracing=$(awk '$3 == "tracefs" { print $2; exit }' /proc/self/mounts)
	[ -n "$tracing" ] || tracing=/sys/kernel/tracing
	engine=$(engine_pid)
}

# left_behind PID: instances and probes of that engine.
left_behind() {
	find "$tracing/instances" -maxdepth 1 -name "tracon-$1-*"
	grep -s "tracon_$1_" "$tracing/uprobe_events"
}

nothing_left() {
	[ -z "$(left_behind "$1")" ]
}

# leaves_nothing NAME: of our first engine, as the check of that name.
leaves_nothing() {
	if wait_for 10 nothing_left "$engine"; then
		pass "$1"
	else
		fail "$1" "$(left_behind "$engine")"
	fi
}

# numbers PATH…: of the calls that were recorded when they began, one a line.
numbers() {
	babeltrace2 "$@" 2>"$TMPDIR/bt" |
		sed -n 's/.*syscall_entry_lseek: .*fd = '"$CALLS_FD"', offset = \([0-9]*\),.*/\1/p'
}

# calls_complete NAME COUNT PATH…: each number below COUNT is in all of them together once.
calls_complete() {
	local name=$1 want=$2 got
	shift 2
	got=$(numbers "$@" | sort -n | awk -v want="$want" '
		$1 != NR - 1 && !bad { bad = NR; print "call " NR - 1 " has number " $1 }
		END { if (!bad && NR != want) print NR " calls instead of " want }')
	if [ -z "$got" ]; then
		pass "$name"
	else
		fail "$name" "$got"
	fi
}
