/** What the driver says over several lines: the kernel's log has each as a record, with others' in between. Pure. */
import { placeOf } from '../cards/pci.ts'
import type { Culprit, KernelFact } from './facts.ts'
import { parseLine } from './parse-line.ts'

/** "NVRM: The NVIDIA GPU 0000:83:00.0" / "NVRM: (PCI ID: 10de:2335) installed in this system has" / "NVRM: fallen off the bus and …" */
const FALLEN = {
  first: /^NVRM: The NVIDIA GPU ([0-9a-fA-F]{4,8}:[0-9a-fA-F]{2}:[0-9a-fA-F]{2}(?:\.[0-9a-fA-F])?)(?:\s|$)/,
  last: /^NVRM: fallen off the bus and is not responding to commands/,
} as const

/** "NVRM: API mismatch: the client 'nvidia-smi' (pid 4242)" / "NVRM: has the version A, but this kernel module has" / "NVRM: the version B." */
const MISMATCH = {
  first: /^NVRM: API mismatch: the client '(.*)' \(pid (\d{1,10})\)/s,
  second: /^NVRM: has the version (\S{1,32}), but this kernel module has/,
  last: /^NVRM: the version (\S{1,32}?)\.?(?:\s|$)/,
} as const

/** So many records may stand between the first and the last, and so long it may take. */
const RECORDS_MAX = 16
const LONGEST_MS = 1_000

interface Begun {
  readonly sinceMs: number
  records: number
  readonly what: { kind: 'fallen'; place: string } | ({ kind: 'mismatch'; client?: string } & Culprit)
}

/** Lines as they come, and what they say. */
export interface Window {
  /** @param atMs on the kernel's clock @returns what is said with this record */
  push(text: string, atMs: number): readonly KernelFact[]
  /** No more of it comes. @returns what was said without its end */
  expire(atMs: number): readonly KernelFact[]
  /** Something has begun and not ended: who begins to read here reads the half of it. */
  readonly isOpen: boolean
}

function beginningOf(line: string): Begun['what'] | undefined {
  const place = placeOf(FALLEN.first.exec(line)?.[1] ?? '')
  if (place !== undefined) return { kind: 'fallen', place }
  const [, process, pid] = MISMATCH.first.exec(line) ?? []
  return pid === undefined ? undefined : { kind: 'mismatch', process: process ?? '', pid: Number(pid) }
}

/** A client of another version is one whichever it has; a GPU whose line has no end may be an unsupported one. */
function endedOf({ what }: Begun): readonly KernelFact[] {
  return what.kind === 'mismatch' ? [what] : []
}

export function createWindow(): Window {
  let begun: Begun | undefined

  function ended(fact: KernelFact): readonly KernelFact[] {
    begun = undefined
    return [fact]
  }

  function goesOn(line: string): readonly KernelFact[] {
    if (begun === undefined) return []
    const { what } = begun
    if (what.kind === 'fallen') return FALLEN.last.test(line) ? ended(what) : []
    const client = MISMATCH.second.exec(line)?.[1]
    if (client !== undefined) what.client = client
    const module = MISMATCH.last.exec(line)?.[1]
    return module === undefined ? [] : ended({ ...what, module })
  }

  function expire(atMs: number): readonly KernelFact[] {
    if (begun === undefined) return []
    if (begun.records < RECORDS_MAX && Math.abs(atMs - begun.sinceMs) <= LONGEST_MS) return []
    const facts = endedOf(begun)
    begun = undefined
    return facts
  }

  function pushLine(line: string, atMs: number): readonly KernelFact[] {
    const late = expire(atMs)
    if (begun !== undefined) begun.records++
    const what = line.startsWith('NVRM:') ? beginningOf(line) : undefined
    if (what !== undefined) {
      const before = begun === undefined ? [] : endedOf(begun)
      begun = { what, sinceMs: atMs, records: 0 }
      return [...late, ...before]
    }
    const fact = parseLine(line)
    return [...late, ...(fact === undefined ? goesOn(line) : [fact])]
  }

  return {
    push(text, atMs) {
      // Only such a record is the driver's own over all its lines: in others a name may have a line break, and whatever it likes behind it.
      if (!text.includes('\n') || !text.startsWith('NVRM:') || beginningOf(text) === undefined)
        return pushLine(text, atMs)
      return text.split('\n').flatMap((line) => pushLine(line, atMs))
    },
    expire,
    get isOpen() {
      return begun !== undefined
    },
  }
}
