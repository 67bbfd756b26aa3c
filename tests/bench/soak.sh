#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# One engine for SOAK_SECONDS (600): two applications that emit all the time, others that come and go,
# rotations, a second session that is made and destroyed, listings. Nothing may be lost, and the engine
# may not grow in memory, files or threads after the first quarter.
. lib.sh
. "$abs_top_srcdir/tests/system/counters.sh"
need_ust
need_program babeltrace2

seconds=${SOAK_SECONDS:-600}

# memory_kb, open_files, threads of the engine
memory_kb() {
	awk '/^VmRSS/ { print $2 }' "/proc/$engine/status"
}
open_files() {
	find "/proc/$engine/fd" -mindepth 1 | wc -l
}
threads() {
	find "/proc/$engine/task" -mindepth 1 -maxdepth 1 | wc -l
}

# One turn of what people do; $1 is its number.
turn() {
	tracon rotate soak >/dev/null || return
	tracon list soak >/dev/null || return
	emit --count 500 --types 32 --id 3 >>"$TMPDIR/short" || return
	tracon create "side$1" --output "$TMPDIR/side" >/dev/null &&
		tracon enable-event -u -s "side$1" 'emit:event_0001' >/dev/null &&
		tracon start "side$1" >/dev/null &&
		emit --count 100 --types 2 --id 4 >/dev/null &&
		tracon destroy "side$1" >/dev/null || return
	tracon set-session soak >/dev/null
	rm -rf "$TMPDIR/side"
}

start_engine
engine=$(engine_pid)
must tracon create soak --output "$TMPDIR/soak"
must tracon enable-channel -u --subbuf-size 512k --num-subbuf 8 big
must tracon enable-event -u -c big 'emit:*'
must tracon start soak
for name in 1 2; do
	emit_begin $name --loop --rate 1000 --types 32 --id $name
	emit_go $name
done

begin=$SECONDS turns=0 failed_turns=0 side=0
first_kb='' first_files='' first_threads=''
while [ $((SECONDS - begin)) -lt "$seconds" ]; do
	turns=$((turns + 1))
	turn $turns 2>"$TMPDIR/turn" || {
		failed_turns=$((failed_turns + 1))
		note "turn $turns: $(head -n 3 "$TMPDIR/turn")"
	}
	if [ -z "$first_kb" ] && [ $(((SECONDS - begin) * 4)) -ge "$seconds" ]; then
		first_kb=$(memory_kb) first_files=$(open_files) first_threads=$(threads)
		note "after $((SECONDS - begin)) s: $first_kb kB, $first_files files, $first_threads threads"
	fi
done
note "$turns turns in $((SECONDS - begin)) s: $(memory_kb) kB, $(open_files) files, $(threads) threads"
is "every turn worked" $failed_turns 0
compare "memory stays" "$(memory_kb)" -le $((first_kb * 11 / 10 + 2048))
compare "open files stay" "$(open_files)" -le $((first_files + 8))
compare "threads stay" "$(threads)" -le $((first_threads + 2))

all=$(awk '{ sum += $1 } END { print sum + 0 }' "$TMPDIR/short")
# What emits into the other session is recorded here as well.
side=$((turns * 100))
for name in 1 2; do
	emit_end $name
	declare "count_$name=$emitted"
	all=$((all + emitted))
done
must tracon stop soak
is "nothing was discarded" "$(counter soak discarded_events)" 0
is "all is counted" "$(counter soak recorded_events)" $((all + side))
must tracon destroy soak
for name in 1 2; do
	count=count_$name
	numbers_complete "every number of application $name once" "$TMPDIR/soak" $name "${!count}"
done
