#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kernel_peers.py perf|counts|fields OURS THEIRS: compares what two tracers have of one process.

OURS is babeltrace2's text with the context tid, and THEIRS `trace-cmd report -R`; for perf OURS has
names and counts, THEIRS is `perf stat -x,` of system calls. Status 1, with what differs, if they do.
"""

import collections
import re
import sys

SAMPLE = 1000  # events compared field by field, at least
TOLERANCE = 5  # of a name: what the peer's launcher does before it becomes the program


def count_with(pattern, path):
    """The sum of the counts of each name that the pattern finds."""
    counts = collections.Counter()
    with open(path, encoding="utf-8") as file:
        for found in re.finditer(pattern, file.read(), re.MULTILINE):
            counts[found["name"]] += int(found["count"])
    return +counts


def read_ours(path):
    """Events as (thread, name, fields)."""
    events = []
    pattern = re.compile(r"(\w+): \{[^}]*\}, \{ tid = (\d+) \}, \{ (.*) \}$")
    field = re.compile(r'(\w+) = ("(?:[^"\\]|\\.)*"|[^,]+)')
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = pattern.search(line)
            if found:
                name, tid, rest = found.groups()
                events.append((int(tid), name, dict(field.findall(rest))))
    return events


def read_trace_cmd(path):
    events = []
    pattern = re.compile(r"-(\d+)\s+\[\d+\]\s+[\d.]+: (\w+):\s*(.*)$")
    with open(path, encoding="utf-8") as file:
        for line in file:
            found = pattern.search(line)
            if not found:
                continue
            tid, name, rest = found.groups()
            fields = dict(re.findall(r"(\w+)=(\S*)", rest))
            fields.pop("__syscall_nr", None)
            name = re.sub("^sys_(enter|exit)_", lambda m: f"syscall_{m[1].replace('enter', 'entry')}_", name)
            events.append((int(tid), name, fields))
    return events


def differing(ours, theirs):
    return [
        f"{name}: {ours[name]} here, {theirs[name]} there"
        for name in sorted(set(ours) | set(theirs))
        if abs(ours[name] - theirs[name]) > TOLERANCE
    ]


def entries(events):
    start = "syscall_entry_"
    return collections.Counter(e[1][len(start) :] for e in events if e[1].startswith(start))


def of_program(events):
    """Of the thread that became a program last: its events behind that."""
    runs = [i for i, event in enumerate(events) if event[1] == "sched_process_exec"]
    if not runs:
        return []
    tid = events[runs[-1]][0]
    return [event for event in events[runs[-1] :] if event[0] == tid]


def is_same(ours, theirs):
    if ours.startswith('"'):
        return ours[1:-1] == theirs
    value, other = int(ours, 0), int(theirs, 0)
    # Arguments lie in 8 bytes, whatever their type; ours have the type's size.
    return any((value - other) % (1 << bits) == 0 for bits in ((64, 32) if value < 0 else (64,)))


def compare_fields(ours, theirs):
    wrong = []
    count = 0
    for mine, other in zip(ours, theirs):
        count += 1
        if mine[1] != other[1]:
            return wrong + [f"event {count}: {mine} here, {other} there"], count
        if set(mine[2]) != set(other[2]):
            wrong.append(f"event {count}: fields of {mine} here, {other} there")
            continue
        wrong += [
            f"event {count}, {mine[1]}: {name} = {mine[2][name]} here, {other[2][name]} there"
            for name in mine[2]
            if not is_same(mine[2][name], other[2][name])
        ]
    return wrong, count


def main():
    what, our_path, their_path = sys.argv[1:]
    if what == "perf":
        theirs = count_with(r"^(?P<count>\d+),,syscalls:sys_enter_(?P<name>\w+),", their_path)
        wrong = differing(count_with(r"^syscall_entry_(?P<name>\w+) (?P<count>\d+)$", our_path), theirs)
        count = sum(theirs.values())
    elif what == "counts":
        mine, others = of_program(read_ours(our_path)), of_program(read_trace_cmd(their_path))
        wrong = differing(entries(mine), entries(others))
        count = len(mine)
    else:
        wrong, count = compare_fields(of_program(read_ours(our_path)), of_program(read_trace_cmd(their_path)))
    if count < SAMPLE:
        wrong.append(f"only {count} were compared")
    print("\n".join(wrong[:20]) or f"{count} are alike")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
