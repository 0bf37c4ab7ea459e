/** What a judge is given of one GPU, and what it gives back. Pure. */
import type { Card } from '../../../cards/card.ts'
import type { Said } from '../../../judging/said.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { Config } from '../config.ts'
import type { GpuFacts } from '../memory.ts'

/** Memory that nobody holds who lives; undefined: it was not looked. */
export interface HeldMemory {
  /** Processes that hold some and are not there, or have ended. */
  readonly dead: readonly number[]
  /** Some is in use, and no process holds any; undefined: that is not known. */
  readonly isNobodys: boolean | undefined
}

/** One GPU in one look. */
export interface GpuLook {
  readonly row: GpuRow
  readonly card: Card
  /** All GPUs of the node, this one among them. */
  readonly all: readonly GpuRow[]
  readonly config: Config
  /** Since the boot. */
  readonly nowMs: number
  /** When it was last proven to be reset, since the boot; undefined: not in this life. */
  readonly provenMs: number | undefined
  readonly held: HeldMemory | undefined
  /** Lanes of PCIe that its slot has; undefined: that is not shown. */
  readonly slotLanes: number | undefined
  /** Somebody asks for this answer alone: nothing has to last. */
  readonly isAtOnce: boolean
}

/** What a judge says, and what of the facts is another now. */
export interface Judged {
  readonly says: readonly (Said | undefined)[]
  readonly facts?: Partial<GpuFacts>
}

/** Judges some numbered checks of one GPU. */
export type Judge = (look: GpuLook, before: GpuFacts) => Judged
