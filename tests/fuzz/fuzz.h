/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each fuzz_NAME.c has. With --enable-fuzz libFuzzer calls it, else replay.c does, once for
 * each file of tests/fuzz/corpus/NAME, as a test.
 */
#ifndef TRACON_TESTS_FUZZ_FUZZ_H
#define TRACON_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Runs the parsers over any bytes and aborts when a promise is broken. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#endif
