#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Many sessions, applications and event types: nothing fails, every event is counted; and what that
costs tracon and LTTng, side by side in one run, each with its daemon in a mount namespace of its own.

Three parts: sessions with four channels each (4 sub-buffers of 16 KiB) on several applications;
applications that all register at once; one application with 3000 event types, all enabled.
Prints a table; ends with 1 if something of tracon's failed or an event is missing. --small --tools
tracon is what scale.test runs.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time

from bench_record import pids_of

CHANNELS = "one,two,three,four"
SHOWN_MAX = 10
EVENTS = 20  # of each application, and in each channel of each session
FIGURES = [
    # key, title, unit
    ("make_s", "sessions made and started", "s"),
    ("emit_s", "applications started, traced, and ended", "s"),
    ("stop_s", "sessions stopped and destroyed", "s"),
    ("all_s", "these three together", "s"),
    ("cpu_s", "CPU time of the daemons in this part", "s"),
    ("memory_mib", "memory of the daemons (proportional set size)", "MiB"),
    ("files", "open files of the daemons", ""),
    ("register_s", "applications registered", "s"),
    ("types_s", "3000 event types recorded, application started and ended", "s"),
    ("types_memory_mib", "memory after that", "MiB"),
]
DAEMONS = {"tracon": ["tracon"], "lttng": ["lttng-sessiond", "lttng-consumerd", "lttng-runas"]}


