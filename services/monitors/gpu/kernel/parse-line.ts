/** Lines of the kernel's log that say something of GPUs. Pure; what every form begins with is the kernel's own. */
import { placeOf } from '../cards/pci.ts'
import { PROGRAMS } from '../driver/programs.ts'
import type { SxidWord } from '../xid/types.ts'
import type { KernelFact } from './facts.ts'
import { parseXid, plainText } from './parse-xid.ts'

/** A PCI address, with or without its function. */
const PCI = '[0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\\.[0-9a-fA-F])?'

type Fact = (match: readonly (string | undefined)[]) => KernelFact | undefined

/** With a place, where it is one. */
function at(written: string | undefined, fact: (place: string) => KernelFact): KernelFact | undefined {
  const place = placeOf(written ?? '')
  return place === undefined ? undefined : fact(place)
}

interface Form {
  readonly pattern: RegExp
  readonly fact: Fact
}

const FORMS: readonly Form[] = [
  {
    // "nvidia-nvswitch0: SXid (PCI:0000:c1:00.0): 12028, Non-fatal, Link 32 egress non-posted PRIV error"
    pattern: new RegExp(
      `^nvidia-nvswitch(\\d{1,3}): SXid \\(PCI:(${PCI})\\): (\\d{1,6}), (Fatal|Non-fatal|Correctable)(?:, Link (\\d{1,3}))?(?:,? (.*))?$`,
      's',
    ),
    fact: ([, number, written, code, word, link, text = '']) =>
      at(written, (place) => ({
        kind: 'sxid',
        number: Number(number),
        place,
        code: Number(code),
        word: word as SxidWord,
        ...(link !== undefined && { link: Number(link) }),
        text: plainText(text),
      })),
  },
  {
    // "NVRM: GPU at PCI:0000:83:00: GPU-6a5e1c0d-0b0a-4f0e-9d55-9d8d1c0b7a11"
    pattern: new RegExp(`^NVRM: GPU at PCI:(${PCI}): (GPU-[0-9a-f-]{8,64})(?:\\s|$)`),
    fact: ([, written, uuid = '']) => at(written, (place) => ({ kind: 'uuid', place, uuid })),
  },
  {
    // "NVRM: GPU 0000:83:00.0: GPU has fallen off the bus."
    pattern: new RegExp(`^NVRM:\\s+GPU (${PCI}): GPU has fallen off the bus`),
    fact: ([, written]) => at(written, (place) => ({ kind: 'fallen', place })),
  },
  {
    // "NVRM: GPU 0000:83:00.0: RmInitAdapter failed! (0x26:0x56:1474)", "NVRM: rm_init_adapter failed, device minor number 0"
    pattern: new RegExp(
      `^NVRM:(?:\\s+GPU (${PCI}):)? (RmInitAdapter failed!.*|rm_init_adapter failed, device minor number (\\d{1,4}))`,
      's',
    ),
    fact([, written, text = '', minor]) {
      const place = placeOf(written ?? '')
      const where = { ...(place !== undefined && { place }), ...(minor !== undefined && { minor: Number(minor) }) }
      return { kind: 'init-failed', ...where, text: plainText(text) }
    },
  },
  {
    // "NVRM: The NVIDIA probe routine failed for 1 device(s)."
    pattern: /^NVRM: The NVIDIA probe routine failed for (\d{1,4}) device\(s\)/,
    fact: ([, count]) => ({ kind: 'probe-failed', count: Number(count) }),
  },
  {
    // "NVRM: loading NVIDIA UNIX x86_64 Kernel Module  590.48.01  Mon Dec  8 17:21:03 UTC 2025"
    pattern: /^NVRM: loading NVIDIA UNIX .*?Kernel Module.*? (\d{2,4}\.\d{1,3}(?:\.\d{1,3})?)(?:\s|$)/,
    fact: ([, version = '']) => ({ kind: 'driver-loaded', version }),
  },
  {
    // "nvidia-peermem nv_get_p2p_free_callback:127 ERROR detected invalid context, skipping further processing"
    pattern: /^nvidia-peermem \w{1,64}:\d{1,6} ERROR (detected invalid context.*)$/s,
    fact: ([, text = '']) => ({ kind: 'peermem', text: plainText(text) }),
  },
  {
    // "INFO: task nvidia-smi:4242 blocked for more than 122 seconds."
    pattern: /^INFO: task (nvidia-[a-z-]{1,12}):(\d{1,10}) blocked for more than (\d{1,8}) seconds/,
    fact: ([, process = '', pid, seconds]) =>
      PROGRAMS.has(process) ? { kind: 'hung', process, pid: Number(pid), seconds: Number(seconds) } : undefined,
  },
  {
    // "nvidia 0000:83:00.0: PCIe Bus Error: severity=Uncorrected (Fatal), type=Transaction Layer, (Receiver ID)"
    pattern: new RegExp(
      `^[\\w-]{1,32} (${PCI}): ((?:AER: )?PCIe Bus Error: severity=Uncorrect(?:ed|able) \\(Fatal\\).*)$`,
      's',
    ),
    fact: ([, written, text = '']) => at(written, (place) => ({ kind: 'aer-fatal', place, text: plainText(text) })),
  },
  {
    // "pcieport 0000:80:01.0: AER: Uncorrected (Fatal) error received: 0000:83:00.0"
    pattern: new RegExp(
      `^[\\w-]{1,32} ${PCI}: (AER: (?:Multiple )?Uncorrect(?:ed|able) \\(Fatal\\) error (?:message )?received(?::| from) (${PCI}).*)$`,
      's',
    ),
    fact: ([, text = '', written]) => at(written, (place) => ({ kind: 'aer-fatal', place, text: plainText(text) })),
  },
  {
    // "python3[4242]: segfault at 0 ip 00007f2b5a7c1a40 sp 00007f2b11bfe9f0 error 4 in libnccl.so.2.18.3[7f2b5a600000+4f00000]"
    pattern:
      /^(.{0,15}?)\[(\d{1,10})\]: segfault at [0-9a-f]+ ip [0-9a-f]+ sp [0-9a-f]+ error [0-9a-f]+ in (libnccl\.so[\w.-]{0,32})\[/s,
    fact: ([, process = '', pid, library = '']) => ({ kind: 'nccl', process, pid: Number(pid), library }),
  },
]

/** One of these stands in every line that says something: others cost no more than that. */
const WORDS = ['NVRM:', 'nvidia-', '(Fatal)', 'libnccl.so'] as const

/** Whether a line may say something. */
export function mayMatter(line: string): boolean {
  return WORDS.some((word) => line.includes(word))
}

/** What a line says; undefined: nothing, or a part of what several lines say. */
export function parseLine(line: string): KernelFact | undefined {
  if (!mayMatter(line)) return undefined
  const xid = parseXid(line)
  if (xid !== undefined) return xid
  for (const { pattern, fact } of FORMS) {
    const match = pattern.exec(line)
    if (match !== null) return fact(match)
  }
  return undefined
}
