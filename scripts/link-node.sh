#!/bin/sh
# Puts the pinned Node at node_modules/.bin/node. npm 10 leaves it out, since the packages of all platforms name it.
set -eu
cd "$(dirname "$0")/.."
for node in node_modules/node-linux-*/bin/node; do
  [ -x "$node" ] || continue
  ln -sf "../${node#node_modules/}" node_modules/.bin/node
done
