/** Which GPU is in which slot, by whoever has said so: a probe, or the kernel. */
import type { Card } from './card.ts'

/** Of one monitor: more slots than any machine has. */
const PLACES_MAX = 256
/** Cards that are gone, of which it is remembered that they are. */
const GONE_MAX = 256

/** What a source knows of the card at a place; what it leaves out stays as it was. */
export type Known = Partial<Pick<Card, 'uuid' | 'index' | 'name'>>

/** Who is who. */
export interface Cards {
  /** Of a normalised PCI place; one that nobody has named yet is known by its place alone, until it is named. */
  at(place: string): Card
  /** All that were ever named or asked for in this life, by their places. */
  all(): readonly Card[]
  /**
   * The kernel said it (`NVRM: GPU at PCI:…: GPU-…`) or a probe did. Another UUID at a place is another card: what was said of the one
   * before is to be withdrawn, and `gone` has it. So is what was said of a place whose UUID was not known, once it is.
   */
  learn(place: string, known: Known): void
  /**
   * Cards that are not in their slot any more, since this caller's last question, each once; none that has come back.
   * @param caller who asks: each check has an account of its own
   */
  gone(caller?: string): readonly Card[]
}

const NOBODY: Omit<Card, 'place'> = { uuid: undefined, index: undefined, name: '' }

/** Knows nobody yet. */
export function createCards(): Cards {
  const cards = new Map<string, Card>()
  const gone: Card[] = []
  /** How many of those that are gone a caller has been told. */
  const told = new Map<string, number>()
  let forgotten = 0

  function leaves(card: Card): void {
    gone.push(card)
    if (gone.length > GONE_MAX) {
      gone.shift()
      forgotten++
    }
  }

  function isThere({ uuid, place }: Card): boolean {
    if (uuid === undefined) return cards.get(place)?.uuid === undefined
    return [...cards.values()].some((card) => card.uuid === uuid)
  }

  return {
    at(place) {
      const card = cards.get(place) ?? { place, ...NOBODY }
      // Who asks may say something of it, by its place.
      if (cards.size < PLACES_MAX) cards.set(place, card)
      return card
    },
    all: () => [...cards.values()].sort((a, b) => (a.place < b.place ? -1 : 1)),
    learn(place, known) {
      const before = cards.get(place)
      if (before === undefined && cards.size >= PLACES_MAX) return
      const isOther = before !== undefined && known.uuid !== undefined && known.uuid !== before.uuid
      const rest = before === undefined || (isOther && before.uuid !== undefined) ? { place, ...NOBODY } : before
      const { uuid = rest.uuid, index = rest.index, name = rest.name } = known
      cards.set(place, { place, uuid, index, name })
      if (isOther) leaves(before)
    },
    gone(caller = '') {
      const from = Math.max(0, (told.get(caller) ?? 0) - forgotten)
      told.set(caller, gone.length + forgotten)
      return gone.slice(from).filter((card) => !isThere(card))
    },
  }
}
