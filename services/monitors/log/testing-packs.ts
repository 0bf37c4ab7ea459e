/** What the rules of the packs are held against. */

/** Patterns of the Go Node Doctor's log monitor, each an alias of a rule here. */
export const GO_NODE_DOCTOR_NAMES: readonly string[] = `
oom-killer disk-io-error network-timeout kernel-panic memory-corruption device-failure filesystem-readonly kubelet-oom
kubelet-pleg-unhealthy kubelet-eviction kubelet-disk-pressure kubelet-memory-pressure kubelet-image-pull-failed
kubelet-cni-error kubelet-runtime-error kubelet-certificate-rotation kubelet-node-not-ready kubelet-api-connection-error
kubelet-volume-mount-error containerd-error docker-error cpu-thermal-throttle nfs-server-timeout nfs-stale-filehandle
numa-balancing-failure hardware-mce-error edac-uncorrectable-error edac-correctable-error vmxnet3-tx-hang
vmxnet3-nic-reset soft-lockup-storage conntrack-table-full conntrack-dropping netfilter-error iptables-error
iptables-sync-failed nic-link-down nic-driver-error nic-tx-timeout nic-firmware-error carrier-lost socket-buffer-overrun
tcp-retransmit-error arp-resolution-failed route-error calico-error flannel-error cilium-error cni-plugin-failed
ipvs-sync-error kube-proxy-error endpoint-sync-failed veth-error network-namespace-error pod-network-setup-failed
aws-eni-error azure-network-error nsx-error`
  .trim()
  .split(/\s+/)

/** Types and reasons of files that come with node-problem-detector: whoever runs both must be able to tell them apart. */
export const NPD_NAMES: readonly string[] = `
KernelDeadlock ReadonlyFilesystem XfsShutdown CperHardwareErrorFatal CperHardwareErrorCorrected KernelHasNoDeadlock
OOMKilling TaskHung UnregisterNetDevice KernelOops Ext4Error Ext4Warning IOError MemoryReadError DockerHung
FilesystemIsReadOnly XfsHasShutDown CorruptDockerImage CorruptDockerOverlay2 DockerContainerStartupFailure KubeletStart
DockerStart ContainerdStart FrequentKubeletRestart FrequentDockerRestart FrequentContainerdRestart`
  .trim()
  .split(/\s+/)

