#!/usr/bin/env bash
# Fuzzes each target of Tests/Fuzz for so many seconds (default 60; 0 only replays the corpus) with AddressSanitizer.
# A finding is an input in .build/fuzz/findings: it belongs into Tests/Fuzz/Corpus when it is fixed, and stays there.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
build=$PWD/.build/fuzz

printf 'building the fuzz targets\n' >&2
swift build --package-path Tests/Fuzz --scratch-path "$build" -c release \
    -Xswiftc -use-ld=lld -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library -Xcc -fsanitize=address -Xcc -fno-omit-frame-pointer >&2
program=$(swift build --package-path Tests/Fuzz --scratch-path "$build" -c release --show-bin-path)/RingFuzz

mkdir -p "$build/findings"
for target in region returns delivery messages profile; do
    printf 'fuzz %s, %s s\n' "$target" "$seconds" >&2
    corpus=Tests/Fuzz/Corpus/$target
    learned=$build/learned/$target
    mkdir -p "$corpus" "$learned"
    limits=(-max_total_time="$seconds" -max_len=512 -timeout=20 -rss_limit_mb=2048 -detect_leaks=0)
    ((seconds > 0)) || limits+=(-runs=0)
    if ! FUZZ_TARGET=$target "$program" "${limits[@]}" -artifact_prefix="$build/findings/$target-" \
        "$learned" "$corpus" >"$build/$target.log" 2>&1; then
        tail -40 "$build/$target.log" >&2
        printf 'fuzz %s: a finding, see %s\n' "$target" "$build/findings" >&2
        exit 70
    fi
    printf 'fuzz %s: no finding; %s\n' "$target" "$(grep -E '^(Done|#[0-9]+.*DONE)' "$build/$target.log" | tail -1)"
done
