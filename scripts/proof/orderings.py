#!/usr/bin/env python3
"""Compiles the rings for release and looks at which memory orders and barriers are left: in LLVM's representation, and in
the instructions that LLVM selects for arm64 from it, where a lost acquire or release shows and does not on x86-64.

  scripts/proof/orderings.py [--build DIRECTORY] [--replace FILE WITH] [--quiet]

DIRECTORY holds a build of this package or of its rings (.build), for the modules that the rings import. --replace takes
another file in a source's place, for mutations. Nothing runs on arm64: no Swift for it is packaged for this distribution.
Exit code: 0 as it must be, 70 not.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Each operation with MappedRingMemory or SlotPublishedMemory: the set of its accesses in LLVM, and on arm64.
EXPECTED = {
    "probeIndexReserve": ("load acquire", "ldar"),  # A
    "probeIndexSubmit": ("store release", "stlr"),  # B
    "probeIndexPeek": ("load acquire", "ldar"),  # C
    "probeIndexRelease": ("store release", "stlr"),  # D
    "probeIndexProducerNeedsWakeup": ("fence seq_cst, load monotonic", "dmb ish"),  # E
    "probeIndexConsumerNeedsWakeup": ("fence seq_cst, load monotonic", "dmb ish"),  # E
    # Not always inlined before the last optimisation, so only arm64 is looked at.
    "probeIndexConsumerPrepareToSleep": (None, "dmb ish, ldar, stlr"),  # F
    "probeIndexProducerPrepareToSleep": (None, "dmb ish, ldar, stlr"),  # F
    "probeSlotWrite": ("store monotonic", ""),
    "probeSlotSubmit": ("load monotonic, store release", "stlr"),  # B
    "probeSlotPeek": ("load acquire", "ldar"),  # C
}


def compiled(build, replaced, work):
    configuration = next(d for d in ("release", "debug") if (build / d / "Modules/SystemPackage.swiftmodule").exists())
    sources = [str(p) for p in sorted((ROOT / "Sources/TokenRing").rglob("*.swift"))]
    sources = [str(replaced[s]) if s in replaced else s for s in sources]
    maps = [ROOT / "Sources/CTokenRing/include", build / "checkouts/swift-system/Sources/CSystem/include"]
    output = work / "rings.ll"
    subprocess.run(
        ["swiftc", "-O", "-wmo", "-parse-as-library", "-emit-ir", "-module-name", "TokenRing", "-package-name",
         "tokenring", "-swift-version", "6", "-I", str(build / configuration / "Modules")]
        + [argument for m in maps for argument in ("-Xcc", f"-fmodule-map-file={m / 'module.modulemap'}")]
        + sources + [str(ROOT / "Tests/Orderings/Probes.swift"), "-o", str(output)], check=True)
    return output.read_text()


def functions(text, start, end):
    """The body of each probe; the compiler may have put what is common to several into one of its own."""
    found = {}
    for match in re.finditer(start + r".*?" + end, text, re.MULTILINE | re.DOTALL):
        name = re.search(r"probe[A-Za-z]+", match.group(0).splitlines()[0])
        if not name:
            continue
        # A mangled name goes on in lower case behind the length of the name.
        name = next((n for n in sorted(EXPECTED, key=len, reverse=True) if name.group(0).startswith(n)), None)
        if name:
            found[name] = found.get(name, "") + match.group(0)
    return found


def orders(body):
    accesses = re.findall(r"(load|store) atomic[^\n]*? (acquire|release|monotonic|seq_cst)|(fence) (\w+)", body)
    return ", ".join(sorted({" ".join(filter(None, access)) for access in accesses}))


def barriers(body):
    found = {"dmb ish" if i == "dmb\tish" else "ldar" if i.startswith("lda") else "stlr"
             for i in re.findall(r"^\t(ldar|ldapr|ldapur|stlr|stlur|dmb\tish)\b", body, re.MULTILINE)}
    return ", ".join(sorted(found))


def for_arm64(text, work):
    """The same representation with what names x86-64 taken out: the target, its features, its prefetch and pause."""
    text = re.sub(r"^target (triple|datalayout).*$", "", text, flags=re.MULTILINE)
    text = re.sub(r'"(target-cpu|target-features|tune-cpu)"="[^"]*"', "", text)
    text = re.sub(r"^.*(@llvm\.x86\.| asm sideeffect ).*$", "", text, flags=re.MULTILINE)
    source, output = work / "arm64.ll", work / "arm64.s"
    source.write_text(text)
    subprocess.run(["clang", "--target=aarch64-unknown-linux-gnu", "-O2", "-S", "-x", "ir", str(source),
                    "-Wno-override-module", "-o", str(output)], check=True)
    return output.read_text()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / ".build")
    parser.add_argument("--replace", nargs=2, metavar=("FILE", "WITH"))
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    replaced = {str(ROOT / options.replace[0]): options.replace[1]} if options.replace else {}

    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        text = compiled(options.build.resolve(), replaced, work)
        here = functions(text, r"^define [^\n]*probe", r"^}")
        arm64 = functions(for_arm64(text, work), r'^"?\$s[^\n]*probe[^\n]*:', r"^\.Lfunc_end")
    wrong = 0
    for name, (wanted_orders, wanted_barriers) in EXPECTED.items():
        found = wanted_orders and orders(here.get(name, "")), barriers(arm64.get(name, ""))
        right = found == (wanted_orders, wanted_barriers)
        wrong += not right
        if not options.quiet:
            print(f"{name[5:]:30} {found[0] or '-':34} arm64: {found[1] or 'plain':22}"
                  + ("" if right else f" WRONG: must be {wanted_orders}; {wanted_barriers or 'plain'}"))
    sys.exit(70 if wrong else 0)


if __name__ == "__main__":
    main()
