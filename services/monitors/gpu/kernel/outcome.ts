/** What a line of the kernel's log comes to. Pure. */
import type { Severity } from '#model'
import type { XidRow } from '../xid/types.ts'
import type { Culprit } from './facts.ts'
import type { Over } from './proofs.ts'
import type { Device } from './state.ts'

/** Something happened, and is told once. */
export interface Told {
  readonly reason: string
  readonly severity: Severity
  readonly device: Device
  /** "XID 79, GPU has fallen off the bus" */
  readonly what: string
  /** Which part of it, who did it, and what the kernel says beside that. */
  readonly said: string
}

/** What a line comes to. */
export interface Outcome {
  readonly told: readonly Told[]
  readonly over: readonly Over[]
}

/** Nothing follows. */
export const NOTHING: Outcome = { told: [], over: [] }

/** The reason of an event of a code: one that is in no catalogue shares one. */
export function xidReason({ code, advice }: Pick<XidRow, 'code' | 'advice'>): string {
  return advice === 'UNLISTED' ? 'GPUXidUnknown' : `GPUXid${code}`
}

/** "python3 (pid 4242, pod 3f2b…): Ch 00000010" */
export function saidOf({ pid, process, pod }: Culprit, text: string, part?: string): string {
  const ids = [...(pid === undefined ? [] : [`pid ${pid}`]), ...(pod === undefined ? [] : [`pod ${pod}`])].join(', ')
  const who =
    process === undefined && pid === undefined ? [] : [`${process ?? 'process'}${ids === '' ? '' : ` (${ids})`}`]
  return [...(part === undefined ? [] : [part]), ...who, ...(text === '' ? [] : [text])].join(': ')
}
