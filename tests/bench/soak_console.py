#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The console for hours: nothing may grow.

Two engines at the same time, each in a private place of its own: one traces 10 events a second, the other as
many as go through, up to a million. In both a person is at work in tmux at 120x40: every pane, every popup,
lists, searches, filters, rotations, the browser on a chunk, the tail, other sizes, other terminals. Memory,
open files and threads of engine and terminal are printed every minute; at the end they are what they were
after the first minute (2 MB of memory more at most), or the exit status is 1. Chunks are removed as they
come: below 2 GB on disk.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

COLUMNS, ROWS = 120, 40
WARM_UP_S = 60
GROWTH_MAX_KB = 2048
DISK_MAX_BYTES = 1500 << 20
CHUNKS_KEPT = 3
LOADS = {
    "quiet": {"options": ["--rate", "10", "--types", "8"], "pause": 20},
    "busy": {"options": ["--rate", "500000", "--threads", "2", "--types", "32"], "pause": 4},
}

# What the person does: keys as tmux names them; "=TEXT" is typed, where something takes text; a number is a wait
# in seconds; "?TEXT": the rest only if the screen shows that. Keys that a pane does not have are refused by the
# console and do no harm.
LIST = ["Down", "Down", "j", "k", "PageDown", "PageUp", "G", "g", "Space", "Down", "Space", "U", "Right", "Left",
        "/", "=e", "Enter", "n", "N", "Escape", "\\", "=e", "Enter", "\\", "C-u", "Enter", "Escape",
        ">", ">", "I", "I", "<", "<", "i", 0.2, "Down", "Escape", "z", 0.2, "z", "y", "V", "V", "V"]
PANES = [(str(number), LIST) for number in (1, 2, 3, 4, 6, 7)]
POPUPS = ["?", 0.2, "Down", "PageDown", "=rot", 0.2, "Escape", "Escape",
          "F2", 0.3, "Down", "Up", "Escape",
          "1", "c", 0.3, "=x", "Escape", "Escape", "2", "c", 0.3, "Escape", "a", 0.3, "Escape",
          "3", "f", 0.3, "Escape", "a", 0.3, "Escape", "x", 0.3, "Escape",
          "1", "D", 0.4, "n", 0.2, "0", 0.2, "[", "]", "Tab", "BTab", "M-l", 0.3, "Escape", "C-l", "p", 0.5, "p"]
COMMANDS = [":", "=list", "Enter", 0.3, "=status", "Enter", 0.2, "=help rotate", "Enter", 0.2, "=list soak", "Enter", 0.3,
            "=nonsense here", "Enter", 0.2, "=ro", "Tab", 0.2, "C-u", "Up", "Up", "C-u", "C-o", "C-o", "C-o", "Escape"]
ROTATE = ["1", "R", 1.0, "A"]
TAIL = ["5", 1.0, "G", "g", "PageDown", "F", 0.5, "p", 0.5, "p", "i", 0.3, "Escape", "T", "T", "T", "w", "w",
        "f", 0.3, "=number > 5", "Enter", 0.6, "f", 0.2, "C-u", "Enter", 0.3, "Escape", "3", "Enter", 0.6, "Escape", "1"]
BROWSE = ["6", "g", "Enter", 0.8, "Down", "PageDown", "PageDown", "G", 0.5, "g", 0.3, "/", "=number", "Enter", 0.5, "n", 0.4,
          "N", 0.3, "}", 0.3, "{", 0.3, "T", "i", 0.3, "Escape", "Escape", 0.2,
          "6", "G", "o", 0.8, "End", 0.4, "?Browse", "e", 0.4, "E", 0.4, "m", "a", "'", "a", 0.2, "Escape"]


def say(text):
    print(text, flush=True)


def run(*words, check=True, **options):
    return subprocess.run(words, check=check, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options).stdout


def engine_pid():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.connect(os.environ["XDG_RUNTIME_DIR"] + "/tracon/engine.sock")
        return struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def recorded_events():
    answer = json.loads(run("tracon", "--json", "list", "soak"))
    return answer["output"]["sessions"][0]["recorded_events"]


