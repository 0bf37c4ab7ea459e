/** What was over in this life, and by what: it is well by proof. */
import { conditionKey } from '#model'
import { entityOf } from '../../cards/card.ts'
import type { Over } from '../../kernel/proofs.ts'
import type { GpuShared } from '../../shared.ts'
import { entityOfDevice, type Settled, subjectOfDevice } from './findings.ts'
import type { Presence } from './presence.ts'

/** Of what was over it is remembered that it was. */
const SETTLED_MAX = 256

/** What is remembered of it. */
export interface Settling {
  /** But for that of cards that were taken out. */
  readonly settled: ReadonlyMap<string, Settled>
  /** Notes what is over. @returns whether anything is */
  note(over: readonly Over[]): boolean
}

export function createSettling({ cards }: Pick<GpuShared, 'cards'>, { isGone }: Presence): Settling {
  const settled = new Map<string, Settled>()
  return {
    get settled() {
      const gone = new Set(cards.all().filter(isGone).map(entityOf))
      return new Map([...settled].filter(([, { entity }]) => !gone.has(entity)))
    },
    note(over: readonly Over[]): boolean {
      for (const { fault, by } of over) {
        const { type, device, uuid } = fault
        const entity = entityOfDevice(device, cards, uuid)
        // What was said of a card that is not there any more is withdrawn.
        if (device.kind === 'gpu' && entity !== entityOfDevice(device, cards)) continue
        settled.set(conditionKey(type, entity), { type, entity, subject: subjectOfDevice(device, cards), by })
        if (settled.size > SETTLED_MAX) settled.delete(settled.keys().next().value as string)
      }
      return over.length > 0
    },
  }
}
