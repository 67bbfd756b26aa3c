#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes doc/SCREENS.md: every pane of the console, captured from the real program in tmux while the demo runs.
# doc/screens.sh TRACON PRIVATE >doc/SCREENS.md; `make screens` does that. Needs tmux.
set -eu
tracon=$1
private=$2
if [ "${3:-}" != inside ]; then
	exec "$private" "$(dirname "$0")/$(basename "$0")" "$tracon" "$private" inside
fi

keys() {
	tmux -L screens send-keys "$@"
}

# A key right behind it would make it an Alt key.
escape() {
	keys Escape
	sleep 0.3
}

typed() {
	tmux -L screens send-keys -l "$1"
}

# wait_for REGEX: until the screen shows it, half a minute at most.
wait_for() {
	local tries=300
	until tmux -L screens capture-pane -p | grep -qE -- "$1"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { echo "the screen never showed: $1" >&2; tmux -L screens capture-pane -p >&2; return 1; }
		sleep 0.1
	done
}

# shot TITLE: the screen as it is.
shot() {
	printf '\n## %s\n\n```\n' "$1"
	# The private place is called differently each time; a name of the same length stands for it.
	tmux -L screens capture-pane -p | sed -E 's|/tmp/tp-[A-Za-z0-9]{6}|/home/somebody|g; s|/tmp/tp-[A-Za-z0-9]{0,5}…|/home/som…|g'
	printf '```\n'
}

resize() {
	tmux -L screens resize-window -x "$1" -y "$2"
}

end() {
	"$tracon" quit --force >/dev/null 2>&1 || true
	tmux -L screens kill-server 2>/dev/null || true
}
trap end EXIT

cat <<'END'
<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
# Screens

The console on its demo, captured by `make screens` from the real program in tmux.
END
unset TMUX
tmux -L screens -f /dev/null new -d -x 80 -y 24 "TERM=screen-256color LANG=C.UTF-8 '$tracon' demo"
wait_for 'demo_shop|[1-9][0-9.]*k? ev/s'
keys 3
wait_for 'cache_lookup'
wait_for 'cache_lookup .*[▂▃▄▅▆▇█]{4}'
shot "Events, 80×24"
keys 1
shot "Sessions"
keys 2
shot "Channels"
keys R
wait_for 'now readable'
keys 6
wait_for 'archived'
shot "Chunks, after a rotation"
keys 4
wait_for '[0-9] events?'
typed '/'
typed 'demo_shop:http'
keys Enter
wait_for 'http_request'
shot "Instrumentation points"
keys Enter
wait_for 'duration_ms'
shot "What one event is"
escape
escape
keys 5
wait_for 'http_request|cache_lookup'
keys p
shot "Tail, frozen"
keys p
keys 7
shot "Messages"
keys 1
keys c
wait_for 'Create a session'
shot "A form shows the command that it makes"
escape
keys D
wait_for 'Destroy session'
shot "A question names what is lost"
sleep 0.3 # what is typed at once is no answer
keys n
wait_for 'nothing was done'
keys '?'
wait_for 'Keys everywhere'
shot "Help"
escape
keys F2
wait_for 'Settings'
shot "Settings"
escape
keys 5
wait_for 'http_request|cache_lookup'
keys M-c
wait_for 'Columns'
shot "Columns of the tail"
escape
keys 6
keys G
keys g
keys Down
keys Enter
wait_for 'Browser'
wait_for 'demo_shop:'
shot "Browser"
keys s
wait_for '[Ff]ield|count|Statistics'
keys Enter
wait_for 'events? '
shot "Statistics"
escape
keys i
wait_for 'shard|key|method|rows'
shot "Details of one event"
escape
keys q
resize 120 40
wait_for 'Tail'
keys 3
wait_for 'cache_lookup key = '
shot "120×40"
resize 200 60
wait_for 'Points'
wait_for 'lookup +key = '
shot "200×60"
resize 40 8
wait_for '^tracon>'
shot "40×8"
resize 20 4
wait_for '^nothing was done$|^tracon>$'
shot "20×4"
