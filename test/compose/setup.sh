#!/usr/bin/env bash
# Brings what `make compose-test` needs on a Debian machine without Docker: the engine, Compose v2, and what a stand-in
# for the Node base image is made with. Skips what is there. Compose goes to a cache folder; its newer release is only
# unpacked there, since Debian 12 has version 1 alone.
set -euo pipefail
cache="${XDG_CACHE_HOME:-$HOME/.cache}/node-doctor"

fail() {
  printf 'compose-test: %s\n' "$*" >&2
  exit 1
}

if docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1; then exit 0; fi
command -v apt-get >/dev/null || fail 'install Docker Engine 20.10 or newer with Compose v2, and start it'
[ "$(id -u)" = 0 ] || fail 'there is no Docker Engine that answers; start one, or run this as root'

packages=()
command -v dockerd >/dev/null || packages+=(docker.io)
command -v iptables >/dev/null || packages+=(iptables)
command -v debootstrap >/dev/null || packages+=(debootstrap)
if [ "${#packages[@]}" != 0 ]; then
  echo "compose-test: installing ${packages[*]} (apt-get)"
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends \
    "${packages[@]}" >/dev/null
fi

export DOCKER_CONFIG="$cache/docker"
if docker compose version >/dev/null 2>&1; then exit 0; fi
echo "compose-test: unpacking Compose v2 of Debian 13 into $DOCKER_CONFIG"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/lists/partial" "$work/root" "$DOCKER_CONFIG/cli-plugins"
awk 'BEGIN { RS = ""; ORS = "\n\n" } NR == 1' /etc/apt/sources.list.d/debian.sources |
  sed 's/^Suites:.*/Suites: trixie/' >"$work/sources/trixie.sources"
apt=(apt-get -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources"
  -o Dir::State::lists="$work/lists" -o APT::Sandbox::User=root)
cd "$work"
"${apt[@]}" update -qq
"${apt[@]}" download -qq docker-compose/trixie
dpkg -x docker-compose_*.deb "$work/root"
cp "$work/root/usr/libexec/docker/cli-plugins/docker-compose" "$DOCKER_CONFIG/cli-plugins/"
