#!/usr/bin/env bash
# Take the picture of the report that README.md shows, from data/report/index.html as it stands.
# CHROMIUM names the browser; it is run without a window, a network or a profile of its own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
profile=$(mktemp -d)
trap 'rm -rf "$profile"' EXIT
"${CHROMIUM:-chromium}" --headless --no-sandbox --disable-gpu --disable-background-networking --no-first-run \
  --disable-component-update --disable-sync --hide-scrollbars --user-data-dir="$profile" \
  --window-size=1280,1120 --screenshot=docs/report.png "file://$PWD/data/report/index.html" 2> /dev/null
