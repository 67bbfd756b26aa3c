#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures tracon and LTTng side by side, in turn, in one run, and prints a table.

Both record the same application with the same buffers, each with its daemon in a mount namespace of
its own. A round: how long from `create` to the first recorded event; then about a million events a second
while the session is rotated; how long `rotate` takes until the archive is complete, what was discarded,
and what CPU time the consumer threads used for a gigabyte.
"""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

from beside import bytes_below, pids_of, run_command, start_lttng_sessiond, start_worker

SUBBUF_SIZE = "1M"
SUBBUF_COUNT = "16"
ROTATIONS = 3
RECORD_SECONDS = 3.0
FIGURES = [
    # key, title, unit, digits
    ("rotate_ms", "`rotate` until the archive is complete, under load", "ms", 1),
    ("create_ms", "`create` to the first recorded event", "ms", 1),
    ("cpu_s_per_gb", "CPU of the consumer threads", "s/GB", 3),
    ("events_per_s", "events recorded", "1/s", 0),
    ("discarded", "events discarded in the round", "", 0),
]


class Tracer:
    """One tracer's commands and what its processes use."""

    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.serial = 0

    def command(self, *words):
        return run_command(self.name, *words)

    def begin(self):
        if self.name == "tracon":
            self.command("engine", "--background")
        else:
            start_lttng_sessiond()

    def end(self):
        if self.name == "tracon":
            self.command("quit", "--force")
        else:
            for pid in pids_of("lttng-sessiond"):
                os.kill(pid, signal.SIGTERM)
            end = time.monotonic() + 10
            while pids_of("lttng-sessiond") and time.monotonic() < end:
                time.sleep(0.05)

    def consumer_cpu_ns(self):
        """lttng-consumerd is there for consuming alone; of tracon's engine only those threads count."""
        total = 0
        for pid in pids_of("tracon" if self.name == "tracon" else "lttng-consumerd"):
            for task in os.listdir(f"/proc/{pid}/task"):
                path = f"/proc/{pid}/task/{task}"
                with open(f"{path}/comm", encoding="ascii") as file:
                    thread = file.read().strip()
                if self.name == "tracon" and not thread.startswith("consumer"):
                    continue
                with open(f"{path}/schedstat", encoding="ascii") as file:
                    total += int(file.read().split()[0])
        return total

    def new_session(self):
        self.serial += 1
        name = f"s{self.serial}"
        output = os.path.join(self.folder, name)
        self.command("create", name, "--output", output)
        self.command(
            "enable-channel", "-u", "--subbuf-size", SUBBUF_SIZE, "--num-subbuf", SUBBUF_COUNT, "big"
        )
        self.command("enable-event", "-u", "-c", "big", "emit:*")
        self.command("start")
        return name, output


def start_emit(*options):
    process = subprocess.Popen(
        ["emit", "--wait", "--hold", "--loop", *options], stdout=subprocess.PIPE, text=True
    )
    while process.stdout.readline().strip() != "ready":
        if process.poll() is not None:
            raise RuntimeError("emit did not start")
    return process


def end_emit(process):
    process.send_signal(signal.SIGTERM)
    return int(process.communicate()[0].split()[0])


