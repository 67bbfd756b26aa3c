#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures tracon, trace-cmd and perf recording the same system calls, in turn, and prints a table.

Each round runs the workload once without a tracer and once with each: its own CPU time, that of the
tool (with its set-up and its files), what was recorded and what was lost. Ratios are of one round;
the table has their medians and quartiles. Needs root and tracefs.
"""

import argparse
import os
import re
import resource
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import tempfile

EVENTS = "raw_syscalls"
FOLDER = os.path.dirname(os.path.abspath(__file__))


def run(words, **more):
    return subprocess.run(words, capture_output=True, text=True, check=False, **more)


def cpu_of(usage):
    return usage.ru_utime + usage.ru_stime


def workload(count, prefix=(), environment=None):
    """CPU seconds of the workload, of it with what `prefix` adds, and the tool's messages."""
    report = tempfile.NamedTemporaryFile(mode="r", delete=False)
    command = [*prefix, sys.executable, __file__, "--work", str(count), report.name]
    before = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN))
    done = run(command, env=environment)
    whole = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN)) - before
    text = report.read()
    report.close()
    os.unlink(report.name)
    if not text:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
    own, launcher = (float(word) for word in text.split())
    return own, whole - own - launcher, done.stdout + done.stderr


def work(count, report):
    """What is measured: `calls`, as a child, so that only its own time counts."""
    subprocess.run(["calls", "--count", str(count)], check=True, stdout=subprocess.DEVNULL)
    own = cpu_of(resource.getrusage(resource.RUSAGE_CHILDREN))
    launcher = cpu_of(resource.getrusage(resource.RUSAGE_SELF))
    with open(report, "w", encoding="ascii") as file:
        file.write(f"{own} {launcher}")


def size_of(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(
        os.path.getsize(os.path.join(folder, name))
        for folder, _, names in os.walk(path)
        for name in names
    )


def engine_pid():
    """Who listens at our engine's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
        peer.connect(os.environ["XDG_RUNTIME_DIR"] + "/tracon/engine.sock")
        return struct.unpack("3i", peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def engine_cpu(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def counted(name):
    text = run(["tracon", "--json", "list", name]).stdout
    found = [re.search(rf'"{key}":\s*(\d+)', text) for key in ("recorded_events", "discarded_events")]
    return tuple(int(one.group(1)) if one else 0 for one in found)


def with_tracon(count, folder):
    for words in (
        ["create", "bench", "--output", folder],
        ["enable-event", "--kernel", "sys_enter,sys_exit"],
    ):
        run(["tracon", *words]).check_returncode()
    pid = engine_pid()
    before = engine_cpu(pid)
    run(["tracon", "start"]).check_returncode()
    own, _, _ = workload(count)
    run(["tracon", "stop"]).check_returncode()
    used = engine_cpu(pid) - before
    recorded, lost = counted("bench")
    run(["tracon", "destroy", "bench"])
    return own, used, recorded, lost


def with_trace_cmd(count, folder):
    shim = os.path.join(os.environ.get("abs_top_builddir", "."), "tests/bench/no_function_tracing.so")
    environment = dict(os.environ, LD_PRELOAD=shim if os.path.exists(shim) else "")
    output = os.path.join(folder, "trace.dat")
    prefix = ("trace-cmd", "record", "-B", "tracon_bench", "-e", EVENTS, "-o", output)
    own, used, text = workload(count, prefix, environment)
    events = run(["trace-cmd", "report", "--stat", output]).stdout
    lost = sum(int(number) for number in re.findall(r"(?:overrun|dropped events): (\d+)", text))
    found = re.findall(r"(?:^|\s)(\d+) +events", events)
    return own, used, sum(int(number) for number in found), lost


def with_perf(count, folder):
    output = os.path.join(folder, "perf.data")
    prefix = ("perf", "record", "-a", "-e", f"{EVENTS}:*", "-o", output)
    own, used, text = workload(count, prefix)
    samples = re.search(r"\((?:~)?(\d+) samples\)", text)
    lost = re.search(r"lost (\d+)", text)
    return own, used, int(samples.group(1)) if samples else 0, int(lost.group(1)) if lost else 0


TOOLS = {"tracon": with_tracon, "trace-cmd": with_trace_cmd, "perf": with_perf}


def one_round(count, rows):
    bare, _, _ = workload(count)
    for name, record in TOOLS.items():
        if not shutil.which(name):
            continue
        folder = tempfile.mkdtemp()
        try:
            own, used, recorded, lost = record(count, folder)
            rows[name].append((own / bare, used, recorded, lost, size_of(folder)))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def spread(values):
    if len(values) < 2:
        return f"{values[0]:.2f}"
    low, middle, high = statistics.quantiles(values, n=4)
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=1000000, help="system calls a round")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(int(options.work[0]), options.work[1])
        return
    if os.geteuid() != 0 or run(["tracon", "list", "-k"]).returncode != 0:
        if os.geteuid() != 0 or run(["tracon", "engine", "--background"]).returncode != 0:
            print("the kernel can't be traced here: root and tracefs are needed")
            return
    rows = {name: [] for name in TOOLS}
    for _ in range(options.rounds):
        one_round(options.count, rows)
    print(f"{options.rounds} rounds of {options.count} system calls; medians (quartiles)")
    print(f"{'tool':10} {'workload, times':>22} {'tool CPU, s':>22} {'MB':>8} {'lost':>10}")
    for name, measured in rows.items():
        if measured:
            ratios, used, _, lost, size = zip(*measured)
            print(
                f"{name:10} {spread(ratios):>22} {spread(used):>22}"
                f" {statistics.median(size) / 1e6:8.1f} {statistics.median(lost):10.0f}"
            )
    ours = [row[2] for row in rows["tracon"]]
    if ours:
        size = statistics.median(row[4] / max(row[2], 1) for row in rows["tracon"])
        used = statistics.median(row[1] / max(row[2], 1) * 1e6 for row in rows["tracon"])
        print(f"tracon: {size:.1f} bytes an event, {used:.3f} s of CPU for a million events")
    run(["tracon", "quit", "--force"])


if __name__ == "__main__":
    main()