class Tool:
    def __init__(self, name, folder):
        self.name = name
        self.folder = folder
        self.failures = []

    def command(self, *words):
        done = subprocess.run([self.name, *words], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.failures.append(f"{' '.join(words)}: {done.returncode} {done.stderr.strip()}")
        return done.stdout

    def begin(self):
        if self.name == "tracon":
            self.command("engine", "--background")
            return
        # Its children keep what they inherit: a pipe would never end.
        subprocess.run(
            ["lttng-sessiond", "--background", "--no-kernel"],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def end(self):
        if self.name == "tracon":
            self.command("quit", "--force")
            return
        for pid in pids_of("lttng-sessiond"):
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 30
        while pids_of("lttng-sessiond") and time.monotonic() < end:
            time.sleep(0.05)

    def pids(self):
        return [pid for name in DAEMONS[self.name] for pid in pids_of(name)]

    def cpu_s(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def memory_mib(self):
        """Shared pages, the rings among them, count once over all who map them."""
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        return total / 1024

    def files(self):
        return sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in self.pids())


class Applications:
    """emit, several times; each says that it is ready once all daemons have registered it."""

    def __init__(self, count, *options, program="emit"):
        self.processes = [
            subprocess.Popen(
                [program, "--wait", "--hold", "--id", str(i), *options],
                stdout=subprocess.PIPE,
                text=True,
            )
            for i in range(count)
        ]
        for process in self.processes:
            process.stdout.readline()

    def go(self):
        for process in self.processes:
            process.send_signal(signal.SIGUSR1)
        return sum(int(process.stdout.readline()) for process in self.processes)

    def end(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait()


def count_events(path):
    done = subprocess.run(
        ["babeltrace2", path, "-c", "sink.utils.counter"], capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        words = line.split()
        if words[1:3] == ["Event", "messages"]:
            return int(words[0])
    return 0


def expect(tool, what, got, wanted):
    if got != wanted:
        tool.failures.append(f"{what}: {got} instead of {wanted}")


def run_sessions(tool, sizes, figures):
    begin = time.monotonic()
    cpu = tool.cpu_s()
    names = [f"s{i}" for i in range(sizes.sessions)]
    for name in names:
        tool.command("create", name, "--output", f"{tool.folder}/{name}")
        tool.command(
            "enable-channel", "-u", "-s", name, "--subbuf-size", "16k", "--num-subbuf", "4", CHANNELS
        )
        for channel in CHANNELS.split(","):
            tool.command("enable-event", "-u", "-s", name, "-c", channel, "emit:*")
        tool.command("start", name)
    figures["make_s"] = time.monotonic() - begin
    begin = time.monotonic()
    applications = Applications(sizes.applications, "--count", str(EVENTS))
    emitted = applications.go()
    figures["memory_mib"] = tool.memory_mib()
    figures["files"] = tool.files()
    applications.end()
    figures["emit_s"] = time.monotonic() - begin
    begin = time.monotonic()
    for name in names:
        tool.command("stop", name)
    check_counters(tool, names, emitted * len(CHANNELS.split(",")))
    tool.command("destroy", "--all")
    figures["stop_s"] = time.monotonic() - begin
    figures["all_s"] = figures["make_s"] + figures["emit_s"] + figures["stop_s"]
    figures["cpu_s"] = tool.cpu_s() - cpu
    for name in names:
        got = count_events(f"{tool.folder}/{name}")
        expect(tool, f"events in {name}", got, emitted * len(CHANNELS.split(",")))


def check_counters(tool, names, wanted):
    if tool.name != "tracon":
        return
    sessions = json.loads(tool.command("--json", "list"))["output"]["sessions"]
    expect(tool, "sessions in the list", len(sessions), len(names))
    for session in sessions:
        expect(tool, f"counter of {session['name']}", session["recorded_events"], wanted)


def run_registrations(tool, sizes, figures):
    begin = time.monotonic()
    applications = Applications(sizes.registrations)
    end = time.monotonic() + 60
    listed = 0
    while listed < sizes.registrations and time.monotonic() < end:
        listed = tool.command("list", "-u").count("PID: ")
    figures["register_s"] = time.monotonic() - begin
    expect(tool, "applications in the list", listed, sizes.registrations)
    applications.go()
    applications.end()


def run_types(tool, figures):
    tool.command("create", "types", "--output", f"{tool.folder}/types")
    tool.command("enable-channel", "-u", "--subbuf-size", "1M", "all")
    tool.command("enable-event", "-u", "-c", "all", "--all")
    tool.command("start")
    begin = time.monotonic()
    applications = Applications(1, "--types", "3000", "--count", "6000", program="emit-3000")
    emitted = applications.go()
    figures["types_memory_mib"] = tool.memory_mib()
    applications.end()
    figures["types_s"] = time.monotonic() - begin
    tool.command("stop")
    tool.command("destroy")
    statedump = "lttng_ust_statedump:"
    done = subprocess.run(
        ["babeltrace2", f"{tool.folder}/types"], capture_output=True, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if statedump not in line]
    expect(tool, "events of 3000 types", len(lines), emitted)
    expect(tool, "event types", len({line.split(" emit:")[1].split(":")[0] for line in lines
                                     if " emit:" in line}), 3000)


def measure(name, sizes):
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        tool = Tool(name, folder)
        figures = {}
        tool.begin()
        run_registrations(tool, sizes, figures)
        run_types(tool, figures)
        run_sessions(tool, sizes, figures)
        tool.end()
    return figures, tool.failures


def measure_alone(name, sizes):
    """In namespaces of its own, so that nobody else's daemon is at the usual places."""
    script = "mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && exec \"$@\""
    command = [sys.executable, __file__, "--alone", name]
    command += ["--small"] if sizes.small else []
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", *command],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def print_table(results, sizes):
    print(f"{sizes.sessions} sessions with 4 channels on {sizes.applications} applications; "
          f"{sizes.registrations} applications registering at once; 3000 event types")
    print("| " + " | ".join(["", *results]) + " |")
    print("|" + "---|" * (len(results) + 1))
    for key, title, unit in FIGURES:
        cells = [f"{figures[key]:.2f}".removesuffix(".00") for figures, _ in results.values()]
        print(f"| {title}{', ' + unit if unit else ''} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--small", action="store_true", help="a few seconds' worth")
    parser.add_argument("--tools", default="lttng,tracon")
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    sizes = parser.parse_args()
    sizes.sessions, sizes.applications, sizes.registrations = (
        (15, 4, 16) if sizes.small else (100, 20, 64)
    )
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.environ["LTTNG_UST_REGISTER_TIMEOUT"] = "300000"
    os.environ["LTTNG_APP_SOCKET_TIMEOUT"] = "60"  # else both give up on some where little CPU is free
    if sizes.alone:
        json.dump(measure(sizes.alone, sizes), sys.stdout)
        return 0
    results = {name: measure_alone(name, sizes) for name in sizes.tools.split(",")}
    print_table(results, sizes)
    for name, (_, failures) in results.items():
        for failure in failures[:SHOWN_MAX]:
            print(f"{name} failed: {failure}")
        if len(failures) > SHOWN_MAX:
            print(f"{name} failed: {len(failures) - SHOWN_MAX} more times")
    # What lttng can't do here says nothing of tracon.
    return 1 if results.get("tracon", ({}, []))[1] else 0


if __name__ == "__main__":
    sys.exit(main())
