#!/usr/bin/env bash
# Builds the monitor into a folder, dist/ by default: one file that needs the C library alone. Takes Rust 1.88 or newer;
# downloads its crates by Cargo.lock.
set -euo pipefail
out="$(realpath -m "${1:-$(dirname "$0")/dist}")"
cd "$(dirname "$0")"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$out/target}"
cargo build --quiet --release --locked
install -D -m 0755 "$CARGO_TARGET_DIR/release/key-quota" "$out/key-quota"