/** Lines that say that a condition is over. */
export const OVER_LINES: readonly { readonly condition: string; readonly entity: string; readonly text: string }[] = [
  { condition: 'CPUTooHot', entity: 'cpu:3', text: 'CPU3: Core temperature/speed normal' },
  { condition: 'CPUTooHot', entity: 'cpu:0', text: 'mce: CPU0: Package temperature/speed normal (total events = 12)' },
  { condition: 'NVMeControllerDown', entity: 'disk:nvme0', text: 'nvme nvme0: 8/0/0 default/read/poll queues' },
  { condition: 'RAIDDegraded', entity: 'disk:md0', text: 'md: md0: recovery done.' },
  {
    condition: 'MultipathPathLost',
    entity: 'disk:8:16',
    text: 'device-mapper: multipath: 253:2: Reinstating path 8:16.',
  },
  {
    condition: 'ThinPoolUnwritable',
    entity: 'disk:253:4',
    text: 'device-mapper: thin: 253:4: switching pool to write mode',
  },
  {
    condition: 'FilesystemForcedReadOnly',
    entity: 'disk:sda1',
    text: 'EXT4-fs (sda1): re-mounted 5a1c3f3e-7c29-4e4b-8a0d-0d7b7a1b2c3d r/w. Quota mode: none.',
  },
  {
    condition: 'FilesystemForcedReadOnly',
    entity: 'disk:dm-3',
    text: 'EXT4-fs (dm-3): mounted filesystem 5a1c3f3e-7c29-4e4b-8a0d-0d7b7a1b2c3d r/w with ordered data mode. Quota mode: none.',
  },
  {
    condition: 'FilesystemForcedReadOnly',
    entity: 'disk:sdb',
    text: 'BTRFS info (device sdb): first mount of filesystem 85c62d33-0829-4789-aa21-9f61fbcdd1ba',
  },
  // Linux 6.1 and 6.8, fs/ext4/super.c; Linux 4.19 and 6.8, fs/xfs; Linux 6.8, fs/btrfs
  { condition: 'FilesystemIOErrors', entity: 'disk:loop0', text: 'EXT4-fs (loop0): unmounting filesystem.' },
  {
    condition: 'FilesystemIOErrors',
    entity: 'disk:sdc',
    text: 'EXT4-fs (sdc): unmounting filesystem 5a1c3f3e-7c29-4e4b-8a0d-0d7b7a1b2c3d.',
  },
  { condition: 'FilesystemIOErrors', entity: 'disk:sdb', text: 'XFS (sdb): Unmounting Filesystem' },
  {
    condition: 'FilesystemIOErrors',
    entity: 'disk:dm-0',
    text: 'BTRFS info (device dm-0 state EA): last unmount of filesystem 85c62d33-0829-4789-aa21-9f61fbcdd1ba',
  },
  {
    condition: 'FilesystemIOErrors',
    entity: 'disk:nvme1n1',
    text: 'XFS (nvme1n1): Unmounting Filesystem 85c62d33-0829-4789-aa21-9f61fbcdd1ba',
  },
  { condition: 'FilesystemForcedReadOnly', entity: 'disk:loop0', text: 'EXT4-fs (loop0): unmounting filesystem.' },
  { condition: 'FilesystemShutDown', entity: 'disk:sdb1', text: 'XFS (sdb1): Unmounting Filesystem' },
  { condition: 'FilesystemShutDown', entity: 'disk:sdb1', text: 'XFS (sdb1): Ending clean mount' },
  { condition: 'FilesystemShutDown', entity: 'disk:dm-3', text: 'XFS (dm-3): Ending recovery (logdev: internal)' },
  { condition: 'NFSServerNotResponding', entity: 'nfs:10.0.0.5', text: 'nfs: server 10.0.0.5 OK' },
  {
    condition: 'NICLinkDown',
    entity: 'nic:eno1',
    text: 'e1000e 0000:00:1f.6 eno1: NIC Link is Up 1000 Mbps Full Duplex, Flow Control: None',
  },
  { condition: 'NICLinkDown', entity: 'nic:ens1f0', text: 'mlx5_core 0000:5e:00.0 ens1f0: Link up' },
  { condition: 'NICLinkDown', entity: 'nic:eth0', text: 'IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready' },
  {
    condition: 'BondMemberDown',
    entity: 'nic:eth0',
    text: 'bond0: link status definitely up for interface eth0, 10000 Mbps full duplex',
  },
  {
    condition: 'BondMemberDown',
    entity: 'nic:ens1f0',
    text: 'bond0: (slave ens1f0): link status definitely up, 25000 Mbps full duplex',
  },
  { condition: 'BondDown', entity: 'nic:bond0', text: 'bond0: active interface up!' },
  { condition: 'NICCarrierLost', entity: 'nic:ens192', text: 'ens192: Gained carrier' },
]