def first_event_s(output):
    reader = subprocess.Popen(
        ["babeltrace2", "--clock-seconds", output], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    line = reader.stdout.readline()
    reader.kill()
    reader.wait()
    return float(re.match(r"\[([0-9.]+)\]", line).group(1))


def measure_create(tracer):
    emit = start_emit("--rate", "20000")
    emit.send_signal(signal.SIGUSR1)
    time.sleep(0.3)
    begin = time.time()
    name, output = tracer.new_session()
    time.sleep(0.2)
    tracer.command("stop")
    end_emit(emit)
    tracer.command("destroy", name)
    return (first_event_s(output) - begin) * 1000.0, output


def measure_load(tracer, rate):
    emit = start_emit("--rate", str(rate // 2), "--threads", "2")
    name, output = tracer.new_session()
    emit.send_signal(signal.SIGUSR1)
    begin = time.monotonic()
    cpu_begin = tracer.consumer_cpu_ns()
    rotations = []
    for turn in range(ROTATIONS):
        due = begin + RECORD_SECONDS * (turn + 1) / (ROTATIONS + 1)
        time.sleep(max(0.0, due - time.monotonic()))
        asked = time.monotonic()
        tracer.command("rotate")
        rotations.append((time.monotonic() - asked) * 1000.0)
    time.sleep(max(0.0, begin + RECORD_SECONDS - time.monotonic()))
    emitted = end_emit(emit)
    seconds = time.monotonic() - begin
    tracer.command("stop")
    cpu_ns = tracer.consumer_cpu_ns() - cpu_begin
    discarded = sum(map(int, re.findall(r"Discarded events: (\d+)", tracer.command("list", name))))
    tracer.command("destroy", name)
    size = bytes_below(output)
    return {
        "rotate_ms": statistics.median(rotations),
        "discarded": discarded,
        "cpu_s_per_gb": cpu_ns / size,
        "events_per_s": (emitted - discarded) / seconds,
    }, output


def work(name, folder, rate):
    """The worker in its namespace: one round for each line on standard input."""
    tracer = Tracer(name, folder)
    tracer.begin()
    for _ in sys.stdin:
        create_ms, first = measure_create(tracer)
        figures, second = measure_load(tracer, rate)
        figures["create_ms"] = create_ms
        shutil.rmtree(first)
        shutil.rmtree(second)
        print(json.dumps(figures), flush=True)
    tracer.end()


def ask(worker):
    worker.stdin.write("go\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("a worker ended early")
    return json.loads(line)


def describe_machine(rate, rounds):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    version = subprocess.run(["lttng", "--version"], capture_output=True, text=True, check=False).stdout
    print(f"Machine: {os.cpu_count()} x {model}, Linux {os.uname().release}; load before: {os.getloadavg()[0]:.2f}")
    print(f"Peer: {version.strip()}")
    print(
        f"Load: {rate} events/s wanted from 2 threads, {SUBBUF_COUNT} sub-buffers of {SUBBUF_SIZE} per CPU; "
        f"{rounds} rounds of each in turn, {ROTATIONS} rotations a round; median (minimum to maximum)."
    )
    print()


def print_table(results):
    print("| what | tracon | LTTng | ratio |")
    print("|---|---|---|---|")
    for key, title, unit, digits in FIGURES:
        cells = []
        medians = []
        for name in ("tracon", "lttng"):
            values = [figures[key] for figures in results[name]]
            medians.append(statistics.median(values))
            cells.append(
                f"{medians[-1]:.{digits}f} {unit} ({min(values):.{digits}f} to {max(values):.{digits}f})"
            )
        ratio = f"{medians[0] / medians[1]:.3f}" if medians[1] else "-"
        print(f"| {title} | {cells[0]} | {cells[1]} | {ratio} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--rate", type=int, default=1000000)
    parser.add_argument("--worker", choices=("tracon", "lttng"))
    parser.add_argument("--folder")
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.folder, options.rate)
        return
    missing = [name for name in ("tracon", "emit", "lttng", "lttng-sessiond", "babeltrace2") if not shutil.which(name)]
    if missing or os.getuid() != 0:
        sys.exit(f"bench: needs root and these programs: {' '.join(missing) or 'all are there'}")
    describe_machine(options.rate, options.rounds)
    with tempfile.TemporaryDirectory(prefix="tb-") as folder:
        workers = {name: start_worker(__file__, name, folder, "--rate", options.rate) for name in ("tracon", "lttng")}
        results = {name: [] for name in workers}
        for turn in range(options.rounds):
            for name in ("tracon", "lttng") if turn % 2 == 0 else ("lttng", "tracon"):
                results[name].append(ask(workers[name]))
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()
    print_table(results)


if __name__ == "__main__":
    main()
