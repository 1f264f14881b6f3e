#!/usr/bin/env python3
"""Instructions per operation, counted by callgrind: each proposal's application, and each ring's two sides.

Everything is counted twice and must come out the same, to a thousandth of an instruction an operation: what measuring itself reads off
the clock decides a handful of branches in a run.

  scripts/instructions.py [--binary .build/release/ringbench] [--proposals a,b] [--rings a,b]

Exit code: 0, 1 when two runs of the same differ, 69 when valgrind is missing.
"""
import argparse
import atexit
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

# The application's loop, whole, but for the model kernel's part, the check of the payload, and calls to kick and flush.
# Names are "mangled demangled": a mangled one shortens words that occurred before.
APPLICATION = re.compile(r"consumeLoop")
LEFT_OUT = re.compile(r"^\$s15RingKernelModel|RingBenchKit\.(StreamChecker|RingCalls)\.")
PRODUCE = re.compile(r"tokenRingProduceLoop|^(crb_(libxdp|lower_bound)|peer)_produce")
CONSUME = re.compile(r"tokenRingConsumeLoop|^(crb_(libxdp|lower_bound)|peer)_consume")
RINGS = ["TokenRing", "TokenRing-slot", "libxdp", "lower-bound", "ck_ring", "rte_ring", "spsc_queue"]


class Profile:
    """A callgrind file: what each function executed itself, and what each of its callees did for it."""

    def __init__(self, path):
        self.own, self.calls = {}, {}
        names = self.names(path)
        function, callee = None, None

        with open(path) as lines:
            for line in lines:
                line = line.rstrip("\n")
                if line.startswith("fn="):
                    function = names[line[3:].partition(" ")[0]]
                elif line.startswith("cfn="):
                    callee = names[line[4:].partition(" ")[0]]
                elif line and (line[0].isdigit() or line[0] in "+-*"):
                    cost = int(line.split()[1])
                    if callee is None:
                        self.own[function] = self.own.get(function, 0) + cost
                    else:
                        edges = self.calls.setdefault(function, {})
                        edges[callee] = edges.get(callee, 0) + cost
                        callee = None

    @staticmethod
    def names(path):
        """Every function's name by its number."""
        with open(path) as lines:
            given = dict(re.findall(r"^c?fn=(\(\d+\)) (.+)$", lines.read(), re.MULTILINE))
        plain = subprocess.run(["swift", "demangle", "--compact"], input="\n".join(given.values()), capture_output=True,
                               text=True, check=True).stdout.splitlines()
        return {number: f"{word} {text}" for (number, word), text in zip(given.items(), plain, strict=True)}

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
            return None, next((line for line in run.stderr.splitlines() if line.startswith("ringbench:")), None) or f"exit {run.returncode}"
        return Profile(out.name), int(run.stdout)


def without_debug_information(binary):
    """A copy that valgrind can read: it gives up at debug information newer than itself. Symbols stay; adapters of peers come along."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder)
    for file in [binary, *glob.glob(os.path.join(os.path.dirname(binary), "ringpeer-*.so"))]:
        copy = os.path.join(folder, os.path.basename(file))
        subprocess.run(["objcopy", "--strip-debug", file, copy], check=True)
    return os.path.join(folder, os.path.basename(binary))


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

    binary = without_debug_information(options.binary)
    if options.proposals is None:
        cases = subprocess.run([options.binary, "conformance", "--case", "S2", "--json", "--quiet"],
                               capture_output=True, text=True, check=True).stdout
        proposals = list(dict.fromkeys(case["mechanism"] for case in json.loads(cases)["cases"]))
    else:
        proposals = [p for p in options.proposals.split(",") if p]
    rings = RINGS if options.rings is None else [r for r in options.rings.split(",") if r]

    applications = [(binary, p, ["--proposal", p], [(APPLICATION, LEFT_OUT)]) for p in proposals]
    ends = [(binary, f"{ring}, {size} bytes, batch {batch}",
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
                same = all(abs(one - other) < 0.001 for one, other in zip(*results))
                print(f"{label:42}  {first}  {'same' if same else second}", flush=True)
                differs |= not same
            print()
    if differs:
        print("two runs of the same differ", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
