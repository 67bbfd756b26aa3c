#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the sections of commands.list with one tool and writes what came of each line, as JSON.

commands.py TOOL LIST FOLDER RESULT: TOOL answers to lttng's commands, OUT in a line means a folder
below FOLDER. A section is run again when lttng-sessiond (SESSIOND=yes) died during it, as it does
now and then.

Lines of a section, which begins with nothing and ends with all sessions destroyed:
  WORDS             a command
  ~ A B | WORDS | REASON    a command that differs on purpose: lttng's status A, ours B
  + emit OPTIONS    an application that ends
  + app             one that stays, and is seen by the tool
  + tree [-WORD]    files below OUT, but those with WORD in their path
  + events          how many events of each type babeltrace2 reads below OUT
  + archives N      waits until there are so many
  + file NAME       a file below LTTNG_HOME
  + put NAME TEXT   writes one below OUT
"""
import collections
import glob
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time


def read_sections(path):
    sections = []
    for line in open(path):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        if line.startswith("=="):
            sections.append((line[2:].strip(), []))
        else:
            sections[-1][1].append(line)
    return sections


def split_purpose(line):
    """The command of a line, and (theirs, ours, reason) when it differs on purpose."""
    if not line.startswith("~ "):
        return line, None
    statuses, command, reason = (part.strip() for part in line[2:].split(" | ", 2))
    theirs, ours = statuses.split()
    return command, (int(theirs), int(ours), reason)


class Daemon:
    """lttng-sessiond, or nothing: tracon's engine is its own."""

    def __init__(self, is_wanted):
        self.is_wanted = is_wanted
        self.process = None

    def start(self):
        if not self.is_wanted or self.is_alive():
            return
        log = open(os.environ["TMPDIR"] + "/sessiond.log", "a")
        self.process = subprocess.Popen(["lttng-sessiond", "--no-kernel"], stdout=log, stderr=log)
        end = time.monotonic() + 20
        while subprocess.call(["lttng", "list"], stdout=log, stderr=log) != 0:
            if time.monotonic() > end:
                sys.exit("lttng-sessiond does not start")
            time.sleep(0.05)

    def is_alive(self):
        return not self.is_wanted or (self.process and self.process.poll() is None)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()


