#!/usr/bin/env bash
# A short run of everything, its report, and that report in Chromium: every section filled, nothing fetched, under 2 MB, nothing wider
# than the page. scripts/test-report.sh [SCREENSHOTS]: also keeps what the browser showed.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v chromium >/dev/null; then
    line="apt-get install -y --no-install-recommends chromium"
    ((EUID == 0)) || { echo "Chromium is missing; run as root: $line" >&2; exit 69; }
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && $line; } >&2 || { echo "Chromium could not be installed; run: $line" >&2; exit 69; }
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
shots=${1:-$folder}
mkdir -p "$shots"
scripts/full-run.sh "$folder/run" --quick
page=$folder/run/report.html
python3 scripts/report_in_browser.py "$page" "$shots"
