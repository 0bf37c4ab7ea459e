#!/bin/sh
# A container's health without starting Node (a tenth of a second of processor time at each look): the service's event
# loop touches <folder of its socket>/alive every 5 s.
#   alive.sh FOLDER [--network | --start]
# With --start it also waits until the service is ready, so that a roll-out goes on at once and the question whether it is
# ready can be a rare one; but not for longer than half a minute: what it waits for may be elsewhere.
set -eu
file=$1/alive
# The container that holds the network has ended and was started with a new one. In the old one nobody finds this
# service: it ends, and the engine starts it in the new one.
if [ "${2:-}" = --network ] && [ ! -e /sys/class/net/eth0 ]; then
  echo 'the shared network is gone; ending to be started in the new one'
  kill -TERM 1
  exit 1
fi
if [ "${2:-}" = --start ] && [ ! -e "$1/ready" ]; then
  read -r up _ </proc/uptime
  # Field 22: when the first process began, in hundredths of a second since the machine did.
  # shellcheck disable=SC2046
  set -- "$1" $(cat /proc/1/stat)
  if [ $((${up%.*} - ${23} / 100)) -lt 30 ]; then
    echo 'not ready yet'
    exit 1
  fi
fi
touched=$(stat -c %Y "$file") || exit 1
age=$(($(date +%s) - touched))
if [ "$age" -gt 15 ]; then
  echo "the event loop was last seen $age s ago ($file)"
  exit 1
fi
