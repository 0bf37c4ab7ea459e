#!/bin/sh
# Makes the folders of the host that the services write, each for the user that writes it. The only thing that runs as
# root; it needs CHOWN and FOWNER, and ends. What is there already keeps its contents.
#   prepare.sh [RUN [STATE]]   the host's /run/node-doctor and /var/lib/node-doctor, where they are mounted
set -eu
run=${1:-/host-run}
state=${2:-/host-state}
group=65100

# folder owner mode
own() {
  mkdir -p "$1"
  # Of another user from the deployment before (compact): all of it changes hands.
  [ "$(stat -c %u "$1")" = "$2" ] || chown -R "$2:$group" "$1"
  chown "$2:$group" "$1"
  chmod "$3" "$1"
}

own "$run/bus" 65101 0700
# Sockets of monitors in other pods. What is made here belongs to the group, so that the detector may connect.
own "$run/monitors" 0 2775
own "$run/locks" 0 2770
own "$state/detector" 65101 0750
own "$state/history" 65103 0750
own "$state/k8s-exporter" 65104 0750
