#!/bin/sh
# A machine with that GPU, for a whole Node Doctor: what PCI and the kernel have of it, the program, and the configuration by which it is watched.
# Again with another state: what the program says from its next call on.
set -eu

usage='usage: machine.sh DIR CAPTURE [STATE]'
dir=${1:?"$usage"}
capture=${2:?"$usage"}
here=$(cd "$(dirname "$0")" && pwd)

mkdir -p "$dir/root/proc/sys/kernel/random" "$dir/root/sys/module/nvidia" "$dir/smi"
dir=$(cd "$dir" && pwd)
"$here/make.sh" "$dir/smi" "$capture" "${3:-idle}"

# "00000000:83:00.0" is 0000:83:00.0 of PCI.
place=$(awk -F '\t' '$1 == "csv" && $2 ~ /^pci\.bus_id/ { sub(/^0000/, "", $4); print tolower($4); exit }' "$dir/smi/capture.tsv")
version=$(awk -F '\t' '$1 == "csv" && $2 ~ /^driver_version/ { print $4; exit }' "$dir/smi/capture.tsv")
device="$dir/root/sys/bus/pci/devices/$place"
mkdir -p "$device" "$dir/root/sys/bus/pci/drivers/nvidia"
echo 0x10de >"$device/vendor"
echo 0x030200 >"$device/class"
ln -sfn ../../drivers/nvidia "$device/driver"
echo "$version" >"$dir/root/sys/module/nvidia/version"
cat /proc/sys/kernel/random/boot_id >"$dir/root/proc/sys/kernel/random/boot_id"
echo '0.1 0.1 0.1 1/400 2000' >"$dir/root/proc/loadavg"

cat >"$dir/config.yaml" <<END
apiVersion: node-doctor.io/v1alpha1
kind: NodeDoctorConfig
metadata: { name: fake-gpu }
settings: { hostRoot: $dir/root, runDir: $dir/run, stateDir: $dir/kept }
defaultMonitors: []
monitors:
  - { name: gpu, type: gpu-health-check, interval: 5s, timeout: 4s, config: { nvidiaSmi: $dir/smi/nvidia-smi } }
END
