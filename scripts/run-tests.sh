#!/usr/bin/env bash
# Runs every test. As root no test may be skipped: a skip there means that something is broken, not that it cannot run.
set -euo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

swift build --build-tests
# Two processes that measure or sleep on purpose share two cores badly: one test at a time.
swift test --skip-build --disable-xctest --no-parallel 2>&1 | tee "$log"

skipped=$(grep -E '^➜ .* skipped' "$log" || true)
if ((EUID == 0)) && [[ -n $skipped ]]; then
    printf 'tests were skipped although this is root:\n%s\n' "$skipped" >&2
    exit 1
fi

# Every case of the sources against every proposal, and a million random operations on each. Optimised: it takes a minute.
# RELEASE_FLAGS is for who builds the same with more: other flags would be another build.
read -ra flags <<<"${RELEASE_FLAGS:-}"
swift build -c release --product ringbench "${flags[@]}"
.build/release/ringbench conformance --quiet --random 1000000 >"$log" || {
    cat "$log"
    exit 1
}

# Every proposal explains itself on one screen.
.build/release/ringbench explain | awk 'NR > 1 { print $1 }' | while read -r name; do
    .build/release/ringbench explain "$name" >"$log"
    (($(wc -l <"$log") <= 60 && $(wc -L <"$log") <= 110)) || {
        cat "$log"
        echo "ringbench explain $name does not fit on a screen" >&2
        exit 1
    }
done

# The kernel's own AF_XDP selftests, through the rings of this package.
((EUID != 0)) || .build/release/ringbench conformance --suite xsk --quiet >"$log" || {
    cat "$log"
    exit 1
}