class Process:
    def __init__(self, pid):
        self.pid = pid

    def status(self, name):
        with open(f"/proc/{self.pid}/status", encoding="utf-8") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(name)), 0)

    def sample(self):
        return {"kB": self.status("RssAnon:"), "files": len(os.listdir(f"/proc/{self.pid}/fd")),
                "threads": self.status("Threads:")}

    def least(self):
        """What comes and goes is not meant: memory that was used is given back within ten seconds."""
        samples = []
        for _ in range(24):
            samples.append(self.sample())
            time.sleep(0.5)
        return {name: min(sample[name] for sample in samples) for name in samples[0]}


class Person:
    """Somebody at a terminal of his own."""

    def __init__(self):
        self.tmux = ["tmux", "-L", f"soak-{os.getpid()}", "-f", "/dev/null"]
        run(*self.tmux, "new-session", "-d", "-x", str(COLUMNS), "-y", str(ROWS), "-s", "soak", "tracon")
        run(*self.tmux, "set-option", "-g", "remain-on-exit", "on")
        run(*self.tmux, "set-option", "-g", "escape-time", "0")
        self.returns = 0
        self.wait_for("F10")

    def tell(self, *words):
        return run(*self.tmux, *words, check=False)

    def screen(self):
        return self.tell("capture-pane", "-p", "-t", "soak")

    def wait_for(self, text, seconds=20):
        end = time.monotonic() + seconds
        while text not in self.screen():
            if time.monotonic() > end:
                say(self.screen())
                raise RuntimeError(f"the screen does not show {text!r}")
            time.sleep(0.1)

    def holder(self):
        return Process(int(self.tell("display-message", "-p", "-t", "soak", "#{pane_pid}")))

    def is_there(self):
        return self.tell("display-message", "-p", "-t", "soak", "#{pane_dead}").strip() == "0"

    def come_back(self):
        """Another terminal, as after a lost connection."""
        self.tell("respawn-pane", "-k", "-t", "soak", "tracon")
        self.wait_for("F10")

    def press(self, keys):
        for key in keys:
            if not isinstance(key, str):
                time.sleep(key)
            elif key.startswith("?") and len(key) > 1:
                if key[1:] not in self.screen():
                    return
            elif key.startswith("=") and len(key) > 1:
                if self.takes_text():
                    self.tell("send-keys", "-t", "soak", "-l", key[1:])
            else:
                self.tell("send-keys", "-t", "soak", key)
            time.sleep(0.02)

    def takes_text(self):
        """A field on the message line, the command line, or a form; no question."""
        time.sleep(0.15)
        screen = self.screen()
        row = int(self.tell("display-message", "-p", "-t", "soak", "#{cursor_y}") or 0)
        return (row >= ROWS - 7 or "┌─" in screen) and "[y/N]" not in screen and "[c]ancel" not in screen

    def rest(self):
        """Nothing open, the first pane."""
        if not self.is_there():
            self.returns += 1
            say(f"the console ended by itself:\n{self.screen()}")
            self.come_back()
        self.press(["Escape", 0.1, "Escape", 0.1, "Escape", 0.1, "1"])
        if "[c]ancel" in self.screen():
            self.press(["c"])

    def do_everything(self):
        for number, keys in PANES:
            self.press([number, *keys])
            self.rest()
        for keys in (POPUPS, COMMANDS, ROTATE, TAIL, BROWSE):
            self.press(keys)
            self.rest()
        for columns, rows in ((80, 24), (200, 60), (30, 8), (COLUMNS, ROWS)):
            self.tell("resize-window", "-t", "soak", "-x", str(columns), "-y", str(rows))
            self.press([0.2, "3", "Down", "1"])


class Keeper(threading.Thread):
    """Rotates, and removes chunks: nobody reads them later."""

    def __init__(self, output, pause):
        super().__init__(daemon=True)
        self.output, self.pause = output, pause
        self.is_over = threading.Event()

    def run(self):
        while not self.is_over.wait(self.pause):
            run("tracon", "rotate", "soak", check=False)
            archives = os.path.join(self.output, "archives")
            chunks = sorted(os.listdir(archives)) if os.path.isdir(archives) else []
            for name in chunks[:-CHUNKS_KEPT]:
                shutil.rmtree(os.path.join(archives, name), ignore_errors=True)
            if disk_bytes(self.output) > DISK_MAX_BYTES:
                for name in chunks:
                    shutil.rmtree(os.path.join(archives, name), ignore_errors=True)


