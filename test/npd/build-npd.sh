#!/usr/bin/env bash
# build-npd.sh DIR: builds node-problem-detector, health-checker and log-counter into DIR from the published Go module, about
# 3 minutes on 2 cores, and puts the module's own configuration beside them. Does nothing where they are. Ends with 3, and
# says why in one line, where that cannot be.
set -euo pipefail
version=v1.36.0
module=k8s.io/node-problem-detector
out="$(mkdir -p "${1:?usage: build-npd.sh DIR}" && cd "$1" && pwd)"

skip() {
  printf 'test-npd: skipped: %s\n' "$*" >&2
  exit 3
}

[ ! -e "$out/version" ] || [ "$(cat "$out/version")" != "$version" ] || exit 0
command -v go >/dev/null || skip "go was not found; install the Go that $module asks for"
download="$(go mod download -json "$module@$version" 2>&1)" ||
  skip "$module $version cannot be had: $(sed -n 's/^\t"Error": "\(.*\)",\{0,1\}$/\1/p' <<<"$download")"
source_dir="$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<<"$download")"
work="$(mktemp -d)"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cp -r "$source_dir" "$work/source"
chmod -R u+w "$work/source"
cd "$work/source"

# The journal's functions are found when it runs; only its headers are needed to build.
tags=() headers=/usr/include
if [ ! -e /usr/include/systemd/sd-journal.h ]; then
  headers="$work/headers/usr/include"
  if (cd "$work" && apt-get download libsystemd-dev >/dev/null 2>&1 && dpkg -x libsystemd-dev_*.deb headers); then :; else headers=''; fi
fi
if [ -n "$headers" ] && command -v gcc >/dev/null; then
  tags=(-tags journald)
  export CGO_ENABLED=1 CGO_CFLAGS="-I$headers"
else
  echo 'test-npd: without the headers of libsystemd NPD has no journald' >&2
  export CGO_ENABLED=0
fi
echo "test-npd: building $module $version into $out (about 3 minutes)" >&2
for program in node-problem-detector:nodeproblemdetector health-checker:healthchecker log-counter:logcounter; do
  [ "${program%%:*}" != log-counter ] || [ "${#tags[@]}" != 0 ] || continue
  go build -p 2 -trimpath "${tags[@]}" -ldflags "-s -w -X $module/pkg/version.version=$version" \
    -o "$out/${program%%:*}" "./cmd/${program##*:}" >"$work/log" 2>&1 ||
    skip "$module $version does not build here: $(tail -n 1 "$work/log")"
done
rm -rf "$out/config"
cp -r config "$out/config"
printf '%s' "$version" >"$out/version"
