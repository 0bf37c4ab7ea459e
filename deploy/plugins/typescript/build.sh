#!/usr/bin/env bash
# Builds the monitor into a folder, dist/ by default: its code without types, and the package that it stands on. Takes Node 24 ($NODE) and
# npm; $KIT is the package's tarball, and is made here where it is not said. Nothing is fetched.
set -euo pipefail
out="$(realpath -m "${1:-$(dirname "$0")/dist}")"
cd "$(dirname "$0")"
node="${NODE:-$PWD/../../../node_modules/.bin/node}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

kit="${KIT:-$("$node" ../../../scripts/pack-kit.ts "$work")}"
rm -rf "$out"
mkdir -p "$out"
cp package.json "$out"
PATH="$(dirname "$node"):$PATH" npm install --silent --prefix "$out" --offline --omit dev --ignore-scripts --no-save --no-audit --no-fund "$kit"
# It says where the tarball was.
rm -f "$out/node_modules/.package-lock.json"
"$node" --no-warnings --input-type=module --eval '
  import { readFileSync, writeFileSync } from "node:fs"
  import { stripTypeScriptTypes } from "node:module"
  writeFileSync(process.argv[1], stripTypeScriptTypes(readFileSync("monitor.ts", "utf8")))' "$out/monitor.mjs"