def disk_bytes(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                pass
    return total


def begin_session(output):
    for words in (["create", "soak", "--output", output],
                  ["enable-channel", "-u", "-s", "soak", "--subbuf-size", "1M", "--num-subbuf", "8", "big"],
                  ["enable-event", "-u", "-s", "soak", "-c", "big", "emit:*"],
                  ["start", "soak"]):
        run("tracon", *words)


def soak(load, seconds):
    output = os.path.join(os.environ["TMPDIR"], "soak")
    run("tracon", "engine", "--background")
    begin_session(output)
    application = subprocess.Popen(["emit", "--loop", *LOADS[load]["options"]], stdout=subprocess.DEVNULL)
    keeper = Keeper(output, LOADS[load]["pause"])
    keeper.start()
    engine = Process(engine_pid())
    person = Person()
    begin = time.monotonic()
    first, rounds, printed_at, disk = None, 0, begin, 0
    counted_at, counted = begin, recorded_events()
    while True:
        person.do_everything()
        run("tracon", "start", "soak", check=False)  # whatever was pressed
        rounds += 1
        if rounds % 10 == 0:
            person.come_back()
        disk = max(disk, disk_bytes(output))
        now = time.monotonic()
        is_over = now - begin >= seconds
        if first and not is_over and now - printed_at < 60:
            continue
        if not first and now - begin < min(WARM_UP_S, seconds / 2):
            continue
        person.rest()
        person.press(["z", 1.0])  # a tail on the screen holds what it shows, now more, now less
        values = {"engine": engine.least(), "terminal": person.holder().least()}
        person.press(["z"])
        events = recorded_events()
        say(f"{load:5} {now - begin:5.0f} s, {rounds} rounds, "
            f"{(events - counted) / (time.monotonic() - counted_at):.0f} events/s: " +
            "; ".join(f"{who} {value['kB']} kB (most {engine.status('VmHWM:') if who == 'engine' else 0} kB), "
                      f"{value['files']} files, {value['threads']} threads" for who, value in values.items()))
        counted_at, counted, printed_at = time.monotonic(), events, now
        first = first or values
        if is_over:
            break
    keeper.is_over.set()
    keeper.join()
    application.terminate()
    application.wait()
    run("tracon", "quit", "--force", check=False)
    person.tell("kill-server")
    return judge(load, first, values, person.returns, disk)


def judge(load, first, last, returns, disk):
    wrong = [f"the console ended by itself {returns} times"] if returns else []
    for who, value in last.items():
        if value["kB"] > first[who]["kB"] + GROWTH_MAX_KB:
            wrong.append(f"memory of the {who} grew from {first[who]['kB']} to {value['kB']} kB")
        for what in ("files", "threads"):
            if value[what] != first[who][what]:
                wrong.append(f"{what} of the {who} were {first[who][what]}, are {value[what]}")
    if disk > 2 << 30:
        wrong.append(f"{disk >> 20} MB on disk")
    for text in wrong:
        say(f"{load:5} FAILED: {text}")
    if not wrong:
        say(f"{load:5} passed; at most {disk >> 20} MB on disk")
    return 1 if wrong else 0


def in_private(words):
    private = shutil.which("private") or os.path.join(os.environ.get("abs_top_builddir", "."), "tests/tools/private")
    return subprocess.Popen([private, *words])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=int(os.environ.get("SOAK_SECONDS", "3600")))
    parser.add_argument("--load", choices=[*LOADS, "both"], default="both")
    parser.add_argument("--inside", action="store_true", help="in a private place already")
    options = parser.parse_args()
    missing = [name for name in ("tracon", "tmux", "emit") if not shutil.which(name)]
    if missing:
        sys.exit(f"soak_console: not found: {' '.join(missing)}")
    if options.inside:
        sys.exit(soak(options.load, options.seconds))
    loads = list(LOADS) if options.load == "both" else [options.load]
    children = [in_private([sys.executable, os.path.abspath(__file__), "--inside", "--load", load,
                            "--seconds", str(options.seconds)]) for load in loads]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: [child.terminate() for child in children])
    sys.exit(max([child.wait() != 0 for child in children]))


if __name__ == "__main__":
    main()
