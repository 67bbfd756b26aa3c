# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests that stream: an unmodified lttng-relayd on ports of its own. $control, $data and
# $live are its ports; what is streamed to it lies below $there.

# free_ports N: numbers that nobody listens at.
free_ports() {
	python3 -c 'import socket, sys
sockets = [socket.socket() for _ in range(int(sys.argv[1]))]
for one in sockets: one.bind(("127.0.0.1", 0))
print(*(one.getsockname()[1] for one in sockets))' "$1"
}

listens() { # PORT
	(exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# relay_begin DIR: a relay daemon that writes there; its process id is in $relay.
relay_begin() {
	lttng-relayd -C "tcp://127.0.0.1:$control" -D "tcp://127.0.0.1:$data" \
		-L "tcp://127.0.0.1:$live" -o "$1" >"$TMPDIR/relayd" 2>&1 &
	relay=$!
	if ! wait_for 10 listens "$control" || ! wait_for 10 listens "$data"; then
		bail "lttng-relayd does not start: $(cat "$TMPDIR/relayd")"
	fi
}

# relay_path OUTPUT: the directory that an answer names.
relay_path() {
	sed -n "s|.*on relay tcp://127.0.0.1/\(.*\) \[control port $control, data port $data\].*|$there/\1|p" <<<"$1"
}

# relay_kill: as a crash does it.
relay_kill() {
	kill -KILL "$relay"
	wait "$relay" 2>/dev/null
}

relay_end() {
	kill "$relay"
	wait "$relay" 2>/dev/null
}
