#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# manual.sh TEMPLATE PROGRAM VERSION: prints the man page. The lines @COMMANDS@ and @KEYS@ of the
# template are replaced by what the program makes from its tables.
set -eu
template=$1 program=$2 version=$3
# A build with a leak checker shall not fail here, where nobody looks for leaks.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

# A program that can't print its tables leaves the reader a way to them.
part() {
	"$program" "$1" 2>/dev/null </dev/null || printf '%s\n' ".PP" "$2"
}

while IFS= read -r line; do
	case $line in
	@COMMANDS@) part --man-commands '\fBtracon help\fR lists them.' ;;
	@KEYS@) part --man-keys '\fB?\fR shows those of the pane one is in.' ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$template" | sed "s/@VERSION@/$version/g"
