#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What an event costs the program that emits it: native tracepoints beside LTTng-UST's, in one run.

One process with both kinds of tracepoints and the same payloads; its native events go to tracon, its
LTTng-UST ones to a real lttng-sessiond, at the same time. All items are measured in turn in each round, as
CPU time of the emitting thread; ratios are made in each round, and their medians are printed. Flight
recorder and discard mode, one, two and eight threads, a loop that does nothing else and one that misses
the cache, rings that nobody empties; then floods: what is lost at full speed, and what reading costs.
"""

import argparse
import json
import os
import random
import re
import signal
import statistics
import subprocess
import tempfile
import time

from beside import bytes_below, pids_of, run_command, start_lttng_sessiond

TICK = os.sysconf("SC_CLK_TCK")


class Tracer:
    """`tracon` or `lttng`, and what its processes use."""

    def __init__(self, name, events, folder):
        self.name = name
        self.events = events
        self.folder = folder
        self.serial = 0

    def command(self, *words):
        return run_command(self.name, *words)

    def begin(self):
        if self.name == "tracon":
            self.command("engine", "--background")
            return
        start_lttng_sessiond(env={key: value for key, value in os.environ.items() if key != "LTTNG_HOME"})

    def end(self):
        if self.name == "tracon":
            self.command("quit", "--force")
            return
        for pid in pids_of("lttng-sessiond"):
            os.kill(pid, signal.SIGTERM)

    def record(self, mode):
        """Starts a session; its name and output."""
        self.serial += 1
        name = f"{mode}{self.serial}"
        output = os.path.join(self.folder, self.name, name)
        self.command("create", name, *(["--snapshot"] if mode == "overwrite" else ["--output", output]))
        self.command(
            "enable-channel", "-u", "--" + mode, "--subbuf-size=1M",
            "--num-subbuf=" + ("4" if mode == "overwrite" else "16"), "big"
        )
        self.command("enable-event", "-u", "-c", "big", self.events)
        self.command("start")
        return name, output

    def readers(self):
        return pids_of("tracon") if self.name == "tracon" else pids_of("lttng-consumerd")

    def reader_cpu_s(self):
        total = 0.0
        for pid in self.readers():
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / TICK
        return total

    def discarded(self, session):
        return sum(map(int, re.findall(r"Discarded events: (\d+)", self.command("list", session))))


class Program:
    """native_cost, once both tracers know it."""

    def __init__(self):
        self.process = subprocess.Popen(
            ["native_cost"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError("native_cost did not start")

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")

    def ask(self, *words):
        self.tell(*words)
        return self.process.stdout.readline()

    def measure(self, *words):
        return json.loads(self.ask(*words))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def ratio(figures, over, under, minus=None):
    """Median of the rounds' ratios; with what an empty loop takes out of both, if asked."""
    base = figures[minus] if minus else [0.0] * len(figures[over])
    return statistics.median(
        (a - c) / (b - c) for a, b, c in zip(figures[over], figures[under], base) if b > c
    )


def row(title, figures, items):
    cells = [f"{statistics.median(figures[item]):11.2f}" for item in items]
    print(f"| {title:34s} | " + " | ".join(cells) + " |", flush=True)


COSTS = ["rdtsc", "rdtscp", "numbers", "line", "block", "ordered", "ust_numbers", "ust_line", "ust_block"]
PACES = [5, 10, 20, 30, 40, 50]  # million events a second
BOUNDS = []


def bound(what, measured, limit, at_most=True):
    met = measured <= limit if at_most else measured >= limit
    sign = "≤" if at_most else "≥"
    BOUNDS.append(f"| {what:64s} | {sign} {limit:g} | {measured:.3g} | {'met' if met else 'MISSED'} |")


def costs(title, figures):
    row(title, figures, COSTS)
    return figures


