#!/bin/sh
# Installs while the image is built, of Debian's signed archive: tini, which is the first process of a container, and
# journalctl with its library, without the rest of systemd. A base that has them is taken as it is: where no package
# archive can be reached, build from such a base.
set -eu

fail() {
  printf 'images: %s\n' "$*" >&2
  exit 1
}

packages=
command -v tini >/dev/null || packages="$packages tini"
command -v journalctl >/dev/null || packages="$packages libsystemd-shared"
if [ -n "$packages" ]; then
  apt-get update -qq
  # Split on purpose: each is a package.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages
  if ! command -v journalctl >/dev/null; then
    work="$(mktemp -d)"
    cd "$work"
    # The program fits the library of its own version only.
    version="$(dpkg-query --show --showformat '${Version}' libsystemd-shared)"
    apt-get -o APT::Sandbox::User=root download -qq "systemd=$version" || fail "the archive has no systemd $version"
    dpkg-deb --fsys-tarfile ./systemd_*.deb | tar -x -C "$work" ./bin/journalctl
    install -m 0755 bin/journalctl /usr/bin/journalctl
    cd /
    rm -rf "$work"
  fi
  rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log
fi
journalctl --version >/dev/null || fail 'journalctl does not start; install the libsystemd-shared of its version'
tini --version >/dev/null || fail 'tini does not start'
