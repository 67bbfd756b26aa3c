# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads filters.table for filters.test, and compares what came of it.

filters.py commands TABLE        commands for tracon, one a line
filters.py expressions TABLE     all expressions, each ended by a NUL
filters.py enable TABLE DIR      runs lttng's enable-event for all, and tracon's for what is no
                                 expression or no line; DIR/lttng.N and DIR/tracon.N: status and messages
filters.py judge TABLE LTTNG OURS DECIDED DIR
                                 TAP lines: texts of babeltrace2, lines of filters_decide
"""
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

SESSIONS = {"lttng": "theirs", "tracon": "ours"}
MARKS = {"␤": "\n", "␉": "\t", "␍": "\r", "␀": ""}


class Entry:
    def __init__(self, line, event):
        kind, rest = line[0], line[2:]
        self.begin = self.end = self.reason = self.event = None
        if kind in "!?":
            begin, end, rest = rest.split(" ", 2)
            self.begin, self.end = int(begin), int(end)
        else:
            self.event = f"filters:row_{event:04d}"
        if kind in "~?>+":
            self.reason, rest = rest.split(" | ", 1)
        self.text = re.sub("[␤␉␍␀]", lambda mark: MARKS[mark[0]], rest)
        self.kind = kind


def read_table(path):
    entries, event = [], 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line and line[0] in "=~+>!?":
                entries.append(Entry(line, event))
                event += entries[-1].event is not None
    return entries


def read_rows(path):
    rows = {}
    with open(path, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = re.search(r" (filters:row_\d+): .*?\{ seq = (\d+),", line)
            if found:
                rows.setdefault(found[1], []).append(int(found[2]))
    return rows


def print_commands(entries):
    for entry in entries:
        if entry.event and "\n" not in entry.text:
            print("enable-event -s ours -u", entry.event, "--filter", shlex.quote(entry.text))


def enable(entries, folder):
    def run(job):
        program, index, entry = job
        done = subprocess.run([program, "enable-event", "-s", SESSIONS[program], "-u",
                               entry.event or "filters:none", "--filter", entry.text],
                              capture_output=True, check=False)
        with open(f"{folder}/{program}.{index}", "wb") as out:
            out.write(b"%d\n%s%s" % (done.returncode, done.stdout, done.stderr))

    jobs = [("lttng", index, entry) for index, entry in enumerate(entries) if entry.kind != "+"]
    jobs += [("tracon", index, entry) for index, entry in enumerate(entries)
             if not entry.event or "\n" in entry.text]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(run, jobs))


def print_expressions(entries):
    for entry in entries:
        sys.stdout.write(entry.text + "\0")


number = 0


def ok(is_true, name, *why):
    global number
    number += 1
    print(f"{'ok' if is_true else 'not ok'} {number} - {name}")
    for line in why if not is_true else ():
        print("#  ", line)


def judge_recorded(entry, lttngs, ours, decided):
    expected = [int(row) for row in decided.split()] if not decided.startswith("!") else None
    theirs, own = lttngs.get(entry.event, []), ours.get(entry.event, [])
    name = entry.text.replace("\n", "␤").replace("#", "\\#")
    rows = f"decided {expected}, tracon {own}, lttng {theirs}"
    if entry.kind == "=":
        ok(own == theirs == expected, f"the same rows for {name}", rows)
        return
    if entry.kind == ">":
        ok(own == theirs, f"the same rows as lttng for {name}", rows)
        return
    ok(own == expected, f"tracon's own rows for {name}", rows)
    if entry.kind == "~":
        print(f"#   {entry.reason}: lttng has {theirs}, not {expected}")


def read_refusal(folder, who, index):
    with open(f"{folder}/{who}.{index}", encoding="utf-8", errors="replace") as lines:
        status, _, words = lines.read().partition("\n")
    return int(status), words


def place_of(words):
    """Of the mark, in columns of the line above it; without the text's beginning: none."""
    lines = words.rstrip("\n").split("\n")
    mark = lines[-1] if len(lines) > 2 else ""
    if not re.fullmatch(r" *\^~*", mark):
        return None
    begin = len(mark) - len(mark.lstrip())
    return begin, len(mark)


def judge_refused(entry, index, decided, folder):
    status, words = read_refusal(folder, "tracon", index)
    name = entry.text.replace("\n", "␤").replace("#", "\\#")
    found = re.match(r"! (\d+) (\d+) ", decided)
    place = (int(found[1]), int(found[2])) if found else None
    # Columns, not bytes: what is not ASCII comes last in the table's expressions.
    shown = place_of(words)
    ok(status == 1 and place == (entry.begin, entry.end) and shown and shown[0] == entry.begin,
       f"no filter: {name}", f"status {status}, place {place}, shown {shown}", *words.split("\n"))
    theirs, _ = read_refusal(folder, "lttng", index)
    if entry.kind == "!":
        ok(theirs != 0, f"nor for lttng: {name}")
    elif theirs == 0:
        print(f"#   {entry.reason}: lttng takes it")


def judge(entries, lttng_path, our_path, decided_path, folder):
    lttngs, ours = read_rows(lttng_path), read_rows(our_path)
    with open(decided_path, encoding="utf-8") as lines:
        decided = lines.read().split("\n")
    for index, entry in enumerate(entries):
        if entry.event:
            judge_recorded(entry, lttngs, ours, decided[index])
        else:
            judge_refused(entry, index, decided[index], folder)
    print(f"1..{number}")


if __name__ == "__main__":
    table = read_table(sys.argv[2])
    if sys.argv[1] == "commands":
        print_commands(table)
    elif sys.argv[1] == "expressions":
        print_expressions(table)
    elif sys.argv[1] == "enable":
        enable(table, sys.argv[3])
    else:
        judge(table, *sys.argv[3:])
