import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KernelFact } from './facts.ts'
import { parseLine } from './parse-line.ts'
import { FALLEN, LOADED, MISMATCH, PLACE, recovery, xid } from './testing-lines.ts'
import { createWindow } from './window.ts'

const NAMED = { pid: 4242, process: 'python3' }

test.each<readonly [string, Partial<KernelFact>]>([
  [xid(79), { kind: 'xid', place: PLACE, code: 79, ...NAMED, text: 'Ch 00000010' }],
  ['NVRM: Xid (PCI:0000:83:00): 48, pid=<unknown>, name=<unknown>, DBE', { code: 48, text: 'DBE' }],
  ["NVRM: Xid (PCI:0000:83:00): 48, pid='<unknown>', name=<unknown>, DBE", { code: 48, text: 'DBE' }],
  [
    'NVRM: Xid (PCI:0000:83:00): 32, Channel ID 00000000 intr 00000200',
    { code: 32, text: 'Channel ID 00000000 intr 00000200' },
  ],
  ['NVRM: Xid (0000:83:00): 13, 0003 00000000 000090c0', { place: PLACE, code: 13, text: '0003 00000000 000090c0' }],
  ['NVRM: Xid (PCI:00000000:83:00.0): 79', { place: PLACE, code: 79, text: '' }],
  [xid(31, { mig: 'GPU-I:05' }), { code: 31, gi: 5 }],
  [xid(31, { mig: 'GPU-I:05 GPU-CI:00' }), { code: 31, gi: 5, ci: 0, ...NAMED }],
  [xid(13, { text: 'Exception on (GPC 0, TPC 1, SM 0): Out Of Range' }), { unit: 'GPC 0, TPC 1' }],
  [recovery(2), { code: 154, recovery: 'node-reboot' }],
  [recovery(0), { code: 154, recovery: 'none' }],
  [recovery(9), { code: 154, recovery: 'unknown' }],
  [
    xid(149, { text: 'NETIR_LINK_EVT  Fatal   XC0 i0 Link -1 (0x004505c6 0x00000000 0x0)' }),
    { code: 149, isFatal: true },
  ],
  [xid(149, { text: 'NETIR_LINK_EVT  Nonfatal XC1 i0 Link 02 (0x004505c6 0x00000001 0x0)' }), { isFatal: false }],
  [
    'nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress non-posted PRIV error',
    {
      kind: 'sxid',
      number: 3,
      place: '0000:c1:00',
      code: 12028,
      word: 'Non-fatal',
      link: 32,
      text: 'egress non-posted PRIV error',
    },
  ],
  [
    'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 10003, Fatal, Unexpected PRI error',
    { kind: 'sxid', code: 10003, word: 'Fatal', text: 'Unexpected PRI error' },
  ],
  [
    'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 20001, Correctable, Link 5 replay',
    { kind: 'sxid', word: 'Correctable', link: 5 },
  ],
  [
    'NVRM: GPU at PCI:0000:83:00: GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11',
    { kind: 'uuid', place: PLACE, uuid: 'GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11' },
  ],
  ['NVRM: GPU 0000:83:00.0: GPU has fallen off the bus.', { kind: 'fallen', place: PLACE }],
  [
    'NVRM: GPU 0000:83:00.0: RmInitAdapter failed! (0x26:0x56:1474)',
    { kind: 'init-failed', place: PLACE, text: 'RmInitAdapter failed! (0x26:0x56:1474)' },
  ],
  ['NVRM: RmInitAdapter failed! (0x26:0x56:1474)', { kind: 'init-failed' }],
  ['NVRM: rm_init_adapter failed, device minor number 3', { kind: 'init-failed', minor: 3 }],
  ['NVRM: The NVIDIA probe routine failed for 1 device(s).', { kind: 'probe-failed', count: 1 }],
  [LOADED, { kind: 'driver-loaded', version: '590.48.01' }],
  [
    'NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build',
    { kind: 'driver-loaded', version: '570.86.15' },
  ],
  [
    'nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing',
    { kind: 'peermem' },
  ],
  [
    'INFO: task nvidia-smi:4242 blocked for more than 122 seconds.',
    { kind: 'hung', pid: 4242, process: 'nvidia-smi', seconds: 122 },
  ],
  [
    'nvidia 0000:83:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)',
    { kind: 'aer-fatal', place: PLACE },
  ],
  [
    'nvidia 0000:83:00.0: AER: PCIe Bus Error: severity=Uncorrectable (Fatal), type=Data Link Layer',
    { kind: 'aer-fatal', place: PLACE },
  ],
  ['pcieport 0000:80:01.0: AER: Uncorrected (Fatal) error received: 0000:83:00.0', { kind: 'aer-fatal', place: PLACE }],
  [
    'pcieport 0000:80:01.0: AER: Multiple Uncorrectable (Fatal) error message received from 0000:83:00.0',
    { kind: 'aer-fatal', place: PLACE },
  ],
  [
    'python3[4242]: segfault at 0 ip 00007f2b5a7c1a40 sp 00007f2b11bfe9f0 error 4 in libnccl.so.2.18.3[7f2b5a600000+4f00000]',
    { kind: 'nccl', ...NAMED, library: 'libnccl.so.2.18.3' },
  ],
])('reads %s', (line, fact) => {
  expect(parseLine(line)).toMatchObject(fact)
})

