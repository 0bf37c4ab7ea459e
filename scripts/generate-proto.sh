#!/usr/bin/env bash
# Makes libs/proto from proto/: the TypeScript of every message and service, and the descriptors that reflection serves.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
cd proto
buf lint
rm -rf ../libs/proto
buf generate
buf build --as-file-descriptor-set --exclude-source-info -o ../libs/proto/descriptors.binpb
