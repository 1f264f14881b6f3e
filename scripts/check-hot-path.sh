#!/bin/sh
# Proves that the measured loops neither count references, check exclusivity, nor allocate: disassembles them in a
# release binary and fails if one calls what it must not, or is not there.
#
#   scripts/check-hot-path.sh BINARY [FUNCTION...]   check the loops below and, if named, further ones (xdpReceiveLoop)
#   scripts/check-hot-path.sh --self-test            show that a bad loop and a missing one are noticed
#
# Exit code: 0 clean, 1 a forbidden call or a missing function, 64 usage, 69 a tool is missing.
set -eu

# The one list of hot loops.
hot_functions="tokenRingProduceLoop tokenRingConsumeLoop tokenRingAskLoop tokenRingAnswerLoop"

# What must not be called from them, as an extended regular expression over the symbol's name.
forbidden='_?swift_(nonatomic_)?(retain|release|bridgeObjectRetain|bridgeObjectRelease|unknownObjectRetain|unknownObjectRelease)(_n)?'
forbidden="$forbidden|swift_(beginAccess|endAccess|allocObject|allocBox|allocBoxed|slowAlloc|allocEmptyBox|initStackObject)"
forbidden="$forbidden|malloc|calloc|realloc|posix_memalign|aligned_alloc|free"

need() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "check-hot-path: $1 is needed and was not found; install $2" >&2
        exit 69
    }
}

# check BINARY FUNCTION...: 0 if every function is there and clean.
check() {
    binary=$1
    shift
    result=0
    # Mangled names abbreviate words that occurred before, so the functions are found by their demangled names.
    symbols=$(nm -S --defined-only "$binary" | swift demangle | awk 'NF >= 4 && $3 ~ /^[tTwW]$/')
    for name in "$@"; do
        ranges=$(printf '%s\n' "$symbols" | awk -v name="$name" '
            { rest = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", rest) }
            (" " rest " ") ~ ("[^A-Za-z0-9_]" name "[^A-Za-z0-9_]") { print $1, $2 }' | sort -u)
        if [ -z "$ranges" ]; then
            echo "check-hot-path: $name is not in $binary: built without optimisation, renamed, or inlined" >&2
            result=1
            continue
        fi
        loops=0
        instructions=0
        bad=""
        while read -r start size; do
            stop=$(printf '0x%x' $((0x$start + 0x$size)))
            code=$(objdump -d --no-show-raw-insn --start-address="0x$start" --stop-address="$stop" "$binary")
            loops=$((loops + 1))
            instructions=$((instructions + $(printf '%s\n' "$code" | grep -cE '^ +[0-9a-f]+:')))
            # A call or a tail call; the symbol is its target or, through a table of pointers, in objdump's remark.
            bad="$bad$(printf '%s\n' "$code" | grep -E "^ +[0-9a-f]+:.*(call|jmp|bl?r?)[a-z]* .*<($forbidden)(@[^>]*)?>" || true)"
        done <<END
$ranges
END
        if [ -n "$bad" ]; then
            result=1
            printf '%s\n' "$bad" | while read -r address rest; do
                line=$(addr2line -e "$binary" "0x${address%:}" 2>/dev/null || echo "??:0")
                echo "check-hot-path: $name must not do this: $rest (at $address $line)" >&2
            done
        else
            echo "$name: $loops specialisation(s), $instructions instructions, clean"
        fi
    done
    return $result
}

self_test() {
    need "${CC:-clang}" "a C compiler"
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cat >"$folder/loops.c" <<'END'
void *swift_retain(void *);
void swift_beginAccess(void *, void *, long, void *);
void cleanLoop(volatile int *p) { for (int i = 0; i < 9; i++) *p += i; }
void retainLoop(void *object) { for (int i = 0; i < 9; i++) swift_retain(object); }
void accessLoop(void *object, void *buffer) { for (int i = 0; i < 9; i++) swift_beginAccess(object, buffer, 0, 0); }
END
    "${CC:-clang}" -O1 -g -shared -fPIC -Wl,--unresolved-symbols=ignore-all -o "$folder/loops.so" "$folder/loops.c"
    check "$folder/loops.so" cleanLoop || { echo "check-hot-path: self-test: a clean loop was refused" >&2; exit 1; }
    for name in retainLoop accessLoop missingLoop; do
        if check "$folder/loops.so" "$name"; then
            echo "check-hot-path: self-test: $name was not noticed" >&2
            exit 1
        fi
    done
    echo "self-test: a bad call and a missing function are noticed"
}

need objdump binutils
need nm binutils
need addr2line binutils
need swift "the Swift toolchain"
case "${1:-}" in
    --self-test) self_test ;;
    "" | -*)
        echo "usage: scripts/check-hot-path.sh BINARY [FUNCTION...] | --self-test" >&2
        exit 64
        ;;
    *)
        binary=$1
        shift
        [ -r "$binary" ] || {
            echo "check-hot-path: cannot read $binary; build it with swift build -c release" >&2
            exit 64
        }
        # shellcheck disable=SC2086 # the list is meant to be split
        check "$binary" $hot_functions "$@"
        ;;
esac
