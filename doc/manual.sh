#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# manual.sh TEMPLATE PROGRAM VERSION: prints the man page. The lines @COMMANDS@, @VERBS@ and @KEYS@
# of the template are replaced by what the program makes from its tables.
set -eu
template=$1 program=$2 version=$3
# A build with a leak checker shall not fail here, where nobody looks for leaks.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

filled=$(while IFS= read -r line; do
	case $line in
	@COMMANDS@) "$program" --man-commands </dev/null ;;
	@VERBS@) "$program" --man-verbs </dev/null ;;
	@KEYS@) "$program" --man-keys </dev/null ;;
	*) printf '%s\n' "$line" ;;
	esac
done <"$template")
printf '%s\n' "$filled" | sed "s/@VERSION@/$version/g"
