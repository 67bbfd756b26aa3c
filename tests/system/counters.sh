# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Reads tracon's own counters, for comparison with what readers find.

# counter SESSION NAME: a member of the session in `--json list`.
counter() {
	tracon --json list "$1" |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["output"]["sessions"][0][sys.argv[1]])' "$2"
}

# has_recorded SESSION COUNT: at least so many events.
has_recorded() {
	[ "$(counter "$1" recorded_events)" -ge "$2" ]
}

# archive_path TEXT: the path in what rotate or destroy printed.
archive_path() {
	sed -n 's/^.*Trace chunk archive for session .* is now readable at //p' <<<"$1"
}