def measure_costs(tracers, program, rounds):
    print("\nCPU time of the emitting thread, ns per event, medians of", rounds, "rounds\n")
    print(f"| {'':34s} | " + " | ".join(f"{item:>11s}" for item in COSTS) + " |")
    print("|---|" + "---|" * len(COSTS))
    sessions = [tracer.record("overwrite")[0] for tracer in tracers]
    hot = costs("flight recorder, 1 thread", program.measure("hot", 1, rounds, 200000, 0))
    two = costs("flight recorder, 2 threads", program.measure("hot", 2, rounds, 200000, 0))
    eight = costs("flight recorder, 8 threads", program.measure("hot", 8, rounds, 50000, 0))
    cold = program.measure("cold", 1, rounds, 5000, 0)
    extra = {item: [a - b for a, b in zip(cold[item], cold["empty"])] for item in cold}
    costs("the same, cache-missing, extra", extra)
    for tracer, session in zip(tracers, sessions):
        tracer.command("destroy", session)

    sessions = [tracer.record("discard")[0] for tracer in tracers]
    drained = costs("discard mode, emptied, 1 thread", program.measure("hot", 1, rounds, 20000, 25))
    stopped = [tracer.discarded(session) for tracer, session in zip(tracers, sessions)]
    readers = [pid for tracer in tracers for pid in tracer.readers()]
    for pid in readers:
        os.kill(pid, signal.SIGSTOP)
    program.measure("hot", 1, 10, 200000, 0)
    full = costs("discard mode, full, 1 thread", program.measure("hot", 1, rounds, 200000, 0))
    for pid in readers:
        os.kill(pid, signal.SIGCONT)
    for tracer, session in zip(tracers, sessions):
        tracer.command("destroy", session)
    print(f"\ndiscarded while emptied: native {stopped[0]}, LTTng-UST {stopped[1]}")

    for figures, who in ((hot, "1 thread"), (eight, "8 threads")):
        bound(f"recorded number pair / rdtsc, {who}", ratio(figures, "numbers", "rdtsc"), 1.5)
    bound("recorded string / rdtsc", ratio(hot, "line", "rdtsc"), 1.8)
    bound("ordered form / rdtsc", ratio(hot, "ordered", "rdtsc"), 2.2)
    for figures, how in ((hot, "flight recorder"), (drained, "emptied")):
        for mine, theirs in (("numbers", "ust_numbers"), ("line", "ust_line"), ("block", "ust_block")):
            bound(f"{mine} / LTTng-UST's, {how}", ratio(figures, mine, theirs), 0.2)
    bound("2 threads: number pair / LTTng-UST's", ratio(two, "numbers", "ust_numbers"), 0.2)
    bound("ordered form / LTTng-UST's number pair", ratio(hot, "ordered", "ust_numbers"), 1 / 3.5)
    bound("cache-missing: number pair / LTTng-UST's", ratio(extra, "numbers", "ust_numbers"), 0.5)
    bound("refused / rdtsc", ratio(full, "numbers", "rdtsc"), 0.6)
    bound("refused / LTTng-UST's", ratio(full, "numbers", "ust_numbers"), 1 / 15)
    bound("disabled: ns more than an empty loop",
          statistics.median(a - b for a, b in zip(hot["disabled"], hot["empty"])), 0.5)


def measure_floods(tracers, program, rounds, events):
    print("\nFloods: one thread as fast as it goes, 1 MiB x 16 (native lanes have their own size), medians\n")
    print("| tracer | events/s | discarded | CPU of all readers, s/GB |\n|---|---|---|---|")
    table = {tracer.name: [] for tracer in tracers}
    for _ in range(rounds):
        for tracer in tracers:
            session, output = tracer.record("discard")
            cpu = tracer.reader_cpu_s()
            seconds = float(program.ask("flood", "native" if tracer.name == "tracon" else "ust", 1, events))
            tracer.command("stop", session)
            cpu = tracer.reader_cpu_s() - cpu
            table[tracer.name].append(
                (events / seconds, tracer.discarded(session), cpu / (bytes_below(output) / 1e9))
            )
            tracer.command("destroy", session)
            subprocess.run(["rm", "-rf", output], check=True)
    for name, figures in table.items():
        speed, lost, cpu = (statistics.median(column) for column in zip(*figures))
        print(f"| {name} | {speed:.3g} | {lost:.0f} | {cpu:.3f} |")
        if name == "tracon":
            bound("CPU of the engine for a gigabyte, s", cpu, 0.5)


