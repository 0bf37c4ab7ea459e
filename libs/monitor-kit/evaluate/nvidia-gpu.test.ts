import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isGivenAway, pciGpuOf } from './nvidia-gpu.ts'

// As of an H200 in a server; class, identifiers and driver are those that the kernel writes.
const H200 = 'DRIVER=nvidia\nPCI_CLASS=30200\nPCI_ID=10DE:2335\nPCI_SUBSYS_ID=10DE:18BE\nPCI_SLOT_NAME=0000:83:00.0\n'

test('knows a GPU of NVIDIA, what it is for, and who drives it', () => {
  expect(pciGpuOf('0000:83:00.0', H200)).toEqual({ place: '0000:83:00.0', kind: 'compute', driver: 'nvidia' })
  const display = 'PCI_CLASS=30000\nPCI_ID=10de:1e81\n'
  expect(pciGpuOf('0000:01:00.0', display)).toEqual({ place: '0000:01:00.0', kind: 'display', driver: undefined })
})

test.each([
  ['its audio', 'PCI_CLASS=40300\nPCI_ID=10DE:10F8\n'],
  ['an NVSwitch', 'DRIVER=nvidia-nvswitch\nPCI_CLASS=68000\nPCI_ID=10DE:22A3\n'],
  ['a GPU of somebody else', 'PCI_CLASS=30000\nPCI_ID=8086:3E92\n'],
  ['a class that only begins so', 'PCI_CLASS=302000\nPCI_ID=10DE:2335\n'],
  ['nothing', ''],
])('%s is none', (_, uevent) => {
  expect(pciGpuOf('0000:00:00.0', uevent)).toBeUndefined()
})

test('one that a virtual machine has is not this node’s', () => {
  const given = (driver: string | undefined) => isGivenAway({ place: '', kind: 'compute', driver })
  expect(['vfio-pci', 'pci-stub', 'nvidia', 'nouveau', undefined].map(given)).toEqual([true, true, false, false, false])
})

test('takes no text for a GPU that does not say both', () => {
  fc.assert(fc.property(fc.string(), (text) => pciGpuOf('0000:00:00.0', text) === undefined))
})
