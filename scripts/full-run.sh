#!/usr/bin/env bash
# Measures and checks everything once and makes the report: scripts/full-run.sh OUTDIR [--quick].
# Some 25 minutes on a machine that does nothing else, 35 where a hypervisor moves the CPUs; --quick is some 5 minutes, for looking at the report and not at the figures.
# What cannot run here is left out, and the report says which command makes it.
set -uo pipefail
cd "$(dirname "$0")/.."

out=${1:?usage: scripts/full-run.sh OUTDIR [--quick]}
quick=${2:-}
# Results hold their command line: as one would type it here.
ringbench=.build/release/ringbench
[[ -x $ringbench ]] || { echo "there is no $ringbench: swift build -c release --product ringbench" >&2; exit 69; }
mkdir -p "$out" || exit 71

evaluate=() profile=() sweep=() ring=() random=() frames=() cells=()
if [[ $quick == --quick ]]; then
    evaluate=(--repetitions 3 --tokens 50000) profile=(--quick --repetitions 2) sweep=(--repetitions 1 --tokens 20000)
    ring=(--repetitions 5 --entries 100000) random=(--random 1000) frames=(--frames 20000) cells=(--sources live --sizes 64 --batches 64 --repeat 3 --live-frames 20000)
fi

results=()
failed=0
# run FILE ARGUMENTS...: a command's result into FILE. 69 and 77 say that it cannot run here.
run() {
    local file=$out/$1 status=0
    shift
    echo "== ringbench $*" >&2
    "$ringbench" "$@" --json --quiet -o "$file" || status=$?
    case $status in
        0 | 1) results+=("$file"); ((status == 0)) || failed=1 ;;
        69 | 77) rm -f "$file"; echo "   left out" >&2 ;;
        *) rm -f "$file"; failed=1; echo "   ended with $status" >&2 ;;
    esac
}

run evaluate.json evaluate --proposals all "${evaluate[@]}"
run kperf.json evaluate --profile kperf "${profile[@]}"
run sweep.json evaluate --sweep return-batch,frag-bytes,outstanding,flows,rings,ring-size "${sweep[@]}"
run ring.json ring "${ring[@]}"
run conformance.json conformance "${random[@]}"
run xsk.json conformance --suite xsk
run demo.json xdp demo "${frames[@]}"
run demo-live.json xdp demo --source live "${frames[@]}"
run xdp-compare.json xdp compare "${cells[@]}"
run tokens.json xdp tokens --kill-one "${frames[@]}"

# Zero copy and zcrx, in a guest whose driver and kernel have them; what it saw comes as one result a line.
echo "== scripts/zerocopy/run.sh" >&2
status=0
scripts/zerocopy/run.sh >/dev/null || status=$?
if ((status == 0)); then
    while read -r file; do results+=("$file"); done < <(python3 - "$out" <<'PYTHON'
import json, sys
for job in map(json.loads, open(".build/zerocopy/results")):
    if job.get("document"):
        path = f"{sys.argv[1]}/guest-{job['job']}.json"
        json.dump(job["document"], open(path, "w"), indent=1)
        print(path)
PYTHON
    )
elif ((status == 69)); then
    echo "   left out" >&2
else
    failed=1
    echo "   ended with $status" >&2
fi

((${#results[@]})) || { echo "nothing could be run" >&2; exit 1; }
"$ringbench" report "${results[@]}" -o "$out/report.html" || failed=1
"$ringbench" report "${results[@]}" -o "$out/report.md" || failed=1
# Twenty times smaller; the report reads them so.
gzip -9 -n -f "${results[@]}"
du -sh "$out" >&2
exit "$failed"
