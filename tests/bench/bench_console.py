#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the console as a person meets it, beside htop, and prints a table.

First full frame: from the start of the program (the engine runs already) until the function bar, the last row,
has arrived. Idle: CPU time of engine and holder together over a minute with a terminal attached and nothing
recorded, and the bytes sent in that minute. htop draws every 1.5 s; tracon only what has changed.
"""

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time

ROWS, COLUMNS = 24, 80
TICKS = os.sysconf("SC_CLK_TCK")


class Terminal:
    """A program on a pty of its own."""

    def __init__(self, *words):
        self.begin = time.monotonic()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", LANG="C.UTF-8", LC_ALL="C.UTF-8")
            os.execvp(words[0], words)
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read_for(self, seconds):
        """What arrives within that time; None at the end of the program."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return b""
        try:
            return os.read(self.fd, 65536)
        except OSError:
            return None

    def wait_for(self, marks, seconds):
        """Milliseconds since the start until all marks were sent."""
        seen = b""
        while time.monotonic() < self.begin + seconds:
            got = self.read_for(0.2)
            if got is None:
                break
            seen += got
            if all(mark in seen for mark in marks):
                return (time.monotonic() - self.begin) * 1000.0
        raise RuntimeError(f"no full frame: {seen[-200:]!r}")

    def count_bytes(self, seconds):
        end = time.monotonic() + seconds
        total = 0
        while time.monotonic() < end:
            total += len(self.read_for(max(0.0, end - time.monotonic())) or b"")
        return total

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def cpu_s(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_kb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    return total


def measure_start(words, marks, runs):
    values = []
    for _ in range(runs):
        terminal = Terminal(*words)
        values.append(terminal.wait_for(marks, 10))
        terminal.close()
        time.sleep(0.2)
    return values


def measure_idle(words, marks, others, seconds):
    terminal = Terminal(*words)
    terminal.wait_for(marks, 10)
    terminal.count_bytes(3)
    pids = [terminal.pid, *others]
    before = cpu_s(pids)
    sent = terminal.count_bytes(seconds)
    used = cpu_s(pids) - before
    kilobytes = resident_kb(pids)
    terminal.close()
    return used * 100.0 / seconds, sent * 60.0 / seconds, kilobytes


def engine_pid():
    """The engine whose runtime directory is ours."""
    mine = os.environ.get("XDG_RUNTIME_DIR", "").encode()
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/comm", encoding="utf-8") as file:
                comm = file.read().strip()
            with open(f"/proc/{entry}/environ", "rb") as file:
                environment = file.read().split(b"\0")
        except OSError:
            continue
        if comm == "tracon" and b"XDG_RUNTIME_DIR=" + mine in environment:
            return int(entry)
    raise RuntimeError("the engine is not there")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    missing = [name for name in ("tracon", "htop") if not shutil.which(name)]
    if missing:
        sys.exit(f"bench_console: not installed: {' '.join(missing)}")
    subprocess.run(["tracon", "engine", "--background"], check=True, stdout=subprocess.DEVNULL)
    programs = {
        "tracon": (["tracon"], [b"F10", b"Quit"], [engine_pid()]),
        "htop": (["htop"], [b"F10", b"Quit"], []),
    }
    print(f"Terminal {COLUMNS}x{ROWS}, xterm-256color; {options.runs} starts of each; {options.seconds} s idle.")
    print()
    print("| program | first full frame, ms | CPU idle, % of one core | bytes sent in a minute | anonymous memory, kB |")
    print("|---|---|---|---|---|")
    for name, (words, marks, others) in programs.items():
        starts = measure_start(words, marks, options.runs)
        cpu, sent, kilobytes = measure_idle(words, marks, others, options.seconds)
        print(
            f"| {name} | {statistics.median(starts):.1f} ({min(starts):.1f} to {max(starts):.1f}) "
            f"| {cpu:.2f} | {sent:.0f} | {kilobytes} |"
        )
    subprocess.run(["tracon", "quit", "--force"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
