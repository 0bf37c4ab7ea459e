#!/bin/sh
# Makes the folders of the host that the services write, each for the user that writes it. The only thing that runs as
# root; it needs CHOWN and FOWNER, and ends. What is there already keeps its contents.
#   prepare.sh [RUN [STATE]]   the host's /run/node-doctor and /var/lib/node-doctor, where they are mounted
#   prepare.sh --pod USER [SOCKET [STATE]]   a monitor's two folders, where it is in a pod of its own
#   prepare.sh --remediation [RUN [STATE]]   the folders of the remediator and of host-actions, which are a pod of their own; as group 65112
#   prepare.sh --host-actions [FOLDER]   the folder of the machine in which host-actions has its socket, by itself: as root of group 65112
# HISTORY_USER: who writes the page's history, where that is not the http-exporter (65103).
# MONITORS_USER: who writes what all monitors keep, where they are one process.
# PLUGIN_USER: whom plug-ins run as, where that is not 65107.
# NETWORK_USER: whom the monitor of the network runs as, where that is not 65105.
# GPU_USER: whom the monitor of GPUs runs as, where it is in this pod; else its folder is its own pod's to make.
# REMEDIATION: not empty where the pod of the remediator is deployed; then this one is group 65112 too.
set -eu
group=65100

# folder owner mode: the folder alone, in which others have theirs
hold() {
  mkdir -p "$1"
  chown "$2:$group" "$1"
  chmod "$3" "$1"
}

# folder owner mode: with all that is in it
own() {
  mkdir -p "$1"
  # All of it: another user may have written there, in the deployment before, and the folder itself says nothing of what is in it. Root
  # without its capabilities may look into its own folders alone, so each is taken before it is entered.
  find "$1" -type d -exec chown 0:0 {} \; -exec chmod 0700 {} \;
  chown -R "$2:$group" "$1"
  chmod "$3" "$1"
}

# folder owner mode: one into which the remediator's group looks, which no other container has. Sockets and keys are of that group by the
# folder, so it is marked for that, which root without FSETID does for its own groups alone.
share() {
  mkdir -p "$1"
  chown "$2:65112" "$1"
  chmod "$3" "$1"
}

# In which the agent and the remediator meet: the detector's socket, and the remediator's key for the bus, which the detector writes.
# Whichever pod is first.
meet() {
  share "$1/detector" 65101 2750
  share "$1/remediator" 65101 2770
}

if [ "${1:-}" = --remediation ]; then
  run=${2:-/host-run}
  state=${3:-/host-state}
  meet "$run"
  share "$run/host-actions" 0 2750
  own "$run/remediator-lock" 65112 0700
  own "$state/remediator" 65112 0700
  exit
fi
if [ "${1:-}" = --host-actions ]; then
  share "${2:-/run/node-doctor/host-actions}" 0 2750
  exit
fi
if [ "${1:-}" = --pod ]; then
  socket=${3:-/socket}
  # The kubelet made both for root. Into that of the socket the detector alone of others may look, by its group 0.
  chown "$2:0" "$socket"
  chmod 2750 "$socket"
  own "${4:-/state}" "$2" 0700
  exit
fi
run=${1:-/host-run}
state=${2:-/host-state}

# By owner, not by the group, which every container of the pod has: whoever shares it gets no state, no lock and no place
# for a socket. The folder of a plug-in in another pod is made by the kubelet, and given to it by its own pod.
own "$run/bus" 65101 0700
hold "$run/monitors" 0 0755
[ -z "${REMEDIATION:-}" ] || meet "$run"
own "$run/locks" 65104 0700
own "$state/detector" 65101 0700
# Closed by root: what the log monitor, which is root without its capabilities, makes in its folder nobody of the node reaches.
hold "$state/monitors" 0 0700
own "$state/monitors/system" 65102 0700
own "$state/monitors/network" "${NETWORK_USER:-${MONITORS_USER:-65105}}" 0700
own "$state/monitors/kubernetes" "${MONITORS_USER:-65534}" 0700
own "$state/monitors/log" "${MONITORS_USER:-0}" 0700
own "$state/monitors/custom-plugin" "${PLUGIN_USER:-${MONITORS_USER:-65107}}" 0700
[ -z "${GPU_USER:-}" ] || own "$state/monitors/gpu" "${GPU_USER:-0}" 0700
own "$state/history" "${HISTORY_USER:-65103}" 0700
own "$state/k8s-exporter" 65104 0700
own "$state/external-exporter" 65109 0700
