#!/bin/bash
# Runs the example ($1) and looks for what it has to show.
set -euo pipefail
out=$("$1")
for line in '+1m  .*written receipts/order-1' '+3m  .*order-2' '"condition":"RetriesExhausted"'; do
  if ! grep -qE -- "$line" <<<"$out"; then
    echo "not in the output: $line"
    echo "$out"
    exit 1
  fi
done