class Runner:
    def __init__(self, tool, folder):
        self.tool = tool
        self.folder = folder
        self.apps = []
        self.home = os.environ["LTTNG_HOME"]

    def plain(self, text):
        """Without what differs by nature."""
        for path, word in ((self.folder, "OUT"), (self.home, "HOME"), (os.environ["HOME"], "HOME")):
            text = text.replace(path, word)
        text = re.sub(r"\d{8}T\d{6}[+-]\d{4}", "TIME", text)
        text = re.sub(r"\d{8}-\d{6}", "DATE", text)
        text = re.sub(r"PID: \d+", "PID: N", text)
        text = re.sub(r"-\d+-DATE", "-N-DATE", text)
        text = re.sub(r"(?m)(Trace output: .*)/$", r"\1", text)
        text = re.sub(r"(?m)^    Session id: (?:.+\n)+\n", "", text)
        # A hint beside an error, which is part of tracon's own sentence.
        lines = [line for line in text.replace("Use tracon list", "Use lttng list").split("\n")
                 if not re.match(r"Waiting for |Spawning a session|Did you create a session", line)]
        # Sets have no order.
        lines = [self.sorted_set(line) for line in lines]
        # While it waits for the last chunk, dots stand before what follows.
        lines = [re.sub(r"^Destroying session .*?\.\.+", "", line) for line in lines]
        text = re.sub(r"\n\n+(Session .* destroyed)", r"\n\1", "\n".join(lines))
        return self.in_order(text).strip("\n")

    @staticmethod
    def sorted_set(line):
        title, colon, values = line.partition(" IDs:")
        if not colon:
            return line
        return title + colon + " " + ", ".join(sorted(values.strip().split(", ")))

    @staticmethod
    def in_order(text):
        """Channels, and their rules, stand in an order by chance in lttng's lists."""
        head, title, domains = text.partition("Domains:\n")
        text = head + title + "\n".join(sorted(domains.split("\n")))
        parts = re.split(r"(?m)^(?=- .*: \[|=== )", text)
        for i, part in enumerate(parts):
            head, title, rules = part.partition("    Recording event rules:\n")
            parts[i] = head + title + "\n".join(sorted(rules.split("\n"))) + "\n" if title else part
        out, group = [], []
        for part in parts:
            if part.startswith("- "):
                group.append(part)
            else:
                out += sorted(group) + [part]
                group = []
        return "".join(out + sorted(group))

    def command(self, line):
        words = [word.replace("OUT", self.folder, 1) if word.startswith(("OUT", "file://OUT"))
                 or "=OUT" in word else word for word in shlex.split(line)]
        done = subprocess.run([self.tool] + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              stdin=subprocess.DEVNULL, timeout=60)
        status = done.returncode if 0 <= done.returncode <= 4 else 1
        return {"status": status, "raw": done.returncode,
                "out": self.plain(done.stdout.decode(errors="replace")),
                "err": done.stderr.decode(errors="replace")}

    def emit(self, options):
        done = subprocess.run(["emit"] + shlex.split(options), stdout=subprocess.PIPE, timeout=60)
        return {"status": done.returncode, "out": done.stdout.decode()}

    def app(self, options):
        app = subprocess.Popen(["emit", "--wait", "--hold"] + shlex.split(options),
                               stdout=subprocess.PIPE)
        self.apps.append(app)
        app.stdout.readline()
        end = time.monotonic() + 20
        while b"PID: %d " % app.pid not in subprocess.run(
                [self.tool, "list", "-u"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout:
            if time.monotonic() > end:
                return {"status": 1, "out": "not seen"}
            time.sleep(0.05)
        return {"status": 0, "out": ""}

    def go(self, _):
        self.apps[-1].send_signal(signal.SIGUSR1)
        return {"status": 0, "out": self.apps[-1].stdout.readline().decode()}

    def tree(self, without):
        found = [os.path.join(top, name) for top, _, names in os.walk(self.folder)
                 for name in names]
        if without:
            found = [path for path in found if without[1:] not in path]
        return {"status": 0, "out": "\n".join(sorted({self.plain(path) for path in found}))}

    def archives(self, count):
        end = time.monotonic() + 20
        while len(glob.glob(self.folder + "/*/archives/*")) < int(count):
            if time.monotonic() > end:
                return {"status": 1, "out": ""}
            time.sleep(0.02)
        return {"status": 0, "out": ""}

    def events(self, _):
        found = collections.Counter()
        errors = ""
        for name in sorted(os.listdir(self.folder)):
            path = os.path.join(self.folder, name)
            if not any("metadata" in files for _, _, files in os.walk(path)):
                continue
            done = subprocess.run(["babeltrace2", "--no-delta", "--names=none", "--fields=none",
                                   path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            errors += done.stderr.decode()
            for line in done.stdout.decode().split("\n"):
                match = re.match(r"\[[^]]*\] \S+ ([^ ]+): ", line)
                if match:
                    found[name + " " + match.group(1)] += 1
        return {"status": 0, "out": "\n".join("%s %d" % item for item in sorted(found.items())),
                "err": errors}

    def file(self, name):
        try:
            return {"status": 0, "out": open(os.path.join(self.home, name)).read()}
        except OSError as error:
            return {"status": 1, "out": error.strerror}

    def put(self, words):
        name, _, text = words.partition(" ")
        with open(os.path.join(self.folder, name), "w") as out:
            out.write(text + "\n")
        return {"status": 0, "out": ""}

    def begin(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        shutil.rmtree(self.home + "/lttng-traces", ignore_errors=True)
        os.chdir(self.folder)

    def end(self):
        for app in self.apps:
            app.kill()
            app.wait()
        self.apps = []
        self.command("destroy --all")
        if os.path.exists(self.home + "/.lttngrc"):
            os.unlink(self.home + "/.lttngrc")

    def section(self, lines):
        self.begin()
        results = []
        for line in lines:
            if line.startswith("+ "):
                verb, _, rest = line[2:].partition(" ")
                results.append(getattr(self, verb)(rest))
            else:
                results.append(self.command(split_purpose(line)[0]))
        self.end()
        return results


def main():
    tool, path, folder, result = sys.argv[1:]
    os.makedirs(os.environ["LTTNG_HOME"], exist_ok=True)
    daemon = Daemon(os.environ.get("SESSIOND") == "yes")
    runner = Runner(tool, folder)
    results = {}
    for name, lines in read_sections(path):
        for _ in range(3):
            daemon.start()
            results[name] = runner.section(lines)
            if daemon.is_alive():
                break
            results[name] = None
    daemon.stop()
    with open(result, "w") as out:
        json.dump(results, out)


if __name__ == "__main__":
    main()
