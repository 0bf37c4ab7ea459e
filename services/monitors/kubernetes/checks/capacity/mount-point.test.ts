import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mountPointOf } from './mount-point.ts'

const line = (point: string) => `36 35 98:0 / ${point} rw,noatime master:1 - ext4 /dev/root rw`
const text = ['/', '/var', '/var/lib/containerd', '/var/lib/my\\040disk'].map(line).join('\n')

test.each([
  ['/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs', '/var/lib/containerd'],
  ['/var/lib/containerd', '/var/lib/containerd'],
  ['/var/lib/containerd2/x', '/var'],
  ['/var/lib/my disk/images', '/var/lib/my disk'],
  ['/opt', '/'],
])('%s lies on %s', (path, point) => {
  expect(mountPointOf(text, path)).toBe(point)
})

test('of no list nothing is known, whatever stands in it', () => {
  expect(mountPointOf('', '/var')).toBeUndefined()
  fc.assert(
    fc.property(fc.string(), fc.string(), (some, path) => {
      const point = mountPointOf(some, `/${path}`)
      return point === undefined || point === '/' || `/${path}/`.startsWith(`${point}/`)
    }),
  )
})
