"""DBOS: workflows of five steps that do nothing. usage: workflows_dbos.py URL SERVER_PID RUNS IN_FLIGHT

Prints one line of JSON: runs per second, milliseconds of each run, the server's processor milliseconds per run, and
milliseconds from the call to the first step of a run after idle.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS

url, server, runs, in_flight = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
first = []


@DBOS.step()
def nothing() -> int:
    if not first:
        first.append(time.perf_counter())
    return 1


@DBOS.workflow()
def five_steps() -> int:
    return sum(nothing() for _ in range(5))


def server_seconds() -> float:
    ticks = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            fields = open(f"/proc/{name}/stat").read().rpartition(")")[2].split()
        except OSError:
            continue
        if int(name) == server:
            ticks += sum(int(field) for field in fields[11:15])
        elif int(fields[1]) == server:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def timed(_: int) -> float:
    start = time.perf_counter()
    five_steps()
    return (time.perf_counter() - start) * 1e3


DBOS(
    config={
        "name": "bench",
        "system_database_url": url.replace("postgresql://", "postgresql+psycopg://", 1),
        "log_level": "ERROR",
        "sys_db_pool_size": max(20, in_flight),
    }
)
DBOS.launch()
with ThreadPoolExecutor(in_flight) as pool:
    list(pool.map(timed, range(2 * in_flight)))
    before, begin = server_seconds(), time.perf_counter()
    latencies = list(pool.map(timed, range(runs)))
    elapsed, used = time.perf_counter() - begin, server_seconds() - before
starts = []
for _ in range(5):
    time.sleep(0.1)
    first.clear()
    begin = time.perf_counter()
    five_steps()
    starts.append((first[0] - begin) * 1e3)
print(
    json.dumps(
        {"rate": runs / elapsed, "latencies": latencies, "server": used / runs * 1e3, "start": sorted(starts)[2]}
    ),
    flush=True,
)
os._exit(0)
