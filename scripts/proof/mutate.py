#!/usr/bin/env python3
"""Weakens or removes each barrier, clamp and check, one at a time, and sees whether some tool objects.

  scripts/proof/mutate.py [--sample N] [--tool TOOL] [--all] [--work DIRECTORY] [NAME...]

Tests/Mutations/*.toml lists the mutations: name, file, old (exact text, once in the file), new, kind (expression, or
statement) and the tools that are to be asked, the most likely one first. All of them are built into one scratch copy of the
sources, where each is switched on by its number in the environment: one build, then a run of a tool for each. Every tool
must pass with no mutation switched on. Tools:

  explorer   Tests/RingProof: every execution of the smaller programs
  rings      TokenRingTests
  kernel     RingKernelModelTests, without those that need threads and time
  races      those of them that show a race of one counter
  conformance   every case and random operations against every proposal, optimised: built only if it is asked
  orderings  scripts/proof/orderings.py: the memory orders that the compiler is left with; the text is compiled as it is
  litmus, barriers   RingProof's checks of the explorer itself, which is what is mutated then
  fuzz       scripts/fuzz.sh with the target that the mutation names, and how long it took to find it; built only if it is asked

A tool that fails, crashes or does not end objects. Exit code: 0 every mutation met an objection, 70 one survived,
64 a mutation that does not fit the sources or an unknown name.
"""

import argparse
import concurrent.futures
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib

ROOT = pathlib.Path(__file__).resolve().parents[2]
VARIABLE = "TOKEN_RING_MUTANT"
SWITCH = """import Glibc

/// Which mutation is switched on; 0 for none. Only in the scratch copy that scripts/proof/mutate.py builds.
@usableFromInline let activeMutant: Int32 = getenv("%s").map { atoi($0) } ?? 0

@inlinable func isMutant(_ number: Int32) -> Bool { activeMutant == number }
""" % VARIABLE
TEST_BUNDLE = ".build/debug/TokenRingPackageTests.xctest"
THREADS = ["ConcurrencyTests", "LedgerTests", "RacingTests", "StrangerTests"]
TOOLS = {
    "explorer": [".build/debug/RingProof", "quick"],
    "rings": [TEST_BUNDLE, "--testing-library", "swift-testing", "--filter", "^TokenRingTests\\."],
    "kernel": [TEST_BUNDLE, "--testing-library", "swift-testing", "--filter", "^RingKernelModelTests\\.",
               *(word for suite in THREADS for word in ("--skip", suite))],
    "races": [TEST_BUNDLE, "--testing-library", "swift-testing", "--no-parallel", "--filter", "RacingTests|StrangerTests"],
    "conformance": [".build/release/ringbench", "conformance", "--quiet", "--random", "20000"],
    "orderings": [],
    "litmus": [".build/debug/RingProof", "litmus"],
    "barriers": [".build/debug/RingProof", "barriers"],
    "fuzz": ["scripts/fuzz.sh", "--built"],
}
FUZZ_SECONDS = 60
# What each tool may take: many times what it took without a mutation, so that a busy machine is not taken for an objection.
limits = {}


def fail(message):
    print(f"mutate.py: {message}", file=sys.stderr)
    sys.exit(64)


def read_list():
    mutations = []
    for path in sorted((ROOT / "Tests/Mutations").glob("*.toml")):
        for mutation in tomllib.loads(path.read_text())["mutation"]:
            mutations.append(mutation)
    for number, mutation in enumerate(mutations, start=1):
        mutation["number"] = number
        if unknown := set(mutation["tools"]) - set(TOOLS):
            fail(f"{mutation['name']}: no tool {', '.join(unknown)}")
    return mutations


def switched(old, mutations):
    """The text that takes the place of `old`: one of the mutations, or `old` itself."""
    if mutations[0].get("kind", "expression") == "expression":
        choice = f"({old})"
        for mutation in mutations:
            choice = f"(isMutant({mutation['number']}) ? ({mutation['new']}) : {choice})"
        return choice
    branches = "".join(f"if isMutant({m['number']}) {{\n{m['new']}\n}} else " for m in mutations)
    return f"{branches}{{\n{old}\n}}"


