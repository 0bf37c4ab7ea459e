#!/usr/bin/env bash
# Builds the image for every platform and pushes it: REGISTRY=registry.example/team TAG=1.2.3 deploy/images/push.sh
# Nothing is compiled in the image, so that other platforms need no emulation but for the packages' installation.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${REGISTRY:?REGISTRY is not set; for example REGISTRY=registry.example/team TAG=1.2.3 make push}"
: "${TAG:?TAG is not set; for example REGISTRY=registry.example/team TAG=1.2.3 make push}"
base="${BASE:-node:24-bookworm-slim}"
platforms="${PLATFORMS:-linux/amd64,linux/arm64}"
docker buildx version >/dev/null 2>&1 || {
  echo 'push: docker buildx was not found; install the buildx plug-in of Docker' >&2
  exit 1
}
docker buildx build --platform "$platforms" --build-arg "BASE=$base" --file deploy/images/Dockerfile \
  --tag "$REGISTRY/node-doctor:$TAG" --push .
echo "pushed $REGISTRY/node-doctor:$TAG for $platforms"
