#!/usr/bin/env bash
# Fuzzes the targets of Tests/Fuzz with AddressSanitizer, two at a time.
#
#   scripts/fuzz.sh [--built] [SECONDS [TARGET...]]   each for so many seconds (default 60; 0 only replays the corpus)
#   scripts/fuzz.sh --build                           builds them; --built takes what was built
#   scripts/fuzz.sh --self-test                       each has to find a bug that is planted for it: Tests/Mutations/fuzz.toml
#
# A finding is an input in .build/fuzz/findings: it belongs into Tests/Fuzz/Corpus when it is fixed, and stays there.
# Exit code: 0 no finding, 70 one.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/.build/fuzz
program=$build/release/RingFuzz

[[ ${1:-} != --self-test ]] || exec scripts/proof/mutate.py --tool fuzz
if [[ ${1:-} == --built ]]; then
    shift
else
    printf 'building the fuzz targets\n' >&2
    swift build --package-path Tests/Fuzz --scratch-path "$build" -c release \
        -Xswiftc -use-ld=lld -Xswiftc -sanitize=fuzzer,address -Xswiftc -parse-as-library -Xcc -fsanitize=address -Xcc -fno-omit-frame-pointer >&2
fi
[[ ${1:-} != --build ]] || exit 0
seconds=${1:-60}
targets=("${@:2}")
((${#targets[@]})) || targets=(region returns delivery messages profile)

logs=$(mktemp -d)
declare -A processes
# shellcheck disable=SC2154 # of the array above
trap 'kill "${processes[@]}" 2>/dev/null || true; rm -rf "$logs"' EXIT

start() {
    local target=$1 corpus=Tests/Fuzz/Corpus/$1 learned=$build/learned/$1
    local limits=(-max_total_time="$seconds" -max_len=512 -timeout=20 -rss_limit_mb=2048 -detect_leaks=0)
    ((seconds > 0)) || limits+=(-runs=0)
    mkdir -p "$corpus" "$learned" "$build/findings"
    printf 'fuzz %s, %s s\n' "$target" "$seconds" >&2
    FUZZ_TARGET=$target "$program" "${limits[@]}" -artifact_prefix="$build/findings/$target-" "$learned" "$corpus" \
        >"$logs/$target" 2>&1 &
    processes[$target]=$!
}

for target in "${targets[@]}"; do
    while (($(jobs -rp | wc -l) >= 2)); do wait -n || true; done
    start "$target"
done
status=0
for target in "${targets[@]}"; do
    if wait "${processes[$target]}"; then
        printf 'fuzz %-9s no finding; %s\n' "$target:" "$(grep -E '^(Done|#[0-9]+.*DONE)' "$logs/$target" | tail -1)"
    else
        tail -40 "$logs/$target" >&2
        printf 'fuzz %-9s a finding, see %s\n' "$target:" "$build/findings"
        status=70
    fi
    unset "processes[$target]"
done
exit "$status"
