import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  accessOf,
  answersFromMemory,
  mountOf,
  mountsBelow,
  parseFstab,
  parseMountinfo,
  selectMounts,
  turnedReadOnly,
} from './mounts.ts'

/** A worker of a cluster: partitions, pods, images, a share, mounts over mounts. */
const WORKER = `22 27 0:21 / /proc rw,relatime shared:13 - proc proc rw
27 1 259:2 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p2 rw,errors=remount-ro
28 27 259:1 / /boot/efi rw,relatime shared:31 - vfat /dev/nvme0n1p1 rw,fmask=0022
29 27 259:3 / /var rw,relatime shared:33 - xfs /dev/nvme0n1p3 rw,attr2
30 27 0:30 /@home /home rw shared:40 - btrfs /dev/sda1 rw,subvolid=256
31 27 0:31 /@data /srv/the\\040data rw shared:41 - btrfs /dev/sda1 rw,subvolid=257
32 27 0:45 / /mnt/share rw shared:42 - nfs4 10.0.0.9:/share rw,vers=4.2
33 32 8:33 / /mnt/share/local rw - ext4 /dev/sdc1 rw
34 29 259:3 /lib/docker /var/lib/docker rw shared:33 - xfs /dev/nvme0n1p3 rw,attr2
35 34 0:50 / /var/lib/docker/overlay2/a/merged rw - overlay overlay rw,lowerdir=/l
36 29 8:16 / /var/lib/kubelet/pods/0c8b/volumes/kubernetes.io~csi/pvc-1/mount rw - ext4 /dev/sdb rw
37 27 7:1 / /snap/core/1 ro,nodev - squashfs /dev/loop1 ro
38 27 0:60 / /run rw,nosuid shared:5 - tmpfs tmpfs rw,mode=755
39 27 8:48 / /old rw - ext4 /dev/sdd rw
40 27 8:49 / /old rw - ext4 /dev/sde rw
41 27 8:64 / /covered/inner rw - ext4 /dev/sdf rw
42 27 8:65 / /covered rw - ext4 /dev/sdg rw
`

const mounts = parseMountinfo(WORKER)!

test('each local file system is watched once, at the mount that shows all of it', () => {
  expect(selectMounts(mounts).map(({ mountPoint, source }) => [mountPoint, source])).toEqual([
    ['/', '/dev/nvme0n1p2'],
    ['/boot/efi', '/dev/nvme0n1p1'],
    ['/covered', '/dev/sdg'],
    ['/home', '/dev/sda1'],
    ['/mnt/share/local', '/dev/sdc1'],
    ['/old', '/dev/sde'],
    ['/var', '/dev/nvme0n1p3'],
  ])
})

test('a container without the host sees its disk through what is mounted into it', () => {
  const container = `900 800 0:70 / / rw - overlay overlay rw,lowerdir=/l
901 900 259:2 /var/lib/docker/containers/a/hosts /etc/hosts rw - ext4 /dev/nvme0n1p2 rw
902 900 259:2 /srv/config /etc/node-doctor ro - ext4 /dev/nvme0n1p2 rw
`
  expect(selectMounts(parseMountinfo(container)!).map(({ mountPoint }) => mountPoint)).toEqual(['/etc/node-doctor'])
})

test('a container with the host below a prefix sees the host, by the host’s paths', () => {
  const container = `900 800 0:70 / / rw - overlay overlay rw,lowerdir=/l
901 900 259:2 / /host ro - ext4 /dev/nvme0n1p2 rw
902 901 259:3 / /host/var ro - xfs /dev/nvme0n1p3 rw
903 900 8:16 / /hosted ro - ext4 /dev/sdb rw
`
  const parsed = parseMountinfo(container)!
  expect(selectMounts(mountsBelow(parsed, '/host')).map(({ mountPoint }) => mountPoint)).toEqual(['/', '/var'])
  expect(mountsBelow(parsed, '/host/srv')).toEqual([])
})

test('a path belongs to the longest mount above it, the last one of several', () => {
  expect(mountOf('/var/log/syslog', mounts)?.source).toBe('/dev/nvme0n1p3')
  expect(mountOf('/various', mounts)?.source).toBe('/dev/nvme0n1p2')
  expect(mountOf('/old/file', mounts)?.source).toBe('/dev/sde')
  expect(mountOf('/srv/the data', mounts)?.type).toBe('btrfs')
  expect(mountOf('/x', [])).toBeUndefined()
})

test('only what has nothing of the network above it is asked in this process', () => {
  expect(answersFromMemory('/var', mounts)).toBe(true)
  expect(answersFromMemory('/run', mounts)).toBe(true)
  expect(answersFromMemory('/mnt/share', mounts)).toBe(false)
  expect(answersFromMemory('/mnt/share/local', mounts)).toBe(false)
  expect(answersFromMemory('/var', [])).toBe(false)
})

test('an emergency stop is told apart from read-only, and a read-only bind mount from both', () => {
  const line = (mount: string, fs: string) => parseMountinfo(`1 0 8:1 / / ${mount} - ext4 /dev/sda ${fs}`)![0]!
  expect(accessOf(line('rw', 'rw,discard,abort,emergency_ro'))).toBe('stopped')
  expect(accessOf(line('rw', 'rw,shutdown'))).toBe('stopped')
  expect(accessOf(line('ro', 'ro'))).toBe('read-only')
  expect(accessOf(line('ro', 'rw,errors=remount-ro'))).toBe('writable')
})

test('a mount that says rw over a file system that says ro tells that an error stopped it, but for those that say so from the start', () => {
  const mount = (type: string, options: string, superOptions: string) =>
    parseMountinfo(`27 1 254:0 / / ${options},relatime shared:1 - ${type} /dev/vda ${superOptions}`)![0]!
  expect(turnedReadOnly(mount('ext4', 'rw', 'ro,errors=remount-ro'))).toBe(true)
  expect(turnedReadOnly(mount('vfat', 'rw', 'ro'))).toBe(true)
  expect(turnedReadOnly(mount('ext4', 'ro', 'ro'))).toBe(false)
  expect(turnedReadOnly(mount('ext4', 'rw', 'rw'))).toBe(false)
  expect(turnedReadOnly(mount('ext4', 'ro', 'rw'))).toBe(false)
  expect(turnedReadOnly(mount('squashfs', 'rw', 'ro'))).toBe(false)
  expect(turnedReadOnly(mount('btrfs', 'rw', 'ro'))).toBe(false)
})

test('/etc/fstab says what shall be writable', () => {
  const text =
    '# a comment\nUUID=1 / ext4 errors=remount-ro 0 1\n/dev/sdb /img\\040s ext4 defaults,ro 0 0\nnone swap\n\n'
  expect(parseFstab(text)).toEqual(
    new Map([
      ['/', true],
      ['/img s', false],
    ]),
  )
})

test('lines that make no sense are left out, and no text makes it throw', () => {
  expect(parseMountinfo('garbage\n1 0 8:1 / /a rw - ext4 /dev/sda rw\n1 2 3\n')).toHaveLength(1)
  expect(parseMountinfo('')).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const parsed = parseMountinfo(`${WORKER}${a}\n5 6 1:1 /${b} /x rw - ext4 s rw`) ?? []
      selectMounts(parsed)
      mountOf(a, parsed)
      parseFstab(a)
    }),
  )
})

test('mounts that are each other’s parents do not make it loop', () => {
  const loop = '1 2 8:1 / /a rw - ext4 /dev/sda rw\n2 1 8:2 / /a rw - ext4 /dev/sdb rw\n'
  expect(selectMounts(parseMountinfo(loop)!).length).toBeGreaterThan(0)
})
