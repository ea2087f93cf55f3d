"""Runs all tests that were built: all_tests.py SCRATCH.

Prints a line for each suite that passed, at once what failed, and at the end everything that failed once more, so that
it is the last to be read. What the tests said is in SCRATCH/tests.log, whole. When they say nothing for half an hour,
it prints what every thread of theirs does, which tests have not ended, and stops them, so that a hanging test is named
instead of running into somebody's time limit.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time

# Whole programs and connections come after the rooms, so that neither starves the other.
PROGRAMS = ("NetworkingTests", "BinanceVenueTests", "EndToEndTests", "CrashTests")
# A few at a time: what waits for a connection, a clock or a process is then not starved by what computes.
PHASES = {"rooms": ("--skip", 8), "programs": ("--filter", 4)}
WIDTH = "--experimental-maximum-parallelization-width"
SILENCE = 1800

TEST = re.compile(r'[◇✔✘] Test ("(?:.*)"|\S+\(.*\)) (started|passed|failed|with \d+ test cases?)')
ISSUE = re.compile(r"✘ Test .* recorded an issue|: error: |Fatal error|^error: ")
OTHER = re.compile(r"^[◇✔✘]")
PASSED_ON = re.compile(r"^✔ Suite |Test run |^✘ (?!Test .* recorded)")
# `swift test` passes on what it is told in blocks of 4 KiB: the last tests named may have ended.
NAMED = 40
# Of each phase; what is repeated at the end is then read in full where only the end of a log is kept.
REPEATED = 4500
ISSUE_LENGTH = 600
# Lines that are shown of a run that ended without saying what failed.
LAST = 12


class Run:
    """One run of `swift test`, and what it told."""

    def __init__(self, command: list[str], log) -> None:
        self.log = log
        self.unfinished: dict[str, int] = {}
        self.issues: list[str] = []
        self.last: list[str] = []
        self.inside = False
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True}
        self.child = subprocess.Popen(command, **pipe)

    def members(self) -> dict[int, bytes]:
        """The processes of the command's session and their programs; each may be of a group of its own."""
        found = {}
        for number in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                if os.getsid(number) == self.child.pid:
                    with open(f"/proc/{number}/cmdline", "rb") as file:
                        found[number] = file.read().split(b"\0")[0]
            except OSError:
                pass  # It ended meanwhile.
        return found

    def stop(self) -> None:
        for process in self.members():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stacks(self) -> None:
        """What the threads of the test processes do, as far as this machine has a debugger to tell."""
        for process, program in self.members().items():
            if not program.endswith(b".xctest"):
                continue
            if shutil.which("gdb") is None:
                print(f"process {process}: install gdb to see its threads")
                continue
            command = ["gdb", "-p", f"{process}", "-batch", "-nx", "-ex", "thread apply all backtrace 12"]
            found = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=False)
            lines = found.stdout.decode(errors="replace").splitlines()
            print(*(line[:160] for line in lines if line.startswith(("Thread", "#"))), sep="\n")

    def note(self, line: str) -> None:
        """Takes a line of the tests' and prints it if people should read it."""
        self.last = [*self.last[-LAST:], line]
        match = TEST.search(line)
        if match:
            self.unfinished[match[1]] = self.unfinished.get(match[1], 0) + (1 if match[2] == "started" else -1)
        if ISSUE.search(line):
            self.issues.append(line)
            self.inside = True
        elif OTHER.match(line):
            self.inside = False
        elif self.inside:
            # What an issue says may have many lines.
            self.issues[-1] += "\n" + line
        if self.inside or PASSED_ON.search(line):
            print(line, flush=True)

    def hang(self) -> None:
        try:
            self.stacks()
        except (subprocess.TimeoutExpired, OSError) as problem:
            print(f"their threads cannot be shown: {problem}")
        self.issues.append(f"error: nothing was printed for {SILENCE} s. Not ended, as far as known: {self.names()}.")
        self.stop()

    def names(self) -> str:
        names = [name for name, count in self.unfinished.items() if count > 0]
        return f"{', '.join(names[:NAMED]) or 'no test'}{f', and {len(names) - NAMED} more' if names[NAMED:] else ''}"

    def follow(self) -> list[str]:
        """Returns what failed."""
        rest, heard = b"", time.monotonic()
        while True:
            if not select.select([self.child.stdout], [], [], 1)[0]:
                if time.monotonic() - heard < SILENCE:
                    continue
                self.hang()
                return self.issues
            piece = os.read(self.child.stdout.fileno(), 65536)
            if not piece:
                break
            heard = time.monotonic()
            self.log.write(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self.note(line.decode(errors="replace"))
        status = self.child.wait()
        if status == 0:
            return []
        if not self.issues:
            told = f"error: exit {status}. Not ended, as far as known: {self.names()}. The last lines:"
            self.issues = [told, *self.last]
        return self.issues


def command(scratch: str, option: str, width: int) -> list[str]:
    words = ["swift", "test", "--skip-build", "--scratch-path", scratch]
    known = subprocess.run(["swift", "test", "--help-hidden"], stdout=subprocess.PIPE, check=True).stdout
    if WIDTH.encode() in known:
        words.append(f"{WIDTH}={width}")
    return words + [word for suite in PROGRAMS for word in (option, suite)]


def repeat(issues: list[str]) -> None:
    length = 0
    for index, issue in enumerate(issues):
        text = issue if len(issue) <= ISSUE_LENGTH else issue[:ISSUE_LENGTH] + " …"
        length += len(text.encode())
        if length > REPEATED:
            print(f"and {len(issues) - index} more")
            return
        print(text)


def main(scratch: str) -> int:
    failed: dict[str, list[str]] = {}
    path = os.path.join(scratch, "tests.log")
    with open(path, "wb") as log:
        for name, (option, width) in PHASES.items():
            print(f"tests: {name}", flush=True)
            run = Run(command(scratch, option, width), log)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, lambda number, _, run=run: (run.stop(), os._exit(128 + number)))
            failed[name] = run.follow()
    if not any(failed.values()):
        return 0
    print(f"\nerror: what failed, once more; all that the tests said is in {path}")
    for issues in failed.values():
        repeat(issues)
    return 1


sys.exit(main(sys.argv[1]))
