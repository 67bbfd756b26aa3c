#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the browser on a large trace beside babeltrace2 and grep, in turn, and prints a table.

The trace has two streams with packets of 512 KiB and lies in memory's file cache. What is searched for is
not there, so that all of it is read: once a number, for which every event must be decoded, and once a
word, which the raw packets can be asked for. The page in the middle is compared with babeltrace2's lines.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("abs_top_builddir", ".")
MAKE_TRACE = os.path.join(BUILD, "tests/bench/make_trace")
DRIVER = os.path.join(BUILD, "tests/bench/browse_driver")
ROWS = 50
FIGURES = [
    # key, title, unit, goal
    ("first_ms", "opening until the first page", "ms", 300),
    ("middle_ms", "going to 50 %", "ms", 200),
    ("end_ms", "going to the end", "ms", None),
    ("number_s", "search for a number that isn't there", "s", None),
    ("grep_s", "babeltrace2 | grep for the same", "s", None),
    ("word_s", "search for a word that isn't there", "s", None),
    ("peak_mb", "peak memory (VmHWM) of all that", "MB", 100),
]


def drive(trace, *words):
    """The driver's times by command in milliseconds, its peak in MB, and its rows."""
    done = subprocess.run([DRIVER, trace, *words], capture_output=True, text=True, check=True)
    times = {}
    for name, value in re.findall(r"^(\w+) ([0-9.]+) ms$", done.stderr, re.MULTILINE):
        times.setdefault(name, []).append(float(value))
    peak = int(re.search(r"VmHWM:\s+(\d+)", done.stderr).group(1)) / 1024
    return times, peak, done.stdout.splitlines()


def grep(trace, pattern):
    """How long babeltrace2 and grep take to look at all of it."""
    began = time.monotonic()
    subprocess.run(
        f"babeltrace2 '{trace}' 2>/dev/null | grep -c -- '{pattern}'",
        shell=True,
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return time.monotonic() - began


def warm(trace):
    """Reads the trace, so that it is in the cache."""
    for name in os.listdir(trace):
        if name.startswith("chan_"):
            with open(os.path.join(trace, name), "rb") as stream:
                while stream.read(1 << 22):
                    pass


def one_round(trace):
    """All figures once."""
    warm(trace)
    figures = {}
    times, peak, _rows = drive(
        trace, "first", str(ROWS), "page", "50", str(ROWS), "end", str(ROWS)
    )
    figures["first_ms"] = times["first"][0]
    figures["middle_ms"] = times["page"][0]
    figures["end_ms"] = times["end"][0]
    times, more, _rows = drive(trace, "text", "delta = 5555")
    figures["number_s"] = times["text"][0] / 1000
    peak = max(peak, more)
    figures["grep_s"] = grep(trace, "delta = 5555")
    times, more, _rows = drive(trace, "text", "nowhere")
    figures["word_s"] = times["text"][0] / 1000
    figures["peak_mb"] = max(peak, more)
    return figures


def compare_middle(trace):
    """Whether the rows at 50 % are babeltrace2's: time, name and number."""
    _times, _peak, rows = drive(trace, "page", "50", str(ROWS))
    own = [re.match(r"(\d+) (\S+): n = (\d+)", row).groups() for row in rows]
    begin = f"{int(own[0][0]) // 10**9}.{int(own[0][0]) % 10**9:09d}"
    text = subprocess.run(
        f"babeltrace2 --clock-seconds --no-delta --begin={begin} '{trace}' 2>/dev/null "
        f"| head -n {ROWS}",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    theirs = []
    for line in text:
        seconds, nanoseconds, name, number = re.match(
            r"\[(\d+)\.(\d+)\] (\S+): .*\{ n = (\d+)", line
        ).groups()
        theirs.append((str(int(seconds) * 10**9 + int(nanoseconds)), name, number))
    return own == theirs


def main():
    """Prints the table; the status is 1 when the page isn't babeltrace2's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", help="where the trace goes (default: a temporary folder)")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="bench-browse-", dir=arguments.directory)
    trace = os.path.join(folder, "trace")
    try:
        subprocess.run(
            [MAKE_TRACE, trace, str(arguments.megabytes)], check=True, stdout=subprocess.DEVNULL
        )
        rounds = [one_round(trace) for _ in range(arguments.rounds)]
        is_same = compare_middle(trace)
    finally:
        shutil.rmtree(folder)
    print(f"{arguments.megabytes} MB, 2 streams, packets of 512 KiB; median of "
          f"{arguments.rounds} rounds (least … most)")
    for key, title, unit, goal in FIGURES:
        values = sorted(figures[key] for figures in rounds)
        note = f"  goal {goal}" if goal else ""
        print(f"{title:45} {statistics.median(values):8.1f} {unit:3}"
              f" ({values[0]:.1f} … {values[-1]:.1f}){note}")
    print(f"the page at 50 % is babeltrace2's: {'yes' if is_same else 'NO'}")
    return 0 if is_same else 1


if __name__ == "__main__":
    sys.exit(main())
