#!/usr/bin/env bash
# Puts the script into a folder, dist/ by default, with the package whose program serves it. Takes Node 24 ($NODE) and npm; $KIT is the package's
# tarball, and is made here where it is not said. Nothing is fetched.
set -euo pipefail
out="$(realpath -m "${1:-$(dirname "$0")/dist}")"
cd "$(dirname "$0")"
node="${NODE:-$PWD/../../../node_modules/.bin/node}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

kit="${KIT:-$("$node" ../../../scripts/pack-kit.ts "$work")}"
rm -rf "$out"
mkdir -p "$out"
cp clock-source.sh "$out"
PATH="$(dirname "$node"):$PATH" npm install --silent --prefix "$out" --offline --ignore-scripts --no-save --no-audit --no-fund "$kit"
# It says where the tarball was.
rm -f "$out/node_modules/.package-lock.json"
