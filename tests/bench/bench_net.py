#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures what goes over sockets, beside LTTng, by turns in one run, and prints tables.

Live: how long from an event to its line in babeltrace2, which asks every 100 ms: of tracon's own live
server, and of lttng-sessiond with lttng-relayd, with the same live period, application and buffers.
Streaming: both send the same load to a lttng-relayd; what arrives, what is discarded, and what CPU
time sending costs. Each tracer has a mount namespace and a relay daemon of its own.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from beside import bytes_below, pids_of, run_command, start_lttng_sessiond, start_worker

NAMES = ("tracon", "lttng")
LIVE = [(100, 10), (100, 10000), (1000, 10), (1000, 10000)]  # live period in ms, events per second
LIVE_SECONDS = {100: 6.0, 1000: 9.0}
STREAM_SECONDS = 3.0
SUBBUF_SIZE, SUBBUF_COUNT = "1M", "16"
PATIENCE_S = 20.0


def wait_for(what, holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            raise RuntimeError(f"timed out: {what}")
        time.sleep(0.02)


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def cpu_ns(name, threads):
    """Of the processes of this name, only threads that are called so."""
    total = 0
    for pid in pids_of(name):
        for task in os.listdir(f"/proc/{pid}/task"):
            try:
                with open(f"/proc/{pid}/task/{task}/comm", encoding="ascii") as file:
                    comm = file.read().strip()
                with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as file:
                    used = int(file.read().split()[0])
            except OSError:
                continue
            if comm.startswith(threads):
                total += used
    return total


class Emit:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            ["emit", "--wait", "--hold", "--loop", *options], stdout=subprocess.PIPE, text=True
        )
        while self.process.stdout.readline().strip() != "ready":
            if self.process.poll() is not None:
                raise RuntimeError("emit did not start")

    def go(self):
        self.process.send_signal(signal.SIGUSR1)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.communicate()[0].split()[0])


class Viewer:
    """babeltrace2, and when each of its lines came."""

    def __init__(self, url):
        self.lines = []
        self.process = subprocess.Popen(
            ["stdbuf", "-oL", "babeltrace2", "--clock-seconds", "--input-format=lttng-live", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.time(), line))

    def end(self):
        self.process.kill()
        self.process.wait()
        self.thread.join()

    def latencies(self, begin):
        """In ms, of the events after `begin`."""
        found = []
        for came, line in self.lines:
            match = re.match(r"\[([0-9.]+)\]", line)
            if match and float(match.group(1)) >= begin:
                found.append((came - float(match.group(1))) * 1000.0)
        return found


