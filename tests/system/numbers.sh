# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The numbers that `emit` gave its events, as they are found in a trace.

# one_cpu: the first processor we may use: what runs on it alone fills one stream.
one_cpu() {
	taskset -pc $$ | sed 's/.*: *\([0-9]*\).*/\1/'
}

# emit_pinned NAME OPTION…: as emit_begin, on $cpu alone, and lets it emit.
emit_pinned() {
	local name=$1
	shift
	taskset -c "$cpu" emit --wait --hold "$@" >"$TMPDIR/emit.$name" 2>&1 &
	printf -v "emit_pid_$name" %d $!
	wait_for 20 grep -q ready "$TMPDIR/emit.$name" || bail "emit $name does not start"
	emit_go "$name"
}

# numbers_of PATH ID: in the order of the trace, one a line.
numbers_of() {
	babeltrace2 "$1" 2>/dev/null | sed -n "s/.*emit:.*{ id = $2, number = \([0-9]*\),.*/\1/p"
}

# number_range PATH ID: "FIRST LAST COUNT", and " BROKEN" if they don't follow each other.
number_range() {
	numbers_of "$1" "$2" | awk '
		NR == 1 { first = $1 }
		NR > 1 && $1 != last + 1 { broken = " BROKEN" }
		{ last = $1 }
		END { print first + 0, last + 0, NR broken }'
}

# whole_range NAME PATH ID: no number is missing between the first and the last; they are in $first,
# $last and $count then.
whole_range() {
	local range
	range=$(number_range "$2" "$3")
	# shellcheck disable=SC2034 # for the caller
	read -r first last count _ <<<"$range"
	unlike "$1" "$range" 'BROKEN|^0 0 0$'
}

# snapshot_path TEXT: the folder in what `snapshot record` printed.
snapshot_path() {
	sed -n 's/^Snapshot written at: //p' <<<"$1"
}
