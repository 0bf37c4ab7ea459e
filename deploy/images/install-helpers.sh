#!/bin/sh
# Installs while the image is built, of Debian's signed archive: tini, which is the first process of a container; ip and nft; and
# journalctl and ping with their libraries, without the rest of their packages. A base that has them is taken as it is: where no
# package archive can be reached, build from such a base.
set -eu

fail() {
  printf 'images: %s\n' "$*" >&2
  exit 1
}

# One program of a package in the given version, without what the package does when it is installed.
take() {
  work="$(mktemp -d)"
  (
    cd "$work"
    apt-get -o APT::Sandbox::User=root download -qq "$1=$2" || fail "the archive has no $1 $2"
    dpkg-deb --fsys-tarfile ./*.deb | tar -x -C "$work" "./bin/$3"
    install -m 0755 "bin/$3" "/usr/bin/$3"
  )
  rm -rf "$work"
}

packages=
command -v tini >/dev/null || packages="$packages tini"
command -v ip >/dev/null || packages="$packages iproute2"
command -v nft >/dev/null || packages="$packages nftables"
command -v journalctl >/dev/null || packages="$packages libsystemd-shared"
command -v ping >/dev/null || packages="$packages libcap2 libidn2-0"
if [ -n "$packages" ]; then
  apt-get update -qq
  # Split on purpose: each is a package.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
  # The program fits the library of its own version only.
  command -v journalctl >/dev/null ||
    take systemd "$(dpkg-query --show --showformat '${Version}' libsystemd-shared)" journalctl
  command -v ping >/dev/null ||
    take iputils-ping "$(apt-cache policy iputils-ping | sed -n 's/^ *Candidate: //p')" ping
  rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
fi
# With a capability of its file the kernel starts it in no container that lacks that one; without, it asks the kernel for echoes
# (net.ipv4.ping_group_range).
ping="$(command -v ping)"
install -m 0755 "$ping" "$ping.plain"
mv -f "$ping.plain" "$ping"
journalctl --version >/dev/null || fail 'journalctl does not start; install the libsystemd-shared of its version'
tini --version >/dev/null || fail 'tini does not start'
ip -V >/dev/null || fail 'ip does not start'
nft --version >/dev/null || fail 'nft does not start'
ping -V >/dev/null || fail 'ping does not start; install libcap2 and libidn2-0'
