#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes ./configure from configure.ac; with a word behind it, does the rest as well:
#
#	./autogen.sh         only that; then ./configure && make && make check && make install
#	./autogen.sh deps    installs what building and testing need and this system lacks
#	./autogen.sh run     installs what building needs, builds in build/, shows the demo
#	./autogen.sh check   the same as deps, builds in build/, runs all tests
#
# CONFIGURE_FLAGS, if set, goes to configure when build/ is made.
set -eu
cd "$(dirname "$0")"

# A closed standard input would be taken by the first file that somebody opens.
if ! true 2>/dev/null <&0; then exec </dev/null; fi

# WHEN | CHECK | PACKAGE | WHY. CHECK is a program, a file, or a pkg-config module after "lib:". PACKAGE:
# Debian's name, and behind a slash Ubuntu's where it has another.
needs() {
	cat <<-'END'
	build | autoreconf | autoconf | makes configure
	build | automake | automake | makes configure
	build | pkg-config | pkg-config | finds libraries
	build | gcc | gcc | compiles
	build | make | make | builds
	build | /usr/include/stdio.h | libc6-dev | the C library's headers
	build | lib:ncursesw | libncurses-dev | the screen
	build | lib:readline | libreadline-dev | the command line
	build | lib:liburcu | liburcu-dev | publishing between threads
	build | lib:lttng-ust-ctl | liblttng-ust-dev | tracing applications, and the demo
	build | lib:babeltrace2 | libbabeltrace2-dev | reading traces
	build | lib:libtraceevent | libtraceevent-dev | formats of the kernel's events
	build | lib:jansson | libjansson-dev | JSON
	build | lib:libxml-2.0 | libxml2-dev | saved sessions
	build | lib:uuid | uuid-dev | identities of sessions
	build | lib:libcurl | libcurl4-openssl-dev | export of sessions by OTLP
	build | lib:libmicrohttpd | libmicrohttpd-dev | metrics for Prometheus
	build | lib:zlib | zlib1g-dev | compressed export
	build | lib:popt | libpopt-dev | options of commands
	build | babeltrace2 | babeltrace2 | shows traces (tracon view)
	check | lib:cmocka | libcmocka-dev | unit tests
	check | babeltrace | babeltrace | an older reader, for the same
	check | lttng | lttng-tools | the peer whose language tracon speaks
	check | tmux | tmux | a terminal for tests of the screen
	check | /usr/bin/python3 | python3 | fake peers in tests
	check | /usr/lib/python3/dist-packages/pyte | python3-pyte | a screen for tests
	check | /usr/lib/python3/dist-packages/lttngust | python3-lttngust | loggers of Python
	check | /usr/share/java/lttng-ust-agent-jul.jar | liblttng-ust-agent-java | loggers of Java
	check | /usr/share/java/log4j-1.2.jar | liblog4j1.2-java | the same
	check | javac | default-jdk-headless | the same
	check | node | nodejs | decodes what is exported
	check | npm | npm | brings that decoder
	check | setpriv | util-linux | tests as another user
	check | pgrep | procps | finds processes in tests
	check | g++ | g++ | applications in C++
	check | trace-cmd | trace-cmd | a peer that traces the kernel
	check | perf | linux-perf/linux-tools-generic | another one
	check | sdt.h | systemtap-sdt-dev | statically defined points in tests
	check | musl-gcc | musl-tools | applications with another C library
	END
}

is_there() {
	case $1 in
	lib:*) pkg-config --exists "${1#lib:}" 2>/dev/null ;;
	/*) [ -e "$1" ] ;;
	*.h) echo "#include <sys/$1>" | ${CC:-cc} -E - >/dev/null 2>&1 ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

# missing GROUP…: a line "PACKAGE (WHY)" for each thing of these groups that is not there.
missing() {
	needs | while IFS='|' read -r when check package why; do
		case " $* " in *" ${when%% *} "*) ;; *) continue ;; esac
		check=$(echo "$check" | tr -d ' ')
		is_there "$check" || echo "$(echo "$package" | tr -d ' ') (${why# })"
	done
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		DEBIAN_FRONTEND=noninteractive "$@"
	elif command -v sudo >/dev/null; then
		sudo DEBIAN_FRONTEND=noninteractive "$@"
	else
		echo "Error: root's rights are needed for: $*" >&2
		return 1
	fi
}

apt() {
	as_root apt-get -q -o Dpkg::Use-Pty=0 "$@" </dev/null
}

# names: of the packages that are read, one a line, those that this system's lists have.
names() {
	while IFS=/ read -r first other; do
		if [ -n "$other" ] && apt-cache show "$other" >/dev/null 2>&1 &&
			! apt-cache show "$first" >/dev/null 2>&1; then
			first=$other
		fi
		printf '%s ' "$first"
	done
}

# deps GROUP…
deps() {
	lacking=$(missing "$@")
	[ -n "$lacking" ] || return 0
	echo "Missing here:"
	echo "$lacking" | sed 's/^/  /'
	if ! command -v apt-get >/dev/null; then
		echo "Error: these are Debian's names. Install the same with your system's tools, then try again." >&2
		return 1
	fi
	packages=$(echo "$lacking" | sed 's/ .*//')
	echo "Installing with apt-get: $(echo "$packages" | names)"
	# The lists of packages may be absent (a fresh container) or too old to be of use.
	# shellcheck disable=SC2046 # several words
	apt install -y --no-install-recommends $(echo "$packages" | names) ||
		{ apt update && apt install -y --no-install-recommends $(echo "$packages" | names); } ||
		{ echo "Error: apt-get could not install them; see above." >&2; return 1; }
	lacking=$(missing "$@")
	[ -z "$lacking" ] ||
		{ echo "Error: still missing after the installation: $lacking" >&2; return 1; }
}

make_configure() {
	autoreconf --install --warnings=all,no-portability
}

jobs() {
	getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1
}

build() {
	[ -x configure ] || make_configure || return
	mkdir -p build
	[ -e build/config.status ] || (cd build && eval ../configure --quiet "${CONFIGURE_FLAGS-}") || return
	make -C build -j"$(jobs)" --no-print-directory
}

check() {
	find build -name '*.trs' -delete 2>/dev/null || true
	status=0
	build || status=$?
	make -C build --no-print-directory otlp-decoder || echo "A test goes without it: see above."
	# As many again as there are cores: most of the time a test waits for what it started.
	[ $status -ne 0 ] || make -C build -j"$(($(jobs) * 2))" --no-print-directory check || status=$?
	mkdir -p build
	[ $status -eq 0 ] || echo "Error: make check ended with status $status."
	tests/tools/summary build || status=1
	return "$status"
}

case ${1-} in
"") make_configure ;;
deps) deps build check ;;
run)
	deps build
	build
	exec build/tracon demo
	;;
check)
	deps build check
	check
	;;
*)
	sed -n '3,11s/^# \{0,1\}//p' "$0" >&2
	exit 1
	;;
esac
