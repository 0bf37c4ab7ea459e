#!/usr/bin/env bash
# Lints the protocols, and refuses a change that those who speak the released ones would not understand.
# `check-proto.sh --release` makes today's protocols the released ones.
set -euo pipefail
cd "${NODE_DOCTOR_PROTO:-$(dirname "$0")/../proto}"
if [ "${1:-}" = --release ]; then
  buf build --exclude-source-info -o released.binpb
  exit
fi
buf lint
buf breaking --against released.binpb