def mutated(path, text, mutations):
    by_text = {}
    for mutation in mutations:
        by_text.setdefault(mutation["old"], []).append(mutation)
    places = []
    for old, group in by_text.items():
        if text.count(old) != 1:
            fail(f"{group[0]['name']}: the text is {text.count(old)} times in {path}: {old}")
        start = text.index(old)
        places.append((start, start + len(old), switched(old, group)))
    places.sort()
    for before, after in zip(places, places[1:]):
        if before[1] > after[0]:
            fail(f"two mutations overlap in {path}")
    for start, end, replacement in reversed(places):
        text = text[:start] + replacement + text[end:]
    return text


def write(path, content):
    """Leaves a file alone that is as it should be, so that a build takes up where the last one ended."""
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def make_scratch(work, mutations):
    by_file = {}
    for mutation in mutations:
        by_file.setdefault(mutation["file"], []).append(mutation)
    wanted = set()
    places = ["Sources", "Tests/RingTestSupport", "Tests/CCoroutine", "Tests/RingExplorer", "Tests/RingProof",
              "Tests/TokenRingTests", "Tests/RingKernelModelTests", "Tests/Fuzz", "scripts/fuzz.sh"]
    for place in places:
        for source in [ROOT / place, *(ROOT / place).rglob("*")]:
            if not source.is_file():
                continue
            name = str(source.relative_to(ROOT))
            content = source.read_bytes()
            if name in by_file:
                content = mutated(name, content.decode(), by_file.pop(name)).encode()
            write(work / name, content)
            (work / name).chmod(source.stat().st_mode)
            wanted.add(work / name)
    if by_file:
        fail(f"no such file: {', '.join(by_file)}")
    # Sources/MODULE or Tests/MODULE.
    for module in {pathlib.Path(*pathlib.Path(mutation["file"]).parts[:2]) for mutation in mutations}:
        write(work / module / "Mutant.swift", SWITCH.encode())
        wanted.add(work / module / "Mutant.swift")
    write(work / "Package.swift", (ROOT / "Tests/Mutations/Package.swift.template").read_bytes())
    if (ROOT / "Package.resolved").exists():
        write(work / "Package.resolved", (ROOT / "Package.resolved").read_bytes())
    for folder in ("Sources", "Tests"):
        for path in (work / folder).rglob("*"):
            if path.is_file() and path not in wanted:
                path.unlink()


def run(tool, number, work, *arguments):
    """Whether the tool objects, and how."""
    # What a crash looks like is not asked, and telling takes longer than the tests.
    environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", **{VARIABLE: str(number)})
    begin = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        process = subprocess.Popen([*TOOLS[tool], *arguments], cwd=work, env=environment, stdout=output,
                                   stderr=subprocess.STDOUT)
        while (code := ended(process)) is None:
            # The first issue will do: what follows it may hang.
            output.seek(0)
            is_found = " recorded an issue " in output.read()
            if is_found or time.monotonic() - begin > limits.get(tool, math.inf):
                process.kill()
                process.wait()
                return "fails" if is_found else "hangs"
    if code == 0:
        return None
    if tool == "fuzz":
        return f"finds it in {time.monotonic() - begin:.0f} s"
    return "crashes" if code < 0 else "fails"


def ended(process):
    """Its exit code; None if it has none within a while."""
    try:
        return process.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        return None


def orderings(mutation, work):
    text = (ROOT / mutation["file"]).read_text()
    if text.count(mutation["old"]) != 1:
        fail(f"{mutation['name']}: the text is {text.count(mutation['old'])} times in {mutation['file']}")
    with tempfile.NamedTemporaryFile("w", suffix=".swift") as file:
        file.write(text.replace(mutation["old"], mutation["new"]))
        file.flush()
        result = subprocess.run([ROOT / "scripts/proof/orderings.py", "--build", work / ".build", "--quiet",
                                 "--replace", mutation["file"], file.name])
    return "fails" if result.returncode == 70 else None


def examine(mutation, work, everything):
    """Asks one tool after the other, up to the first that objects unless all are wanted."""
    found = {}
    for tool in mutation["tools"]:
        if tool == "orderings":
            found[tool] = orderings(mutation, work)
        else:
            arguments = [str(FUZZ_SECONDS), mutation["target"]] if tool == "fuzz" else []
            found[tool] = run(tool, mutation["number"], work, *arguments)
        if found[tool] and not everything:
            break
    return mutation, found


