#!/usr/bin/env bash
# Makes the documentation of the libraries as static pages: scripts/docs.sh [OUTPUT], by default .build/docs.
# Symbol graphs come from the compiler and pages from docc, both of the toolchain; nothing is downloaded.
set -euo pipefail
cd "$(dirname "$0")/.."

output=${1:-.build/docs}
docc=$(command -v docc || echo "$(dirname "$(readlink -f "$(command -v swift)")")/docc")
[[ -x $docc ]] || { echo "there is no docc beside swift: install a toolchain from swift.org, which has it" >&2; exit 69; }

modules=(TokenRing TokenRingXDP RingKernelModel)
# The command fails where the tests were never built, for it wants their modules too; whether those that count are there is asked below.
# Beside the module itself a graph of what it extends: both are wanted.
graphs=$(dirname "$(swift build --show-bin-path)")/symbolgraph
rm -rf "$graphs"
said=$(swift package dump-symbol-graph --minimum-access-level public 2>&1) || true

rm -rf "$output"
mkdir -p "$output"
for module in "${modules[@]}"; do
    [[ -f $graphs/$module.symbols.json ]] || {
        printf '%s\n' "$said" >&2
        echo "swift made no symbol graph of $module: its reasons are above" >&2
        exit 70
    }
    own=$(mktemp -d)
    trap 'rm -rf "$own"' EXIT
    find "$graphs" \( -name "$module.symbols.json" -o -name "$module@*.symbols.json" \) -exec cp -t "$own" {} +
    "$docc" convert "Sources/$module/$module.docc" --additional-symbol-graph-dir "$own" \
        --fallback-display-name "$module" --fallback-bundle-identifier "org.tokenring.$module" \
        --transform-for-static-hosting --hosting-base-path "$module" --output-path "$output/$module" 2>"$own/said" || {
        cat "$own/said" >&2
        exit 70
    }
    # A parameter that needs no words has none here; a link that leads nowhere is an error.
    if grep -E "doesn't exist at|is ambiguous at" "$own/said" >&2; then exit 1; fi
    rm -rf "$own"
done
echo "$output: ${modules[*]}; read them with python3 -m http.server -d $output, then http://localhost:8000/TokenRing/documentation/tokenring/"
