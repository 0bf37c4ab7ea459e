/** What is known of GPUs by the kernel's log. Plain data, kept over kill -9 and reboots. Pure. */
import type { Severity } from '#model'
import type { Proof, Verdict } from '../xid/types.ts'
import type { Recovery } from './facts.ts'

/** What proves a fault gone; quiet: it is not told again for ten minutes; process: the process is not stuck any more. */
export type FaultProof = Exclude<Proof, 'none'> | 'quiet' | 'process'

/** What a fault is of. */
export interface Device {
  readonly kind: 'gpu' | 'nvswitch' | 'node'
  /** Its PCI place; '' of the node. */
  readonly place: string
  /** Number of a switch. */
  readonly number?: number | undefined
}

/** A process, as the kernel called it when it said that it is stuck. */
export interface Stuck {
  readonly pid: number
  readonly process: string
}

/** Something that stands until it is proven gone. */
export interface Fault {
  /** Condition type. */
  readonly type: string
  device: Device
  /** With type and device what tells it from others: "GPUXid79". Also its reason. */
  readonly reason: string
  /** Id of its numbered check. */
  readonly check: string
  /** Of an XID or SXid. */
  readonly code?: number | undefined
  severity: Exclude<Severity, 'info'>
  action: Verdict['action']
  proof: FaultProof
  /** "XID 79, GPU has fallen off the bus" */
  readonly what: string
  /** Who did it, and what the kernel says; of the last time. */
  said: string
  details: string[]
  /** How often. */
  count: number
  /** XIDs that follow from it. */
  later: number
  /** On the wall clock, for people. */
  readonly firstMs: number
  lastMs: number
  /** When it was told last, in milliseconds since the boot on the clock that nobody sets: by it a proof is before or after it. */
  lastBootMs: number
  /** On the kernel's clock, in microseconds. */
  firstUs: number
  lastUs: number
  /** Of the GPU, once it is known. */
  uuid?: string | undefined
  /** Processes that are stuck. */
  stuck?: readonly Stuck[]
  /** It was off the bus, and was seen to answer since: what is told of it now follows from nothing. */
  isBack?: boolean
}

/** An XID that was seen. */
export interface Sight {
  readonly place: string
  readonly code: number
  readonly us: number
  readonly pid?: number | undefined
  readonly process?: string | undefined
  readonly pod?: string | undefined
  readonly unit?: string | undefined
  /** Others of the same within three minutes were one fault with it. */
  readonly isFirst: boolean
}

/** In which boots a GPU had a fault. */
export interface Recurrence {
  readonly uuid: string
  readonly code: number
  readonly boots: { readonly boot: string; readonly ms: number }[]
}

/** How far the log was read. */
export interface UpTo {
  readonly us: number
  readonly sequence: number | null
}

/** All of it. */
export interface LogState {
  /** Whose log it is. */
  boot: string
  upTo: UpTo
  /** All that was said since the boot, or since the driver was loaded, was read. */
  isWhole: boolean
  /** When the log said last that the driver was loaded, in milliseconds since the boot; absent: not in this boot. */
  driverLoadedMs?: number | undefined
  /** Places of GPUs of which it is proven that nothing was said before, since that: a reset, a person's word. */
  known: string[]
  /** Who is at a place, as the kernel or a probe said in this boot. */
  uuids: Record<string, string>
  faults: Fault[]
  sights: Sight[]
  /** What the driver said last is to be done, by place. */
  needs: {
    readonly place: string
    readonly recovery: Recovery
    readonly us: number
    /** Since nothing was asked for, a reset was asked for before this. */
    readonly hadReset?: boolean
  }[]
  recurrences: Recurrence[]
}

/** So much is kept of each; the oldest goes, of faults the least severe. */
export const KEPT_MAX = { faults: 256, sights: 512, recurrences: 256, details: 8, stuck: 8 } as const

/** Nothing is known of this boot. */
export function emptyState(boot: string): LogState {
  return {
    boot,
    upTo: { us: -1, sequence: -1 },
    isWhole: false,
    known: [],
    uuids: {},
    faults: [],
    sights: [],
    needs: [],
    recurrences: [],
  }
}

/** Something of the log is gone unread: of what stood there nobody knows. What stands, stands. */
export function loseTrack(state: LogState): void {
  state.isWhole = false
  state.known = []
}

/** Behind the last that was read. */
export function isBehind({ us, sequence }: UpTo, upTo: UpTo): boolean {
  if (sequence !== null && upTo.sequence !== null) return sequence > upTo.sequence
  return us > upTo.us
}