def build(work, *command):
    result = subprocess.run(command, cwd=work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        print(result.stdout[-8000:])
        fail("the scratch copy does not build")


def main():
    parser = argparse.ArgumentParser(usage="%(prog)s [--sample N] [--tool TOOL] [--all] [--work DIRECTORY] [NAME...]")
    parser.add_argument("--sample", type=int, metavar="N", help="N of them, evenly spread, the same each time")
    parser.add_argument("--tool", choices=TOOLS, help="only those that it is asked about, and only it")
    parser.add_argument("--all", action="store_true", help="asks every tool, also after one has objected")
    parser.add_argument("--work", type=pathlib.Path, default=ROOT / ".build/mutations")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only those whose name contains it")
    options = parser.parse_args()

    mutations = read_list()
    work = options.work
    make_scratch(work, [m for m in mutations if m["tools"] != ["orderings"]])
    chosen = [m for m in mutations if not options.names or any(name in m["name"] for name in options.names)]
    if options.tool:
        chosen = [dict(m, tools=[options.tool]) for m in chosen if options.tool in m["tools"]]
    if not chosen:
        fail("no mutation has such a name")
    if options.sample:
        # Short: without the optimised builds that these need.
        chosen = [m for m in chosen if not {"conformance", "fuzz"}.issuperset(m["tools"])]
        step = max(1, len(chosen) // options.sample)
        chosen = chosen[::step][:options.sample]

    # No more than is asked: the modules of ringbench are for conformance only.
    builds = {
        "TokenRingPackageTests": {"rings", "kernel", "races"}, "RingProof": {"explorer", "litmus", "barriers"}}
    asked = {tool for mutation in chosen for tool in mutation["tools"]}
    for product, tools in builds.items():
        if tools & asked: build(work, "swift", "build", "--product", product)
    passed = set()
    # Takes minutes on one core: beside the first round.
    builder = concurrent.futures.ThreadPoolExecutor(1)
    fuzz_built = builder.submit(build, work, "scripts/fuzz.sh", "--build") if "fuzz" in asked else None

    def make_sure(tool):
        """Every tool passes with no mutation."""
        if tool in passed or tool == "orderings":
            return
        if tool == "conformance":
            build(work, "swift", "build", "-c", "release", "--product", "ringbench")
        if tool == "fuzz":
            fuzz_built.result()
            # It begins with the corpus that is kept, and nothing else.
            shutil.rmtree(work / ".build/fuzz/learned", ignore_errors=True)
        begin = time.monotonic()
        if how := run(tool, 0, work, *(["0"] if tool == "fuzz" else [])):
            fail(f"{tool} {how} with no mutation at all")
        limits[tool] = (FUZZ_SECONDS if tool == "fuzz" else 10) + 10 * (time.monotonic() - begin)
        passed.add(tool)

    # What takes long only for what the others leave. A race needs both processors to itself.
    rounds = [("explorer", "rings", "kernel", "orderings", "litmus", "barriers"), ("races",), ("conformance",), ("fuzz",)]
    results = {m["number"]: {} for m in chosen}
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for tools in rounds:
            left = [dict(m, tools=[t for t in m["tools"] if t in tools]) for m in chosen
                    if options.all or not any(results[m["number"]].values())]
            left = [m for m in left if m["tools"]]
            if fuzz_built and tools == ("races",):
                fuzz_built.result()
            for tool in sorted({t for m in left for t in m["tools"]}):
                make_sure(tool)
            at_once = map if tools == ("races",) else pool.map
            for mutation, found in at_once(lambda m: examine(m, work, options.all), left):
                results[mutation["number"]].update(found)
    width = max(len(m["name"]) for m in chosen)
    print(f"{'mutation':{width}}  " + "  ".join(TOOLS))
    survivors = 0
    for mutation in chosen:
        found = results[mutation["number"]]
        cells = [(found[tool] or "passes") if tool in found else "." for tool in TOOLS]
        noticed = any(found.values())
        survivors += not noticed
        print(f"{mutation['name']:{width}}  " + "  ".join(f"{cell:{len(tool)}}" for tool, cell in zip(TOOLS, cells))
              + ("" if noticed else "  SURVIVES"))
    print(f"\n{len(chosen)} of {len(mutations)} mutations, {survivors} survived")
    sys.exit(70 if survivors else 0)


if __name__ == "__main__":
    main()
