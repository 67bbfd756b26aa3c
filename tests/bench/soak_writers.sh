#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What may befall the writers of native events, for SOAK_SECONDS (600) or a little longer: a kill and a
# signal at each instruction once; then in turn kills at random moments, jumps out of handlers, copies of
# what is being written over. At the end ten million events of two threads are read by both readers.
. lib.sh
. "$abs_top_srcdir/tests/system/native.sh"
need_native

seconds=${SOAK_SECONDS:-600}
tests=$abs_top_builddir/tests
failures=0
begin=$SECONDS

# run NAME COMMAND…: what it counts goes to $TMPDIR/NAME.
run() {
	local name=$1
	shift
	if ! "$@" >"$TMPDIR/out" 2>&1; then
		failures=$((failures + 1))
		note "$name:" "$(tail -n 20 "$TMPDIR/out")"
	fi
	grep '^# [0-9]' "$TMPDIR/out" >>"$TMPDIR/$name"
}

# summed NAME: the numbers of all its lines of one shape together, "12 jumps, 3 repairs".
summed() {
	awk '{
		shape = ""
		for (i = 2; i <= NF; i++) {
			if ($i ~ /^[0-9]+$/) { sum[NR, i] = $i; $i = "%" }
			shape = shape " " $i
		}
		for (i = 2; i <= NF; i++) if ((NR, i) in sum) all[shape, i] += sum[NR, i]
		shapes[shape] = NF
	}
	END {
		for (shape in shapes) {
			count = split(shape, word, " ")
			for (i = 1; i <= count; i++) printf "%s ", word[i] == "%" ? all[shape, i + 1] : word[i]
			print ""
		}
	}' "$TMPDIR/$1"
}

NATIVE_STRIDE=1 run step "$tests/native/step"
note "stepped through in $((SECONDS - begin)) s:" "$(cat "$TMPDIR/step")"
turns=0
while [ $turns -eq 0 ] || [ $((SECONDS - begin)) -lt "$seconds" ]; do
	turns=$((turns + 1))
	run killer "$tests/native/killer"
	NATIVE_TIMES=10 run lane "$tests/unit/test_native_lane"
done
note "$turns turns of 50 kills, jumps and copies in $((SECONDS - begin)) s:" "$(summed killer)" "$(summed lane)"
is "nothing was bad" $failures 0

record many
native_emit --small --threads 2 --burst 1000 --pause 500 --until "$TMPDIR/enough" >"$TMPDIR/count" &
application=$!
wait_for 600 has_recorded many 10000000
: >"$TMPDIR/enough"
wait $application
must tracon stop many
recorded=$(counter many recorded_events)
discarded=$(counter many discarded_events)
note "$(<"$TMPDIR/count") emitted, $recorded recorded, $discarded discarded"
compare "there are ten million" "$recorded" -ge 10000000
# And one that says it was the last.
is "all are recorded or counted as discarded" $((recorded + discarded)) $(($(<"$TMPDIR/count") + 1))
is "babeltrace2 reads each" "$(count_events "$TMPDIR/many")" "$recorded"
# In the order of each thread; if none was discarded, without a gap.
read_trace "$TMPDIR/many" | sed -n 's/.* native:small: .*{ id = \([0-9]*\), number = \([0-9]*\).*/\1 \2/p' | awk '
	($1 in before) && $2 <= before[$1] { wrong++ }
	{ gaps += $2 - ($1 in before ? before[$1] + 1 : 0); before[$1] = $2 }
	END { print wrong + 0, gaps }' >"$TMPDIR/order"
read -r wrong gaps <"$TMPDIR/order"
is "none is out of its thread's order" "$wrong" 0
compare "none is missing that was not discarded" "$gaps" -le "$discarded"
if command -v babeltrace >/dev/null; then
	is "babeltrace 1 reads each" "$(babeltrace "$TMPDIR/many" 2>"$TMPDIR/one" | wc -l)" "$recorded"
	# It says what was discarded, and nothing else.
	is "and has no complaint" "$(grep -v "Tracer discarded" "$TMPDIR/one")" ""
else
	skip "babeltrace 1 reads each" "babeltrace is not installed"
fi
