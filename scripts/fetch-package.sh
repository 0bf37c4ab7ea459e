#!/usr/bin/env bash
# fetch-package.sh PACKAGE INTEGRITY FOLDER: takes one package of the npm registry and unpacks it into FOLDER, if its
# archive is the one that INTEGRITY names ("sha512-…", as in a lock file). Nothing of it is run.
set -euo pipefail
package="$1" wanted="$2" folder="$3"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
if ! npm pack --silent --ignore-scripts --pack-destination "$work" "$package" >"$work/name" 2>"$work/log"; then
  cat "$work/log" >&2
  printf 'cannot take %s; is the npm registry reachable? (npm ping)\n' "$package" >&2
  exit 1
fi
archive="$work/$(tail -1 "$work/name")"
found="$(node -e '
  const hash = require("node:crypto").createHash("sha512").update(require("node:fs").readFileSync(process.argv[1]))
  process.stdout.write("sha512-" + hash.digest("base64"))' "$archive")"
if [ "$found" != "$wanted" ]; then
  printf '%s is not what it was: its archive is %s, expected %s. It is not used.\n' "$package" "$found" "$wanted" >&2
  exit 1
fi
mkdir -p "$folder"
tar -xzf "$archive" -C "$folder" --strip-components 1 --no-same-owner
