/** The overlay in node-problem-detector's shape, and the files of that image: held against what v1.36.0 has. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compileToEnd } from '#pattern'
import { readNpdFile } from '../../libs/config/npd/read.ts'
import { linesOf, NOTHING } from '../../libs/config/npd/testing-npd.ts'
import { find, type KubeObject, overlay, parseObjects, ROOT } from './objects.ts'

const CONFIG = join(ROOT, 'deploy/kustomize/overlays/npd/config')
// `go mod download k8s.io/node-problem-detector@v1.36.0` puts it there.
const CACHE = process.env['GOMODCACHE'] ?? join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'pkg/mod')
const THEIRS = join(CACHE, 'k8s.io/node-problem-detector@v1.36.0')
const reason = existsSync(THEIRS) ? '' : `(skipped: node-problem-detector v1.36.0 is not in ${CACHE})`

interface NpdFile {
  readonly conditions?: readonly { readonly type: string; readonly reason: string }[]
  readonly rules?: readonly { readonly condition?: string; readonly reason: string; readonly pattern: string }[]
}

function file(name: string, folder = CONFIG): NpdFile {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as NpdFile
}

const NAMES = readdirSync(CONFIG).filter((name) => name.endsWith('.json'))

describe.skipIf(reason !== '')(`the overlay npd ${reason}`, () => {
  const theirs = () =>
    ['node-problem-detector.yaml', 'rbac.yaml'].flatMap((name) =>
      parseObjects(readFileSync(join(THEIRS, 'deployment', name), 'utf8')),
    )
  const podOf = (objects: readonly KubeObject[]) =>
    find(objects, 'DaemonSet', 'node-problem-detector').spec?.template?.spec

  it('has the names, account, role, flags, rights, limits and mounts of theirs', () => {
    const ours = overlay('npd')
    for (const kind of ['ServiceAccount', 'ClusterRoleBinding']) {
      const [their] = theirs().filter((object) => object.kind === kind)
      expect(ours.filter((object) => object.kind === kind)).toEqual([their])
    }
    const [pod, their] = [podOf(ours), podOf(theirs())]
    const [{ image: _ours, ...container }, { image: _theirs, ...original }] = [
      { ...pod?.containers[0] },
      { ...their?.containers[0] },
    ]
    expect(container).toEqual(original)
    expect(pod?.serviceAccountName).toBe(their?.serviceAccountName)
    expect(pod?.hostNetwork).toBe(their?.hostNetwork)
    expect(pod?.volumes?.map(({ name }) => name)).toEqual(their?.volumes?.map(({ name }) => name))
    expect(new Set(pod?.tolerations)).toEqual(new Set(their?.tolerations))
  })

  it.each(NAMES.filter((name) => !name.startsWith('system-stats')))(
    'says in %s the condition types and reasons of theirs',
    (name) => {
      const [ours, original] = [file(name), file(name, join(THEIRS, 'config'))]
      expect(ours.conditions).toEqual(original.conditions)
      const reasons = ({ rules = [] }: NpdFile) =>
        new Set(rules.map((rule) => `${rule.condition ?? ''} ${rule.reason}`))
      expect([...reasons(original)].filter((each) => !reasons(ours).has(each) && each !== ' NTPIsDown')).toEqual([])
    },
  )
})

describe('the files of the image', () => {
  it.each(NAMES)('%s is taken without a fault or a warning', async (name) => {
    const read = await readNpdFile({ path: join(CONFIG, name), kind: undefined, named: 'npd.dir' }, NOTHING, {
      lookForPrograms: false,
    })
    expect(linesOf([...read.faults, ...read.warnings])).toEqual([])
    expect(read.config).toBeDefined()
  })

  it('are those that the overlay shows, which its flags name', () => {
    const objects = overlay('npd')
    const map = objects.find(({ kind }) => kind === 'ConfigMap')
    const flags = find(objects, 'DaemonSet', 'node-problem-detector').spec?.template?.spec.containers[0]?.command ?? []
    for (const path of (flags.at(-1) ?? '').split('=')[1]?.split(',') ?? []) {
      const name = path.replace('/config/', '')
      expect(map?.data?.[name]).toBe(readFileSync(join(CONFIG, name), 'utf8'))
    }
  })

  const found = (name: string, line: string) =>
    (file(name).rules ?? []).filter((rule) => compileToEnd(rule.pattern).test(line)).map((rule) => rule.reason)

  it.each([
    // What node-problem-detector's own files miss (B9), and what they tell.
    ['BUG: kernel NULL pointer dereference, address: 0000000000000008', ['KernelOops']],
    ['BUG: unable to handle page fault for address: ffffb1c2c0a3d000', ['KernelOops']],
    ['BUG: unable to handle kernel NULL pointer dereference at 0000000000000010', ['KernelOops']],
    ['Oops: divide error: 0000 [#1] PREEMPT SMP NOPTI', ['KernelOops']],
    ['divide error: 0000 [#1] SMP', ['KernelOops']],
    ['general protection fault, probably for non-canonical address 0xdead: 0000 [#1] SMP PTI', ['KernelOops']],
    ['XFS (sdb1): Filesystem has been shut down due to log error (0x2).', ['XfsHasShutdown']],
    ['XFS (sda1): Corruption of in-memory data detected.  Shutting down filesystem', ['XfsHasShutdown']],
    ['I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2', ['IOError']],
    ['blk_update_request: critical medium error, dev sdb, sector 12345 op 0x0:(READ)', ['IOError']],
    ['Buffer I/O error on dev sda, logical block 0, async page read', ['IOError']],
    ['watchdog: BUG: soft lockup - CPU#3 stuck for 22s! [kworker/3:1:1234]', ['CPUSoftLockup']],
    ['rcu: INFO: rcu_sched self-detected stall on CPU', ['RCUStallDetected']],
    ['rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:', ['RCUStallDetected']],
    [
      'nvme nvme0: I/O tag 12 (100c) opcode 0x2 (I/O Cmd) QID 4 timeout, aborting req_op:READ(0) size:4096',
      ['NVMeTimeout'],
    ],
    [
      'Out of memory: Killed process 1234 (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB',
      ['OOMKilling'],
    ],
    ['Killed process 77, UID 0, (java) total-vm:1kB, anon-rss:1kB, file-rss:0kB', ['OOMKilling']],
    ['INFO: task docker:20744 blocked for more than 120 seconds.', ['TaskHung', 'DockerHung']],
    ['unregister_netdevice: waiting for eth0.1 to become free. Usage count = 2', ['UnregisterNetDevice']],
    ['{1}[Hardware Error]: event severity: fatal', ['CperHardwareErrorFatal']],
    ['EXT4-fs error (device sda1): ext4_lookup:1602: inode #2: comm ls', ['Ext4Error']],
    ['EXT4-fs (sda1): mounted filesystem with ordered data mode', []],
    ['XFS (sda1): Mounting V5 Filesystem', []],
    ['nvme nvme0: 8/0/0 default/read/poll queues', []],
  ])('say of the kernel’s line %s: %j', (line, reasons) => {
    expect(found('kernel-monitor.json', line)).toEqual(reasons)
  })

  it.each([
    ['readonly-monitor.json', 'EXT4-fs (sda1): Remounting filesystem read-only', ['FilesystemIsReadOnly']],
    ['readonly-monitor.json', 'BTRFS info (device sda): forced readonly', ['FilesystemIsReadOnly']],
    ['readonly-monitor.json', 'EXT4-fs (sda1): mounted filesystem r/w', []],
    ['systemd-monitor.json', 'Started kubelet.service - kubelet: The Kubernetes Node Agent.', ['KubeletStart']],
    ['systemd-monitor.json', 'Started Kubernetes kubelet.', ['KubeletStart']],
    ['systemd-monitor.json', 'Starting containerd.service - containerd container runtime...', ['ContainerdStart']],
    ['systemd-monitor.json', 'Started kubeletish.', []],
    [
      'docker-monitor.json',
      'x returned error: readlink /var/lib/docker/overlay2: invalid argument',
      ['CorruptDockerOverlay2'],
    ],
  ])('say in %s of %s: %j', (name, line, reasons) => {
    expect(found(name, line)).toEqual(reasons)
  })
})
