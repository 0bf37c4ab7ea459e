import { expect, test } from 'vitest'
import { parseRemoteMounts, remoteMountOf } from './mounts.ts'

// Linux 6.1, a node with NFS, sshfs, and a container's view of it below /host.
const MOUNTINFO = `21 1 259:1 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw
22 21 0:20 / /proc rw,nosuid shared:2 - proc proc rw
31 21 0:40 / /mnt/nfs rw,relatime shared:9 - nfs4 10.0.0.9:/export rw,vers=4.2,hard
32 31 0:41 / /mnt/nfs/a\\040b rw,relatime shared:10 - fuse.sshfs me@there:/ rw,user_id=0
33 21 259:2 / /var rw,relatime shared:11 - xfs /dev/nvme0n1p2 rw
34 21 0:42 / /host/mnt/nfs rw,relatime - nfs 10.0.0.9:/export rw
35 21 0:43 / /mnt/nfs rw,relatime shared:12 - nfs4 10.0.0.9:/other rw
36 21 0:44 / /dev/mqueue rw - mqueue mqueue rw
`

test('finds the mounts that others answer for, of several at one place the last', () => {
  const mounts = parseRemoteMounts(MOUNTINFO)
  expect(mounts.map(({ id }) => id)).toEqual(['31', '32', '34', '35'])
  const of = (path: string, root = '') => remoteMountOf(mounts, root, root + path)
  expect(of('/mnt/nfs/x.log')).toBe('35 /mnt/nfs')
  expect(of('/mnt/nfs')).toBe('35 /mnt/nfs')
  expect(of('/mnt/nfs/a b/x.log')).toBe('32 /mnt/nfs/a b')
  expect(of('/mnt/nfs/x.log', '/host')).toBe('34 /host/mnt/nfs')
  for (const near of ['/mnt/nfs2/x.log', '/mnt', '/var/log/x.log', '/']) expect(of(near)).toBeUndefined()
})

test('a root that others answer for is no mount to wait for: everything would', () => {
  const mounts = parseRemoteMounts('21 1 0:1 / / rw - 9p root rw\n22 21 0:2 / /host rw - fuse.x x rw\n')
  expect(remoteMountOf(mounts, '', '/var/log/x.log')).toBeUndefined()
  expect(remoteMountOf(mounts, '/host', '/host/var/log/x.log')).toBeUndefined()
})

test('any other text has no mounts', () => {
  for (const text of ['', '\n', 'a - nfs', '1 2 3 4', ' - ']) expect(parseRemoteMounts(text)).toEqual([])
})
