/** Whose an entity is, in words, also while no probe shows it. Pure. */
import { type Card, entityOf, subjectOf } from './card.ts'
import type { Inventory } from './inventory.ts'

/** Who is known of GPUs. */
export interface KnownNames {
  /** Cards that were named in this life. */
  readonly cards: readonly Card[]
  /** Who was here before. */
  readonly known: Inventory['known']
}

/** "GPU 3, H200" of "gpu:GPU-3f…"; undefined: it is no GPU, or one that nobody has named. */
export function subjectFor(entity: string, { cards, known }: KnownNames): string | undefined {
  const card = cards.find((one) => entityOf(one) === entity)
  if (card !== undefined) return subjectOf(card)
  const uuid = entity.replace(/^gpu:/, '')
  return Object.hasOwn(known, uuid)
    ? subjectOf({ index: undefined, ...(known[uuid] as Inventory['known'][string]) })
    : undefined
}
