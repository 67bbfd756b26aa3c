#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures tracon, trace-cmd and perf recording the same system calls, in turn, and prints a table.

Each round runs the workload once without a tracer and once with each: its own CPU time, that of the
tool (with its set-up and its files), what was recorded and what was lost. Ratios are of one round;
the table has their medians and quartiles. Then a paced workload shows what a channel's defaults
bear. Needs root and tracefs.
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
import time

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


def recorded_by_tracon(folder, job):
    """What `job` returns; the engine's CPU seconds meanwhile, events recorded and lost."""
    for words in (
        ["create", "bench", "--output", folder],
        ["enable-event", "--kernel", "sys_enter,sys_exit"],
    ):
        run(["tracon", *words]).check_returncode()
    pid = engine_pid()
    before = engine_cpu(pid)
    run(["tracon", "start"]).check_returncode()
    result = job()
    run(["tracon", "stop"]).check_returncode()
    used = engine_cpu(pid) - before
    recorded, lost = counted("bench")
    run(["tracon", "destroy", "bench"])
    return result, used, recorded, lost


def with_tracon(count, folder):
    (own, _, _), used, recorded, lost = recorded_by_tracon(folder, lambda: workload(count))
    return own, used, recorded, lost


def with_trace_cmd(count, folder):
    shim = os.path.join(os.environ.get("abs_top_builddir", "."), "tests/bench/no_function_tracing.so")
    environment = dict(os.environ, LD_PRELOAD=shim if os.path.exists(shim) else "")
    output = os.path.join(folder, "trace.dat")
    prefix = ("trace-cmd", "record", "-B", "tracon_bench", "-e", EVENTS, "-o", output)
    own, used, _ = workload(count, prefix, environment)
    stats = run(["trace-cmd", "report", "--stat", "-i", output]).stdout
    lost = sum(int(number) for number in re.findall(r"(?:overrun|dropped events): (\d+)", stats))
    # What was read until then, and what was still to be read.
    recorded = sum(int(number) for number in re.findall(r"^(?:entries|read events): (\d+)", stats, re.M))
    return own, used, recorded, lost


def with_perf(count, folder):
    output = os.path.join(folder, "perf.data")
    prefix = ("perf", "record", "-a", "-e", f"{EVENTS}:*", "-o", output)
    own, used, text = workload(count, prefix)
    samples = re.search(r"\((?:~)?(\d+) samples\)", text)
    lost = re.search(r"lost (\d+)", text)
    return own, used, int(samples.group(1)) if samples else 0, int(lost.group(1)) if lost else 0


TOOLS = {"tracon": with_tracon, "trace-cmd": with_trace_cmd, "perf": with_perf}
PEERS = ("trace-cmd", "perf")


def one_round(count, number, rows):
    """Each round in another order: who comes first finds the machine as the last one left it."""
    bare, _, _ = workload(count)
    names = [name for name in TOOLS if shutil.which(name)]
    turned = number % len(names)
    for name in names[turned:] + names[:turned]:
        folder = tempfile.mkdtemp()
        try:
            own, used, recorded, lost = TOOLS[name](count, folder)
            rows[name].append(
                {
                    "slowdown": own / bare,
                    "used": used,
                    "recorded": recorded,
                    "lost": lost,
                    "size": size_of(folder),
                }
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def spread(values, digits=2):
    values = [value for value in values if value is not None]
    if not values:
        return "-"
    if len(values) < 2:
        return f"{values[0]:.{digits}f}"
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def cpu_name():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"model name\s*: (.*)", file.read())
    return found.group(1) if found else os.uname().machine


def per_event(row, key):
    """Of a tool that tells how many events it has; trace-cmd compresses its file."""
    return row[key] / row["recorded"] if row["recorded"] else None


def ratios(rows, name, key):
    pairs = zip(rows["tracon"], rows[name])
    return [ours[key] / theirs[key] if theirs[key] else None for ours, theirs in pairs]


def print_table(rows):
    print("| what | " + " | ".join(name for name in TOOLS if rows[name]) + " |")
    print("|---|" + "---|" * sum(1 for name in TOOLS if rows[name]))
    lines = {
        "workload, times its CPU time without a tracer": lambda row: row["slowdown"],
        "CPU of the tool, s": lambda row: row["used"],
        "CPU of the tool, s for a million events": lambda row: (
            row["used"] / row["recorded"] * 1e6 if row["recorded"] else None
        ),
        "bytes an event on disk": lambda row: per_event(row, "size"),
        "events lost": lambda row: row["lost"],
    }
    for what, value in lines.items():
        cells = [spread([value(row) for row in rows[name]]) for name in TOOLS if rows[name]]
        print(f"| {what} | " + " | ".join(cells) + " |")
    print()
    print("| tracon, times | " + " | ".join(n for n in PEERS if rows[n]) + " |")
    print("|---|" + "---|" * sum(1 for name in PEERS if rows[name]))
    for what, key in (("the workload's CPU time", "slowdown"), ("the tool's CPU time", "used")):
        cells = [spread(ratios(rows, name, key)) for name in PEERS if rows[name]]
        print(f"| {what} | " + " | ".join(cells) + " |")


def paced(calls_per_second, seconds):
    """How long the workload took, events recorded and lost."""

    def job():
        begin = time.monotonic()
        words = ["calls", "--count", str(calls_per_second * seconds), "--rate", str(calls_per_second)]
        run(words).check_returncode()
        return time.monotonic() - begin

    with tempfile.TemporaryDirectory() as folder:
        took, _, recorded, lost = recorded_by_tracon(folder, job)
    return took, recorded, lost


def print_paced(events_per_second, seconds):
    """With the channel's defaults. Others' events are recorded, too."""
    print(f"\n### {events_per_second} events/s for {seconds} s, a channel's defaults\n")
    print("| events/s wanted | reached | events of the workload | recorded (with others') | lost |")
    print("|---|---|---|---|---|")
    wanted = events_per_second * seconds
    took, recorded, lost = paced(events_per_second // 2, seconds)
    print(f"| {events_per_second} | {wanted / took:.0f} | {wanted} | {recorded} | {lost} |")


def print_transcoder(rounds):
    program = os.path.join(os.environ.get("abs_top_builddir", "."), "tests/bench/bench_transcode")
    if os.path.exists(program):
        print("\nTranscoder, recorded pages: " + run([program, str(rounds)]).stdout.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=1000000, help="system calls a round")
    parser.add_argument("--rate", type=int, default=1000000, help="events a second, paced")
    parser.add_argument("--seconds", type=int, default=10, help="of that")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(int(options.work[0]), options.work[1])
        return
    load = os.getloadavg()[0]
    print(f"Machine: {os.cpu_count()} x {cpu_name()}, Linux {os.uname().release}; load before: {load:.2f}")
    if os.geteuid() != 0 or run(["tracon", "list", "-k"]).returncode != 0:
        if os.geteuid() != 0 or run(["tracon", "engine", "--background"]).returncode != 0:
            print("the kernel can't be traced here: root and tracefs are needed")
            return
    rows = {name: [] for name in TOOLS}
    for number in range(options.rounds):
        one_round(options.count, number, rows)
    print(
        f"{options.rounds} rounds by turns, each of {options.count} system calls (two events each);"
        " medians (quartiles), ratios of one round each.\n"
    )
    print_table(rows)
    print_paced(options.rate, options.seconds)
    print_transcoder(options.rounds)
    run(["tracon", "quit", "--force"])


if __name__ == "__main__":
    main()
