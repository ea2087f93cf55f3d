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
EVENT = re.compile(r"^[◇✔✘➜⚠]")
FAILED = re.compile(r"^✘ .* recorded an issue")
# What is said beside the tests: by the compiler, the test program's end, or Swift's runtime.
ERROR = re.compile(r": error: |Fatal error|^error: ")
PASSED_ON = re.compile(r"^✔ Suite |^.? ?Test run |^✘ ")
RAN = re.compile(r"Test run with [1-9]\d* tests? .*passed")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
# `swift test` passes on what it is told in blocks of 4 KiB: the last tests named may have ended.
NAMED = 40
# Of each phase; what is repeated at the end is then read in full where only the end of a log is kept.
REPEATED = 4500
ISSUE_LENGTH = 600
# Lines that are shown of a run that ended without saying what failed.
LAST = 12
# Something that a test started may keep the output open for so many seconds after the end.
OPEN_AFTER_END = 5


class Run:
    """One run of `swift test`, and what it told."""

    def __init__(self, command: list[str], log) -> None:
        self.log = log
        self.unfinished: dict[str, int] = {}
        self.issues: list[str] = []
        self.last: list[str] = []
        self.inside = False
        self.has_run = False
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
        line = COLOUR.sub("", line)
        self.last = [*self.last, line][-LAST:]
        self.has_run = self.has_run or RAN.search(line) is not None
        match = TEST.search(line)
        if match:
            self.unfinished[match[1]] = self.unfinished.get(match[1], 0) + (1 if match[2] == "started" else -1)
        if FAILED.search(line) or (ERROR.search(line) and not EVENT.match(line)):
            self.issues.append(line)
            self.inside = True
        elif EVENT.match(line):
            self.inside = False
        elif self.inside:
            # What an issue says may have many lines.
            self.issues[-1] += "\n" + line
        if self.inside or PASSED_ON.search(line):
            print(line, flush=True)

    def hang(self) -> list[str]:
        try:
            self.stacks()
        except (subprocess.TimeoutExpired, OSError) as problem:
            print(f"their threads cannot be shown: {problem}")
        self.stop()
        return self.told(f"nothing was printed for {SILENCE} s")

    def told(self, what: str) -> list[str]:
        """What failed, of a run whose tests did not end: that comes first, and in full."""
        names = [name for name, count in self.unfinished.items() if count > 0]
        more = f", and {len(names) - NAMED} more" if names[NAMED:] else ""
        line = f"error: {what}. Not ended, as far as known: {', '.join(names[:NAMED]) or 'no test'}{more}."
        print(line, flush=True)
        return [line, *self.issues]

    def follow(self) -> list[str]:
        """Returns what failed."""
        rest, heard = b"", time.monotonic()
        while True:
            if not select.select([self.child.stdout], [], [], 1)[0]:
                silence = time.monotonic() - heard
                if self.child.poll() is not None and silence > OPEN_AFTER_END:
                    break
                if silence < SILENCE:
                    continue
                return self.hang()
            piece = os.read(self.child.stdout.fileno(), 65536)
            if not piece:
                break
            heard = time.monotonic()
            self.log.write(piece)
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                self.note(line.decode(errors="replace"))
        if rest:
            self.note(rest.decode(errors="replace"))
        status = self.child.wait()
        if status == 0:
            return [] if self.has_run else self.told("no test ran")
        if any(FAILED.search(issue) for issue in self.issues):
            return self.issues
        self.issues += ["The last lines:", *self.last]
        return self.told(f"exit {status}")


def command(scratch: str, option: str, width: int) -> list[str]:
    words = ["swift", "test", "--skip-build", "--scratch-path", scratch]
    known = subprocess.run(["swift", "test", "--help-hidden"], stdout=subprocess.PIPE, check=True).stdout
    if WIDTH.encode() in known:
        words.append(f"{WIDTH}={width}")
    return words + [word for suite in PROGRAMS for word in (option, suite)]


class Stopped(Exception):
    """Somebody wants the tests to end."""


def stopped(number: int, _) -> None:
    raise Stopped(number)


def repeat(issues: list[str]) -> None:
    length = 0
    for index, issue in enumerate(issues):
        is_cut = len(issue) > ISSUE_LENGTH and FAILED.search(issue)
        text = issue[:ISSUE_LENGTH] + " …" if is_cut else issue
        length += len(text.encode())
        if length > REPEATED:
            print(f"and {len(issues) - index} more")
            return
        print(text)


def main(scratch: str) -> int:
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stopped)
    failed: list[list[str]] = []
    path = os.path.join(scratch, "tests.log")
    with open(path, "wb", buffering=0) as log:
        for name, (option, width) in PHASES.items():
            print(f"tests: {name}", flush=True)
            run = Run(command(scratch, option, width), log)
            try:
                failed.append(run.follow())
            except Stopped as stop:
                failed.append(run.told(f"stopped by signal {stop}"))
                break
            finally:
                if run.child.poll() is None:
                    run.stop()
    if not any(failed):
        return 0
    print(f"\nerror: what failed, once more; all that the tests said is in {path}")
    for issues in failed:
        repeat(issues)
    return 1


sys.exit(main(sys.argv[1]))
