# SPDX-License-Identifier: GPL-2.0-or-later
# Compiler flags: warnings, and the switches for sanitizers, coverage and fuzzing.

# TRACON_TRY_CFLAGS(VARIABLE, FLAGS): adds each of FLAGS that the compiler takes.
AC_DEFUN([TRACON_TRY_CFLAGS], [
	for tracon_flag in $2; do
		tracon_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS -Werror $tracon_flag"
		AC_MSG_CHECKING([whether $CC takes $tracon_flag])
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
			[AC_MSG_RESULT([yes]); $1="$$1 $tracon_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$tracon_saved_cflags
	done
])

# TRACON_SWITCH(NAME, HELP, FLAGS): --enable-NAME adds FLAGS to compiling and linking, and
# fails at once where the compiler or its runtime library can't do it.
AC_DEFUN([TRACON_SWITCH], [
	AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [$2])], [], [enable_$1=no])
	AS_IF([test "x$enable_$1" != xno], [
		tracon_saved_cflags=$CFLAGS
		CFLAGS="$CFLAGS $3"
		AC_MSG_CHECKING([whether $CC can do --enable-$1])
		AC_LINK_IFELSE([AC_LANG_PROGRAM()], [AC_MSG_RESULT([yes])],
			[AC_MSG_RESULT([no])
			AC_MSG_ERROR([$CC does not link with $3])])
		CFLAGS=$tracon_saved_cflags
		CHECK_CFLAGS="$CHECK_CFLAGS $3"
	])
])
