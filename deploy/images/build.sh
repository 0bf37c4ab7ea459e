#!/usr/bin/env bash
# Builds the image of all services from dist/. IMAGE names it, BASE is what it stands on.
set -euo pipefail
cd "$(dirname "$0")/../.."
image="${IMAGE:-node-doctor:dev}"
base="${BASE:-node:24-bookworm-slim}"
command -v docker >/dev/null || {
  echo 'images: docker was not found; install Docker Engine 20.10 or newer' >&2
  exit 1
}
docker build --quiet --build-arg "BASE=$base" --file deploy/images/Dockerfile --tag "$image" . >/dev/null
size="$(docker image inspect --format '{{.Size}}' "$image")"
base_size="$(docker image inspect --format '{{.Size}}' "$base")"
echo "built $image on $base: $((size / 1048576)) MiB, $(((size - base_size) / 1048576)) MiB of them ours"
