#!/usr/bin/env bash
# Take the pictures of the report that README.md shows, from data/report/index.html as it stands.
# CHROMIUM names the browser; it is run without a window, a network or a profile of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
page="file://$PWD/data/report/index.html"
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT

take() { # take NAME WIDTH HEIGHT ANCHOR
  "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
    --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
    --virtual-time-budget=5000 --window-size="$2,$3" --screenshot="docs/$1.png" "$page$4" 2> /dev/null
}

take report 1280 1120 ""
take report-data 1280 1120 "#data-images"
take report-samples 1280 1120 "#samples"
