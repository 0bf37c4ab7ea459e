/** What those that are missed are judged by, and what is found of each. Pure. */
import type { Card } from '../../../cards/card.ts'
import type { Inventory } from '../../../cards/inventory.ts'
import type { HealthReading } from '../reading.ts'

/** What it is judged by. */
export interface MissingAround {
  readonly reading: Pick<HealthReading, 'pci' | 'query' | 'devices' | 'boot'>
  readonly inventory: Inventory
  /** 0: as many as were seen here. */
  readonly expectedGpus: number
  /** NVIDIA_VISIBLE_DEVICES; undefined: it is not set. */
  readonly visibleDevices: string | undefined
  /** NODE_DOCTOR_GPUS_ASKED: what was asked for in it; undefined: nobody says. */
  readonly gpusAsked?: string | undefined
  readonly wallMs: number
  readonly cardOf: (place: string) => Card
  /** Places of cards on PCI that are none of this node's GPUs (`sparePlaces`). */
  readonly spare: ReadonlySet<string>
  /** Something was told of it before. */
  readonly isTold: (entity: string) => boolean
  /** It was missing at the look before. */
  readonly isOpen: (entity: string) => boolean
  /** It was not there at the look before, which did not count yet. */
  readonly hasLasted: (entity: string) => boolean
  /** Since the boot, as {@link provenMs} is. */
  readonly nowMs: number
  /** When the card there was last proven to be reset. */
  readonly provenMs: (place: string) => number | undefined
}

/** One that is missed. */
export interface Missing {
  readonly card: Card
  readonly id: 'count' | 'lost'
  readonly message: string
  /** It may be on its way, or nobody can say. Default: it is missing. */
  readonly level?: 'waiting' | 'unknown'
  /** Why nobody can say. Default: PCI was not read. */
  readonly reason?: 'FewerGiven'
}
