#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The clocks of native, LTTng-UST and kernel events for SOAK_SECONDS (600), and for 3600 as they are meant.

One thread emits numbered events of all three in turn, two microseconds apart at least. Two sessions record
them: one is rotated six times, one never. For each chunk: what its metadata says of its own clock, how many
events are read out of order and by how much, and the least time between two neighbours of different
clocks: what it is below two microseconds, the clocks are off. A chunk of up to ten minutes must be good to
a microsecond, unless the system's clock was being slewed meanwhile.
"""

import collections
import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time

ROTATED, WHOLE = "rotated", "whole"
CHUNKS = 6
APART_NS = 2000  # let_time_pass() in native_emit.c
PROMISED_NS = 1000
PROMISED_CHUNK_S = 600
CALLS_FD = 1000000 + os.getpid()
SHAPES = {
    "native": re.compile(r"^\[(\d+)\.(\d+)\].* native:number: .* number = (\d+),"),
    "LTTng-UST": re.compile(r"^\[(\d+)\.(\d+)\].* emit:event_0000: .* number = (\d+),"),
    "kernel": re.compile(rf"^\[(\d+)\.(\d+)\].* syscall_entry_lseek: .*fd = {CALLS_FD}, offset = (\d+)"),
}
Event = collections.namedtuple("Event", "ns kind number")


def say(text):
    print(text, flush=True)


def tracon(*words, check=True):
    done = subprocess.run(["tracon", *words], capture_output=True, text=True, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"tracon {' '.join(words)}: {done.stderr}")
    return done


class Timex(ctypes.Structure):
    """struct timex of adjtimex(2)."""

    _fields_ = [("modes", ctypes.c_uint)] + [
        (name, ctypes.c_long) for name in ("offset", "freq", "maxerror", "esterror")
    ] + [("status", ctypes.c_int)] + [
        (name, ctypes.c_long) for name in ("constant", "precision", "tolerance", "sec", "usec", "tick", "ppsfreq", "jitter")
    ] + [("shift", ctypes.c_int)] + [(name, ctypes.c_long) for name in ("stabil", "jitcnt", "calcnt", "errcnt", "stbcnt")
    ] + [("tai", ctypes.c_int), ("reserved", ctypes.c_int * 11)]


class Slewing(threading.Thread):
    """Looks each second whether somebody changes the rate of the system's clock; .times are when."""

    SINGLE_SHOT_READ = 0xA001  # ADJ_OFFSET_SS_READ: what is left of an adjtime(3)

    def __init__(self):
        super().__init__(daemon=True)
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.times = []
        self.is_over = threading.Event()
        self.before = self.look()

    def look(self):
        now, single = Timex(), Timex(modes=self.SINGLE_SHOT_READ)
        self.libc.adjtimex(ctypes.byref(now))
        self.libc.adjtimex(ctypes.byref(single))
        return now.freq, now.tick, now.offset, single.offset

    def run(self):
        while not self.is_over.wait(1):
            now = self.look()
            if now != self.before or now[2] or now[3]:
                self.times.append(time.time_ns())
            self.before = now

    def between(self, begin_ns, end_ns):
        return any(begin_ns <= at <= end_ns for at in self.times)


def begin_session(name, output):
    """Returns whether the kernel is recorded, too."""
    tracon("create", name, "--output", output)
    for words in (["native:*"], ["emit:*"]):
        tracon("enable-event", "-u", "-s", name, *words)
    has_kernel = tracon("enable-event", "-k", "-s", name, "--syscall", "lseek", "--filter", f"fd == {CALLS_FD}",
                        check=False).returncode == 0
    tracon("start", name)
    return has_kernel


def record(folder, seconds):
    """Both sessions; how many numbers there were."""
    tracon("engine", "--background")
    # Each domain is asked for in each session.
    has_kernel = all([begin_session(name, os.path.join(folder, name)) for name in (ROTATED, WHOLE)])
    enough = os.path.join(folder, "enough")
    calls = ["--calls", str(CALLS_FD)] if has_kernel else []
    with subprocess.Popen(["native_mixed", "--mixed", *calls, "--burst", "6", "--pause", "50000", "--until", enough],
                          stdout=subprocess.PIPE, text=True) as program:
        begin = time.monotonic()
        for turn in range(1, CHUNKS + 1):
            time.sleep(max(0.0, begin + turn * seconds / CHUNKS - time.monotonic()))
            if program.poll() is not None:
                raise RuntimeError("native_mixed ended by itself")
            if turn < CHUNKS:
                tracon("rotate", ROTATED)
        with open(enough, "w", encoding="utf-8"):
            pass
        count = int(program.stdout.read())
    for name in (ROTATED, WHOLE):
        session = json.loads(tracon("--json", "list", name).stdout)["output"]["sessions"][0]
        if session["discarded_events"]:
            raise RuntimeError(f"{session['discarded_events']} events of {name} were discarded")
        tracon("destroy", name)
    tracon("quit", "--force", check=False)
    return count


