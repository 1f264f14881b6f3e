#!/usr/bin/env bash
# The tests under a sanitizer: scripts/sanitize.sh thread|address. What was found is in design/protocol.md.
#
# The rings and the model kernel, by the package that mutations are built from: what threads share is there, and Swift 6.3 does
# not compile RingBenchKit for ThreadSanitizer (it fails at an atomic pointer, "Invalid bitcast"). Not the explorer's tests: its
# threads are coroutines that exchange stacks, which both sanitizers take for corruption. Not the tests of two processes: a
# sanitizer knows one process, and what it could see of the rings it sees between threads.
set -euo pipefail
cd "$(dirname "$0")/.."

[[ ${1:-} == thread || ${1:-} == address ]] || {
    echo "sanitize.sh: say thread or address" >&2
    exit 64
}
work=$PWD/.build/sanitize-$1
mkdir -p "$work"
ln -sfn "$PWD/Sources" "$PWD/Tests" "$work"
cp Tests/Mutations/Package.swift.template "$work/Package.swift"
swift build --package-path "$work" --sanitize "$1" --product TokenRingPackageTests
export TSAN_OPTIONS="suppressions=$PWD/Tests/Sanitizers/thread.supp" ASAN_OPTIONS=detect_leaks=0
"$work/.build/debug/TokenRingPackageTests.xctest" --testing-library swift-testing --no-parallel
