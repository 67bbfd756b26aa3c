#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measures the console as a person meets it, beside htop, less and tig, and prints tables.

First full frame: from exec until the last row has arrived (the engine runs already, as in daily use; also
once with the engine's own start). At rest: CPU time and bytes of a minute with a terminal attached and nothing
recorded. Live: 50 event types of which 33 change every second, sparklines, 80x24. Loaded: keys while a
million events a second are recorded, as far as the machine goes. CPU time is the scheduler's, of all threads
of engine and terminal program; "screen thread" is the one that draws. Nothing is judged: goals stand beside.
"""

import argparse
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import termios
import time

ROWS, COLUMNS = 24, 80
DOWN, UP = b"\x1bOB", b"\x1bOA"
LIVE_TYPES, CHANGING_TYPES = 50, 33
LIVE_HZ = 660
LOAD_THREADS, LOAD_HZ = 2, 500000


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

    def wait_for(self, marks, seconds=10):
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

    def key_ms(self, key):
        """From the key to the first byte that answers it; what follows is read, too."""
        while self.read_for(0.005):
            pass
        begin = time.monotonic()
        os.write(self.fd, key)
        got = self.read_for(2)
        taken = (time.monotonic() - begin) * 1000.0
        while got:
            got = self.read_for(0.015)
        return taken

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def thread_cpu_s(pid, thread):
    with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
        return int(file.read().split()[0]) / 1e9


def cpu_s(pids):
    return sum(thread_cpu_s(pid, thread) for pid in pids for thread in os.listdir(f"/proc/{pid}/task"))


def resident_kb(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("RssAnon"))
    return total


def run(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


def engine_pid():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(os.environ["XDG_RUNTIME_DIR"] + "/tracon/engine.sock")
        return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def recorded_events(name):
    return json.loads(run("tracon", "--json", "list", name))["output"]["sessions"][0]["recorded_events"]


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def row(*cells):
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


def table(title, *heads):
    print(f"\n### {title}\n")
    row(*heads)
    print("|" + "---|" * len(heads))


# --- what there is to measure


def programs():
    """Name, command, marks of a full frame. Those that are not installed are said and left out."""
    text = os.path.join(os.environ["TMPDIR"], "text")
    with open(text, "w", encoding="utf-8") as file:
        file.writelines(f"line {number} of some text that fills a row of eighty columns well\n" for number in range(50000))
    tree = os.path.join(os.environ["TMPDIR"], "tree")
    known = {
        "tracon": (["tracon"], [b"F10", b"Quit"]),
        "htop": (["htop"], [b"F10", b"Quit"]),
        "less": (["less", text], [b"line 22 "]),
        "tig": (["env", "-C", tree, "tig"], [b"commit 19"]),
    }
    for name in list(known):
        if not shutil.which(name):
            print(f"{name}: left out, it is not installed")
            del known[name]
    if "tig" in known:
        make_tree(tree)
    return known


def make_tree(path):
    environment = dict(os.environ, GIT_AUTHOR_NAME="a", GIT_AUTHOR_EMAIL="a@b", GIT_COMMITTER_NAME="a", GIT_COMMITTER_EMAIL="a@b")
    subprocess.run(["git", "init", "-q", path], check=True, stderr=subprocess.DEVNULL)
    for number in range(40):
        subprocess.run(["git", "-C", path, "commit", "-q", "--allow-empty", "-m", f"commit {39 - number}"], check=True, env=environment)


def measure_start(known, runs):
    table(f"First full frame, {runs} starts of each by turns", "program", "median, ms", "least to most, ms", "goal")
    times = {name: [] for name in known}
    for _ in range(runs):
        for name, (words, marks) in known.items():
            terminal = Terminal(*words)
            times[name].append(terminal.wait_for(marks))
            terminal.close()
            time.sleep(0.1)
    for name, values in times.items():
        row(name, f"{statistics.median(values):.1f}", f"{min(values):.1f} to {max(values):.1f}",
            "50, and htop's" if name == "tracon" else "")


def measure_cold_start(runs):
    values = []
    for _ in range(runs):
        run("tracon", "quit", "--force")
        terminal = Terminal("tracon")
        values.append(terminal.wait_for([b"F10", b"Quit"]))
        terminal.close()
        time.sleep(0.1)
    row("tracon with its engine's start", f"{statistics.median(values):.1f}", f"{min(values):.1f} to {max(values):.1f}", "50")


def measure_rest(known, seconds):
    table(f"At rest, {seconds} s", "program", "bytes a minute", "CPU, % of one core", "anonymous memory, kB", "goal")
    for name, (words, marks) in known.items():
        others = [engine_pid()] if name == "tracon" else []
        before_kb = resident_kb(others)
        terminal = Terminal(*words)
        terminal.wait_for(marks)
        terminal.count_bytes(10)  # a notice goes
        pids = [terminal.pid, *others]
        used = cpu_s(pids)
        sent = terminal.count_bytes(seconds)
        used = cpu_s(pids) - used
        kilobytes = resident_kb(pids)
        terminal.close()
        more = f" ({kilobytes - before_kb} more than the engine alone)" if others else ""
        row(name, f"{sent * 60.0 / seconds:.0f}", f"{used * 100.0 / seconds:.3f}", f"{kilobytes}{more}",
            "0 bytes; 32768 kB, attaching 6144 kB" if others else "")


def begin_session(name, pattern):
    run("tracon", "create", name, "--output", os.path.join(os.environ["TMPDIR"], name))
    run("tracon", "enable-channel", "-u", "-s", name, "--subbuf-size", "1M", "--num-subbuf", "8", "big")
    run("tracon", "enable-event", "-u", "-s", name, "-c", "big", pattern)
    run("tracon", "start", name)


def end_session(name):
    run("tracon", "destroy", name)
    shutil.rmtree(os.path.join(os.environ["TMPDIR"], name), ignore_errors=True)


def measure_live(known, seconds):
    table(f"Live, {seconds} s: {LIVE_TYPES} event types, {CHANGING_TYPES} of them change each second, with sparklines",
          "program", "bytes a minute", "CPU, % of one core", "screen thread, %", "anonymous memory, kB", "goal")
    begin_session("live", "emit:*")
    for index in range(CHANGING_TYPES, LIVE_TYPES):
        run("emit-3000", "--name-index", str(index), "--count", "1")
    application = subprocess.Popen(["emit-3000", "--loop", "--types", str(CHANGING_TYPES), "--rate", str(LIVE_HZ)],
                                   stdout=subprocess.DEVNULL)
    engine = engine_pid()
    terminal = Terminal("tracon")
    terminal.wait_for([b"F10", b"Quit"])
    os.write(terminal.fd, b"3")
    terminal.count_bytes(20)  # histories fill
    pids = [terminal.pid, engine]
    used, drawn = cpu_s(pids), thread_cpu_s(engine, engine)
    sent = terminal.count_bytes(seconds)
    used, drawn = cpu_s(pids) - used, thread_cpu_s(engine, engine) - drawn
    row("tracon", f"{sent * 60.0 / seconds:.0f}", f"{used * 100.0 / seconds:.2f}", f"{drawn * 100.0 / seconds:.2f}",
        resident_kb(pids), "60000 bytes; screen thread 1 %; 32768 kB")
    terminal.close()
    if "htop" in known:
        terminal = Terminal("htop")
        terminal.wait_for([b"F10", b"Quit"])
        terminal.count_bytes(6)
        used = cpu_s([terminal.pid])
        sent = terminal.count_bytes(seconds)
        row("htop, every 1.5 s", f"{sent * 60.0 / seconds:.0f}", f"{(cpu_s([terminal.pid]) - used) * 100.0 / seconds:.2f}", "",
            resident_kb([terminal.pid]), "")
        terminal.close()
    application.terminate()
    application.wait()
    end_session("live")


def press_keys(terminal, count):
    times = []
    for number in range(count):
        times.append(terminal.key_ms(DOWN if number // 8 % 2 == 0 else UP))
        time.sleep(0.003 * (number % 7))
    return times


def measure_loaded(known, keys):
    table(f"Key to screen while {LOAD_THREADS * LOAD_HZ} events/s are wanted, {keys} keys",
          "program", "median, ms", "99 of 100 within, ms", "most, ms", "events/s recorded",
          "screen thread, % with (without) keys", "goal")
    begin_session("load", "emit:*")
    application = subprocess.Popen(["emit", "--loop", "--types", "32", "--threads", str(LOAD_THREADS), "--rate", str(LOAD_HZ)],
                                   stdout=subprocess.DEVNULL)
    engine = engine_pid()
    for name in [name for name in ("tracon", "htop") if name in known]:
        terminal = Terminal(*known[name][0])
        terminal.wait_for(known[name][1])
        if name == "tracon":
            os.write(terminal.fd, b"3")
        terminal.count_bytes(3)
        still = thread_cpu_s(engine, engine)
        terminal.count_bytes(10)
        still = (thread_cpu_s(engine, engine) - still) * 10.0
        begin, counted, drawn = time.monotonic(), recorded_events("load"), thread_cpu_s(engine, engine)
        times = press_keys(terminal, keys)
        seconds = time.monotonic() - begin
        rate = (recorded_events("load") - counted) / seconds
        drawn = (thread_cpu_s(engine, engine) - drawn) * 100.0 / seconds
        row(name, f"{statistics.median(times):.1f}", f"{percentile(times, 0.99):.1f}", f"{max(times):.1f}", f"{rate:.0f}",
            f"{drawn:.2f} ({still:.2f})" if name == "tracon" else "", "16 ms; 1 %" if name == "tracon" else "")
        terminal.close()
    application.terminate()
    application.wait()
    end_session("load")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keys", type=int, default=250)
    options = parser.parse_args()
    if not shutil.which("tracon"):
        sys.exit("bench_console: there is no tracon in PATH")
    load = os.getloadavg()
    print(f"Terminal {COLUMNS}x{ROWS}, xterm-256color; {os.cpu_count()} CPUs; load before: {load[0]:.2f}")
    run("tracon", "engine", "--background")
    known = programs()
    measure_start(known, options.runs)
    measure_cold_start(5)
    measure_rest(known, options.seconds)
    if shutil.which("emit") and shutil.which("emit-3000"):
        measure_live(known, options.seconds)
        measure_loaded(known, options.keys)
    else:
        print("\nLive and loaded: left out, this build has no applications for LTTng-UST.")
    run("tracon", "quit", "--force")


if __name__ == "__main__":
    main()
