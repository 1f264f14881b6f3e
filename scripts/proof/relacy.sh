#!/usr/bin/env bash
# The explorer's programs on relacy, and both tools' verdicts side by side. They must agree, but for what relacy cannot show.
#
#   scripts/proof/relacy.sh EXPLORER     the RingProof binary
#
# Exit code: 0 they agree, 70 they do not, 69 no relacy.
set -euo pipefail
cd "$(dirname "$0")/../.."

explorer=$1
[[ -e /usr/include/relacy/relacy.hpp ]] || {
    echo "relacy.sh: install relacy-dev" >&2
    exit 69
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Its headers have operators new and delete of their own, and C++14's sized delete would go past them.
"${CXX:-g++}" -std=c++14 -fno-sized-deallocation -O1 -w -U_FORTIFY_SOURCE -o "$work/relacy" Tests/Relacy/main.cpp
"$explorer" verdicts >"$work/explorer.tsv"
"$work/relacy" >"$work/relacy.tsv"

# Relacy puts stores into modification order as they are executed, so it does not see these two.
awk -F'\t' '
    BEGIN {
        beyond["S+poonceonces"] = beyond["2+2W+poonceonces"] = 1
        format = "%-56s %-10s %-10s %s\n"
        printf format, "program", "explorer", "relacy", ""
    }
    FNR == NR { explorer[$1] = $2; next }
    {
        note = $2 == "none" ? $3 + 0 " executions" : tolower($3)
        if (!($1 in explorer)) { note = "NOT IN THE EXPLORER"; wrong = 1 }
        else if (explorer[$1] != $2) {
            if ($1 in beyond && $2 == "none") note = "relacy keeps stores in the order of execution"
            else { note = "THEY DISAGREE"; wrong = 1 }
        }
        printf format, $1, explorer[$1], $2, note
        compared++
    }
    END {
        printf "\n%d programs compared\n", compared
        exit wrong || compared < 30 ? 70 : 0
    }' "$work/explorer.tsv" "$work/relacy.tsv"
