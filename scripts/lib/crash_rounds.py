"""Rounds of kill -9: a run with several orders, something killed at a random time, the run resumed, and a judge.

The judge is SQL (scripts/lib/judge): it holds our tables against the venue's own record and knows nothing of the
engine.
Everything drawn follows from --seed and the round's number; what the machine does meanwhile does not, so a round that
fails is kept with its database as well. Only the standard library and psql.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

LIBRARY = os.path.dirname(os.path.abspath(__file__))
TICKERS = ["AAPL", "MSFT", "NVDA", "AMZN", "JPM", "XOM", "BAC", "KO"]
# Nothing in a round takes so long, not even on a busy machine.
PATIENCE = 180
VICTIMS = {"terminal": 40, "worker": 30, "postgres": 15, "terminal and postgres": 8, "worker and postgres": 7}


class Wrong(Exception):
    """A round that did not come to its end."""


class Cluster:
    """A private PostgreSQL of this script's own, with one database for each round."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.home = tempfile.mkdtemp(prefix="smartexec-crash-")
        self.psql = shutil.which("psql")
        if self.psql is None:
            self.psql = subprocess.check_output(["pg_config", "--bindir"], text=True).strip() + "/psql"
        self.url = self.start()
        self.run(["db", "migrate"], self.url)
        with open(f"{self.home}/postgres.json", encoding="utf-8") as file:
            self.pointer = json.load(file)

    def environment(self, url):
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        return kept | {"HOME": self.home, "SMARTEXEC_HOME": self.home, "SMARTEXEC_DATABASE_URL": url}

    def start(self):
        environment = self.environment("")
        del environment["SMARTEXEC_DATABASE_URL"]
        return subprocess.check_output([self.program, "db", "start"], env=environment, text=True).strip()

    def stop(self):
        environment = self.environment("")
        del environment["SMARTEXEC_DATABASE_URL"]
        subprocess.run([self.program, "db", "stop"], env=environment, check=False, stdout=subprocess.DEVNULL)

    def remove(self):
        self.stop()
        for folder in (self.home, os.path.dirname(self.pointer["data"]), self.pointer["socket"]):
            shutil.rmtree(folder, ignore_errors=True)

    def kill(self):
        with open(f"{self.pointer['data']}/postmaster.pid", encoding="utf-8") as file:
            os.kill(int(file.readline()), signal.SIGKILL)

    def ask(self, url, sql, variables=()):
        words = [self.psql, "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1", *variables, "-d", url]
        done = subprocess.run(words, input=sql, capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise Wrong(f"psql: {done.stderr.strip()}")
        return [line.split("\t") for line in done.stdout.splitlines()]

    def make(self, name):
        self.ask(self.of("postgres"), f"CREATE DATABASE {name} TEMPLATE smartexec")
        return self.of(name)

    def drop(self, name):
        self.ask(self.of("postgres"), f"DROP DATABASE {name} WITH (FORCE)")

    def of(self, name):
        return re.sub(r"@/\w+", f"@/{name}", self.url)

    def run(self, words, url):
        return Program(self, words, url).end()


class Program:
    """One process of smartexec, with what it printed in files so that no pipe can fill up."""

    def __init__(self, cluster, words, url):
        self.words = words
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [cluster.program, *words], env=cluster.environment(url), stdin=subprocess.DEVNULL, stdout=self.output,
            stderr=self.errors,
        )

    def kill(self):
        """True when it was alive."""
        if self.process.poll() is not None:
            return False
        self.process.kill()
        return self.process.wait() == -signal.SIGKILL

    def text(self, file):
        file.seek(0)
        return file.read()

    def ended(self):
        """Waits for its exit code."""
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Wrong(f"smartexec {' '.join(self.words)} hung: {self.text(self.errors)}") from None

    def end(self, status=0):
        """Waits for its end, which is to have that exit code unless any will do; what it printed."""
        code = self.ended()
        if status is not None and code != status:
            raise Wrong(
                f"smartexec {' '.join(self.words)} ended with {code}: "
                f"{self.text(self.errors)}{self.text(self.output)[-2000:]}"
            )
        return self.text(self.output)


