# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What tests of native applications have in common.

. "$abs_top_srcdir/tests/system/counters.sh"

# need_native: a reader is there. What else it takes is in every build.
need_native() {
	need_program babeltrace2 python3
}

# record NAME OPTION…: a session NAME that records native:*, to $TMPDIR/NAME.
record() {
	local name=$1
	shift
	must tracon create "$name" --output "$TMPDIR/$name" "$@"
	must tracon enable-event -u 'native:*' -s "$name"
	must tracon start "$name"
}

# numbers_of PATH ID: of native:number and native:small of that thread, one a line, as recorded.
numbers_of() {
	read_trace "$1" | sed -n "s/.* native:\(number\|small\): .*{ id = $2, number = \([0-9]*\).*/\2/p"
}

# whole NAME PATH ID COUNT: 0 … COUNT-1, each once and in order.
whole() {
	local name=$1 got
	got=$(numbers_of "$2" "$3" | awk -v want="$4" '
		$1 != NR - 1 && !bad { bad = NR; print "event " NR - 1 " has number " $1 }
		END { if (!bad && NR != want) print NR " events instead of " want }')
	if [ -z "$got" ]; then
		pass "$name"
	else
		fail "$name" "$got"
		return 1
	fi
}

# reads_alike NAME PATH: babeltrace 1 reads as many events as babeltrace2, and has no complaint.
reads_alike() {
	if ! command -v babeltrace >/dev/null; then
		skip "$1" "babeltrace is not installed"
		return 0
	fi
	babeltrace "$2" >"$TMPDIR/one" 2>"$TMPDIR/one.err"
	is "$1" "$? $(wc -l <"$TMPDIR/one") $(head -c 300 "$TMPDIR/one.err")" "0 $(count_events "$2") "
}
