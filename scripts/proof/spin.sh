#!/usr/bin/env bash
# The models of design/models: each as this project has it, where nothing may be found, and with each defect, which must be.
#
# Exit code: 0 all as it must be, 70 not, 69 no spin.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v spin >/dev/null || {
    echo "spin.sh: install spin" >&2
    exit 69
}
models=$PWD/design/models
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
# What was found, by model and definitions.
declare -A found

# What pan says, in words where it is an assertion of ours.
words() {
    case $1 in
    *poolReferences*) echo 'a pool reference is dropped that nobody has' ;;
    *held*) echo 'a buffer is in the pool that user space holds' ;;
    *!*inPool*) echo 'a buffer is in the pool twice' ;;
    *inPool*) echo 'a buffer never comes home' ;;
    *home*) echo 'a token never comes back' ;;
    *arrived*) echo 'somebody sleeps for ever' ;;
    *) sed 's/^pan:1: //; s/ (at depth [0-9]*)//' <<<"$1" ;;
    esac
}

# search COMPILER-OPTION... -- PAN-OPTION...: prints what it found, or the number of states.
search() {
    local compile=() wrong
    while [[ $1 != -- ]]; do compile+=("$1"); shift; done
    shift
    # The state spaces are small: compiling takes longest. Its output has warnings.
    "${CC:-gcc}" -O0 -w "${compile[@]}" -o pan pan.c
    ./pan -m1000000 "$@" >out
    grep -q 'max search depth too small' out && { echo "INCOMPLETE"; return; }
    if wrong=$(grep '^pan:1' out); then words "$wrong"; return; fi
    awk '/states, stored/ { print "none, " $1 " states" }' out
}

# model NAME EXPECTED WHAT DEFINE...
model() {
    local name=$1 expected=$2 what=$3 safety fair verdict result
    shift 3
    spin "$@" -a "$models/$name.pml" >out || { cat out; exit 70; }
    # Assertions, dead ends among them; and then fair cycles in which what is promised never comes.
    safety=$(search -DSAFETY -DNOCLAIM --)
    fair=$(search -- -A -a -f)
    verdict=found
    [[ $safety == none* && $fair == none* ]] && verdict=none
    [[ $safety == INCOMPLETE || $fair == INCOMPLETE ]] && verdict=incomplete
    result=$([[ $safety == none* ]] && echo "$fair" || echo "$safety")
    found["$name $*"]=$result
    printf '%-9s %-66s %-6s %s\n' "$name" "$what" "$verdict" "$result"
    [[ $verdict == "$expected" ]] || { echo "          WRONG: expected $expected"; failed=70; }
}

printf '%-9s %-66s %-6s\n' model variant verdict
model wakeup none 'as it is'
model wakeup found 'without E: no fence between publishing and the look at the flag' -DNO_E
model wakeup found 'without F: no fence between the own flag and the last look' -DNO_F
model wakeup found 'without the last look' -DNO_LOOK
model wakeup found 'a full ring wakes nobody' -DNO_WAKE_WHEN_FULL
model delivery none 'as it is: both rings overflow, ring and calls are mixed'
model delivery found 'a token is made before there is room (RFC v3, C5)' -DTOKEN_BEFORE_ROOM
model delivery found 'a full delivery ring asks for no kick' -DNO_KICK
model delivery found 'a full return ring has no call as its slow path (R20)' -DNO_FALLBACK
model delivery found 'the return ring takes one entry too many' -DROOM_MISCOUNTED
model cleanup none 'as it is'
model cleanup none 'as it is; the consumer returns twice' -DSTRAY
model cleanup none 'as it is; a stranger returns at any time' -DSTRANGER
model cleanup found 'posted, v10: decrement without a test; returned twice (0.3a)' -DDECREMENT_AS_POSTED -DSTRAY
model cleanup found 'posted, v3 to v9: urefs put at unbind, recvmsg behind it (A14)' -DPUT_AT_UNBIND
model cleanup found 'posted, zcrx: test, then decrement, against teardown (R12)' -DCHECK_THEN_DECREMENT
model cleanup found 'counted before the pool reference is held; a stranger returns' -DCOUNT_BEFORE_HOLD -DSTRANGER

# defect WHAT AS-POSTED HERE: the last two are definitions of the cleanup model.
defect() { printf '%-86s %-46s %s\n' "$1" "${found["cleanup $2"]}" "${found["cleanup $3"]}"; }

printf '\n%-86s %-46s %s\n' 'defect of what was posted' 'as posted' 'here'
defect 'v10: a stray return takes uref below 0, and the next recvmsg holds no pool reference' '-DDECREMENT_AS_POSTED -DSTRAY' -DSTRAY
defect 'v3 to v9: unbind puts the urefs, and a recvmsg that runs takes one behind it' -DPUT_AT_UNBIND ''
defect 'zcrx before 003049b1c4fb: the counter is tested, torn down, and then decremented' -DCHECK_THEN_DECREMENT ''
exit "$failed"