class Round:
    """What is drawn for a round, and how it went."""

    def __init__(self, seed, number, expected):
        draw = random.Random(f"{seed}/{number}")
        self.seed, self.number = seed, number
        self.victim = draw.choices(list(VICTIMS), VICTIMS.values())[0]
        self.tickers = draw.sample(TICKERS, draw.randint(3, 6))
        self.urgency, self.pace = draw.choice([("HIGH", "200x"), ("MEDIUM", "1200x")])
        # From before anything is recorded to just before the end.
        self.after = draw.uniform(0.02, 0.95) * expected
        # Some die again while they are being resumed.
        self.again = [draw.uniform(0.02, 0.6) * expected for _ in range(draw.choice([0, 0, 0, 1, 2]))]
        # When something was killed, and for how long the server was away then.
        self.strikes = []
        self.recoveries = []
        self.restarts = []
        self.findings = []

    def __str__(self):
        again = "".join(f", again after {wait:.3f} s" for wait in self.again)
        return f"{self.victim} after {self.after:.3f} s{again}; {','.join(self.tickers)} {self.urgency} {self.pace}"

    def play(self, cluster):
        """Runs, kills, resumes and judges; leaves what it found in `findings`."""
        name = f"round_{self.number}"
        self.url = cluster.make(name)
        self.cluster = cluster
        self.alive = []
        try:
            self.worked() if "worker" in self.victim else self.typed()
            self.judge()
        except Wrong as wrong:
            self.findings.append(("unexplained", str(wrong)))
        finally:
            for program in self.alive:
                program.kill()
        if not self.findings:
            cluster.drop(name)

    def start(self, words):
        program = Program(self.cluster, words, self.url)
        self.alive.append(program)
        return program

    def line(self):
        path = f"{self.cluster.home}/decisions.csv"
        with open(path, "w", encoding="utf-8") as file:
            file.write("symbol,action,position_size\n" + "".join(f"{ticker},BUY,3\n" for ticker in self.tickers))
        return [
            "run", "workflows/watchlist.yaml", f"tickers={','.join(self.tickers)}", f"urgency={self.urgency}",
            "agent=file", f"decisions={path}", "max_concurrent=6", "--session", "2026-03-03", "--clock", self.pace,
            "--output", "json",
        ]

    def runs(self):
        return [row[0] for row in self.cluster.ask(self.url, "SELECT id FROM runs")]

    def strike(self, program):
        """Kills what the round is to kill, unless that had ended before."""
        if self.victim != "postgres" and not program.kill():
            return
        self.strikes.append(time.time())
        if "postgres" in self.victim:
            self.cluster.kill()
            self.cluster.start()
            self.restarts.append(time.time() - self.strikes[-1])

    def recovered(self):
        """Notes how long after each kill the next child order was committed, where one came before the next kill."""
        rows = self.cluster.ask(
            self.url, "SELECT extract(epoch FROM recorded_at) FROM order_events WHERE kind = 'intended' ORDER BY 1"
        )
        orders = [float(row[0]) for row in rows]
        for at, end in zip(self.strikes, [*self.strikes[1:], float("inf")]):
            self.recoveries += [order - at for order in orders if at < order < end][:1]

    # A run in its terminal, resumed by hand.
    def typed(self):
        program = self.start(self.line())
        time.sleep(self.after)
        self.strike(program)
        if self.victim == "postgres":
            # It waits for the server; one that had not come to know it yet says so, and is begun again as it advises.
            if program.ended() != 4:
                program.end()
            else:
                self.start(self.onward()).end(None)
            return self.recovered()
        for wait in self.again:
            program = self.start(self.onward())
            time.sleep(wait)
            self.strike(program)
        self.start(self.onward()).end(None)
        self.recovered()

    def onward(self):
        runs = self.runs()
        return ["runs", "resume", runs[0], "--clock", self.pace] if runs else self.line()

    # A run at one of two workers; the other goes on with it, and a third takes the place of the one that died.
    def worked(self):
        workers = [self.worker() for _ in range(2)]
        self.wait("SELECT count(*) = 2 FROM workers WHERE serves IS NOT NULL")
        begun = time.time()
        self.start([*self.line(), "--detach"]).end()
        run = self.runs()[0]
        time.sleep(max(0, begun + self.after - time.time()))
        for wait in [0, *self.again]:
            time.sleep(wait)
            holder = self.cluster.ask(
                self.url, f"SELECT pid FROM runs JOIN workers ON workers.id = runs.worker WHERE runs.id = '{run}'"
            )
            holders = [worker for worker in workers if holder and worker.process.pid == int(holder[0][0])]
            victim = (holders or workers)[0]
            self.strike(victim)
            workers.remove(victim)
            workers.append(self.worker())
        self.start(["runs", "follow", run]).end(None)
        self.recovered()
        for worker in workers:
            worker.process.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.end(None)

    def worker(self):
        return self.start(["worker", "--max-runs", "2", "--drain-timeout", "20"])

    def wait(self, condition):
        end = time.time() + PATIENCE
        while self.cluster.ask(self.url, condition)[0][0] != "t":
            if time.time() > end:
                raise Wrong(f"waited in vain for: {condition}")
            time.sleep(0.02)

    def judge(self):
        sql = ""
        for part in ("simulated.sql", "judge.sql"):
            with open(f"{LIBRARY}/judge/{part}", encoding="utf-8") as file:
                sql += file.read()
        self.findings += [(verdict, what) for verdict, what in self.cluster.ask(self.url, sql)]
        filled = int(self.cluster.ask(self.url, "SELECT count(*) FROM parent_orders WHERE state = 'filled'")[0][0])
        if filled != len(self.tickers):
            self.findings.append(("lost", f"{filled} of {len(self.tickers)} orders are filled"))
        verified = self.start(["verify"])
        if verified.ended() != 0:
            words = verified.text(verified.output) + verified.text(verified.errors)
            self.findings.append(("unexplained", f"verify: {words}"))