test.each([
  '',
  'NVRM: Xid (PCI:83:00): 79',
  'NVRM: Xid (PCI:0000:83:00): abc',
  'kernel: NVRM: Xid (PCI:0000:83:00): 79, pid=1, name=a, b',
  'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 12028, Severity 1 Engine instance 32 Sub-engine instance 00',
  'nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 12028, Data {0x00000000, 0x00000000}',
  'NVRM: The NVIDIA probe routine was not called for 1 device(s).',
  'pcieport 0000:80:01.0: AER: Corrected error received: 0000:83:00.0',
  'pcieport 0000:80:01.0: AER: Uncorrected (Non-Fatal) error received: 0000:83:00.0',
  'nvidia 0000:83:00.0: PCIe Bus Error: severity=Uncorrected (Non-Fatal), type=Transaction Layer',
  'INFO: task dd:4242 blocked for more than 122 seconds.',
  // Anybody calls himself so.
  'INFO: task nvidia-evil:4242 blocked for more than 122 seconds.',
  'INFO: task nvidia-modeset/:7 blocked for more than 122 seconds.',
  'python3[4242]: segfault at 0 ip 00007f2b5a7c1a40 sp 00007f2b11bfe9f0 error 4 in libc.so.6[7f2b5a600000+1]',
  'nvidia-peermem [42]: segfault at 0 ip 0 sp 0 error 4 in ERROR detected invalid context[1+1]',
])('reads nothing in %s', (line) => {
  expect(parseLine(line)).toBeUndefined()
})

describe('what stands over several lines', () => {
  const all = (lines: readonly string[], gapMs = 1) => {
    const window = createWindow()
    return lines.flatMap((line, index) => window.push(line, index * gapMs))
  }
  const noise = 'usb 1-1: new high-speed USB device number 2 using xhci_hcd'

  test('is read with others in between', () => {
    const [first, second, third] = FALLEN
    expect(all([first, noise, second, noise, third])).toEqual([{ kind: 'fallen', place: PLACE }])
    expect(all([FALLEN.join('\n')])).toEqual([{ kind: 'fallen', place: PLACE }])
    const versions = { client: '590.48.01', module: '570.86.15' }
    const mismatch = { kind: 'mismatch', process: 'nvidia-smi', pid: 4242, ...versions }
    expect(all([...MISMATCH])).toEqual([mismatch])
  })

  test('is nothing without its end, or where that comes too late; another version is one all the same', () => {
    const [first, second, third] = FALLEN
    expect(all([first, second])).toEqual([])
    expect(all([first, third], 2_000)).toEqual([])
    expect(all([first, ...Array.from({ length: 20 }, () => noise), third])).toEqual([])
    expect(all([MISMATCH[0], ...Array.from({ length: 20 }, () => noise)])).toMatchObject([
      { kind: 'mismatch', pid: 4242 },
    ])
  })

  test('is open until it has ended: who begins there reads the half of it', () => {
    const window = createWindow()
    window.push(FALLEN[0], 0)
    expect(window.isOpen).toBe(true)
    window.push(FALLEN[2], 1)
    expect(window.isOpen).toBe(false)
  })
})

/** A process may be called anything of 15 bytes; the kernel's own words among them. */
const names = fc.oneof(
  fc.string({ maxLength: 15 }),
  fc.stringMatching(/^[NVRM: Xid(PC,)0-9a-f=\n]{0,15}$/),
  fc.constantFrom(
    'a, b, 79, c',
    'NVRM: Xid (PCI:',
    '): 79, pid=1',
    ', Fatal X',
    'x\nNVRM: Xid (0',
    '(GPC 1, TPC 2, ',
    "', name=b, c",
  ),
)
const TEXTS = [
  'Ch 00000010, intr 10000000. MMU Fault',
  'Graphics SM Warp Exception on (GPC 0, TPC 1, SM 0): Out Of Range Address',
  'GPU recovery action changed from 0x0 (None) to 0x2 (Node Reboot Required)',
  'NETIR_LINK_EVT  Nonfatal XC1 i0 Link 02 (0x004505c6 0x00000001 0x0)',
]

test('no name of a process changes which code it is, where, or how grave', () => {
  fc.assert(
    fc.property(names, fc.constantFrom(13, 31, 79, 149, 154), fc.constantFrom(...TEXTS), (name, code, text) => {
      const { kind, place, ...rest } = parseLine(xid(code, { name, text })) as KernelFact & { place: string }
      const plain = parseLine(xid(code, { text }))
      const what = (fact: object) => ({ ...fact, process: '', text: '' })
      expect(what({ kind, place, ...rest })).toEqual(what(plain as object))
    }),
  )
})

test('no name, and no file of anybody, makes another line one of the driver', () => {
  const files = fc.oneof(
    names,
    fc.constantFrom('libnccl.so\nNVRM: Xid (PCI:0000:83:00): 79, pid=1, name=a, b', 'ERROR detected invalid context'),
  )
  fc.assert(
    fc.property(names, files, (name, file) => {
      const lines = [
        `${name}[42]: segfault at 0 ip 00007f2b sp 00007f2b error 4 in ${file}[7f2b5a600000+4f00000]`,
        `traps: ${name}[42] general protection fault ip:1 sp:1 error:0 in ${file}[1+1]`,
        `${name}: page allocation failure: order:0, mode:0x0`,
        `${name} (42): drop_caches: 3`,
        `Out of memory: Killed process 42 (${name}) total-vm:1kB`,
      ]
      const window = createWindow()
      for (const line of lines) for (const fact of window.push(line, 0)) expect(fact.kind).toBe('nccl')
    }),
  )
})

test('nothing is read in garbage, and nothing throws', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(parseLine(text)).toBeUndefined()
      expect(parseLine(`NVRM: ${text}`)).toBeUndefined()
      expect(createWindow().push(`NVRM: API mismatch: the client '${text}`, 0)).toEqual([])
    }),
  )
})
