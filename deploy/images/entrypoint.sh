#!/bin/bash
# Starts a service of this image: `entrypoint.sh detector [option …]`. The process of that service takes this one's
# place, so that signals reach it; where this one is process 1, tini does, which passes them on. Several names, separated
# by commas, run side by side until the first of them ends.
set -euo pipefail
home=/opt/node-doctor

start() {
  local name=$1
  local flags=(--max-semi-space-size=1 --v8-pool-size=0)
  shift
  # Little to do, and nobody waits for it: less machine code (services/cli/up/node-flags.ts).
  case $name in
  external-exporter | host-actions | k8s-exporter | kubernetes | network | remediator) flags+=(--no-sparkplug --no-maglev) ;;
  # Much is compiled at its start, and what that took is given back.
  log) export MALLOC_MMAP_THRESHOLD_=8192 ;;
  esac
  # Who is process 1 inherits whatever loses its parent, and Node takes note of the end of its own children alone.
  if [ "$BASHPID" -eq 1 ]; then exec tini -- node "${flags[@]}" "$home/$name.mjs" "$@"; fi
  exec node "${flags[@]}" "$home/$name.mjs" "$@"
}

usage() {
  echo "usage: <service>[,<service> ...] [option ...]"
  echo "services:"
  for bundle in "$home"/*.mjs; do
    case $bundle in *-worker.mjs | *.late.mjs) ;; *) basename "$bundle" .mjs | sed 's/^/  /' ;; esac
  done
  echo "  pause    does nothing: holds the network that the other containers share"
  echo "  prepare  makes the folders of the host that services of other users write"
}

names=${1:---help}
[ $# -eq 0 ] || shift
case $names in
--help | -h) usage && exit 0 ;;
pause) exec sleep infinity ;;
prepare) exec "$home/bin/prepare.sh" "$@" ;;
esac
IFS=, read -r -a wanted <<<"$names"
for name in "${wanted[@]}"; do
  if [ ! -e "$home/$name.mjs" ]; then
    echo "entrypoint: there is no service $name" >&2
    usage >&2
    exit 2
  fi
done
if [ ${#wanted[@]} -eq 1 ]; then start "${wanted[0]}" "$@"; fi

children=()
for name in "${wanted[@]}"; do
  (start "$name" "$@") &
  children+=("$!")
done
end() { kill -TERM "${children[@]}" 2>/dev/null || true; }
trap end TERM INT
status=0
wait -n || status=$?
end
wait
exit "$status"
