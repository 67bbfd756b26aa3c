# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for tests: a pty with an emulator behind it, and TAP.

Waiting is always for something to appear, with a limit.
"""
import atexit
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

try:
    import pyte
except ImportError:
    print("1..0 # SKIP python3-pyte is missing")
    sys.exit(0)

LIMIT_S = 30
UP, DOWN, RIGHT, LEFT = "\x1bOA", "\x1bOB", "\x1bOC", "\x1bOD"
HOME, END, PAGE_UP, PAGE_DOWN = "\x1bOH", "\x1bOF", "\x1b[5~", "\x1b[6~"
TAB, ENTER, ESC, BACKSPACE, BACK_TAB = "\t", "\r", "\x1b", "\x7f", "\x1b[Z"
F = {1: "\x1bOP", 2: "\x1bOQ", 3: "\x1bOR", 4: "\x1bOS", 5: "\x1b[15~", 6: "\x1b[17~",
     7: "\x1b[18~", 8: "\x1b[19~", 9: "\x1b[20~", 10: "\x1b[21~"}
PASTE_BEGIN, PASTE_END = "\x1b[200~", "\x1b[201~"


def ctrl(letter):
    return chr(ord(letter) & 0x1F)


def paste(text):
    return PASTE_BEGIN + text + PASTE_END


# ---- TAP ----

_number = 0
_failed = 0


def ok(is_true, name, *why):
    global _number, _failed
    _number += 1
    print(f"{'ok' if is_true else 'not ok'} {_number} - {name}")
    if not is_true:
        _failed += 1
        for text in why:
            for line in str(text).splitlines():
                print("# " + line)
    sys.stdout.flush()
    return is_true


def skip(name, reason):
    global _number
    _number += 1
    print(f"ok {_number} # SKIP {name}: {reason}")


def at_most(value, limit, name):
    print(f"# {name}: {value} of {limit}")
    ok(value <= limit, name, value)


def done():
    wait_until(lambda: not engines(), 5)  # a sanitizer looks for leaks at the end
    print(f"1..{_number}")
    sys.stdout.flush()
    os._exit(1 if _failed else 0)


# ---- programs ----

def fake_tracon(*arguments):
    return [os.environ["abs_top_builddir"] + "/tests/console/fake_tracon", *arguments]


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def engines():
    """Processes of the console under test that lead their own session, without a terminal."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as file:
                text = file.read()
            with open(f"/proc/{name}/environ", "rb") as file:
                environment = file.read()
        except OSError:
            continue
        fields = text.rsplit(")", 1)[1].split()
        if "(fake_tracon)" in text and fields[3] == name and fields[4] == "0" and \
                os.environ["XDG_RUNTIME_DIR"].encode() in environment:
            found.append(int(name))
    return found


def wait_until(condition, seconds=LIMIT_S):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        select.select([], [], [], 0.01)
    return True


class Screen(pyte.Screen):
    """With what ncurses sends and pyte 0.8 doesn't know: REP, SU, SD, CHT."""

    def draw(self, data):
        super().draw(data)
        self.last_drawn = data[-1:]

    def repeat(self, count=1):
        super().draw(self.last_drawn * (count or 1))

    def _scroll(self, count, move):
        saved = self.cursor.y
        top, bottom = self.margins or (0, self.lines - 1)
        for _ in range(count or 1):
            self.cursor.y = bottom if move == self.index else top
            move()
        self.cursor.y = saved

    def tabs(self, count=1):
        for _ in range(count or 1):
            self.tab()

    def scroll_up(self, count=1):
        self._scroll(count, self.index)

    def scroll_down(self, count=1):
        self._scroll(count, self.reverse_index)


class Stream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat", S="scroll_up", T="scroll_down", I="tabs")
    events = pyte.ByteStream.events | {"repeat", "scroll_up", "scroll_down", "tabs"}


class Terminal:
    """One program on one pty."""

    def __init__(self, argv, rows=24, columns=80, term="xterm-256color", environment=None):
        self.rows, self.columns = rows, columns
        self.screen = Screen(columns, rows)
        self.stream = Stream(self.screen)
        self.received = b""
        self.is_over = False
        self.started = time.monotonic()
        variables = dict(os.environ, TERM=term, LC_ALL="C.UTF-8")
        variables.update(environment or {})
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self._set_size(0)
            os.execvpe(argv[0], argv, variables)
        self._set_size(self.fd)
        atexit.register(self.close)

    def _set_size(self, fd):
        fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))

    def resize(self, rows, columns):
        self.rows, self.columns = rows, columns
        self.screen.resize(rows, columns)
        self._set_size(self.fd)

    def close(self):
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def pump(self, seconds):
        """Reads what comes within the time; returns its bytes."""
        before = len(self.received)
        end = time.monotonic() + seconds
        while not self.is_over:
            left = end - time.monotonic()
            if left < 0 or not select.select([self.fd], [], [], left)[0]:
                break
            self._read()
        return self.received[before:]

    def _wait(self):
        """Until something comes, a moment at most; a frame may take several reads."""
        seconds = 0.02
        while not self.is_over and select.select([self.fd], [], [], seconds)[0]:
            self._read()
            seconds = 0.002

    def _read(self):
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            self.is_over = True
        self.received += data
        self.stream.feed(data)

    def send(self, text):
        os.write(self.fd, text if isinstance(text, bytes) else text.encode())

    def text(self):
        return "\n".join(line.rstrip() for line in self.screen.display)

    def row(self, index):
        return self.screen.display[index].rstrip()

    def cursor(self):
        return self.screen.cursor.y, self.screen.cursor.x

    def until(self, condition, seconds=LIMIT_S):
        """Reads on until it holds."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self.is_over:
                return False
            self._wait()
        return True

    def shows(self, pattern, seconds=LIMIT_S):
        return self.until(lambda: re.search(pattern, self.text(), re.M), seconds)

    def lacks(self, pattern, seconds=LIMIT_S):
        return self.until(lambda: not re.search(pattern, self.text(), re.M), seconds)

    def expect(self, pattern, name):
        return ok(self.shows(pattern), name, f"expected: {pattern}", self.text())

    def expect_not(self, pattern, name):
        return ok(self.lacks(pattern), name, f"expected not: {pattern}", self.text())

    def press(self, keys, pattern, name):
        """Keys, and what they bring to the screen."""
        self.send(keys)
        return self.expect(pattern, name)

    def leave(self, keys, pattern):
        """Closes what shows that; a key right behind Esc would be one with Alt."""
        self.shows(pattern)
        self.send(keys)
        self.lacks(pattern)

    def leave_line(self, keys):
        """Out of the command line, likewise: the cursor goes."""
        self.send(keys)
        self.until(lambda: "tracon>" not in self.row(self.cursor()[0]), 1)

    def exit_status(self, seconds=LIMIT_S):
        """-1: it does not end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pump(0.1)
                return os.waitstatus_to_exitcode(status)
            self.pump(0.02)
        return -1

    def settle(self, seconds):
        """Waits until nothing is due in the time that follows: no notice goes, no minute passes."""
        self.lacks(r"\? keys")
        left = 60 - time.time() % 60
        if left < seconds + 3:
            self.pump(left + 0.5)
        self.pump(0.3)

    def answer(self, letter):
        """Questions drop what was typed before anybody could have read them."""
        self.shows(r"\[y/N\]|\[c\]ancel|Type yes")
        self.pump(0.2)
        self.send(letter)
