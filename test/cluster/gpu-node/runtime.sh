#!/bin/sh
# runc on a node with the GPUs of setup.sh. Every container sees them on PCI, as the kernel shows them. Called as `nvidia` it is what the
# container runtime of NVIDIA is: a container that asks for GPUs and may use them (NVIDIA_VISIBLE_DEVICES, NVIDIA_DRIVER_CAPABILITIES) finds
# nvidia-smi in /usr/bin; while the file `broken` is there, as while the driver is, none is made.
here=/opt/nvidia-fake
bundle='' is_create='' previous=''
for argument; do
  case $previous in --bundle | -b) bundle=$argument ;; esac
  case $argument in create) is_create=yes ;; --bundle=*) bundle=${argument#--bundle=} ;; esac
  previous=$argument
done
config=$bundle/config.json
# mount DESTINATION SOURCE MODE
mount() { printf '{"destination":"%s","type":"bind","source":"%s","options":["rbind","rprivate","%s"]}' "$1" "$2" "$3"; }

if [ -n "$is_create" ]; then
  pci=$(mount /sys/bus/pci/devices /sys/bus/pci/devices ro)
  sed -i "s#{\"destination\":\"/sys\",\"type\":\"sysfs\"[^}]*}#&,$pci#" "$config"
fi
if [ -n "$is_create" ] && [ "${0##*/}" = nvidia ] && grep -q '"NVIDIA_VISIBLE_DEVICES=all"' "$config"; then
  if [ -e "$here/broken" ]; then
    echo 'nvidia-container-cli: initialization error: nvml error: driver not loaded' >&2
    exit 1
  fi
  if grep -Eq '"NVIDIA_DRIVER_CAPABILITIES=([a-z,]*utility[a-z,]*|all)"' "$config"; then
    programs=$(mount "$here" "$here" rw),$(mount /usr/bin/nvidia-smi "$here/entry" ro)
    sed -i "s#\"mounts\":\\[#&$programs,#" "$config"
  fi
fi
exec runc "$@"
