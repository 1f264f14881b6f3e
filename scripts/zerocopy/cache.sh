# Where what was fetched is kept, and how the run ends when it cannot run here. Sourced.

# One folder for every clone: the packages are the same. ZEROCOPY_REFRESH=1 asks the archive for newer ones.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/token-ring/zerocopy"

say() { printf 'test-zerocopy: %s\n' "$1" >&2; }

# Ends with 69 (EX_UNAVAILABLE): nothing was found wrong, it cannot be tried here.
skip() {
    say "skipped: $1"
    exit 69
}