class Tracer:
    def __init__(self, name, folder):
        self.name = name
        self.serial = 0
        self.there = os.path.join(folder, "relay")
        self.control, self.data, self.live = free_ports(3)
        with open(os.path.join(folder, "relayd.log"), "w", encoding="utf-8") as log:
            self.relay = subprocess.Popen(
                [
                    "lttng-relayd",
                    *("-C", f"tcp://127.0.0.1:{self.control}"),
                    *("-D", f"tcp://127.0.0.1:{self.data}"),
                    *("-L", f"tcp://127.0.0.1:{self.live}"),
                    *("-o", self.there),
                ],
                stdout=log,
                stderr=log,
            )
        wait_for("lttng-relayd", lambda: answers(self.live))
        if name == "tracon":
            self.command("engine", "--background")
            self.command("set", "live-port", "0")
        else:
            start_lttng_sessiond()

    def command(self, *words):
        return run_command(self.name, *words)

    def end(self):
        if self.name == "tracon":
            self.command("quit", "--force")
        for pid in pids_of("lttng-sessiond"):
            os.kill(pid, signal.SIGTERM)
        wait_for("lttng-sessiond", lambda: not pids_of("lttng-sessiond"))
        self.relay.terminate()
        self.relay.wait()

    def begin_session(self, *options):
        self.serial += 1
        session = f"s{self.serial}"
        self.command("create", session, *options)
        self.command("enable-channel", "-u", "--subbuf-size", SUBBUF_SIZE, "--num-subbuf", SUBBUF_COUNT, "big")
        self.command("enable-event", "-u", "-c", "big", "emit:*")
        self.command("start")
        return session

    def relay_url(self):
        return f"--set-url=net://127.0.0.1:{self.control}:{self.data}"

    def viewer_url(self, session):
        if self.name == "tracon":
            return re.search(r"Live viewers: (\S+)", self.command("list", session)).group(1)
        return f"net://127.0.0.1:{self.live}/host/{socket.gethostname()}/{session}"

    def has_viewer(self, url):
        listed = run_command("babeltrace2", "--input-format=lttng-live", url.split("/host/")[0])
        return f"{url} " in listed and "1 client(s)" in listed.split(f"{url} ")[1].split("\n")[0]

    def measure_live(self, period_ms, rate):
        live = f"--live={period_ms * 1000}"
        session = self.begin_session(live, *([] if self.name == "tracon" else [self.relay_url()]))
        emit = Emit("--rate", str(rate))
        url = self.viewer_url(session)
        viewer = Viewer(url)
        wait_for("a viewer", lambda: self.has_viewer(url))
        emit.go()
        wait_for("the first line", lambda: viewer.lines)
        # What comes with the start is not what is measured.
        begin = time.time() + 0.5
        time.sleep(0.5 + LIVE_SECONDS[period_ms])
        end = time.time()
        wait_for("the last line", lambda: len(viewer.latencies(end)) > 0)
        emit.end()
        viewer.end()
        self.command("stop")
        self.command("destroy", session)
        return [latency for latency in viewer.latencies(begin)]

    def measure_stream(self, rate):
        session = self.begin_session(self.relay_url())
        threads = ("consumer", "relay") if self.name == "tracon" else ("",)
        process = "tracon" if self.name == "tracon" else "lttng-consumerd"
        emit = Emit("--rate", str(rate // 2), "--threads", "2")
        before = bytes_below(self.there)
        cpu_before = cpu_ns(process, threads)
        emit.go()
        begin = time.monotonic()
        time.sleep(STREAM_SECONDS)
        emitted = emit.end()
        seconds = time.monotonic() - begin
        self.command("stop")
        cpu = cpu_ns(process, threads) - cpu_before
        listed = self.command("list", session)
        discarded = sum(map(int, re.findall(r"Discarded events: (\d+)", listed)))
        self.command("destroy", session)
        size = bytes_below(self.there) - before
        shutil.rmtree(self.there, ignore_errors=True)
        return {
            "events_per_s": (emitted - discarded) / seconds,
            "bytes_per_s": size / seconds / 1e6,
            "discarded": discarded,
            "cpu_s_per_gb": cpu / size if size else 0.0,
        }


def work(name, folder, rate):
    """The worker in its namespace: one measurement for each line on standard input."""
    tracer = Tracer(name, folder)
    for line in sys.stdin:
        wish = json.loads(line)
        result = tracer.measure_live(*wish) if wish else tracer.measure_stream(rate)
        print(json.dumps(result), flush=True)
    tracer.end()


def ask(worker, wish):
    worker.stdin.write(json.dumps(wish) + "\n")
    worker.stdin.flush()
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("a worker ended early")
    return json.loads(line)


def by_turns(workers, rounds, wish):
    results = {name: [] for name in NAMES}
    for turn in range(rounds):
        for name in NAMES if turn % 2 == 0 else reversed(NAMES):
            results[name].append(ask(workers[name], wish))
    return results


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def print_live(workers, rounds):
    print("From an event to its line in babeltrace2 (the viewer asks every 100 ms):\n")
    print("| live period | events/s | tracon p50 | p99 | LTTng p50 | p99 | ratio of p50 |")
    print("|---|---|---|---|---|---|---|")
    for period_ms, rate in LIVE:
        results = by_turns(workers, rounds, (period_ms, rate))
        figures = []
        for name in NAMES:
            latencies = [latency for one in results[name] for latency in one]
            figures += [percentile(latencies, 50), percentile(latencies, 99)]
        cells = " | ".join(f"{value:.0f} ms" for value in figures)
        print(f"| {period_ms} ms | {rate} | {cells} | {figures[0] / figures[2]:.2f} |", flush=True)


def print_stream(workers, rounds, rate):
    print(
        f"\nStreaming to lttng-relayd: {rate} events/s wanted from 2 threads for {STREAM_SECONDS:.0f} s, "
        f"{SUBBUF_COUNT} sub-buffers of {SUBBUF_SIZE} per CPU; median (minimum to maximum):\n"
    )
    print("| what | tracon | LTTng | ratio |")
    print("|---|---|---|---|")
    results = by_turns(workers, rounds, None)
    for key, title, unit, digits in (
        ("events_per_s", "events that arrived", "1/s", 0),
        ("bytes_per_s", "bytes that arrived", "MB/s", 1),
        ("discarded", "events discarded in a round", "", 0),
        ("cpu_s_per_gb", "CPU of who consumes and sends", "s/GB", 3),
    ):
        cells, medians = [], []
        for name in NAMES:
            values = [figures[key] for figures in results[name]]
            medians.append(statistics.median(values))
            cells.append(f"{medians[-1]:.{digits}f} {unit} ({min(values):.{digits}f} to {max(values):.{digits}f})")
        ratio = f"{medians[0] / medians[1]:.3f}" if medians[1] else "-"
        print(f"| {title} | {cells[0]} | {cells[1]} | {ratio} |", flush=True)


def print_machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    print(f"Machine: {os.cpu_count()} x {model}, Linux {os.uname().release}; load before: {os.getloadavg()[0]:.2f}")
    print(f"Peers: {run_command('lttng', '--version').strip()}, {run_command('babeltrace2', '--version').splitlines()[0]}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--live-rounds", type=int, default=2)
    parser.add_argument("--stream-rounds", type=int, default=7)
    parser.add_argument("--rate", type=int, default=1000000)
    parser.add_argument("--worker", choices=NAMES)
    parser.add_argument("--folder")
    options = parser.parse_args()
    if options.worker:
        work(options.worker, options.folder, options.rate)
        return
    needed = ("tracon", "emit", "lttng", "lttng-sessiond", "lttng-relayd", "babeltrace2", "stdbuf")
    missing = [name for name in needed if not shutil.which(name)]
    if missing or os.getuid() != 0:
        sys.exit(f"bench: needs root and these programs: {' '.join(missing) or 'all are there'}")
    print_machine()
    with tempfile.TemporaryDirectory(prefix="tb-") as folder:
        workers = {name: start_worker(__file__, name, folder, "--rate", options.rate) for name in NAMES}
        if options.live_rounds:
            print_live(workers, options.live_rounds)
        if options.stream_rounds:
            print_stream(workers, options.stream_rounds, options.rate)
        for worker in workers.values():
            worker.stdin.close()
            worker.wait()


if __name__ == "__main__":
    main()
