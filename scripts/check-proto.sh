#!/usr/bin/env bash
# Lints the protocols, and refuses a change that breaks who speaks the released ones (proto/released.binpb).
set -euo pipefail
cd "$(dirname "$0")/../proto"
buf lint
if [ -e released.binpb ]; then buf breaking --against released.binpb; fi
