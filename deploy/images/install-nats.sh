#!/bin/sh
# Installs Debian's nats-server while the image is built: NATS_VERSION, if its package has the hash that NATS_SHA256 names
# for this platform ("amd64:… arm64:…"). A base that has nats-server already is taken as it is: where no package archive can
# be reached, build from such a base.
set -eu

fail() {
  printf 'images: %s\n' "$*" >&2
  exit 1
}

if ! command -v nats-server >/dev/null; then
  platform="$(dpkg --print-architecture)"
  wanted="$(printf '%s\n' "$NATS_SHA256" | tr ' ' '\n' | sed -n "s/^$platform://p")"
  [ -n "$wanted" ] || fail "NATS_SHA256 has no hash for $platform; expected \"$platform:<sha256 of its package>\" in it"
  work="$(mktemp -d)"
  cd "$work"
  apt-get update -qq
  apt-get -o APT::Sandbox::User=root download -qq "nats-server=$NATS_VERSION" ||
    fail "the archive of this base has no nats-server $NATS_VERSION; set NATS_VERSION and NATS_SHA256 to what it has"
  found="$(sha256sum ./nats-server_*.deb | cut -d ' ' -f 1)"
  [ "$found" = "$wanted" ] ||
    fail "nats-server $NATS_VERSION of $platform is not what it was: its package is $found, expected $wanted. It is not used."
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends ./nats-server_*.deb
  cd /
  rm -rf "$work" /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
fi
# Of util-linux, which is part of every Debian: what starts it.
for program in setpriv flock; do command -v "$program" >/dev/null || fail "the base has no $program; install util-linux"; done