def chunks_of(output):
    archives = os.path.join(output, "archives")
    if os.path.isdir(archives):
        return [os.path.join(archives, name) for name in sorted(os.listdir(archives), key=lambda name: int(name.split("-")[-1]))]
    return [output]


def read_events(chunk):
    """In the order in which babeltrace2 merges them."""
    with subprocess.Popen(["babeltrace2", "--clock-seconds", chunk], stdout=subprocess.PIPE, text=True) as reader:
        for line in reader.stdout:
            for kind, shape in SHAPES.items():
                if found := shape.match(line):
                    yield Event(int(found[1]) * 10**9 + int(found[2]), kind, int(found[3]))
                    break
    if reader.returncode != 0:
        raise RuntimeError(f"babeltrace2 {chunk}: {reader.returncode}")


def residual_of(chunk):
    """None: native events have the system's clock itself."""
    text = subprocess.run(["grep", "-rhoaE", "--include=metadata", r"clock_residual_ns = [0-9]+", chunk],
                          capture_output=True, text=True, check=False).stdout
    found = [int(number) for number in re.findall(r"\d+", text)]
    return max(found) if found else None


class Chunk:
    def __init__(self, path):
        events = list(read_events(path))
        if not events:
            raise RuntimeError(f"nothing is recorded in {path}")
        self.residual_ns = residual_of(path)
        self.numbers = [event.number for event in events]
        self.kinds = collections.Counter(event.kind for event in events)
        self.begin_ns, self.end_ns = events[0].ns, events[-1].ns
        in_turn = sorted(events, key=lambda event: event.number)
        gaps = [after.ns - before.ns for before, after in zip(in_turn, in_turn[1:])
                if after.number == before.number + 1 and after.kind != before.kind]
        self.least_gap_ns = min(gaps, default=APART_NS)
        inverted = [gap for gap in gaps if gap < 0]
        self.out_of_order = max(len(inverted), sum(after < before for before, after in zip(self.numbers, self.numbers[1:])))
        self.worst_ns = -min(inverted, default=0)

    def seconds(self):
        return (self.end_ns - self.begin_ns) / 1e9

    def off_ns(self):
        return max(0, APART_NS - self.least_gap_ns)

    def wrong(self, is_slewed):
        if is_slewed or self.seconds() > PROMISED_CHUNK_S + 5:
            return []
        return [text for text, is_wrong in (
            (f"a residual of {self.residual_ns} ns", (self.residual_ns or 0) > PROMISED_NS),
            (f"clocks at least {self.off_ns()} ns off", self.off_ns() > PROMISED_NS),
            (f"{self.out_of_order} events out of order", self.out_of_order > 0)) if is_wrong]


def missing_numbers(chunks, count):
    """What came before LTTng-UST knew the program is the others' alone: from its first event on all must be there."""
    numbers = sorted(number for chunk in chunks for number in chunk.numbers)
    first = next((i for i, number in enumerate(numbers) if number % (3 if "kernel" in chunks[0].kinds else 2) == 1), 0)
    return [] if numbers[first:] == list(range(numbers[first], count)) else [
        f"{len(numbers) - first} events instead of {count - numbers[first]}"]


def judge(folder, count, slewing):
    wrong = []
    say(f"{'session':8} {'chunk':>5} {'seconds':>8} {'native':>7} {'UST':>7} {'kernel':>7} {'residual':>9} "
        f"{'out of order':>12} {'worst':>7} {'least gap':>9} {'off by':>7} clock slewed")
    for name in (ROTATED, WHOLE):
        chunks = [Chunk(path) for path in chunks_of(os.path.join(folder, name))]
        wrong += [f"{name}: {text}" for text in missing_numbers(chunks, count)]
        for serial, chunk in enumerate(chunks):
            is_slewed = slewing.between(chunk.begin_ns, chunk.end_ns)
            say(f"{name:8} {serial:5} {chunk.seconds():8.1f} {chunk.kinds['native']:7} {chunk.kinds['LTTng-UST']:7} "
                f"{chunk.kinds['kernel']:7} {chunk.residual_ns if chunk.residual_ns is not None else 'none':>6} ns "
                f"{chunk.out_of_order:12} {chunk.worst_ns:4} ns {chunk.least_gap_ns:6} ns {chunk.off_ns():4} ns "
                f"{'yes' if is_slewed else 'no'}")
            wrong += [f"{name} {serial}: {text}" for text in chunk.wrong(is_slewed)]
    return wrong


def main():
    missing = [name for name in ("tracon", "native_mixed", "babeltrace2") if not shutil.which(name)]
    if missing:
        say(f"1..0 # SKIP not found: {' '.join(missing)}")
        return 77
    seconds = int(os.environ.get("SOAK_SECONDS", "600"))
    folder = os.environ["TMPDIR"]
    slewing = Slewing()
    slewing.start()
    count = record(folder, seconds)
    slewing.is_over.set()
    say(f"# {count} numbered events in {seconds} s; events of different clocks are at least {APART_NS} ns apart")
    wrong = judge(folder, count, slewing)
    for text in wrong:
        say(f"not ok - {text}")
    if not wrong:
        say("ok - all clocks of all chunks are on one line of time")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
