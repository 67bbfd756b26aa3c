# SPDX-License-Identifier: GPL-2.0-or-later
# Libraries through pkg-config. Missing ones are collected, so that one run names them all,
# each with the Debian package that brings it.

# TRACON_NEED(VARIABLE, MODULE, DEBIAN-PACKAGE, WHAT-FOR)
AC_DEFUN([TRACON_NEED], [
	PKG_CHECK_MODULES([$1], [$2], [],
		[tracon_missing="$tracon_missing
  $2 ($4): apt install $3"])
])

# TRACON_NEED_END: stops if anything was missing.
AC_DEFUN([TRACON_NEED_END], [
	AS_IF([test -n "$tracon_missing"], [AC_MSG_ERROR([these libraries are missing:$tracon_missing
On Debian and Ubuntu, ./autogen.sh deps installs all of them.])])
])
