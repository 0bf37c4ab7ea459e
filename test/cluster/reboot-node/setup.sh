# shellcheck shell=sh
# Run on a node that is a container with systemd: its logind answers, and every container on it reads the node's boot id, as on a machine.
# /run/boot_id has it, made anew at each start. The journal of repairs lies on a disk, not on the container's overlay.
set -eu
systemctl unmask systemd-logind.service
systemctl start dbus.socket systemd-logind.service
grep -q /var/lib/node-doctor /etc/fstab || echo '/var/lib/kubelet/node-doctor /var/lib/node-doctor none bind 0 0' >>/etc/fstab
mkdir -p /var/lib/kubelet/node-doctor /var/lib/node-doctor
mountpoint -q /var/lib/node-doctor || mount /var/lib/node-doctor
cat >/usr/local/sbin/nd-boot-id <<'HOOK'
#!/bin/sh
bundle=$(sed -n 's/.*"bundle": *"\([^"]*\)".*/\1/p')
exec mount --bind /run/boot_id "$bundle/rootfs/proc/sys/kernel/random/boot_id"
HOOK
chmod 755 /usr/local/sbin/nd-boot-id
ctr oci spec | sed '1s|{|{"hooks":{"createContainer":[{"path":"/usr/local/sbin/nd-boot-id"}]},|' >/etc/containerd/nd-base.json
grep -q base_runtime_spec /etc/containerd/config.toml ||
  sed -i '/runtime_type = "io.containerd.runc.v2"/a\      base_runtime_spec = "/etc/containerd/nd-base.json"' /etc/containerd/config.toml
systemctl restart containerd
busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager CanReboot
