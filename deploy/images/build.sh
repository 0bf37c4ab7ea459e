#!/usr/bin/env bash
# Builds the image of all services from dist/, and with `-npd` behind its name the same as node-problem-detector's. IMAGE
# names it, BASE is what it stands on (with a digest: exactly that one), NATS_VERSION and NATS_SHA256 which nats-server it gets.
set -euo pipefail
cd "$(dirname "$0")/../.."
image="${IMAGE:-node-doctor:dev}"
base="${BASE:-node:24.21.0-bookworm-slim}"
command -v docker >/dev/null || {
  echo 'images: docker was not found; install Docker Engine 20.10 or newer' >&2
  exit 1
}
# What is not said has its default in the Dockerfile.
pins=(--build-arg "BASE=$base")
for name in NATS_VERSION NATS_SHA256; do
  if [ -n "${!name:-}" ]; then pins+=(--build-arg "$name=${!name}"); fi
done
docker build --quiet "${pins[@]}" --file deploy/images/Dockerfile --tag "$image" . >/dev/null
docker build --quiet "${pins[@]}" --file deploy/images/Dockerfile --target npd --tag "$image-npd" . >/dev/null
size="$(docker image inspect --format '{{.Size}}' "$image")"
base_size="$(docker image inspect --format '{{.Size}}' "$base")"
echo "built $image on $base: $((size / 1048576)) MiB, $(((size - base_size) / 1048576)) MiB of them ours; $image-npd is the same for node-problem-detector's manifests"
