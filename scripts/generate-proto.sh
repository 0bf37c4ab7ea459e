#!/usr/bin/env bash
# Makes libs/proto from proto/: the TypeScript of every message and service, and the descriptors that reflection serves.
set -euo pipefail
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/.bin:$PATH"
cd proto
buf lint
rm -rf ../libs/proto
buf generate --exclude-path runtime
buf generate --template buf.gen.runtime.yaml --path runtime
# With the comments: `grpcurl describe` shows them. Of the CRI (runtime) none of ours is a server.
buf build --as-file-descriptor-set --exclude-path runtime -o ../libs/proto/descriptors.binpb
