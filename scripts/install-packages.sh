#!/usr/bin/env bash
# Installs the Debian packages that the build and the tests need, as far as they are missing; or those of another list.
#
#   scripts/install-packages.sh [LIST]
#
# Exit 69 (EX_UNAVAILABLE) when they cannot be installed, with the line to run.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
while read -r package; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || missing+=("$package")
done < "${1:-packages.txt}"
((${#missing[@]})) || exit 0

line="apt-get install -y --no-install-recommends ${missing[*]}"
if ((EUID != 0)); then
    echo "Debian packages are missing; run as root: $line" >&2
    exit 69
fi
echo "installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
if ! { apt-get update -qq && $line; } >&2; then
    echo "the packages could not be installed; run this yourself and look at what it says: $line" >&2
    exit 69
fi
