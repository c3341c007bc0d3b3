#!/usr/bin/env bash
# Take the pictures of the report that README.md shows, from data/report/index.html as it stands.
# CHROMIUM names the browser; it is run without a window, a network or a profile of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

take() { # take NAME WIDTH HEIGHT SECTION: one section of the page, as it looks on a screen of this size
  sed "s|</head>|<style>main > :not(#$4) { display: none }</style></head>|" data/report/index.html > "$work/page.html"
  "${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
    --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$work/profile" \
    --window-size="$2,$3" --screenshot="docs/$1.png" "file://$work/page.html" 2> /dev/null
}

take report 1280 1120 results
take report-data 1280 1000 data
take report-samples 1280 1000 samples