/** What stands in the logs of a node that is well, or that does what it was told: no rule tells any of it. */
export const ORDINARY_LINES: readonly string[] = [
  // Linux, at its start
  'Linux version 6.8.0-45-generic (buildd@lcy02-amd64-115) (x86_64-linux-gnu-gcc-13) #45-Ubuntu SMP PREEMPT_DYNAMIC',
  'Command line: BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro panic=10 oops=panic nmi_watchdog=1 errors=remount-ro',
  'mce: CPU supports 20 MCE banks',
  'EDAC MC: Ver: 3.0.0',
  'GHES: HEST is not enabled!',
  'pcieport 0000:00:1c.0: AER: enabled with IRQ 122',
  "thermal_sys: Registered thermal governor 'step_wise'",
  'rcu: Hierarchical RCU implementation.',
  'NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.',
  'nvme nvme0: pci function 0000:01:00.0',
  'nvme 0000:01:00.0: platform quirk: setting simple suspend',
  'sd 0:0:0:0: [sda] 500118192 512-byte logical blocks: (256 GB/238 GiB)',
  'EXT4-fs (sda1): mounted filesystem 5a1c3f3e-7c29-4e4b-8a0d-0d7b7a1b2c3d ro with ordered data mode. Quota mode: none.',
  'EXT4-fs (sda1): orphan cleanup on readonly fs',
  'XFS (nvme1n1): Mounting V5 Filesystem 85c62d33-0829-4789-aa21-9f61fbcdd1ba',
  'BTRFS info (device sda2): using crc32c (crc32c-intel) checksum algorithm',
  'md/raid1:md0: active with 2 out of 2 mirrors',
  'tg3 0000:02:00.0 eth0: Link is up at 1000 Mbps, full duplex',
  'bond0: (slave ens1f1): making interface the new active one',
  'nfs4: Deactivated NFSv4 client',
  // of containers coming and going
  'cni0: port 3(veth1a2b3c4d) entered blocking state',
  'cni0: port 3(veth1a2b3c4d) entered disabled state',
  'docker0: port 1(vethd2d77919) entered forwarding state',
  'eth0: renamed from veth5b6c7d8e',
  'IPv6: ADDRCONF(NETDEV_CHANGE): veth5b6c7d8e: link becomes ready',
  'IPv6: ADDRCONF(NETDEV_UP): cali0f1e2d3c4b5: link is not ready',
  'veth88257c9e: Lost carrier',
  'cali0f1e2d3c4b5: Lost carrier',
  'lxc_health: Lost carrier',
  'flannel.1: Lost carrier',
  'overlayfs: upper fs does not support RENAME_WHITEOUT',
  // of auditing and confinement
  'audit: type=1400 audit(1700000000.123:456): apparmor="DENIED" operation="open" profile="cri-containerd.apparmor.d" name="/proc/kcore" pid=4242 comm="cat" requested_mask="r" denied_mask="r" fsuid=0 ouid=0',
  'audit: type=1326 audit(1700000000.123:457): auid=4294967295 uid=0 gid=0 ses=4294967295 pid=4242 comm="app" exe="/app" sig=31 arch=c000003e syscall=435 compat=0 ip=0x7f0c code=0x80000000',
  'audit: backlog limit exceeded',
  // of programs that fail by themselves
  'app[4711]: segfault at 0 ip 0000000000401136 sp 00007ffc1a2b3c40 error 6 in app[401000+1000]',
  'traps: node[4242] trap int3 ip:55d1c0f0a1b2 sp:7ffd0a1b2c30 error:0 in node[55d1bf000000+2c00000]',
  'python3[988]: MemoryError: out of memory in worker 3',
  'java.io.IOException: Input/output error',
  'ERROR: connection timed out; no route to host',
  'USB device not accepting address 4, error -71: enumeration failed once, retried',
  'docker build failed: exit code 1',
  'runtime error: index out of range [5] with length 3',
  'Warning: genie engine error rate 0.1',
  'cron[812]: (root) CMD (test -x /usr/sbin/anacron)',
  // systemd, kubelet, containerd, kube-proxy
  'Started Session 12 of User root.',
  'kubelet.service: Consumed 1min 2.3s CPU time.',
  'I0911 17:00:00.000000    2011 kubelet.go:2421] "SyncLoop ADD" source="api" pods=["default/web"]',
  'E0911 17:00:00.000000    2011 remote_runtime.go:432] "ContainerStatus from runtime service failed" err="rpc error: code = NotFound desc = an error occurred when try to find container: not found" containerID="4c1d"',
  'E0911 17:00:00.000000    2011 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"web\\" with CrashLoopBackOff: \\"back-off 5m0s restarting failed container\\"" pod="default/web"',
  'I0911 17:00:00.000000    2011 prober.go:107] "Probe failed" probeType="Readiness" pod="default/web" podUID="3a1c" containerName="web" probeResult="failure" output="HTTP probe failed with statuscode: 503"',
  'time="2024-02-11T08:00:00Z" level=info msg="StopContainer for \\"4c1d\\" with timeout 30 (s)"',
  'time="2024-02-11T08:00:00Z" level=warning msg="container event discarded" container=4c1d type=CONTAINER_STOPPED_EVENT',
  'I0911 17:00:00.000000       1 proxier.go:825] "SyncProxyRules complete" elapsed="60.2ms"',
]
