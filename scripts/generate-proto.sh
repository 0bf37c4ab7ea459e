#!/usr/bin/env bash
# Makes libs/proto from proto/: the TypeScript of every message and service, and the descriptors that reflection serves.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
cd proto
buf lint
rm -rf ../libs/proto
buf generate
# With the comments: `grpcurl describe` shows them.
buf build --as-file-descriptor-set -o ../libs/proto/descriptors.binpb
