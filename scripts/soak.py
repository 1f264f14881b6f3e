#!/usr/bin/env python3
"""Random load, faults and restarts for so many seconds: scripts/soak.py SECONDS [SEED].

Two `ringbench serve` hand out ring sets to processes that come and go. One takes tokens back with the ring set, and its consumers are
killed with SIGKILL, paused and continued at random; the other takes them back with the last user, and its consumers are paused and end on
their own. Beside them random operations run on every composition of the model, with a new seed each time. At the end every
token and buffer must be home, no process may be left, and the servers may not have grown.
"""
import json
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parents[1]
ringbench = root / ".build/release/ringbench"
consumer = root / ".build/examples/receive_and_return"


class Server:
    """One `ringbench serve` and its consumers."""

    def __init__(self, folder, cleanup, kills):
        self.path = folder / cleanup
        self.kills = kills
        self.books = folder / f"{cleanup}.json"
        words = [ringbench, "serve", "--quiet", "--json", "-o", self.books, "--socket", self.path, "--clean-up", cleanup,
                 "--rate", "300000", "--niovs", "16384", "--tokens", "20000" if not kills else "0"]
        self.process = subprocess.Popen(list(map(str, words)))
        self.consumers, self.paused = [], set()
        self.counts = {"started": 0, "killed": 0, "paused": 0, "ended": 0}
        self.first_rss = None
        deadline = time.monotonic() + 30
        while not self.path.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"soak: the server for {cleanup} did not start")
            time.sleep(0.01)

    def rss(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) // 1024
        return 0

    def step(self, dice):
        if self.process.poll() is not None:
            sys.exit(f"soak: the server at {self.path} ended with {self.process.returncode}")
        for one in [one for one in self.consumers if one.poll() is not None]:
            self.consumers.remove(one)
            self.paused.discard(one)
            self.counts["ended"] += 1
            # A consumer that is not killed ends with 0, or it found something wrong.
            if one.returncode != 0:
                sys.exit(f"soak: a consumer ended with {one.returncode}")
        act = dice.random()
        if len(self.consumers) < 6 and act < 0.4:
            self.consumers.append(subprocess.Popen([consumer, self.path], stdout=subprocess.DEVNULL))
            self.counts["started"] += 1
        elif self.consumers:
            one = dice.choice(self.consumers)
            if one in self.paused:
                one.send_signal(signal.SIGCONT)
                self.paused.discard(one)
            elif act < 0.7:
                one.send_signal(signal.SIGSTOP)
                self.paused.add(one)
                self.counts["paused"] += 1
            elif self.kills:
                one.kill()
                one.wait()
                self.consumers.remove(one)
                self.counts["killed"] += 1

    def end(self):
        for one in self.consumers:
            one.kill()
            one.wait()
        grown = self.rss() - (self.first_rss or 0)
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        books = json.loads(self.books.read_text())["serve"]
        home = books["everything_home"] and books["double_frees"] == 0 and books["freed_while_held"] == 0
        print(f"serve {self.path.name}: {self.counts}, {books['delivered']} delivered, {books['returned']} returned, "
              f"grown by {grown} MiB, {'everything home' if home and code == 0 else f'NOT HOME (exit {code})'}")
        return home and code == 0 and grown < 64


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1800
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    dice = random.Random(seed)
    print(f"soak: {seconds:g} s, seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        servers = [Server(pathlib.Path(folder), "ring-close", True), Server(pathlib.Path(folder), "last-user", False)]
        begin = time.monotonic()
        rounds, operations = 0, None
        try:
            while (now := time.monotonic() - begin) < seconds:
                for server in servers:
                    server.step(dice)
                    if server.first_rss is None and now > min(30, seconds / 4):
                        server.first_rss = server.rss()
                if operations and operations.poll() is not None:
                    if operations.returncode != 0:
                        sys.exit("soak: random operations failed; the seed is above")
                    operations = None
                if not operations:
                    number = dice.randrange(1 << 32)
                    words = [ringbench, "conformance", "--quiet", "--case", "S2", "--random", "100000", "--seed", number]
                    operations = subprocess.Popen(list(map(str, words)), stdout=subprocess.DEVNULL)
                    rounds += 1
                if int(now) // 60 != int(now - 0.05) // 60:
                    print(f"soak: {now:.0f} s, {[server.counts for server in servers]}", file=sys.stderr, flush=True)
                time.sleep(0.05)
        finally:
            if operations and operations.wait() != 0:
                sys.exit("soak: random operations failed; the seed is above")
            good = [server.end() for server in servers]
    print(f"random operations: {rounds} rounds of 100000 on every composition")
    sys.exit(0 if all(good) else 70)


main()
