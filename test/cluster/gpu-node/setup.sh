#!/bin/sh
# setup.sh: run as root on a node with containerd, in /opt/nvidia-fake, which test/fakes/nvidia-smi/make.sh filled and where this folder's files
# lie. From then on the node has as many GPUs on PCI as the file `gpus` says, their driver loaded, and a runtime `nvidia`. takedown.sh ends it.
set -eu
here=/opt/nvidia-fake
made=$here/made
containerd=/etc/containerd/config.toml
first=131 # the bus 83 of the captures; those after it are eight apart

chmod 755 "$here/runtime.sh"
ln -sfn runtime.sh "$here/nvidia"
ln -sfn runtime.sh "$here/plain"
printf '#!/bin/sh\nexec %s/nvidia-smi "$@"\n' "$here" >"$here/entry"
chmod 755 "$here/entry"
: >"$here/asked"
chmod 666 "$here/asked" "$here/state"

mkdir -p "$made/pci" "$made/module/nvidia" "$made/driver/nvidia"
gpu=0
while [ "$gpu" -lt "$(cat "$here/gpus")" ]; do
  device=$made/pci/0000:$(printf '%02x' $(((first + gpu * 8) % 256))):00.0
  mkdir -p "$device"
  echo 0x10de >"$device/vendor"
  echo 0x2335 >"$device/device"
  echo 0x030200 >"$device/class"
  ln -sfn ../../../drivers/nvidia "$device/driver"
  gpu=$((gpu + 1))
done
version=$(awk -F'\t' '$2 == "DRIVER version" { print $3; exit }' "$here/capture.tsv")
echo "$version" >"$made/module/nvidia/version"
echo "NVRM version: NVIDIA UNIX x86_64 Kernel Module  $version  Release Build" >"$made/driver/nvidia/version"
mount -t overlay -o "ro,lowerdir=$made/pci:/sys/bus/pci/devices" nvidia-fake /sys/bus/pci/devices
mount -t overlay -o "ro,lowerdir=$made/module:/sys/module" nvidia-fake /sys/module
mount --bind "$made/driver" /proc/driver

cp "$containerd" "$here/containerd.toml"
cat >>"$containerd" <<'TOML'
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  BinaryName = "/opt/nvidia-fake/plain"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.nvidia.options]
  BinaryName = "/opt/nvidia-fake/nvidia"
TOML
systemctl restart containerd
