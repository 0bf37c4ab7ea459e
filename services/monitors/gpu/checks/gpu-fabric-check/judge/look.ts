/** What the judges of this check are given. Pure. */
import type { Reading } from '#monitor-kit/evaluate'
import type { Card } from '../../../cards/card.ts'
import type { Said } from '../../../judging/said.ts'
import type { GpuDetails } from '../../../smi/details.ts'
import type { GpuLinks, LinkErrors, Reach } from '../../../smi/links.ts'
import type { GpuRow } from '../../../smi/rows.ts'
import type { Config } from '../config.ts'
import type { GpuCounters } from '../memory.ts'

/** All that one look has read; undefined: there was no answer, so nothing follows of it. */
export interface FabricReading {
  /** As the query of the other check has them. */
  readonly rows: readonly GpuRow[]
  readonly details: ReadonlyMap<string, GpuDetails> | undefined
  readonly links: ReadonlyMap<string, GpuLinks> | undefined
  readonly linkErrors: ReadonlyMap<string, LinkErrors> | undefined
  readonly reach: readonly Reach[] | undefined
  /** Errors that PCIe corrected, by place, as the kernel counts them. */
  readonly corrected: ReadonlyMap<string, number>
  /** Switches of the fabric on the PCI bus. */
  readonly switches: number
  readonly fabricManager: UnitReading
  readonly imex: UnitReading
}

/** How a unit of systemd stands. */
export interface UnitState {
  readonly state: 'running' | 'stopped' | 'failed'
  /** It ran once in this boot. */
  readonly hasRun: boolean
}

/** The same as it was read; undefined: there is no such unit. */
export type UnitReading = Reading<UnitState | undefined>

/** One GPU in one look. */
export interface FabricLook {
  readonly row: GpuRow
  readonly card: Card
  readonly reading: FabricReading
  readonly config: Config
  readonly before: GpuCounters
  /** Since the look before; undefined: there was none in this boot. */
  readonly sinceMs: number | undefined
}

/** Judges some numbered checks of one GPU. */
export type Judge = (look: FabricLook) => readonly (Said | undefined)[]
