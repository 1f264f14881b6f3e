#!/usr/bin/env python3
"""Instructions per operation, counted by callgrind: each proposal's application, and each ring's two sides.

Everything is counted twice and must come out the same: there is no noise in it, and none is averaged away.

  scripts/instructions.py [--binary .build/release/ringbench] [--proposals a,b] [--rings a,b]

Exit code: 0, 1 when two runs of the same differ, 69 when valgrind is missing.
"""
import argparse
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# The application's loop, whole, but for the model kernel's part, the check of the payload, and calls to kick and flush.
APPLICATION = re.compile(r"11consumeLoop")
LEFT_OUT = re.compile(r"^\$s15RingKernelModel|StreamChecker|RingCalls")
PRODUCE = re.compile(r"tokenRingProduceLoop|crb_(libxdp|lower_bound)_produce|^peer_produce")
CONSUME = re.compile(r"tokenRingConsumeLoop|crb_(libxdp|lower_bound)_consume|^peer_consume")
RINGS = ["TokenRing", "TokenRing-slot", "libxdp", "lower-bound", "ck_ring", "rte_ring", "spsc_queue"]


class Profile:
    """A callgrind file: what each function executed itself, and what each of its callees did for it."""

    def __init__(self, path):
        self.own, self.calls, names = {}, {}, {}
        function, callee = None, None

        def name(text):
            number, _, word = text.partition(" ")
            if word:
                names[number] = word
            return names[number]

        with open(path) as lines:
            for line in lines:
                line = line.rstrip("\n")
                if line.startswith("fn="):
                    function = name(line[3:])
                elif line.startswith("cfn="):
                    callee = name(line[4:])
                elif line[:1].isdigit() or line[:1] in "+-*":
                    cost = int(line.split()[1])
                    if callee is None:
                        self.own[function] = self.own.get(function, 0) + cost
                    else:
                        edges = self.calls.setdefault(function, {})
                        edges[callee] = edges.get(callee, 0) + cost
                        callee = None

    def executed(self, pattern, left_out=None):
        """What the functions of a pattern executed, callees included unless they are left out."""
        functions = [f for f in self.own if pattern.search(f)]
        if not functions:
            raise SystemExit(f"no function matches {pattern.pattern}: renamed, or inlined")
        total = 0
        for function in functions:
            edges = self.calls.get(function, {})
            total += self.own[function]
            total += sum(cost for callee, cost in edges.items()
                         if not pattern.search(callee) and not (left_out and left_out.search(callee)))
        return total


def counted(binary, arguments):
    """The profile of one run, and its operations."""
    with tempfile.NamedTemporaryFile(suffix=".callgrind") as out:
        environment = dict(os.environ, SWIFT_DETERMINISTIC_HASHING="1")
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out.name}", "--quiet", "--compress-pos=no", binary,
             "counted", *arguments], capture_output=True, text=True, env=environment)
        if run.returncode:
            return None, run.stderr.strip().splitlines()[-1] if run.stderr.strip() else f"exit {run.returncode}"
        return Profile(out.name), int(run.stdout)


def measure(job):
    """Both counts of one line of the table, or why there is none."""
    binary, label, arguments, parts = job
    results = []
    for _ in range(2):
        profile, operations = counted(binary, arguments)
        if profile is None:
            return label, None, operations
        results.append([profile.executed(*part) / operations for part in parts])
    return label, results, None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=".build/release/ringbench")
    parser.add_argument("--proposals", help="names with commas; default: all")
    parser.add_argument("--rings", help="names with commas; default: all")
    options = parser.parse_args()
    if not shutil.which("valgrind"):
        print("valgrind is missing: make instructions installs it", file=sys.stderr)
        sys.exit(69)

    if options.proposals is None:
        cases = subprocess.run([options.binary, "conformance", "--case", "S2", "--json", "--quiet"],
                               capture_output=True, text=True, check=True).stdout
        proposals = list(dict.fromkeys(case["mechanism"] for case in json.loads(cases)["cases"]))
    else:
        proposals = [p for p in options.proposals.split(",") if p]
    rings = RINGS if options.rings is None else [r for r in options.rings.split(",") if r]

    applications = [(options.binary, p, ["--proposal", p], [(APPLICATION, LEFT_OUT)]) for p in proposals]
    ends = [(options.binary, f"{ring}, {size} bytes, batch {batch}",
             ["--ring", ring, "--entry-bytes", str(size), "--batch", str(batch)], [(PRODUCE,), (CONSUME,)])
            for ring in rings for size in (8, 16) for batch in (1, 16, 64)]
    differs = False
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for head, jobs in (("application, per token", applications), ("ring, per entry: produce, consume", ends)):
            if not jobs:
                continue
            print(f"{head:42}  instructions  again")
            for label, results, reason in pool.map(measure, jobs):
                if results is None:
                    print(f"{label:42}  left out: {reason}")
                    continue
                first, second = [" ".join(f"{value:8.3f}" for value in counts) for counts in results]
                print(f"{label:42}  {first}  {'same' if results[0] == results[1] else second}", flush=True)
                differs |= results[0] != results[1]
            print()
    if differs:
        print("two runs of the same differ", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
