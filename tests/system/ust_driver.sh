# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For tests of the source alone: starts tests/system/ust_driver and talks to it.

# driver_begin: the driver listens for applications; its first answer is in $answer.
driver_begin() {
	mkfifo "$TMPDIR/driver.in" "$TMPDIR/driver.out"
	"$abs_top_builddir/tests/system/ust_driver" <"$TMPDIR/driver.in" >"$TMPDIR/driver.out" \
		2>"$TMPDIR/driver.err" &
	driver_pid=$!
	exec {driver_in}>"$TMPDIR/driver.in" {driver_out}<"$TMPDIR/driver.out"
	rm "$TMPDIR/driver.in" "$TMPDIR/driver.out"
	read -r -t 60 -u "$driver_out" answer || bail "the driver does not start"
}

# say COMMAND…: one command; the answer is in $answer, what it logs in $TMPDIR/driver.log.
say() {
	local line
	answer="error no answer to '$*'"
	echo "$*" >&"$driver_in"
	while read -r -t 60 -u "$driver_out" line; do
		case $line in
		log*) echo "${line#log }" >>"$TMPDIR/driver.log" ;;
		*)
			answer=$line
			return 0
			;;
		esac
	done
}

# order COMMAND…: one that must go well.
order() {
	say "$@"
	[[ $answer == ok* ]] || bail "$*: $answer"
}

# count SESSION NAME: one of the driver's counters.
count() {
	order counts "$1"
	sed -n "s/.*\\<$2=\\([0-9]*\\).*/\\1/p" <<<"$answer"
}

# driver_end NAME: ends it; a check that it ended well and said nothing on standard error.
driver_end() {
	say log
	say quit
	exec {driver_in}>&- {driver_out}<&-
	wait "$driver_pid"
	is "$1" "$?$(head -n 40 "$TMPDIR/driver.err")" 0
}
