# SPDX-License-Identifier: GPL-2.0-or-later
"""What benches share that have tracon and LTTng's daemons in one mount namespace."""

import os
import subprocess


def run_command(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(words)}: {done.returncode} {done.stderr}")
    return done.stdout


def start_lttng_sessiond(**options):
    # Its children keep what they inherit: a pipe would never end.
    subprocess.run(
        ["lttng-sessiond", "--background", "--no-kernel"],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **options,
    )


def pids_of(name):
    """Processes of this name in our mount namespace."""
    ours = os.readlink("/proc/self/ns/mnt")
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/comm", encoding="utf-8") as file:
                comm = file.read().strip()
            if comm == name[:15] and os.readlink(f"/proc/{entry}/ns/mnt") == ours:
                found.append(int(entry))
        except OSError:
            pass
    return found


def bytes_below(folder):
    return sum(
        os.path.getsize(os.path.join(path, file)) for path, _, files in os.walk(folder) for file in files
    )


def start_worker(script, name, folder, *options):
    """The script itself, with --worker, in a mount namespace and a home of its own: its process, with pipes."""
    home = os.path.join(folder, name)
    os.makedirs(os.path.join(home, "run"), mode=0o700)
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XDG_")}
    environment.update(HOME=home, XDG_RUNTIME_DIR=os.path.join(home, "run"), LC_ALL="C.UTF-8")
    environment.pop("LTTNG_HOME", None)
    if name == "tracon":
        environment["LTTNG_HOME"] = home
    prepare = 'mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /dev/shm && exec python3 "$@"'
    words = [os.path.abspath(script), "--worker", name, "--folder", home, *map(str, options)]
    return subprocess.Popen(
        ["unshare", "-m", "--propagation", "private", "sh", "-c", prepare, "sh", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
