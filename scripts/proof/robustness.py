#!/usr/bin/env python3
"""Runs what design/robustness.md names for each rule, and prints a line a rule.

A rule whose test is not there, does not run or does not pass is a failure. Needs built tests: swift build --build-tests.
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (R\d+) \|.*\| ([^|]+) \|$")
ATTACK = re.compile(r'(\w+Tests) "([^"]+)"')


def rules():
    for line in (root / "design/robustness.md").read_text().splitlines():
        if row := ROW.match(line):
            yield row[1], ATTACK.findall(row[2])


def source(suite):
    files = list((root / "Tests").glob(f"*/{suite}.swift"))
    return files[0].read_text() if files else ""


def run(suites):
    """Every suite's verdict by its display name."""
    words = ["swift", "test", "--skip-build", "--disable-xctest", "--no-parallel", "--filter", "|".join(sorted(suites))]
    run = subprocess.run(words, cwd=root, capture_output=True, text=True)
    return dict((name, mark == "✔") for mark, name in re.findall(r'^(✔|✘) Suite "([^"]+)" \w+', run.stdout, re.M)), run


def main():
    table = list(rules())
    wanted = [f"R{number}" for number in range(1, 31)]
    if [name for name, _ in table] != wanted:
        sys.exit(f"design/robustness.md must have the rules {wanted[0]} to {wanted[-1]}, each once and in order")
    verdicts, log = run({suite for _, attacks in table for suite, _ in attacks})
    failed = 0
    for name, attacks in table:
        problems = [] if attacks else ["no test is named"]
        for suite, fragment in attacks:
            text = source(suite)
            display = re.search(r'@Suite\("([^"]+)"', text)
            if fragment not in text:
                problems.append(f'{suite} has no "{fragment}"')
            elif not display or display[1] not in verdicts:
                problems.append(f"{suite} did not run")
            elif not verdicts[display[1]]:
                problems.append(f"{suite} failed")
        failed += bool(problems)
        print(f"{name:4} {'; '.join(problems) or 'holds'}: {', '.join(sorted({suite for suite, _ in attacks}))}")
    if failed:
        sys.stderr.write("\n".join(line for line in log.stdout.splitlines() if line.startswith("✘")) + "\n")
        sys.exit(f"{failed} rules are not shown to hold")


main()
