#!/usr/bin/env bash
# Builds the monitor into a folder, dist/ by default: one file that needs nothing else. Takes Go; downloads its modules by go.sum.
set -euo pipefail
out="$(realpath -m "${1:-$(dirname "$0")/dist}")"
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$out/async-io" .