def measure(cluster, seed):
    """How long a run takes that nobody kills: the median of three."""
    times = []
    for number in range(3):
        warm = Round(seed, f"warm_{number}", 0)
        warm.victim, warm.cluster, warm.alive = "none", cluster, []
        warm.url = cluster.make(f"round_warm_{number}")
        begun = time.time()
        warm.start(warm.line()).end()
        times.append(time.time() - begun)
        cluster.drop(f"round_warm_{number}")
    return statistics.median(times)


def spread(times):
    return f"p50 {statistics.median(times):.2f} s, max {max(times):.2f} s"


def tell(recoveries, restarts, strikes):
    for victim, times in recoveries.items():
        if times:
            print(f"  {victim}: {strikes[victim]} kills; {len(times)} recoveries, {spread(times)}")
    if restarts:
        print(f"  PostgreSQL itself is back after {spread(restarts)}")
    times = [time for several in recoveries.values() for time in several]
    if times:
        print(f"recovery from kill to the next child order: {spread(times)}")


def main():
    parser = argparse.ArgumentParser(prog="scripts/crash", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=300, help="how many (300)")
    parser.add_argument("--seed", type=int, default=1, help="what is drawn follows from it (1)")
    parser.add_argument("--round", type=int, help="replay this one round of the seed")
    parser.add_argument("--expected", type=float, help="seconds that a run takes, as printed with a round")
    parser.add_argument("--minutes", type=float, default=60, help="begin no further round after so long (60)")
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    # An end that is asked for stops the server, too.
    for wish in (signal.SIGINT, signal.SIGTERM):
        signal.signal(wish, lambda *_: sys.exit(1))
    cluster = Cluster(options.program)
    try:
        findings = rounds(cluster, options)
    except BaseException:
        cluster.remove()
        raise
    if findings:
        print(f"  the server goes on for whoever looks; stop it with: SMARTEXEC_HOME={cluster.home} smartexec db stop")
    else:
        cluster.remove()
    sys.exit(1 if findings else 0)


def rounds(cluster, options):
    """Plays them and prints what came of them; how many findings."""
    begun = time.time()
    expected = options.expected or measure(cluster, options.seed)
    print(f"crash: seed {options.seed}, a run that nobody kills takes {expected:.2f} s", flush=True)
    counts = {"duplicated": 0, "lost": 0, "unexplained": 0}
    recoveries = {victim: [] for victim in VICTIMS}
    strikes = dict.fromkeys(VICTIMS, 0)
    restarts = []
    played = 0
    numbers = [options.round] if options.round is not None else range(1, options.rounds + 1)
    for number in numbers:
        if time.time() - begun > options.minutes * 60:
            print(f"crash: stopped after {options.minutes:g} minutes")
            break
        this = Round(options.seed, number, expected)
        this.play(cluster)
        played += 1
        recoveries[this.victim] += this.recoveries
        strikes[this.victim] += len(this.strikes)
        restarts += this.restarts
        for verdict, what in this.findings:
            counts[verdict] += 1
            print(f"round {number}: {verdict}: {what}", flush=True)
        if this.findings:
            print(f"round {number} was: {this}")
            print(f"  replay: scripts/crash --seed {options.seed} --round {number} --expected {expected:.3f}")
            print(f"  its database is kept: {this.url}", flush=True)
        elif number % 10 == 0 or options.round is not None:
            print(f"round {number}: {this}; {time.time() - begun:.0f} s", flush=True)
    tell(recoveries, restarts, strikes)
    print(f"crash: {played} rounds, " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    return sum(counts.values())


if __name__ == "__main__":
    main()
