#!/usr/bin/env bash
# What design/protocol.md says is proved, by the tools that it names. Everything here has been seen to find something.
#
#   scripts/proof/run.sh            all of it: make proof
#   scripts/proof/run.sh --short    with a fixed sample of the mutations: what .ci/run does
#
# Exit code: 0 nothing was found that should not be, and everything that should be; 70 otherwise.
set -euo pipefail
cd "$(dirname "$0")/../.."

sample=()
[[ ${1:-} == --short ]] && sample=(--sample 6)
step() { printf '\n-- %s (%d s)\n\n' "$1" "$SECONDS"; }

# What runs beside the rest does not outlive it.
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

# Takes minutes on one core, and what comes first leaves one.
building=
[[ ${1:-} == --short ]] || { scripts/fuzz.sh --build >/dev/null 2>&1 & building=$!; }

step "explorer"
swift build -c release --product RingProof
.build/release/RingProof

step "relacy"
scripts/proof/relacy.sh .build/release/RingProof

step "Spin"
scripts/proof/spin.sh

step "memory orders that the compiler leaves, here and on arm64"
scripts/proof/orderings.py

step "mutations"
scripts/proof/mutate.py "${sample[@]}"

if [[ ${1:-} != --short ]]; then
    step "fuzz targets, 60 s each; beside them rules R1 to R30, and with DeathTests 1 000 processes killed at random"
    swift build --build-tests
    wait "$building" || scripts/fuzz.sh --build
    scripts/fuzz.sh --built 60 &
    fuzzing=$!
    scripts/proof/robustness.py
    wait "$fuzzing"
fi

step "proved"
