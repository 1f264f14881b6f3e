#!/usr/bin/env bash
# Builds an adapter for each ring of another project whose package is there, beside the release binary, which looks for them there.
# A package that is missing is a sentence, and no failure.
set -euo pipefail
cd "$(dirname "$0")/.."
target=.build/release
# SwiftPM builds the package's own C with the same compiler and the same optimisation.
flags=(-O2 -fPIC -shared -Wall -Wextra -Werror -fvisibility=default -ISources/CRingBaselines -ISources/CRingBaselines/include -ISources/CTokenRing/include)

# build NAME SOURCE COMPILER FLAGS...
build() {
    local name=$1 source=$2
    shift 2
    "$@" "${flags[@]}" -o "$target/ringpeer-$name.so" "Sources/RingPeers/$source" "${libraries[@]}"
    echo "built $target/ringpeer-$name.so" >&2
}

missing() { echo "$1 is left out: its package is not installed; make bench-peers installs $2" >&2; }

libraries=()
if [[ -e /usr/include/ck_ring.h ]]; then
    build ck_ring ck_ring.c clang -std=gnu11
else missing ck_ring libck-dev; fi
if [[ -e /usr/include/boost/lockfree/spsc_queue.hpp ]]; then
    build spsc_queue spsc_queue.cpp clang++ -std=c++17
else missing spsc_queue libboost-dev; fi
if pkg-config --exists libdpdk; then
    # The flags of the package, as its users have them: they ask for SSE 4.2.
    read -ra own < <(pkg-config --cflags libdpdk)
    libraries=(-lrte_ring)
    build rte_ring rte_ring.c clang -std=gnu11 "${own[@]}"
else missing rte_ring libdpdk-dev; fi
