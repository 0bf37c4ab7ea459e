#!/usr/bin/env bash
# Builds the image for every platform and pushes it, and the same as TAG-npd under node-problem-detector's paths: REGISTRY=registry.example/team TAG=1.2.3 deploy/images/push.sh
# BASE, NATS_VERSION and NATS_SHA256 as in build.sh. Ends with the digest by which deployments can name what was pushed.
# Nothing is compiled in the image, so that other platforms need no emulation but for the packages' installation. A build compiles
# node-doctor npd for its own platform alone (docs/deploying.md says how the others get theirs).
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${REGISTRY:?REGISTRY is not set; for example REGISTRY=registry.example/team TAG=1.2.3 make push}"
: "${TAG:?TAG is not set; for example REGISTRY=registry.example/team TAG=1.2.3 make push}"
base="${BASE:-node:24.21.0-bookworm-slim}"
platforms="${PLATFORMS:-linux/amd64,linux/arm64}"
docker buildx version >/dev/null 2>&1 || {
  echo 'push: docker buildx was not found; install the buildx plug-in of Docker' >&2
  exit 1
}
case "$base" in
*@sha256:*) ;;
*) echo "push: $base may be another image tomorrow; BASE=$base@sha256:… builds on exactly one" >&2 ;;
esac
for platform in ${platforms//,/ }; do
  # As Node calls it, whose name is in the file's.
  arch="${platform#linux/}"
  if [ "$arch" = amd64 ]; then arch=x64; fi
  compgen -G "dist/npd.v*-$arch.code" >/dev/null ||
    echo "push: dist/ has no compiled code of node-doctor npd for $platform; it starts there at twice the processor time" >&2
done
# What is not said has its default in the Dockerfile.
pins=(--build-arg "BASE=$base")
for name in NATS_VERSION NATS_SHA256; do
  if [ -n "${!name:-}" ]; then pins+=(--build-arg "$name=${!name}"); fi
done
metadata="$(mktemp)"
trap 'rm -f "$metadata"' EXIT
docker buildx build --platform "$platforms" "${pins[@]}" --file deploy/images/Dockerfile --metadata-file "$metadata" \
  --tag "$REGISTRY/node-doctor:$TAG" --push .
docker buildx build --platform "$platforms" "${pins[@]}" --file deploy/images/Dockerfile --target npd \
  --tag "$REGISTRY/node-doctor:$TAG-npd" --push .
digest="$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]*\)".*/\1/p' "$metadata")"
echo "pushed $REGISTRY/node-doctor:$TAG for $platforms${digest:+; by digest: $REGISTRY/node-doctor@$digest}"
