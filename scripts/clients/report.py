"""What the drivers of this folder share: one line for each call, and an exit status."""

import argparse
import time


class Report:
    def __init__(self):
        self.failed = 0
        self.passed = 0

    def line(self, began, name, problem=None, note=""):
        took = round((time.monotonic() - began) * 1000)
        verdict = "FAIL" if problem else "PASS"
        self.failed += bool(problem)
        self.passed += not problem
        print(f"{verdict} {name:<34}{took:>7} ms  {' '.join(str(problem or note).split())[:150]}", flush=True)

    def end(self, client):
        print(f"{client}: {self.passed} passed, {self.failed} failed", flush=True)
        raise SystemExit(1 if self.failed else 0)


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rest", required=True, help="the venue's address, such as http://127.0.0.1:8080")
    parser.add_argument("--wait", type=float, default=60, help="seconds that an event may take")
    return parser.parse_args()


def expect(condition, what):
    if not condition:
        raise AssertionError(what)
