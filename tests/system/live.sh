# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests with live viewers: unmodified babeltrace2, on whatever port is free.

# live_url SESSION: where its viewers connect.
live_url() {
	tracon list "$1" | sed -n 's/^ *Live viewers: \(net:[^ ]*\) .*/\1/p'
}

# view NAME URL: a viewer that ends with its session; its process id is in $viewer_NAME.
view() {
	stdbuf -oL babeltrace2 -c source.ctf.lttng-live \
		-p "inputs=[\"$2\"],session-not-found-action=\"end\"" \
		>"$TMPDIR/view.$1" 2>"$TMPDIR/view.$1.err" &
	printf -v "viewer_$1" %d $!
}

has_viewers() { # SESSION COUNT
	tracon list "$1" | grep -q "Live viewers: .*($2 connected)"
}

# printed NAME ID: how many events of `emit --id ID` the viewer has shown.
printed() {
	grep -c "{ id = $2, " "$TMPDIR/view.$1"
}

has_printed() { # NAME ID COUNT
	[ "$(printed "$1" "$2")" -ge "$3" ]
}

# view_ended CLAIM NAME: the viewer ends, with status 0.
view_ended() {
	local process=viewer_$2
	wait_for 20 gone "${!process}" || kill -9 "${!process}"
	wait "${!process}"
	is "$1" $? 0
}

# shown_in_order NAME ID COUNT: all numbers, each once.
shown_in_order() {
	sed -n "s/.*{ id = $2, number = \([0-9]*\),.*/\1/p" "$TMPDIR/view.$1" |
		awk -v count="$3" '$1 != NR - 1 { bad = 1 } END { exit bad || NR != count }'
}
