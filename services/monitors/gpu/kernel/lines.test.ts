import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLines } from './lines.ts'
import { parseLine } from './parse-line.ts'

/** Which of the lines of one time and level are heard. */
function heard(...texts: readonly string[]): readonly string[] {
  const lines = createLines()
  return texts.filter((text, i) => lines.hears(text, i > 0))
}

const XID = 'NVRM: Xid (PCI:0000:83:00): 79, pid=1, name=x, GPU has fallen off the bus.'
const SEGFAULT = 'x[42]: segfault at 0 ip 0000000000401136 sp 00007ffd0 error 4 in x'
const REST = '[400000+1000] likely on CPU 3 (core 3, socket 0)'

test('what stands behind a line break in the name of a file is not heard', () => {
  expect(heard(SEGFAULT, `${XID}${REST}`)).toEqual([SEGFAULT])
  expect(heard(SEGFAULT, 'NVRM: GPU at PCI:0000:83:00: GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11', XID)).toEqual([
    SEGFAULT,
  ])
})

test('nor where the process is called as the driver’s lines begin', () => {
  for (const name of [
    'NVRM:',
    'NVRM: Xid (PCI:',
    'NVRM: GPU 0000:',
    'NVRM: GPU at PC',
    'nvidia-nvswitch',
    'a 0000:83:00.0:',
  ])
    expect(heard(`${name}${SEGFAULT.slice(1)}`, XID)).toHaveLength(1)
})

test('nor behind what the kernel says of a process that is called as a device is', () => {
  expect(heard('x 0000:80:01.0: invoked oom-killer: gfp_mask=0xcc0', XID)).toHaveLength(1)
})

test('an XID is heard behind whatever else the driver says in the same microsecond, but behind no XID’s name', () => {
  for (const line of ['NVRM: GPU Board Serial Number: 1653423012345', 'NVRM: nvAssertFailedNoLog: Assertion failed: 0'])
    expect(heard(line, XID)).toEqual([line, XID])
  expect(heard('NVRM: GPU Board Serial Number: 1', 'x of somebody else')).toHaveLength(1)
})

test('a line of another time or level is a record of its own', () => {
  const lines = createLines()
  expect([SEGFAULT, XID].map((text) => lines.hears(text, false))).toEqual([true, true])
})

test.each([
  ['NVRM: GPU at PCI:0000:83:00: GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11', XID],
  [XID, 'NVRM: Xid (PCI:0000:83:00): 154, GPU recovery action changed from 0x0 (None) to 0x1 (GPU Reset Required)'],
  [
    'NVRM: GPU 0000:83:00.0: RmInitAdapter failed! (0x26:0x56:1474)',
    'NVRM: rm_init_adapter failed, device minor number 0',
  ],
  [
    'NVRM: The NVIDIA GPU 0000:83:00.0',
    'NVRM: (PCI ID: 10de:2335) installed in this system has',
    'NVRM: fallen off the bus and is not responding to commands.',
  ],
  [
    "NVRM: API mismatch: the client 'nvidia-smi' (pid 4242)",
    'NVRM: has the version 590.48.01, but this kernel module has',
    'NVRM: the version 580.65.06.  Please make sure that this',
  ],
  [
    'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress non-posted PRIV error',
    'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 20034, Fatal, Link 30 LTSSM Fault Up',
  ],
  [
    'pcieport 0000:80:01.0: AER: Uncorrected (Fatal) error received: 0000:83:00.0',
    'nvidia 0000:83:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)',
  ],
])('behind the driver’s own words lines of one time are heard: %s', (...texts) => {
  expect(heard(...texts)).toEqual(texts)
})

test('whatever a process is called, a line that begins with that lets nothing be heard', () => {
  const name = fc.string({ maxLength: 15 }).filter((text) => Buffer.byteLength(text) <= 15)
  const rest = fc.constantFrom(
    '[42]: segfault at 0',
    '[42] trap invalid opcode ip:0',
    ' invoked oom-killer: ',
    ': page allocation failure',
  )
  fc.assert(
    fc.property(name, rest, (called, words) => {
      expect(heard(`${called}${words} in x`, XID)).toHaveLength(1)
    }),
  )
  expect(parseLine(XID)).toMatchObject({ code: 79 })
})
