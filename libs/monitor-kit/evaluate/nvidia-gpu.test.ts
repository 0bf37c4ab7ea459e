import { expect, test } from 'vitest'
import { isGivenAway, nvidiaGpuKind } from './nvidia-gpu.ts'

test.each([
  ['an H200', '0x10de\n', '0x030200\n', 'compute'],
  ['a card with screens', '0x10de\n', '0x030000\n', 'display'],
  ['its audio', '0x10de\n', '0x040300\n', undefined],
  ['an NVSwitch', '0x10de\n', '0x068000\n', undefined],
  ['a GPU of somebody else', '0x8086\n', '0x030000\n', undefined],
  ['what cannot be read', undefined, undefined, undefined],
])('knows what %s is there for', (_, vendor, pciClass, kind) => {
  expect(nvidiaGpuKind(vendor, pciClass)).toBe(kind)
})

test('one that a virtual machine has is not this node’s', () => {
  const given = (driver: string | undefined) => isGivenAway({ driver })
  const away = ['vfio-pci', 'nvgrace-gpu-vfio-pci', 'pci-stub', 'pciback', 'xen-pciback']
  expect(away.filter((driver) => !given(driver))).toEqual([])
  expect(['nvidia', 'nvidia-vgpu-vfio', 'nouveau', undefined].filter(given)).toEqual([])
})
