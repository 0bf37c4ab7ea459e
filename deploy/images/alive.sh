#!/bin/sh
# A container's health without starting Node (a tenth of a second of processor time at each look): the service's event
# loop touches <folder of its socket>/alive every 5 s.
#   alive.sh FOLDER [--network]
set -eu
file=$1/alive
# The container that holds the network has ended and was started with a new one. In the old one nobody finds this
# service: it ends, and the engine starts it in the new one.
if [ "${2:-}" = --network ] && [ ! -e /sys/class/net/eth0 ]; then
  echo 'the shared network is gone; ending to be started in the new one'
  kill -TERM 1
  exit 1
fi
touched=$(stat -c %Y "$file") || exit 1
age=$(($(date +%s) - touched))
if [ "$age" -gt 15 ]; then
  echo "the event loop was last seen $age s ago ($file)"
  exit 1
fi
