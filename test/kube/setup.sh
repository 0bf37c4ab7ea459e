#!/usr/bin/env bash
# Brings what `make test-kube` needs: etcd of Debian, and a kube-apiserver built from the published Go modules into a cache
# folder. Skips what is there.
set -euo pipefail
cd "$(dirname "$0")"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/node-doctor/kubernetes"

fail() {
  printf 'test-kube: %s\n' "$*" >&2
  exit 1
}

if ! command -v etcd >/dev/null; then
  command -v apt-get >/dev/null || fail 'etcd was not found and there is no apt-get; install etcd 3.4 or newer'
  [ "$(id -u)" = 0 ] || fail 'etcd was not found; as root: apt-get install --no-install-recommends etcd-server'
  echo 'test-kube: installing etcd-server (apt-get)'
  log="$(mktemp)"
  trap 'rm -f "$log"' EXIT
  if ! DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=120 install -y -qq \
    --no-install-recommends etcd-server >"$log" 2>&1; then
    cat "$log" >&2
    fail 'etcd-server could not be installed; install it by hand, then run make again'
  fi
fi

if [ ! -x "$cache/kube-apiserver" ]; then ./build-apiserver.sh "$cache"; fi
