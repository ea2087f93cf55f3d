"""Runs tests and passes on what they print: watched.py SECONDS COMMAND...

When they say nothing for that long, it prints what every thread of theirs does, which tests have not ended, and stops
them, so that a hanging test is named instead of running into somebody's time limit.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

TEST = re.compile(r'[◇✔✘] Test ("(?:.*)"|\S+\(.*\)) (started|passed|failed|with \d+ test cases?)', re.UNICODE)
# `swift test` passes on what it is told in blocks of 4 KiB: the last tests named may have ended.
NAMED = 40


def members() -> dict[int, bytes]:
    """The processes of the command's session and their programs; each may be of a group of its own."""
    found = {}
    for number in map(int, filter(str.isdigit, os.listdir("/proc"))):
        try:
            if os.getsid(number) == child.pid:
                with open(f"/proc/{number}/cmdline", "rb") as file:
                    found[number] = file.read().split(b"\0")[0]
        except OSError:
            pass  # It ended meanwhile.
    return found


def stop(number: int) -> None:
    for process in members():
        try:
            os.kill(process, number)
        except ProcessLookupError:
            pass


def stacks() -> None:
    """What the threads of the test processes do, as far as this machine has a debugger to tell."""
    for process, program in members().items():
        if not program.endswith(b".xctest"):
            continue
        if shutil.which("gdb") is None:
            print(f"process {process}: install gdb to see its threads")
            continue
        command = ["gdb", "-p", f"{process}", "-batch", "-nx", "-ex", "thread apply all backtrace 12"]
        found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=False)
        lines = found.stdout.decode(errors="replace").splitlines()
        print(*(line[:160] for line in lines if line.startswith(("Thread", "#"))), sep="\n")


def note(line: str) -> None:
    match = TEST.search(line)
    if match and match[2] == "started":
        unfinished[match[1]] = unfinished.get(match[1], 0) + 1
    elif match:
        unfinished[match[1]] = unfinished.get(match[1], 0) - 1


limit = float(sys.argv[1])
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(name, lambda number, _: (stop(signal.SIGKILL), sys.exit(128 + number)))
unfinished: dict[str, int] = {}
rest, heard = b"", time.monotonic()
while True:
    if not select.select([child.stdout], [], [], 1)[0]:
        if time.monotonic() - heard < limit:
            continue
        try:
            stacks()
        except (subprocess.TimeoutExpired, OSError) as problem:
            print(f"their threads cannot be shown: {problem}")
        names = [name for name, count in unfinished.items() if count > 0]
        told = f"{', '.join(names[:NAMED]) or 'no test'}{f', and {len(names) - NAMED} more' if names[NAMED:] else ''}"
        print(f"error: nothing was printed for {limit:.0f} s. Not ended, as far as known: {told}.", flush=True)
        stop(signal.SIGKILL)
        sys.exit(1)
    piece = os.read(child.stdout.fileno(), 65536)
    if not piece:
        break
    heard = time.monotonic()
    sys.stdout.buffer.write(piece)
    sys.stdout.flush()
    *lines, rest = (rest + piece).split(b"\n")
    for line in lines:
        note(line.decode(errors="replace"))
sys.exit(child.wait())
