#!/usr/bin/env bash
# build-apiserver.sh DIR: builds kube-apiserver into DIR from the published Go modules, about 8 minutes on 2 cores. The
# modules of k8s.io/kubernetes are replaced by their published versions, as its own go.mod names them.
set -euo pipefail
version=v1.37.2
staging="v0.${version#v1.}"
out="$(mkdir -p "${1:?usage: build-apiserver.sh DIR}" && cd "$1" && pwd)"

command -v go >/dev/null || {
  echo 'build-apiserver: go was not found; install the Go that k8s.io/kubernetes asks for, or put kube-apiserver into' \
    "$out yourself" >&2
  exit 1
}
work="$(mktemp -d)"
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
echo "build-apiserver: building kube-apiserver $version into $out (about 8 minutes)"
go mod init kube-apiserver-build 2>/dev/null
go mod edit -require="k8s.io/kubernetes@$version"
source_dir="$(go mod download -json "k8s.io/kubernetes@$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')"
go mod edit -go="$(sed -n 's/^go //p' "$source_dir/go.mod")"
sed -n 's/^\t\(k8s.io\/[a-z0-9-]*\) => .*/\1/p' "$source_dir/go.mod" | while read -r module; do
  go mod edit -replace="$module=$module@$staging"
done
printf '//go:build tools\n\npackage tools\n\nimport _ "k8s.io/kubernetes/cmd/kube-apiserver"\n' >tools.go
go mod tidy -e >/dev/null 2>&1
package=k8s.io/component-base/version
minor="$(cut -d. -f2 <<<"$version")"
CGO_ENABLED=0 go build -p 2 -trimpath -o "$out/kube-apiserver.part" -ldflags \
  "-s -w -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor" \
  k8s.io/kubernetes/cmd/kube-apiserver
mv "$out/kube-apiserver.part" "$out/kube-apiserver"