def measure_ceilings(tracers, program, rounds):
    """At which pace of one thread nothing is discarded yet: for 0.3 s, what the buffers hold is far less."""
    print("\nEvents discarded at a steady pace of one thread for 0.3 s, medians of", rounds, "rounds\n")
    print("| tracer | " + " | ".join(f"{pace} M/s" for pace in PACES) + " |\n|---|" + "---|" * len(PACES))
    for tracer in tracers:
        losses = {pace: [] for pace in PACES}
        reached = {pace: [] for pace in PACES}
        for pace in PACES * rounds:
            events = pace * 300000
            session, output = tracer.record("discard")
            seconds = float(program.ask("pace", "native" if tracer.name == "tracon" else "ust", events, pace * 10**6))
            tracer.command("stop", session)
            losses[pace].append(tracer.discarded(session))
            reached[pace].append(events / seconds / 1e6)
            tracer.command("destroy", session)
            subprocess.run(["rm", "-rf", output], check=True)
        cells = []
        for pace in PACES:
            speed = statistics.median(reached[pace])
            slow = "" if speed > 0.97 * pace else f" (it goes at {speed:.1f} M/s)"
            cells.append(f"{statistics.median(losses[pace]):.0f}{slow}")
        print(f"| {tracer.name} | " + " | ".join(cells) + " |", flush=True)
        if tracer.name == "tracon":
            bound("events discarded at 30 M events/s", statistics.median(losses[30]), 0)


def measure_kills(tracer, rounds):
    """Numbers in the trace after SIGKILL: all from 0 to the last, or something published is lost."""
    kept = missing = 0
    for _ in range(rounds):
        session, output = tracer.record("discard")
        program = Program()
        wait_for_program(tracer)
        program.tell("pulse", 100000)
        time.sleep(random.uniform(0.05, 0.2))
        program.process.kill()
        program.process.wait()
        tracer.command("stop", session)
        count, last = numbers_in(output)
        kept += count
        missing += last + 1 - count - tracer.discarded(session)
        tracer.command("destroy", session)
        subprocess.run(["rm", "-rf", output], check=True)
    print(f"\nSIGKILL of the emitting program, {rounds} times: {kept} events recorded, {missing} missing before the last")
    bound("after SIGKILL, published events missing", missing, 0)


def numbers_in(output):
    reader = subprocess.run(["babeltrace2", output], capture_output=True, text=True, check=False)
    numbers = set(map(int, re.findall(r"number = (\d+)", reader.stdout)))
    return len(numbers), max(numbers, default=-1)


def wait_for_program(tracer):
    end = time.monotonic() + 10
    while "native_cost" not in tracer.command("list", "-u"):
        if time.monotonic() > end:
            raise RuntimeError(f"{tracer.name} does not see native_cost")
        time.sleep(0.05)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    model = re.search(r"model name\s*: (.*)", text)
    invariant = "constant_tsc" in text and "nonstop_tsc" in text
    print(f"{model.group(1) if model else os.uname().machine}, {os.cpu_count()} CPUs, Linux {os.uname().release}, "
          f"load {os.getloadavg()[0]:.2f}, {'invariant' if invariant else 'NO invariant'} TSC")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--flood-rounds", type=int, default=5)
    parser.add_argument("--flood-events", type=int, default=10000000)
    parser.add_argument("--pace-rounds", type=int, default=5)
    parser.add_argument("--kills", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracon-native-") as folder:
        tracers = [Tracer("tracon", "cost:numbers,cost:line,cost:block", folder), Tracer("lttng", "costust:*", folder)]
        for tracer in reversed(tracers):
            tracer.begin()
        machine()
        program = Program()
        for tracer in tracers:
            wait_for_program(tracer)
        measure_costs(tracers, program, arguments.rounds)
        measure_floods(tracers, program, arguments.flood_rounds, arguments.flood_events)
        measure_ceilings(tracers, program, arguments.pace_rounds)
        program.end()
        measure_kills(tracers[0], arguments.kills)
        for tracer in tracers:
            tracer.end()
    print("\n| bound | limit | measured | |\n|---|---|---|---|")
    print("\n".join(BOUNDS))


if __name__ == "__main__":
    main()
