#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compares what commands.py wrote for both tools. Prints, for commands.test, lines of a word and a
name: `same`, `skip`, `count`, or the name of a file in TMPDIR with the differences."""
import difflib
import json
import os
import sys

from commands import read_sections, split_purpose


def difference(line, theirs, ours):
    """Text that says how one line differs, or None."""
    command, purpose = split_purpose(line)
    if purpose:
        wanted = (1 if purpose[0] > 4 else purpose[0], purpose[1])
        got = (theirs["status"], ours["status"])
        return None if got == wanted else "%s: statuses %s instead of %s" % (command, got, wanted)
    found = []
    if theirs["status"] != ours["status"]:
        found.append("status %s, lttng %s: %s" % (ours["status"], theirs["raw"] if "raw" in theirs
                                                  else theirs["status"], ours.get("err", "")))
    if theirs["out"] != ours["out"]:
        found += list(difflib.unified_diff(theirs["out"].split("\n"), ours["out"].split("\n"),
                                           "lttng", "tracon", lineterm="", n=1))
    if found and theirs.get("err"):
        found.append("lttng's error: " + theirs["err"])
    return "\n".join([line] + found) if found else None


def main():
    path, theirs, ours = sys.argv[1:]
    theirs, ours = json.load(open(theirs)), json.load(open(ours))
    count = 0
    for number, (name, lines) in enumerate(read_sections(path)):
        count += sum(not line.startswith("+ ") for line in lines)
        if theirs[name] is None:
            print("skip\t" + name)
            continue
        found = [difference(*row) for row in zip(lines, theirs[name], ours[name])]
        found = [text for text in found if text]
        result = "same"
        if found:
            result = "difference.%d" % number
            with open(os.path.join(os.environ["TMPDIR"], result), "w") as out:
                out.write("\n".join(found))
        print("%s\t%s" % (result, name))
    print("count\t%d" % count)


if __name__ == "__main__":
    main()
